"""A visitor of a real server without a browser: cookies over HTTP, pages over the websocket, any header it likes.

As a program (PORT PATH UID FOLDER) it becomes another account, and prints what that sees.
"""

from __future__ import annotations

import http.client
import http.cookies
import json
import os
import socket
import sys
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

_LONGEST = 90.0  # seconds that a page may take on a busy machine


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Visitor:
    """Somebody at a port of this machine who sends these headers."""

    port: int
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def at(self) -> str:
        """The name by which the visitor asks for the app."""
        return self.host or f"127.0.0.1:{self.port}"

    def get(self, target: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """Ask for an address, and keep the cookies that come back, as a browser does."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        link.putrequest(method, target, skip_host=True)
        sent = {"Host": self.at, **self.headers, **headers, "Cookie": self._cookie()}
        for name, value in ({"Content-Length": str(len(body))} | sent).items():
            link.putheader(name, value)
        link.endheaders(body)
        answer = link.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                morsel = http.cookies.SimpleCookie(value)
                self.cookies |= {name: one.value for name, one in morsel.items()}
        found = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        link.close()
        return found

    @contextmanager
    def session(self, origin: str | None = "same", page: str = "", query: str = "") -> Iterator[Session]:
        """Open a page as a browser does: the websocket with the cookies, then a run of the app."""
        if "corelens" not in "".join(self.cookies):
            self.get("/")
        known = f"http://{self.at}" if origin == "same" else origin
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        try:
            with connect(
                f"ws://{self.at}/_stcore/stream",
                sock=raw,
                origin=known,  # type: ignore[arg-type]
                subprotocols=["streamlit"],  # type: ignore[list-item]
                additional_headers=dict(self.headers) | {"Cookie": self._cookie()},
                max_size=None,
                open_timeout=30,
                proxy=None,
            ) as link:
                session = Session(link, page, query)
                session.run()
                yield session
        finally:
            raw.close()

    def reads(self, path: str) -> str:
        """Name a path on the page Data and return all that the page then says."""
        with self.session(page="data") as session:
            session.write("Path", path)
            return session.text

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


class Session:
    """One tab: what it was sent, and what it sets."""

    def __init__(self, link: ClientConnection, page: str, query: str) -> None:
        self._link, self._page, self._query = link, page, query
        self._elements: dict[tuple[int, ...], Any] = {}
        self._values: dict[str, Callable[[Any], None]] = {}
        self.id = ""
        self.script = ""

    @property
    def text(self) -> str:
        """All that the page says: every element as Protobuf writes it, without the backslashes of Markdown."""
        return "\n".join(str(element) for element in self._elements.values()).replace("\\", "")

    @property
    def errors(self) -> list[str]:
        """What stands in red boxes."""
        return [
            e.alert.body for e in self._elements.values() if e.WhichOneof("type") == "alert" and e.alert.format == 1
        ]

    def widgets(self, kind: str) -> list[Any]:
        """Return the widgets of a kind, such as ``text_input``."""
        return [getattr(e, kind) for e in self._elements.values() if e.WhichOneof("type") == kind]

    def widget(self, kind: str, label: str) -> Any:
        """Return the widget of a kind with this label."""
        return next(one for one in self.widgets(kind) if one.label == label)

    def write(self, label: str, text: str) -> None:
        """Write into a text field, and wait for the page."""
        self._values[self.widget("text_input", label).id] = lambda state: setattr(state, "string_value", text)
        self.run()

    def click(self, label: str) -> None:
        """Press a button, and wait for the page."""
        name = self.widget("button", label).id
        self._values[name] = lambda state: setattr(state, "trigger_value", True)
        self.run()
        del self._values[name]

    def tick(self, label: str, value: bool = True) -> None:
        """Set a checkbox, and wait for the page."""
        self._values[self.widget("checkbox", label).id] = lambda state: setattr(state, "bool_value", value)
        self.run()

    def send(self, visitor: Visitor, name: str, contents: bytes) -> Answer:
        """Send a file to the uploader as a browser does, and show the page with it; return how the sending ended."""
        from streamlit.proto.Common_pb2 import UploadedFileInfo

        uploader, file_id = self.widgets("file_uploader")[0], str(uuid.uuid4())
        visitor.get("/_stcore/health")  # gives the token against forged requests
        body = (
            f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: text/csv\r\n\r\n".encode()
            + contents
            + b"\r\n--b--\r\n"
        )
        target = f"/_stcore/upload_file/{self.id}/{file_id}"
        token = {"X-Xsrftoken": visitor.cookies.get("_streamlit_xsrf", "")}
        answer = visitor.get(target, "PUT", body, **{"Content-Type": "multipart/form-data; boundary=b"}, **token)
        info = UploadedFileInfo(file_id=file_id, name=name, size=len(contents))
        info.file_urls.upload_url = info.file_urls.delete_url = target
        info.file_urls.file_id = file_id

        def hand_over(state: Any) -> None:
            state.file_uploader_state_value.uploaded_file_info.append(info)

        self._values[uploader.id] = hand_over
        self.run()
        return answer

    def run(self) -> None:
        """Run the app with what was set, and take in what it sends until it has ended."""
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = self._page
        for name, fill in self._values.items():
            state = message.rerun_script.widget_states.widgets.add()
            state.id = name
            fill(state)
        self._elements.clear()
        self._link.send(message.SerializeToString())
        end = time.monotonic() + _LONGEST
        while not self._takes_in(max(end - time.monotonic(), 0.1)):
            pass

    def _takes_in(self, seconds: float) -> bool:
        message = ForwardMsg.FromString(self._link.recv(timeout=seconds))
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.id = message.new_session.initialize.session_id
            self._elements.clear()
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._elements[tuple(message.metadata.delta_path)] = message.delta.new_element
        return kind == "script_finished" and message.script_finished in (
            ForwardMsg.FINISHED_SUCCESSFULLY,
            ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
        )


def address(link: str) -> str:
    """Return the path and query to ask a server for, from a whole link."""
    parts = urllib.parse.urlsplit(link)
    return f"{parts.path or '/'}?{parts.query}"


def main() -> None:
    """Become UID, and say what they see at PORT who name PATH, and which files of FOLDER they can open themselves."""
    port, path, uid, folder = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    "".encode("idna")  # loads what is loaded late, from folders that may be closed to others
    names = [str(place) for place in folder.rglob("*")]
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    found = {
        "uid": os.getuid(),
        "opens": _can_open(path),
        "readable": [name for name in (str(folder), *names) if _can_open(name)],
        "page": Visitor(port).reads(path),
    }
    json.dump(found, sys.stdout)


def _can_open(path: str) -> bool:
    try:
        return bool(list(Path(path).iterdir()) if Path(path).is_dir() else Path(path).read_bytes())
    except OSError:
        return False


if __name__ == "__main__":
    main()
