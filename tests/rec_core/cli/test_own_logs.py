"""``--data PATH``: what was read is said on stderr, and what the file does not answer is asked for by an option."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rec_core.__main__ import main
from rec_core.cli import log_options
from rec_core.data.sources import SOURCES
from rec_core.data.sources.table import ROLES, Columns, Layout, Sniffed, Table, answering
from rec_core.data.sources.table import sniff as sniff_file
from rec_core.data.sources.table.asking import Choice, Question

QUICK = ["--model", "mf", "--set", "train.epochs=1"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    return tmp_path


def _log(folder: Path, name: str = "log.csv", date: str = "{day:02}/{month:02}/2019", header: bool = True) -> Path:
    """Return a log of 20 customers and 151 products, whose days are between 1 and 12."""
    lines = [
        f"c{n % 20};p{n * 7 % 151};{n * 7919 // 13 % 5},5;{date.format(day=n % 12 + 1, month=n // 12 % 12 + 1)}"
        for n in range(1200)
    ]
    path = folder / name
    path.write_text("\n".join([*(["customer;sku;grade;date"] if header else []), *lines, ""]))
    return path


def test_what_was_read_is_said_once_and_before_anything_is_trained(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _log(home, date="2019-{month:02}-{day:02}")
    assert main(["run", "--data", str(path), *QUICK]) == 0
    said = capsys.readouterr().err.splitlines()
    (line,) = [one for one in said if one.startswith("Read log.csv as ")]
    assert line == (
        "Read log.csv as UTF-8 text separated by semicolon, with a header, quotation marks enclose fields: "
        "user=customer (c0, c1, c2 …), item=sku (p0, p7, p14 …), rating=grade (0.5, 4.5, 3.5 …; decimal comma), "
        "time=date (2019-01-01, 2019-01-02, 2019-01-03 …). 1,200 rows, 1 Jan 2019 to 12 Dec 2019. "
        "Times are days without a time of day: rows of one day are in file order. 12 of 20 users (60 %) have several "
        "last rows at the same time; the one further down counts as the last."
    )
    assert said.index(line) < next(place for place, one in enumerate(said) if one.startswith("Training"))


def test_it_is_said_again_where_everything_is_in_the_store_and_not_where_the_command_is_quiet(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _log(home, date="2019-{month:02}-{day:02}")
    command = ["sweep", "--data", str(path), "--methods", "random", "--models", "mf", "--ratios", "0.5", *QUICK[2:]]
    for _ in range(2):
        assert main(command) == 0
        assert capsys.readouterr().err.count("Read log.csv as ") == 1
    assert main([*command, "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    (name,) = [name for name, source in SOURCES.items() if isinstance(source, Table) and source.path == str(path)]
    assert main(["run", "--dataset", name, "--json", str(home / "out.json"), *QUICK]) == 0
    assert capsys.readouterr().err.count("Read log.csv as ") == 1
    assert json.loads((home / "out.json").read_text())["metrics"]


def test_how_a_log_was_read_is_said_where_it_cannot_be(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _log(home, date="2019-{month:02}-{day:02}")
    assert main(["run", "--data", str(path), "--columns", "time=sku,item=date", *QUICK]) == 1
    first, last = [one for one in capsys.readouterr().err.splitlines() if not one.endswith(" …")]
    assert first.startswith("Read log.csv as UTF-8 text separated by semicolon")
    assert last.startswith("corelens: No row of 'log.csv' can be read")


def test_dates_that_nothing_decides_are_asked_for_and_nothing_is_read(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _log(home)
    assert main(["run", "--data", str(path), *QUICK]) == 2
    said = capsys.readouterr().err
    assert "The file leaves a question open, so nothing was read." in said
    assert "Add the option of your answer.\nUsage: " in said
    options = [line.split("  ")[2] for line in said.splitlines() if line.startswith("    --")]
    assert options == ["--time-format '%d/%m/%Y'", "--time-format '%m/%d/%Y'"]
    assert not [source for source in SOURCES.values() if isinstance(source, Table) and source.path == str(path)]
    assert main(["run", "--data", str(path), "--time-format", "%m/%d/%Y", *QUICK]) == 0
    assert "time=date (2019-01-01, 2019-02-01, 2019-03-01 …; format %m/%d/%Y)" in capsys.readouterr().err


def _asking(monkeypatch: pytest.MonkeyPatch, *questions: Question) -> None:
    """Have files leave questions open, whatever they hold."""

    def sniff(path: str, layout: Layout | None = None, of_items: bool = False) -> Sniffed:
        found = sniff_file(path, layout, of_items)
        return found if of_items else replace(found, questions=questions)

    monkeypatch.setattr(answering, "sniff", sniff)


def test_all_questions_are_asked_at_once_and_each_option_answers_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rating = (Choice("", "none", "only who chose what"), Choice("grade", "grade", "0.5 to 4.5"))
    encoding = (Choice("cp1252", "Windows-1252", "Café"), Choice("latin-1", "Latin-1", "Caf\x82"))
    _asking(
        monkeypatch,
        Question("rating", "Which column is the rating?", rating),
        Question("encoding", "How is text written?", encoding),
    )
    path = _log(home, date="2019-{month:02}-{day:02}")
    command = ["run", "--data", str(path), *QUICK]
    assert main(command) == 2
    said = capsys.readouterr().err
    assert "The file leaves 2 questions open, so nothing was read." in said
    assert "    --columns rating=       none: only who chose what" in said
    assert "    --columns rating=grade  grade: 0.5 to 4.5" in said
    assert "--encoding cp1252" in said
    assert main([*command, "--encoding", "latin-1"]) == 2
    assert "Which column is the rating?" in (said := capsys.readouterr().err)
    assert "How is text written?" not in said
    assert main([*command, "--encoding", "latin-1", "--columns", "rating="]) == 0
    assert "Latin-1 text separated by semicolon" in (said := capsys.readouterr().err)
    assert "rating=none (as you said)" in said


def test_users_and_items_change_places_by_one_answer(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _log(home, date="2019-{month:02}-{day:02}")
    assert main(["run", "--data", str(path), "--columns", "user=sku", *QUICK]) == 0
    assert "user=sku (p0, p7, p14 …), item=customer (c0, c1, c2 …)" in capsys.readouterr().err


def test_every_setting_of_a_layout_and_of_columns_has_an_option_with_a_help_text() -> None:
    assert set(log_options.fields()) == {*Layout.model_fields, *Columns.model_fields} - {"form"} - set(ROLES)
    assert not set(log_options.fields()) - set(log_options._HELP)
