"""The page Data: what is in a data set, people's own logs, and what of them cannot be read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cache.home import folders
from cache.ledger import Ledger
from cache.logs import Logs
from cache.store import DiskStore
from pages.ui.own import file, layout
from rec_core.errors import CorelensError, DataError
from rec_core.experiment import Experiment
from rec_core.specs import ExperimentSpec
from tests.conftest import log_csv, own, quick
from tests.pages.conftest import QUICK, Open, errors, finish, healthy, texts


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with two lines that cannot be read, below a folder of its own."""
    (tmp_path / "logs").mkdir()
    path = log_csv(tmp_path / "logs")
    path.write_text(path.read_text() + "1,2\n1,2,bad,1000000000\n")
    return path


def _named(open_page: Open, log: Path) -> AppTest:
    app = open_page("data")
    app.text_input(key="own-path").set_value(str(log)).run()
    healthy(app)
    return app


def _own(app: AppTest, control: str) -> Any:
    """Return a control of the card of a file, whatever its key ends in."""
    drawn = [*app.text_input, *app.selectbox, *app.checkbox]
    return next(one for one in drawn if f"{one.key}-".startswith(f"own-{control}-"))


def test_what_the_data_hold_is_said(open_page: Open) -> None:
    app = open_page("data", **QUICK)
    healthy(app)
    assert app.title[0].value == "Synthetic, 10,000 ratings: 10,001 ratings by 150 users of 400 films"
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Ratings"] == "1 to 5"
    assert metrics["Time"].endswith("years")


def test_how_much_room_results_take_is_said(home: Path, open_page: Open) -> None:
    finish(home, quick("random"), quick("recent"))
    app = open_page("data", **QUICK)
    said = next(text.value for text in app.markdown if "among the results" in text.value)
    found = re.search(r"they take ([\d.]+) MB among the results, and 2 finished runs ([\d.]+) MB\.", said)
    assert found is not None
    on_disk = sum(file.stat().st_size for file in (home / "objects").rglob("*") if file.is_file()) / 1e6
    assert float(found[1]) + float(found[2]) == pytest.approx(on_disk, rel=0.05)


def test_a_log_is_named_shown_taken_and_found_again(home: Path, open_page: Open, log: Path) -> None:
    app = _named(open_page, log)
    chosen = [box.value for box in app.selectbox if (box.key or "").startswith("own-") and "userId" in box.options]
    assert chosen == ["userId", "movieId", "rating", "timestamp", "–", "–", "–", "–"]  # time of day and event, too
    _own(app, "title").set_value("Our *shop*").run()
    app.button(key="own-use").click().run()
    healthy(app)
    assert app.title[0].value.startswith("Our shop: 10,001 ratings by 150 users of 400 items")
    assert "2 of 10,003 lines cannot be read: 1 × too few fields, 1 × not a number." in texts(app)
    assert "Mend the file, or have such rows left out" in errors(app)[0]
    app.button(key="leave-out").click().run()
    healthy(app)
    assert not app.sidebar.error
    assert "2 rows were left out because they cannot be read" in texts(app)
    again = open_page("data", data="Our shop")
    healthy(again)
    assert again.title[0].value.startswith("Our shop: ")


def test_a_log_is_renamed_removed_and_brought_back(home: Path, open_page: Open, log: Path) -> None:
    app = _named(open_page, log)
    app.button(key="own-use").click().run()
    (kept,) = Logs(Ledger(home)).listed()
    app.text_input(key=f"title-{kept.name}").set_value("Shop 2").run()
    app.button(key=f"rename-{kept.name}").click().run()
    assert app.title[0].value.startswith("Shop 2: ")
    app.button(key=f"remove-{kept.name}").click().run()
    healthy(app)
    assert app.selectbox(key="data-choice").value != kept.name
    app.button(key=f"back-{kept.name}").click().run()
    app.button(key=f"show-{kept.name}").click().run()
    healthy(app)
    assert app.title[0].value.startswith("Shop 2: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("user\n1\n", "there is one column where a log has two"),
        ("x[![x](http://127.0.0.1/x.png)](y)\n1\n", "there is one column"),
    ],
)
def test_what_is_no_log_is_said_below_its_path(open_page: Open, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "![x](http___y).csv"
    path.write_text(text)
    app = _named(open_page, path)
    (error,) = app.error
    assert said in errors(app)[0]
    assert "![x](" not in error.value


def test_a_file_that_was_sent_is_kept_by_what_is_in_it(home: Path) -> None:
    path = Path(file._kept("../../e vil$.csv", b"user,item\n1,2\n"))
    assert path == Path(file._kept("../../e vil$.csv", b"user,item\n1,2\n"))
    assert path.is_relative_to(home / "uploads")
    assert path.name == "e vil_.csv"
    assert path.read_bytes() == b"user,item\n1,2\n"


def test_a_log_that_cannot_be_read_any_more_can_still_be_removed(home: Path, open_page: Open, log: Path) -> None:
    app = _named(open_page, log)
    app.button(key="own-use").click().run()
    (kept,) = Logs(Ledger(home)).listed()
    log.write_text("")
    app.run()
    healthy(app)
    assert app.title[0].value == "What do these data hold?"
    assert any("is empty" in said for said in errors(app))
    app.button(key=f"remove-{kept.name}").click().run()
    assert [error.message for error in app.exception] == []
    app = open_page("data")
    assert app.title[0].value.startswith("Synthetic")
    log.unlink()
    app.button(key=f"back-{kept.name}").click().run()
    app.button(key=f"show-{kept.name}").click().run()
    healthy(app)
    assert "The file of log.csv is no longer at" in texts(app)


def test_a_large_log_is_read_in_the_background(
    home: Path, open_page: Open, log: Path, asked: list[tuple[str, ExperimentSpec]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rec_core.data.sources.table.source._QUICK", 0.01)
    app = _named(open_page, log)
    app.button(key="own-use").click().run()
    healthy(app)
    assert "log.csv is large" in texts(app)
    for page in ("results", "coverage", "data"):
        app = open_page(page, data="log.csv")
        healthy(app)
        assert "Not read yet" in texts(app)
        app.button(key="read").click().run()
        ((kind, spec),) = asked
        assert kind == "split"
        asked.clear()
    store = DiskStore(home)
    with pytest.raises(DataError, match="2 of 10,003 lines cannot be read"):
        Experiment(spec, store, folders()).split  # noqa: B018 - what a worker does
    app = open_page("data", data="log.csv")
    healthy(app)
    assert "2 of 10,003 lines cannot be read" in texts(app)
    Experiment(spec.with_(data=spec.data.model_dump() | {"unreadable": "left-out"}), store, folders()).split  # noqa: B018
    app = open_page("data", data="log.csv", unreadable="Leave them out")
    healthy(app)
    assert app.title[0].value.startswith("log.csv: 10,001 ratings")


def test_a_separator_that_was_not_guessed_can_be_said(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(layout.SEPARATORS, "=", "equals sign")  # the driver can choose what is listed, and not type
    path = tmp_path / "log.csv"
    path.write_text("user=item=time\n" + "".join(f"{n % 9}={n % 7}={10**9 + n}\n" for n in range(50)))
    app = _named(open_page, path)
    assert "there is one column where a log has two" in errors(app)[0]
    _own(app, "separator").set_value("=").run()
    healthy(app)
    assert not app.error
    assert app.button(key="own-use").label == "Use this log"


def test_a_list_that_cannot_be_written_is_said_in_a_sentence(
    home: Path, open_page: Open, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _named(open_page, log)
    app.button(key="own-use").click().run()
    (kept,) = Logs(Ledger(home)).listed()

    def full(*_: object) -> None:
        raise CorelensError("The disk is full.")

    monkeypatch.setattr(Ledger, "keep_log", full)
    for key in ("remove", "rename"):
        app.button(key=f"{key}-{kept.name}").click().run()
        healthy(app)
        assert "The disk is full." in errors(app)


def test_what_the_filter_leaves_follows_the_rule_for_repeats(open_page: Open, tmp_path: Path) -> None:
    lines = [f"{n % 20},{n % 15},{n * 7919 // 13 % 5},{10**9 + n}" for n in range(600)]
    (tmp_path / "again.csv").write_text("\n".join(["user,item,rating,time", *lines]))
    app = _named(open_page, tmp_path / "again.csv")
    app.button(key="own-use").click().run()
    once = app.dataframe[-1].value.set_index("At least").loc[1, "Rows"]
    app.selectbox(key="repeats").set_value("kept").run()
    healthy(app)
    assert (once, app.dataframe[-1].value.set_index("At least").loc[1, "Rows"]) == (60, 600)


def test_nothing_is_advised_that_is_chosen_already(open_page: Open, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("user,item\n" + "".join(f"{n % 30},{n % 77}\n" for n in range(900)))
    app = _named(open_page, tmp_path / "pairs.csv")
    app.button(key="own-use").click().run()
    healthy(app)
    assert "choose Clicks" not in texts(app)


def _written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def _cells(separator: str, header: str = "", decimal: str = ".") -> str:
    """Return 60 rows: users Zoë0 to Zoë5, items, ratings with a fraction, times."""
    lines = [f"Zoë{n % 6},Café{n % 11},{n % 5}{decimal}5,{10**9 + n}".split(",", 2) for n in range(60)]
    rows = [separator.join([user, item, *rest.rsplit(",", 1)]) for user, item, rest in lines]
    return "\n".join([*([separator.join(header.split(","))] if header else []), *rows, ""])


_FILES = {
    "latin": (_cells(",", "user,item,rating,time"), "latin-1"),
    "utf": (_cells(",", "user,item,rating,time"), "utf-8"),
    "bare": (_cells(","), "utf-8"),
    "german": (_cells(";", "user,item,rating,time", ","), "utf-8"),
    "same names, other roles": (_cells(",", "time,rating,item,user"), "utf-8"),
}


def _shown(app: AppTest) -> tuple[list[object], list[str]]:
    """Return the contents of a file's card: every control's value, the first rows, the labels of the expanders."""
    chosen = [box.value for box in (*app.selectbox, *app.checkbox) if (box.key or "").startswith("own-")]
    return [*chosen, *[table.value.to_csv() for table in app.dataframe[:1]]], [label.label for label in app.expander]


@pytest.mark.parametrize("first", _FILES)
@pytest.mark.parametrize("second", _FILES)
def test_a_second_path_is_read_as_in_a_fresh_session(open_page: Open, tmp_path: Path, first: str, second: str) -> None:
    if first == second:
        return
    paths = [_written(tmp_path, f"{name[:4]}.csv", *_FILES[name]) for name in (first, second)]
    fresh = _shown(_named(open_page, paths[1]))
    app = _named(open_page, paths[0])
    _own(app, "quotes").uncheck().run()
    app.text_input(key="own-path").set_value(str(paths[1])).run()
    healthy(app)
    assert _shown(app) == fresh


def test_another_version_of_a_file_is_read_anew(open_page: Open, tmp_path: Path) -> None:
    path = _written(tmp_path, "log.csv", *_FILES["latin"])
    app = _named(open_page, path)
    _written(tmp_path, "log.csv", *_FILES["german"])
    fresh = _shown(_named(open_page, path))
    app.run()
    assert _shown(app) == fresh


def _two_of_one_name(home: Path, tmp_path: Path) -> list[str]:
    """Take two logs that are called events.csv, of 10 and of 20 users; return their names."""
    logs = Logs(Ledger(home))
    for n_users in (10, 20):
        lines = [f"u{n % n_users},i{n % 7 + n // 100},{n * 7919 // 13 % 5},{10**9 + n}" for n in range(40 * n_users)]
        text = "\n".join(["user,item,rating,time", *lines, ""])
        logs.keep(own(_written(tmp_path / f"shop {n_users}", "events.csv", text)))
    return [log.name for log in logs.listed()]


def test_two_logs_of_one_name_are_told_apart(home: Path, open_page: Open, tmp_path: Path) -> None:
    first, second = _two_of_one_name(home, tmp_path)
    app = open_page("data")
    app.button(key=f"show-{first}").click().run()
    healthy(app)
    assert "events.csv (shop 10): 400 ratings by 10 users" in app.title[0].value
    app.sidebar.button_group(key="feedback").set_value("explicit").run()
    app.run()
    healthy(app)
    assert "400 ratings by 10 users" in app.title[0].value
    assert app.query_params["data"] in (first, [first])
    assert {"events.csv (shop 10)", "events.csv (shop 20)"} <= set(app.sidebar.selectbox(key="data-choice").options)
    app.sidebar.selectbox(key="data-choice").set_value(second).run()
    healthy(app)
    assert "800 ratings by 20 users" in app.title[0].value
    assert app.query_params["data"] in (second, [second])


def test_a_link_names_a_log_by_its_id_and_an_old_one_by_a_title_that_it_alone_has(
    home: Path, open_page: Open, tmp_path: Path
) -> None:
    first, second = _two_of_one_name(home, tmp_path)
    for name, users in ((first, 10), (second, 20), ("events.csv (shop 20)", 20)):
        app = open_page("data", data=name)
        healthy(app)
        assert not app.sidebar.warning
        assert f"ratings by {users} users" in app.title[0].value
    app = open_page("data", data="events.csv")
    healthy(app)
    (said,) = [warning.value for warning in app.sidebar.warning]
    assert "and several have that name: choose one here" in said
    Logs(Ledger(home)).rename(second, "Other shop")
    for link, users in (("events.csv", 10), ("other shop", 20)):
        app = open_page("data", data=link)
        assert not app.sidebar.warning
        assert f"ratings by {users} users" in app.title[0].value


def test_a_renamed_log_keeps_the_title_that_was_given(home: Path, open_page: Open, tmp_path: Path) -> None:
    first, _ = _two_of_one_name(home, tmp_path)
    app = open_page("data")
    assert app.text_input(key=f"title-{first}").value == "events.csv"
    app.button(key=f"rename-{first}").click().run()
    assert [log.title for log in Logs(Ledger(home)).listed()] == ["events.csv (shop 10)", "events.csv (shop 20)"]


def test_a_user_belongs_to_the_data(home: Path, open_page: Open, tmp_path: Path) -> None:
    first, second = _two_of_one_name(home, tmp_path)
    app = open_page("one_user", data=second, user="u15")
    healthy(app)
    assert app.text_input(key="user").value == "u15"
    app.sidebar.selectbox(key="data-choice").set_value(first).run()
    healthy(app)
    assert not app.info
    assert app.text_input(key="user").value in {f"u{n}" for n in range(10)}
