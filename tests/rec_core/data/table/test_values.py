"""Ratings of any form come back as they are, and rows that are no interactions are skipped and counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rec_core.__main__ import main
from rec_core.data.interactions import Dataset
from rec_core.data.sources import Folders, register
from rec_core.data.sources.table import Columns, Layout, Reading, Sniffed, Table, settle, sniff
from rec_core.data.sources.table.events import event_question
from rec_core.data.sources.table.number_forms import are_truths, number_forms
from rec_core.errors import DataError, SpecError
from rec_core.experiment import Experiment
from rec_core.export import bundle
from rec_core.specs import checked
from rec_core.stages import MemoryStore, resolve
from tests.conftest import quick

_FOLDERS = Folders(None, Path("no-downloads"))


def _log(folder: Path, rating: Any, name: str = "rating", **more: Any) -> Path:
    n = len(rating)
    frame = pd.DataFrame({"user_id": [f"u{at % 7}" for at in range(n)], "item_id": [f"i{at % 31}" for at in range(n)]})
    path = folder / "log.tsv"
    frame.assign(**{name: rating}, **more).to_csv(path, index=False, sep="\t")
    return path


def _columns(**said: Any) -> Columns:
    return checked(Columns, {"user": "user_id", "item": "item_id", "rating": "rating"} | said)


def _read(path: Path, found: Sniffed | None = None, **said: Any) -> tuple[Table, Dataset]:
    found = found or sniff(str(path))
    log = Table.of(str(path), Reading(layout=found.layout, columns=_columns(**said)))
    return log, log.load(_FOLDERS)


def _rated(data: Dataset) -> list[float]:
    return data.interactions.rated.tolist()


def _with(thousands: str, decimal: str, number: float, digits: int) -> str:
    """Return a number as people write it, by Python's own formatting."""
    text = f"{number:,.{digits}f}" if thousands else f"{number:.{digits}f}"
    return text.translate({ord(","): thousands, ord("."): decimal})


_COUNTS = [1, 12, 800, 1_200, 12_345, 999_999, 1_234_567, 16_777_217, 20_000_005] * 5


@pytest.mark.parametrize(("thousands", "decimal"), [(",", "."), (".", ","), (" ", ","), ("'", ".")])
@pytest.mark.parametrize("digits", [0, 2])
def test_thousands_are_told_from_decimals_by_the_whole_column(
    tmp_path: Path, thousands: str, decimal: str, digits: int
) -> None:
    path = _log(tmp_path, [_with(thousands, decimal, count, digits) for count in _COUNTS])
    found = settle(str(path), replace(sniff(str(path)), columns=_columns(), questions=()))
    assert found.questions == ()
    log, data = _read(path, found)
    assert not data.rejected.count
    assert _rated(data) == np.array(_COUNTS, np.float32).tolist()
    assert log.exact_ratings().tolist() == _COUNTS


@pytest.mark.parametrize(("sign", "decimals"), [(",", ["3,5", "1,250", "0,125"]), (".", ["3.5", "1.250", "12.125"])])
def test_decimals_stay_decimals(tmp_path: Path, sign: str, decimals: list[str]) -> None:
    path = _log(tmp_path, decimals * 9)
    found = sniff(str(path))
    assert found.questions == ()
    assert _rated(_read(path, found)[1]) == [float(text.replace(sign, ".")) for text in decimals * 9]


def test_what_nothing_decides_is_asked(tmp_path: Path) -> None:
    path = _log(tmp_path, ["1,234", "2,345"] * 9)
    found = sniff(str(path))
    (question,) = found.questions
    assert question.about == "decimal"
    assert [choice.meaning for choice in question.choices] == ["“1,234” is 1234", "“1,234” is 1.234"]
    assert [question.option(choice) for choice in question.choices] == ["--decimal '.'", "--decimal ','"]


@pytest.mark.parametrize(("decimal", "first"), [(".", 1234.0), (",", 1.234)])
def test_the_answer_is_an_option(tmp_path: Path, decimal: str, first: float) -> None:
    log, data = _taken(tmp_path, _log(tmp_path, ["1,234", "2,345"] * 9), "--decimal", decimal)
    assert _rated(data)[0] == pytest.approx(first)
    assert log.exact_ratings()[0] == first


def _taken(home: Path, path: Path, *options: str) -> tuple[Table, Dataset]:
    """Return the log as the command line takes it."""
    import argparse

    from rec_core.cli import logs

    parser = argparse.ArgumentParser()
    logs.options(parser)
    kept: list[Table] = []

    class _Home:
        class logs:
            keep = staticmethod(kept.append)

        @staticmethod
        def folders(_: None) -> Folders:
            return _FOLDERS

    logs.take(parser.parse_args(["--data", str(path), *options], argparse.Namespace(home=_Home(), spec=None)))
    return kept[0], kept[0].load(_FOLDERS)


@given(st.lists(st.integers(-(10**7), 10**7), min_size=1, max_size=30), st.sampled_from([",", ".", " ", "'"]))
@settings(max_examples=200, deadline=None)
def test_numbers_have_the_form_they_were_written_in(counts: list[int], thousands: str) -> None:
    """The truth is the form that was taken, or among those that are asked about; decimals are none of these."""
    decimal = "," if thousands == "." else "."
    written = [_with(thousands, decimal, count, 0) for count in counts]
    if any(thousands in text for text in written):
        assert (decimal, thousands) in number_forms(written) or thousands in " '"
        if any(abs(count) >= 10**6 for count in counts):
            assert len(number_forms(written)) == 1
    else:
        assert number_forms(written) == ((".", ""),)


@pytest.mark.parametrize("words", [("True", "False"), ("yes", "no"), ("t", "f"), ("Ja", "Nein"), ("TRUE", "0")])
def test_yes_and_no_are_ratings(tmp_path: Path, words: tuple[str, str]) -> None:
    truth = [1, 0, 0, 1, 1, 0, 1]
    path = _log(tmp_path, [words[0] if one else words[1] for one in truth])
    log, data = _read(path)
    assert _rated(data) == truth
    assert log.exact_ratings().tolist() == truth


def test_truths_of_arrow_and_json(tmp_path: Path) -> None:
    truth = [True, False, False, True]
    frame = pd.DataFrame({"user_id": range(4), "item_id": range(4), "rating": truth})
    frame.to_parquet(tmp_path / "log.parquet")
    frame.to_json(tmp_path / "log.jsonl", orient="records", lines=True)
    for name in ("log.parquet", "log.jsonl"):
        log, data = _read(tmp_path / name)
        assert _rated(data) == [1, 0, 0, 1]
        assert log.exact_ratings().tolist() == [1, 0, 0, 1]


def test_a_yes_among_numbers_is_none(tmp_path: Path) -> None:
    _, data = _read(_log(tmp_path, ["4", "5", "yes", "1"]))
    assert data.rejected.kinds == {"not a number": 1}
    assert are_truths(["yes", "no", ""])
    assert not are_truths(["yes", "4"])


def test_a_number_that_is_parted_otherwise_is_none(tmp_path: Path) -> None:
    path = _log(tmp_path, ["1,200", "12,34", "800"])
    layout = Layout(separator="\t", thousands=",")
    data = Table.of(str(path), Reading(layout=layout, columns=_columns())).load(_FOLDERS)
    assert data.rejected.kinds == {"not a number": 1}
    assert data.rejected.value.tolist() == ["12,34"]


def test_rows_below_the_threshold_are_skipped_and_said(tmp_path: Path) -> None:
    rating = [0.1, 5, 4, 3.5, -1, 4.5, 0.2] * 10
    path = _log(tmp_path, rating)
    _, data = _read(path, at_least=4)
    kept = [at for at, one in enumerate(rating) if one >= 4]
    assert data.places is not None
    assert data.places.tolist() == kept
    assert _rated(data) == [rating[at] for at in kept]
    assert data.catalogue.notes == ("Skipped 40 of 70 rows, with a rating below 4.",)
    assert len(_read(path, at_least=0.1)[1].interactions) == 60


def test_rows_that_are_not_rated_are_skipped_and_said(tmp_path: Path) -> None:
    rating = [0, 5, -1, 3] * 5
    _, data = _read(_log(tmp_path, rating), unrated="0,-1")
    assert _rated(data) == [5, 3] * 5
    said = "Skipped 10 of 20 rows, which are not rated (-1 or 0). To count them as clicks, choose no rating column."
    assert data.catalogue.notes == (said,)


def test_events_that_count_are_chosen(tmp_path: Path) -> None:
    event = ["view", "view", "addtocart", "transaction"] * 10
    rating = ["", "x", "", "3"] * 10  # what other events have for a rating is no matter
    path = _log(tmp_path, rating, event=event)
    _, data = _read(path, event="event", events=("transaction",))
    assert not data.rejected.count
    assert _rated(data) == [3] * 10
    assert data.places is not None
    assert data.places.tolist() == list(range(3, 40, 4))
    said = "Skipped 30 of 40 rows, whose event is not transaction: view 20, addtocart 10."
    assert data.catalogue.notes == (said,)
    _, every = _read(path, rating="", event="event")
    assert len(every.interactions) == 40
    assert every.places is None
    with pytest.raises(DataError, match=r"No row of 'log.tsv' is left\. Skipped 40 of 40 rows, whose event is not buy"):
        _read(path, event="event", events=("buy",))


@pytest.mark.parametrize(
    "said",
    [
        {"rating": "", "at_least": 4},
        {"rating": "", "unrated": "0"},
        {"events": ("view",)},
        {"time_of_day": "rating", "rating": ""},
        {"unrated": "none"},
    ],
)
def test_settings_without_their_column_are_refused_in_a_sentence(said: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"needs a column for|are no ratings"):
        _columns(**said)


def test_options_of_the_command_line(tmp_path: Path) -> None:
    event = ["view", "cart", "buy", "buy"] * 10
    path = _log(tmp_path, [5, 4, 3, -1] * 10, event=event, date=["13.06.2019", "01.02.2019", "", "02.02.2019"] * 10)
    columns = ["--columns", "event=event,rating=rating"]
    log, data = _taken(tmp_path, path, *columns, "--events", "buy, cart", "--at-least", "3.5")
    assert log.reading.columns.events == ("buy", "cart")
    assert _rated(data) == [4] * 10
    log, data = _taken(tmp_path, path, *columns, "--unrated", "-1", "--time-format", "%d.%m.%Y")
    assert log.reading.layout.time_format == "%d.%m.%Y"
    assert _rated(data) == [5, 4] * 10
    assert data.rejected.kinds == {"nothing stands there": 10}


def test_keys_of_logs_without_any_of_this_stay(tmp_path: Path) -> None:
    path = _log(tmp_path, [5, 4, 3] * 9, timestamp=[1560464504] * 27)
    found = sniff(str(path))
    said = Reading(layout=found.layout, columns=found.columns).model_dump(exclude_defaults=True)
    assert said == {
        "layout": {"separator": "\t"},
        "columns": {"user": "user_id", "item": "item_id", "rating": "rating", "time": "timestamp"},
    }


_WRITTEN = [
    ("16777217", 16_777_217.0),
    ("20,000,005", 20_000_005.0),
    ("0.1", 0.1),
    ("True", 1.0),
    ("3,7", 3.7),
]


@pytest.mark.parametrize(("text", "number"), _WRITTEN)
def test_bundles_have_ratings_as_they_were(tmp_path: Path, text: str, number: float) -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"user_id": rng.integers(0, 30, 900), "item_id": rng.integers(0, 40, 900), "rating": text})
    path = tmp_path / "log.tsv"
    frame.assign(timestamp=10**9 + np.arange(900)).to_csv(path, index=False, sep="\t")
    found = sniff(str(path))
    columns = found.columns.model_copy(update={"rating": "rating"})
    table = Table.of(str(path), Reading(layout=found.layout, columns=columns))
    register([table])
    spec = resolve(quick("random", data={"dataset": table.name}, ratio=0.4), _FOLDERS)
    out = tmp_path / "out"
    bundle.write(Experiment(spec, MemoryStore(), _FOLDERS), out, bundle.Wanted())
    assert set(pd.read_csv(out / "coreset.csv")["rating"]) == {number}
    assert set(pd.read_parquet(out / "coreset.parquet")["rating"]) == {number}
    for split in ("train", "validation", "test"):
        assert set(pd.read_csv(out / "uirt" / f"{split}.tsv", sep="\t", header=None)[2]) == {number}
    for split in ("train", "valid", "test"):
        inter = pd.read_csv(out / "recbole" / "coreset" / f"coreset.{split}.inter", sep="\t")
        assert set(inter["rating:float"]) == {number}


def test_the_command_says_what_was_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    path = _log(tmp_path, [0, 5, 4, 3] * 300, timestamp=10**9 + np.arange(1200))
    command = [
        "run",
        "--data",
        str(path),
        "--unrated",
        "0",
        "--feedback",
        "explicit",
        "--model",
        "mf",
        "--set",
        "train.epochs=1",
    ]
    assert main(command) == 0, capsys.readouterr().err
    assert "Skipped 300 of 1,200 rows" in capsys.readouterr().err


def test_the_whole_column_decides_what_a_comma_is(tmp_path: Path) -> None:
    some = ["1,234", "2,345"] * 900  # more than the beginning that is looked at first
    for last, signs in (("800", (".", ",")), ("12,5", (",", "")), ("1,234,567", (".", ","))):
        found = sniff(str(_log(tmp_path, [*some, last])))
        assert found.questions == ()
        assert (found.layout.decimal, found.layout.thousands) == signs


def test_values_that_begin_far_below_tell_their_form(tmp_path: Path) -> None:
    dates = [""] * 1_500 + ["13.06.2019", "01.02.2019"] * 50
    found = sniff(str(_log(tmp_path, [3] * 1_600, date=dates)))
    assert found.columns.time == "date"
    assert found.layout.time_format == "%d.%m.%Y"


def test_points_of_json_and_parquet_are_decimals(tmp_path: Path) -> None:
    frame = pd.DataFrame({"user_id": range(4), "item_id": range(4), "rating": [1.234, 2.345, 3.456, 4.567]})
    frame.to_parquet(tmp_path / "log.parquet")
    frame.to_json(tmp_path / "log.jsonl", orient="records", lines=True)
    for name in ("log.parquet", "log.jsonl"):
        found = sniff(str(tmp_path / name))
        assert not [question for question in found.questions if question.about == "decimal"]
        assert _rated(_read(tmp_path / name, found)[1]) == frame["rating"].astype(np.float32).tolist()


@given(st.dictionaries(st.text("abc,V", min_size=1, max_size=6), st.integers(1, 10**6), min_size=2, max_size=9))
def test_a_question_about_events_has_their_numbers(counts: dict[str, int]) -> None:
    asked = event_question("kind", counts)
    assert asked.choices[0].meaning == f"{sum(counts.values()):,} rows"
    assert 1 <= len(asked.choices) <= 3
    for choice in asked.choices[1:]:
        named = choice.value.split(",")
        assert set(named) < set(counts)
        assert choice.meaning == f"{sum(counts[name] for name in named):,} rows"
