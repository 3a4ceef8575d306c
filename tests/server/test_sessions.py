"""Two people at one server: what one of them sends or names is not the other's."""

from __future__ import annotations

from pathlib import Path

from cache.ledger import Ledger
from tests.browser.conftest import App
from tests.server.conftest import admitted, log_of
from tests.server.visitor import Session, Visitor

CHANGES = ("Rename", "Share", "Stop sharing", "Remove", "Bring back", "Forget")


def _buttons(session: Session) -> set[str]:
    return {button.label for button in session.widgets("button")}


def _datasets(session: Session) -> list[str]:
    return list(session.widget("selectbox", "Data").options)


def _take(session: Session, visitor: Visitor, name: str, word: str) -> None:
    assert session.send(visitor, name, log_of(word).encode()).status == 204
    session.click("Use this log")


def test_what_somebody_sends_is_theirs_alone(app: App) -> None:
    one, two = Visitor(app.port), Visitor(app.port)
    with one.session(page="data") as session:
        _take(session, one, "clicks.csv", "sent")
        assert "clicks.csv" in _datasets(session)
        assert {"Rename", "Share", "Remove"} <= _buttons(session)
    log = Ledger(app.home).logs()[-1]
    for query in ("", "data=clicks.csv", f"data={log.name}"):
        for other in (two, admitted(app)):
            with other.session(page="data", query=query) as session:
                assert "clicks.csv" not in _datasets(session)
                assert not _buttons(session) & set(CHANGES)
                assert "uploads" not in session.text
                assert "sent1" not in session.text
                said = "The link asks for data" in session.text
                assert said == bool(query)
    with one.session(page="data", query="data=clicks.csv") as session:  # the same browser, later
        assert "clicks.csv" in _datasets(session)
        session.click("Share")
    with two.session(page="data", query="data=clicks.csv") as session:
        assert "clicks.csv" in _datasets(session)
        assert not _buttons(session) & set(CHANGES)
        assert "uploads" not in session.text
    with one.session(page="data", query="data=clicks.csv") as session:
        session.click("Remove")
        session.click("Forget")
    assert not Path(log.path).exists()


def test_two_files_of_one_name_are_two_files(app: App) -> None:
    one, two = Visitor(app.port), Visitor(app.port)
    for visitor, word in ((one, "anna"), (two, "bert")):
        with visitor.session(page="data") as session:
            _take(session, visitor, "same.csv", word)
    paths = [Path(log.path) for log in Ledger(app.home).logs() if log.title == "same.csv"]
    assert [path.name for path in paths] == ["same.csv", "same.csv"]
    assert [path.read_text() == log_of(word) for path, word in zip(paths, ("anna", "bert"), strict=True)] == [True] * 2
    for visitor, word, other in ((one, "anna", "bert"), (two, "bert", "anna")):
        with visitor.session(page="one_user", query="data=same.csv") as session:
            assert f"user {word}" in session.text
            assert other not in session.text


def test_a_file_that_is_sent_is_written_once_and_whole(app: App) -> None:
    visitor = Visitor(app.port)
    with visitor.session(page="data") as session:
        session.send(visitor, "once.csv", log_of("once").encode())
        (file,) = app.home.glob("uploads/*/once.csv")
        before = file.stat()
        for _ in range(4):
            session.run()
        assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        assert file.stat().st_mode & 0o777 == 0o600
        assert [one.name for one in file.parent.iterdir()] == ["once.csv"]


def test_sent_files_have_a_limit_in_all(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    app = App(tmp_path / "home", CORELENS_UPLOADS_GB="0.000012")  # 12,000 bytes
    app.start()
    try:
        visitor = Visitor(app.port)
        with visitor.session(page="data") as session:
            session.send(visitor, "a.csv", log_of("a").encode())
            assert "Use this log" in _buttons(session)
        with visitor.session(page="data") as session:
            session.send(visitor, "b.csv", log_of("b" * 9).encode())
            assert "No room for this file" in session.text
            assert "CORELENS_UPLOADS_GB" in session.text
            assert "Use this log" not in _buttons(session)
        assert [file.name for file in app.home.glob("uploads/*/*")] == ["a.csv"]
    finally:
        app.kill()
        app.end_jobs()


def test_a_log_by_its_path_is_its_starters_alone(app: App, secret: Path) -> None:
    starter = admitted(app)
    with starter.session(page="data") as session:
        session.write("Path", str(secret))
        session.click("Use this log")
        assert "secret.csv" in _datasets(session)
        assert str(secret) in session.text
    name = next(log.name for log in Ledger(app.home).logs() if log.path == str(secret))
    other = Visitor(app.port)
    for page in ("data", "one_user", "results", "frontier"):
        for query in ("", f"data={name}", "data=secret.csv"):
            with other.session(page=page, query=query) as session:
                assert "secret.csv" not in session.text.replace("“secret.csv”", "")  # what the link itself says
                assert "hush" not in session.text
                assert str(secret.parent) not in session.text
