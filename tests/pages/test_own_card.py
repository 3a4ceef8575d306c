"""The card of one's own log: questions before it is used, what was read, and what a reload leaves as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cache.drafts import Drafts
from cache.home import folders
from cache.ledger import Ledger
from cache.logs import Logs
from pages.ui import access
from pages.ui.access import Visitor
from pages.ui.own import looking
from rec_core.data.sources.table import Sniffed, answering
from rec_core.data.sources.table.answering import Said
from rec_core.data.sources.table.asking import Choice, Question
from rec_core.stages import resolve
from tests.conftest import own, quick
from tests.pages.conftest import Open, errors, finish, healthy, texts


def _lines(date: str) -> list[str]:
    """Return 1,200 rows of 20 customers and 151 products, whose days are between 1 and 12."""
    days = [date.format(day=n % 12 + 1, month=n // 12 % 12 + 1) for n in range(1200)]
    return [f"c{n % 20};p{n * 7 % 151};{n * 7919 // 13 % 5},5;{day}" for n, day in enumerate(days)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of which nothing is asked."""
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["customer;sku;grade;date", *_lines("2019-{month:02}-{day:02}"), ""]))
    return path


@pytest.fixture
def unclear(tmp_path: Path) -> Path:
    """A log whose dates nothing decides."""
    path = tmp_path / "unclear.csv"
    path.write_text("\n".join(["customer;sku;grade;date", *_lines("{day:02}/{month:02}/2019"), ""]))
    return path


def _named(open_page: Open, path: Path, **link: str) -> AppTest:
    app = open_page("data", **link)
    app.text_input(key="own-path").set_value(str(path)).run()
    healthy(app)
    return app


def _plain(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def _asked(app: AppTest) -> list[Any]:
    return [radio for radio in app.radio if (radio.key or "").startswith("own-ask-")]


def _of(app: AppTest, control: str) -> Any:
    drawn = [*app.text_input, *app.selectbox, *app.checkbox, *app.number_input]
    return next(one for one in drawn if f"{one.key}-".startswith(f"own-{control}-"))


def test_what_is_read_is_said_before_a_log_is_used_and_after(open_page: Open, log: Path) -> None:
    app = _named(open_page, log)
    for _ in range(2):
        assert "user=customer (c0, c1, c2 …), item=sku (p0, p7, p14 …), rating=grade (0.5, 4.5, 3.5 …" in _plain(app)
        assert "1,200 rows, 1 Jan 2019 to 12 Dec 2019." in _plain(app)
        assert "Times are days without a time of day: rows of one day are in file order." in _plain(app)
        if used := [button for button in app.button if button.key == "own-use"]:
            used[0].click().run()
            healthy(app)
    assert "Read as UTF-8 text separated by semicolon, with a header" in _plain(app)


def test_a_question_has_no_default_and_stands_before_the_log_is_used(
    home: Path, open_page: Open, unclear: Path
) -> None:
    app = _named(open_page, unclear)
    (question,) = _asked(app)
    assert (question.value, question.options) == (None, ["Day first", "Month first"])
    assert app.button(key="own-use").disabled
    assert app.button(key="own-use").label == "Answer the question above first"
    assert "**Rows:**" not in texts(app)
    question.set_value("%m/%d/%Y").run()
    healthy(app)
    assert app.button(key="own-use").label == "Use this log"
    app.button(key="own-use").click().run()
    healthy(app)
    (kept,) = Logs(Ledger(home)).listed()
    assert kept.reading.layout.time_format == "%m/%d/%Y"
    assert "time=date (2019-01-01, 2019-02-01, 2019-03-01 …; format %m/%d/%Y)" in _plain(app)


def test_every_question_is_answered_by_itself_and_by_the_choice_of_a_column(
    open_page: Open, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rating = Question("rating", "Which column is the rating?", (Choice("", "none", "clicks"), Choice("grade", "grade")))
    encoding = Question("encoding", "How is text written?", (Choice("cp1252", "Windows-1252", "Café"),))
    look = answering.answered

    def asking(path: str, said: Said, of_items: bool = False) -> Sniffed:
        found = look(path, said, of_items)
        return replace(found, questions=tuple(one for one in (rating, encoding) if not said.answers(one)))

    monkeypatch.setattr(looking, "_answer", asking)
    app = _named(open_page, log)
    assert app.button(key="own-use").label == "Answer the 2 questions above first"
    sorted(_asked(app), key=lambda radio: str(radio.key))[0].set_value("cp1252").run()
    assert app.button(key="own-use").label == "Answer the question above first"
    assert _of(app, "encoding").value == "cp1252"
    _of(app, "rating").set_value("–").run()  # says it as well
    healthy(app)
    assert app.button(key="own-use").label == "Use this log"
    assert "rating=none (as you said)" in _plain(app)


def _reload(open_page: Open, app: AppTest) -> AppTest:
    mark = app.query_params["draft"]
    return open_page("data", draft=mark if isinstance(mark, str) else mark[0])


def test_what_was_chosen_survives_a_reload_and_no_path_is_in_the_address(
    home: Path, open_page: Open, unclear: Path
) -> None:
    app = _named(open_page, unclear)
    _asked(app)[0].set_value("%d/%m/%Y").run()
    _of(app, "title").set_value("Our shop").run()
    _of(app, "rating").set_value("–").run()
    assert not [value for values in app.query_params.values() for value in values if "unclear" in value]
    again = _reload(open_page, app)
    healthy(again)
    assert again.text_input(key="own-path").value == str(unclear)
    assert _asked(again)[0].value == "%d/%m/%Y"
    assert (_of(again, "title").value, _of(again, "rating").value) == ("Our shop", "–")
    again.button(key="own-use").click().run()
    healthy(again)
    assert again.title[0].value.startswith("Our shop: 1,200 rows by 20 users")
    assert "draft" not in again.query_params
    assert not list((home / "drafts").glob("*.json"))


def test_a_draft_is_its_owners_alone(open_page: Open, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _named(open_page, log)
    monkeypatch.setattr(access, "visitor", lambda: Visitor("somebody", is_starter=False, is_near=True))
    other = _reload(open_page, app)
    healthy(other)
    assert other.text_input(key="own-path").value == ""


def test_drafts_are_few_and_no_mark_leads_out_of_their_folder(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts")
    mark = Drafts.new()
    drafts.keep(mark, "", {"own-path": "/a"})
    assert drafts.get(mark, "") == {"own-path": "/a"}
    assert drafts.get(mark, "somebody") == drafts.get("../../etc/passwd", "") == drafts.get("0" * 16, "") == {}
    for _ in range(205):
        drafts.keep(Drafts.new(), "", {"own-path": "/b"})
    assert len(list((tmp_path / "drafts").glob("*.json"))) == 200
    drafts.drop(mark)
    assert drafts.get(mark, "") == {}


def test_a_log_that_is_removed_leaves_its_runs_listed(home: Path, open_page: Open, log: Path) -> None:
    logs = Logs(Ledger(home))
    table = own(log)
    logs.keep(table)
    spec = quick("random")
    finish(home, resolve(spec.with_(data=spec.data.model_dump() | {"dataset": table.name}), folders()))
    logs.remove(table.name)
    app = open_page("data", data=table.name)
    healthy(app)
    assert "log.csv (removed): 1,200" in app.title[0].value
    assert "Its runs stay listed." in texts(app)
    assert not errors(app)
    app.button(key=f"back-{table.name}").click().run()
    healthy(app)
    assert app.title[0].value.startswith("log.csv: 1,200")
