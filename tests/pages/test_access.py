"""Who may read what on pages: paths, addresses, and other people's logs."""

from __future__ import annotations

import io
import os
import socket
import threading
import urllib.request
from pathlib import Path

import fsspec
import pytest
import streamlit as st
from fsspec.registry import _registry
from streamlit.testing.v1 import AppTest

from cache.home import folders
from cache.jobs import Job, Jobs
from cache.ledger import Ledger
from cache.logs import Logs
from cache.outcomes import Outcome, save_outcome
from cache.store import DiskStore
from cache.sweeps import Sweeps
from pages.ui import access
from pages.ui.access import Visitor
from pages.ui.own import file
from rec_core.errors import DataError
from rec_core.progress import Progress
from rec_core.selection.random import Random
from rec_core.stages import resolve
from rec_core.sweeps import Plan
from tests.conftest import key, log_csv, own, quick
from tests.pages.conftest import ROOT, Open, healthy, texts

STARTER = Visitor("", is_starter=True, is_near=True)
WITHOUT_LINK = Visitor("somebody", is_starter=False, is_near=True)
AFAR = Visitor("", is_starter=True, is_near=False)


def _is(monkeypatch: pytest.MonkeyPatch, who: Visitor) -> None:
    monkeypatch.setattr(access, "visitor", lambda: who)


@pytest.fixture
def data(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder CORELENS_DATA, with a link that leads out of it."""
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "out.csv").symlink_to("/etc/passwd")
    monkeypatch.setenv("CORELENS_DATA", str(folder))
    return folder.resolve()


def test_without_a_gate_nobody_has_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "context", type("Context", (), {"headers": {}}))
    assert access.visitor() == Visitor("nobody", is_starter=False, is_near=False)


def test_the_starter_reads_every_file(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _is(monkeypatch, STARTER)
    assert access.allowed("~/log.csv") == str(Path("~/log.csv").expanduser().resolve())
    assert access.allowed("/etc/passwd") == "/etc/passwd"
    assert access.allowed("log.csv") == str(data / "log.csv")
    assert access.allowed("s3://bucket/log.csv") == "s3://bucket/log.csv"


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (WITHOUT_LINK, "open the link that the terminal printed at the start"),
        (AFAR, "This app is served to others"),
        (Visitor("somebody", is_starter=False, is_near=False), "This app is served to others"),
    ],
)
def test_anybody_else_reads_the_folder_of_data_alone_unless_the_option_is_given(
    who: Visitor, said: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _is(monkeypatch, who)
    for path in ("/etc/passwd", "s3://bucket/log.csv", "../log.csv", "~/log.csv", "out.csv", str(data / "out.csv")):
        with pytest.raises(DataError, match=said) as refused:
            access.allowed(path)
        assert "CORELENS_TRUST=everyone" in str(refused.value)
    assert access.allowed("log.csv") == str(data / "log.csv")
    monkeypatch.delenv("CORELENS_DATA")
    with pytest.raises(DataError, match=said):
        access.allowed("log.csv")
    monkeypatch.setenv("CORELENS_TRUST", "yes")  # not the word that is asked for
    with pytest.raises(DataError, match=said):
        access.allowed("/etc/passwd")
    monkeypatch.setenv("CORELENS_TRUST", "everyone")
    assert access.allowed("/etc/passwd") == "/etc/passwd"


@pytest.mark.parametrize("name", ["part-1.csv", "part-1.parquet"])
def test_a_part_of_a_folder_may_not_lead_out_of_the_folder_of_data(
    name: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = data / "log" / "dt=2019-01-01"
    inside.mkdir(parents=True)
    (inside / name.replace("1", "0")).write_text("user,item\n1,2\n")
    (data / "kept").write_text("user,item\n1,2\n")
    (inside / name).symlink_to(data / "kept")
    _is(monkeypatch, AFAR)
    assert access.allowed("log") == str(data / "log")
    (inside / name).unlink()
    (inside / name).symlink_to("/etc/passwd")
    for path in ("log", "log/dt=2019-01-01"):
        with pytest.raises(DataError, match="This app is served to others"):
            access.allowed(path)
    _is(monkeypatch, STARTER)
    assert access.allowed("log") == str(data / "log")


@pytest.mark.parametrize("trust", ["", "everyone"])
def test_nobody_reads_the_home_folder_by_its_path(
    trust: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may lie in the folder of data, and holds what others sent, and the starter's link."""
    inside = tmp_path / "data" / ".corelens"
    (inside / "servers").mkdir(parents=True)
    (tmp_path / "data" / "link").symlink_to(inside)
    monkeypatch.setenv("CORELENS_HOME", str(inside))
    monkeypatch.setenv("CORELENS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CORELENS_TRUST", trust)
    for who in (STARTER, WITHOUT_LINK):
        _is(monkeypatch, who)
        for path in (
            ".corelens/servers/8501.html",
            ".corelens",
            ".",
            "",
            "link/ledger.sqlite3",
            str(inside / "uploads"),
        ):
            with pytest.raises(DataError, match="Corelens keeps files of its own there"):
                access.allowed(path)
        assert access.allowed("log.csv")


@pytest.mark.parametrize("path", ["a\0b.csv", "~nobody-of-this-name/log.csv"])
def test_what_is_no_path_is_said_to_be_none(path: str, home: Path) -> None:
    with pytest.raises(DataError, match=r"holds a zero byte|There is no file"):
        access.allowed(path)


class _Web(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """Reads from the web, as fsspec's driver does where it is installed."""

    def _open(self, path: str, *_: object, **__: object) -> object:
        return io.BytesIO(urllib.request.urlopen(path, timeout=1).read())


@pytest.mark.parametrize("trust", ["", "everyone"])
def test_pages_make_no_request_to_a_server_of_this_machine(
    trust: str, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORELENS_TRUST", trust)
    for scheme in ("http", "https"):
        monkeypatch.setitem(_registry, scheme, _Web)
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        threading.Thread(target=_listen, args=(server, heard), daemon=True).start()
        app = open_page("data")
        for address in ("127.0.0.1", "localhost", "[::1]", "2130706433", "0.0.0.0"):
            for scheme in ("http", "HTTP", "https"):
                app.text_input(key="own-path").set_value(f"{scheme}://{address}:{port}/log.csv").run()
                healthy(app)
                assert "Pages do not read web addresses" in texts(app)
    assert heard == []


@pytest.mark.parametrize("address", ["169.254.169.254/latest/meta-data", "10.0.0.1", "example.com"])
def test_no_web_address_is_read_whatever_its_name_resolves_to(address: str, home: Path) -> None:
    with pytest.raises(DataError, match="Pages do not read web addresses"):
        access.allowed(f"http://{address}/log.csv")


def _listen(server: socket.socket, heard: list[str]) -> None:
    while True:
        try:
            _, who = server.accept()
        except OSError:
            return
        heard.append(str(who))


@pytest.mark.parametrize("path", ["tar://x::file:///etc/passwd", "s3://a/b::file:///etc/passwd", "file:///etc/passwd"])
def test_addresses_that_lead_to_files_of_this_machine_are_refused_on_the_page(path: str, open_page: Open) -> None:
    app = open_page("data")
    app.text_input(key="own-path").set_value(path).run()
    healthy(app)
    assert any(said in texts(app) for said in ("An address inside another one", "without 'file://'"))
    assert "root:" not in texts(app)


def _taken(open_page: Open, log: Path, shared: bool) -> tuple[AppTest, str]:
    app = open_page("data")
    app.text_input(key="own-path").set_value(str(log)).run()
    (share,) = [box for box in app.checkbox if box.label == "Everybody who opens this app may use it"]
    share.set_value(shared).run()
    app.button(key="own-use").click().run()
    healthy(app)
    return app, str(app.selectbox(key="data-choice").value)


def _plain(app: AppTest) -> str:
    """Return the text of a page without the backslashes of Markdown."""
    return texts(app).replace("\\", "")


def _keys(app: AppTest, log: str) -> set[str]:
    return {key.removesuffix(f"-{log}") for key in (button.key or "" for button in app.button) if key.endswith(log)}


def test_a_log_is_its_owners_alone_until_it_is_shared(
    home: Path, open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    log = log_csv(tmp_path / "mine")
    mine, name = _taken(open_page, log, shared=False)
    assert _keys(mine, name) == {"show", "rename", "share", "remove"}
    assert str(log) in _plain(mine)
    assert "open the link" not in texts(mine)

    _is(monkeypatch, WITHOUT_LINK)
    for asked in ("log.csv", name):
        theirs = open_page("data", data=asked)
        healthy(theirs)
        assert theirs.selectbox(key="data-choice").value != name
        assert "log.csv" not in theirs.selectbox(key="data-choice").options
        assert _keys(theirs, name) == set()
        assert "mine" not in texts(theirs)
    theirs = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    theirs.session_state["data"] = name  # as a forged message would set it
    theirs.run()
    assert theirs.selectbox(key="data-choice").value != name
    assert "mine" not in texts(theirs)

    _is(monkeypatch, STARTER)
    mine.button(key=f"share-{name}").click().run()
    healthy(mine)
    _is(monkeypatch, WITHOUT_LINK)
    theirs = open_page("data", data="log.csv")
    healthy(theirs)
    assert "open the link that the terminal printed" in texts(theirs)
    assert theirs.title[0].value.startswith("log.csv: 10,001 ratings")
    assert _keys(theirs, name) == {"show"}
    assert str(log.parent) not in _plain(theirs)
    assert "shared by somebody else" in texts(theirs)


def test_shared_logs_keep_their_place_to_themselves_when_their_file_is_gone(
    home: Path, open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    log = log_csv(tmp_path / "mine")
    _taken(open_page, log, shared=True)
    log.unlink()
    st.cache_resource.clear()
    _is(monkeypatch, WITHOUT_LINK)
    theirs = open_page("data", data="log.csv")
    healthy(theirs)
    assert "no longer at" in texts(theirs)
    assert str(log.parent) not in _plain(theirs)


def test_runs_and_sweeps_on_anothers_log_tell_nothing_of_it(
    home: Path, open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    log = own(log_csv(tmp_path / "mine"), rating="")
    Logs(Ledger(home)).keep(log)
    spec = resolve(quick(data={"dataset": log.name}), folders())
    Ledger(home).ask(key(spec), "run", spec)
    save_outcome(DiskStore(home), key(spec), Outcome("failed", "Line 7 holds no time."))
    plan = Plan.of(spec, [Random()], ("ncf",), ("implicit",), (0.1,), (0,))
    Sweeps(Jobs(home, folders())).ask("My shop small", plan)
    running = Job("a", "run", spec, "running", progress=Progress("Training"))
    monkeypatch.setattr(Jobs, "active", lambda self: [running])
    for who, sees in ((STARTER, True), (WITHOUT_LINK, False)):
        _is(monkeypatch, who)
        app = open_page("frontier")
        healthy(app)
        shown = "\n".join([_plain(app), *(str(one.proto) for one in app.get("progress"))])
        for said in ("log.csv", "Line 7 holds no time.", "My shop small"):
            assert (said in shown) == sees
        assert ("a log of somebody else" in shown) != sees


def test_nobody_changes_anothers_log(home: Path, open_page: Open, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    log = own(log_csv(tmp_path / "mine"))
    Logs(Ledger(home)).keep(log, shared=True)
    theirs = Logs(Ledger(home), "somebody")
    for change in (theirs.remove, theirs.forget, theirs.bring_back):
        change(log.name)
    theirs.rename(log.name, "Theirs")
    theirs.share(log.name, False)
    (kept,) = Logs(Ledger(home)).listed()
    assert (kept.title, Logs(Ledger(home)).is_shared(log.name)) == ("log.csv", True)
    assert Path(log.path).exists()


def test_two_people_have_the_same_log_each_by_a_copy_of_their_own(home: Path) -> None:
    text = "user,item\n" + "".join(f"{n % 9},{n % 7}\n" for n in range(50))
    logs = {who: Logs(Ledger(home), who) for who in ("one", "two")}
    paths = {}
    for who, kept in logs.items():
        paths[who] = kept.uploads.keep(who, "log.csv", text.encode(), 10**9, kept.files())
        kept.keep(own(paths[who]))
    (of_one,), (of_two,) = (kept.listed() for kept in logs.values())
    assert of_one.name == of_two.name
    assert paths["one"] != paths["two"]
    logs["one"].rename(of_one.name, "First")
    assert [kept.listed()[0].title for kept in logs.values()] == ["First", "log.csv"]
    logs["one"].remove(of_one.name)
    logs["one"].forget(of_one.name)
    assert not paths["one"].exists()
    assert paths["two"].exists()
    assert [log.path for log in logs["two"].listed()] == [str(paths["two"])]


def test_a_file_that_was_sent_is_written_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Sent:
        file_id, name = "id", "log.csv"

        def getvalue(self) -> bytes:
            return b"user,item\n1,2\n"

    monkeypatch.setattr(st, "session_state", {})
    path = Path(file._sent(Sent()))  # type: ignore[arg-type]
    before = path.stat()
    os.utime(path, (1, 1))
    for _ in range(4):
        assert file._sent(Sent()) == str(path)  # type: ignore[arg-type]
    assert (path.stat().st_ino, path.stat().st_mtime) == (before.st_ino, 1)
    path.unlink()  # nothing used it for long
    assert Path(file._sent(Sent())).read_bytes() == b"user,item\n1,2\n"  # type: ignore[arg-type]
