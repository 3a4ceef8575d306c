"""1,000 broken files and 2,000 links against a running server, as a browser sends them: by Streamlit's websocket."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from cache.faults import FILE
from tests.browser.conftest import App
from tests.fuzzing import file_of, link_of

_LIMIT = 120.0  # seconds until a page is whole, on a machine that does much else
_FILES = int(os.environ.get("CORELENS_FUZZ_FILES", "1000"))
_LINKS = int(os.environ.get("CORELENS_FUZZ_LINKS", "2000"))


class Tab:
    """One session of the app: what its last run drew."""

    def __init__(self, app: App) -> None:
        address = f"ws://127.0.0.1:{app.port}/_stcore/stream"
        self._open = ExitStack()
        self._stream: ClientConnection = self._open.enter_context(
            connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, origin=Origin(app.url))
        )
        self.exceptions: list[str] = []
        self.errors: list[str] = []
        self.headings = 0
        self.offers = False  # a log that can be taken
        self.fields: dict[str, str] = {}  # label → the id of a text field

    def run(self, page: str, query: str = "", path: str | None = None) -> float:
        """Have a page drawn, with a path in its field if there is one; return how many seconds that takes."""
        message, begin = BackMsg(), time.monotonic()
        message.rerun_script.page_name, message.rerun_script.query_string = page, query
        if path is not None:
            field = message.rerun_script.widget_states.widgets.add()
            field.id, field.string_value = self.fields["Path"], path
        self._stream.send(message.SerializeToString())
        while True:
            told = ForwardMsg()
            told.ParseFromString(self._stream.recv(timeout=_LIMIT - (time.monotonic() - begin)))
            self._look(told)
            # A page that starts over inside the app, or goes on to another one, ends more than once.
            if told.WhichOneof("type") == "script_finished" and told.script_finished == 0:
                return time.monotonic() - begin

    def _look(self, told: ForwardMsg) -> None:
        if told.WhichOneof("type") != "delta" or told.delta.WhichOneof("type") != "new_element":
            return
        element = told.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.exceptions.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "alert" and "inside Corelens" in element.alert.body:
            self.errors.append(element.alert.body)
        elif kind == "heading":
            self.headings += 1
        elif kind == "button":
            self.offers |= element.button.label == "Use this log"
        elif kind == "text_input":
            self.fields[element.text_input.label] = element.text_input.id

    def close(self) -> None:
        self._open.close()


def _wrong(tab: Tab, what: object) -> list[str]:
    return [f"{what}: {said}" for said in (*tab.exceptions, *tab.errors)]


def _link(app: App, number: int) -> tuple[float, list[str]]:
    page, asked = link_of(number)
    tab = Tab(app)
    try:
        took = tab.run(page, urlencode({key: value.encode("utf-8", "replace") for key, value in asked.items()}))
        wrong = [] if tab.headings else [f"{page} {asked}: nothing is drawn"]
        return took, wrong + _wrong(tab, (page, asked))
    except (TimeoutError, WebSocketException) as error:
        return _LIMIT, [f"{page} {asked}: {type(error).__name__}"]
    finally:
        tab.close()


def _files(app: App, folder: Path, numbers: list[int]) -> tuple[list[float], list[str], int]:
    """Name one file after the other in one session; return seconds, what is wrong, and how many could be taken."""
    seconds, wrong, offered, tab = [], [], 0, Tab(app)
    tab.run("data")
    for number in numbers:
        name, contents = file_of(number)
        path = folder / f"{number} {name}"
        path.write_bytes(contents)
        tab.exceptions, tab.errors, tab.offers = [], [], False
        try:
            seconds.append(tab.run("data", path=str(path)))
        except (TimeoutError, WebSocketException) as error:
            wrong.append(f"file {number}: {type(error).__name__}")
            tab = Tab(app)
            tab.run("data")
        wrong += _wrong(tab, f"file {number}")
        offered += tab.offers
    tab.close()
    return seconds, wrong, offered


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server that has drawn a page: the first one loads everything. Every visitor may read files."""
    app = App(tmp_path_factory.mktemp("home"), CORELENS_TRUST="everyone")
    app.start()
    tab = Tab(app)
    tab.run("data")
    tab.close()
    yield app
    app.kill()
    app.end_jobs()


def _said(what: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    middle, late = ordered[len(ordered) // 2], ordered[int(0.95 * (len(ordered) - 1))]
    print(f"{len(ordered)} {what}: median {middle:.2f} s, 95 % within {late:.2f} s, longest {ordered[-1]:.1f} s")  # noqa: T201


@pytest.mark.slow
def test_broken_files_end_no_page_of_a_running_server(server: App, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        parts = [list(range(at, _FILES, 2)) for at in range(2)]
        found = list(pool.map(lambda part: _files(server, tmp_path, part), parts))
    _said("files", [took for seconds, *_ in found for took in seconds])
    assert [one for _, wrong, _ in found for one in wrong] == []
    assert sum(offered for *_, offered in found) >= _FILES // 5  # some are good enough to be taken
    assert not (server.home / FILE).exists()


@pytest.mark.slow
def test_links_that_nobody_would_write_end_no_page_of_a_running_server(server: App) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda number: _link(server, number), range(_LINKS)))
    _said("links", [took for took, _ in found])
    assert list(itertools.chain.from_iterable(wrong for _, wrong in found)) == []
    assert not (server.home / FILE).exists()
