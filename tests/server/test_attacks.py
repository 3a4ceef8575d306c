"""A real server is asked for what is not for everybody: by another account, by other names, through proxies."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.browser.conftest import ROOT, App
from tests.server.conftest import NAME, admitted, log_of
from tests.server.visitor import Visitor, address

ONLY_STARTER = "Only the person who started this app may read files outside the folder CORELENS_DATA"
SERVED = "This app is served to others, so it reads the folder CORELENS_DATA alone"
NOBODY = 65534


def _status(of: Callable[[], object]) -> int:
    """Return the status with which a websocket is refused, 101 where it is not."""
    try:
        of()
    except InvalidStatus as refused:
        return refused.response.status_code
    return 101


def _opens(visitor: Visitor, origin: str | None = "same") -> int:
    def connect() -> None:
        with visitor.session(origin=origin):
            pass

    return _status(connect)


def test_who_opens_the_link_of_the_start_reads_their_files(app: App, secret: Path) -> None:
    starter = admitted(app)
    assert "hush" in starter.reads(str(secret))
    answer = Visitor(app.port).get(f"/data?ratio=5&token={address(app.link).partition('=')[2]}&seeds=3")
    assert (answer.status, answer.headers["location"]) == (303, "./data?ratio=5&seeds=3")
    assert "HttpOnly; SameSite=Strict" in answer.headers["set-cookie"]
    token = address(app.link).partition("=")[2]
    said = (app.home / "server.log").read_text()
    assert said.count(token) == 1  # the line that is printed
    (file,) = (app.home / "servers").iterdir()
    assert token in file.read_text()
    kept = [place for place in app.home.rglob("*") if place.is_file() and token.encode() in place.read_bytes()]
    assert sorted(kept) == sorted([file, app.home / "server.log"])  # the tests' own log of what was printed


def test_who_does_not_reads_the_folder_of_data_alone(app: App, secret: Path) -> None:
    anybody = Visitor(app.port)
    said = anybody.reads(str(secret))
    assert "hush" not in said
    assert ONLY_STARTER in said
    assert "open1" in anybody.reads("open.csv")
    for wrong in ("", "x", "é", "0" * 43):
        assert "corelens-key" not in "".join(_with_token(app, wrong).cookies)
    forged = Visitor(app.port, cookies={f"corelens-key-{app.port}": "x" * 43})
    assert ONLY_STARTER in forged.reads(str(secret))
    forged = Visitor(app.port, headers={"X-Corelens-Rights": "starter near", "X-Corelens-Owner": ""})
    assert ONLY_STARTER in forged.reads(str(secret))


def _with_token(app: App, token: str) -> Visitor:
    visitor = Visitor(app.port)
    assert visitor.get(f"/?token={token.encode().hex() if token == 'é' else token}").status == 303
    return visitor


@pytest.mark.skipif(os.getuid() != 0 and os.environ.get("CI") != "true", reason="only root becomes another account")
def test_another_account_of_the_machine_reads_nothing_of_the_owners(app: App, secret: Path) -> None:
    program = [sys.executable, "-m", "tests.server.visitor", str(app.port), str(secret), str(NOBODY), str(app.home)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["uid"] == NOBODY
    assert not seen["opens"]
    assert "hush" not in seen["page"]
    assert ONLY_STARTER in seen["page"]
    assert seen["readable"] == []


def test_a_tunnel_needs_the_link_as_everybody_does(app: App, secret: Path) -> None:
    """``ssh -L`` brings bytes as they are, to and from loopback: nothing but the token tells who is there."""
    with _relayed(app.port) as port:
        stranger = Visitor(port)
        said = stranger.reads(str(secret))
        assert "hush" not in said
        assert ONLY_STARTER in said
        owner = Visitor(port)
        owner.get(address(app.link))
        assert "hush" in owner.reads(str(secret))


@contextmanager
def _relayed(to: int) -> Iterator[int]:
    """Give a port whose bytes go to another one, and back."""

    def pour(source: socket.socket, target: socket.socket) -> None:
        with source, target:
            try:
                while data := source.recv(1 << 16):
                    target.sendall(data)
            except OSError:
                pass

    def serve() -> None:
        while True:
            try:
                near = relay.accept()[0]
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", to))
            for ends in ((near, far), (far, near)):
                threading.Thread(target=pour, args=ends, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as relay:
        threading.Thread(target=serve, daemon=True).start()
        yield relay.getsockname()[1]
        relay.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "header",
    [
        {"X-Forwarded-For": "203.0.113.7"},
        {"X-Forwarded-Host": "shop.example", "X-Forwarded-Proto": "https"},
        {"Forwarded": "for=203.0.113.7;proto=https"},
        {"X-Real-IP": "203.0.113.7"},
        {"Via": "1.1 proxy"},
    ],
    ids=lambda header: next(iter(header)),
)
def test_behind_a_proxy_even_the_starter_reads_the_folder_of_data_alone(
    app: App, secret: Path, header: dict[str, str]
) -> None:
    for visitor in (Visitor(app.port, headers=header), admitted(app, headers=header)):
        said = visitor.reads(str(secret))
        assert "hush" not in said
        assert SERVED in said
    assert "open1" in visitor.reads("open.csv")


def test_a_name_that_the_operator_allows_counts_as_served_to_others(app: App, secret: Path) -> None:
    assert SERVED in admitted(app, host=NAME).reads(str(secret))
    assert "open1" in admitted(app, host=NAME).reads("open.csv")


FOREIGN = [
    "evil.example:{port}",
    "evil.example",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example",
    "",
    "a@127.0.0.1",
]


@pytest.mark.parametrize("host", FOREIGN)
def test_a_host_that_is_not_allowed_gets_no_page(app: App, host: str) -> None:
    foreign = Visitor(app.port, host=host.format(port=app.port) or "/")
    answer = foreign.get("/")
    assert answer.status in (400, 403)  # 400: the server itself takes it for no name
    assert b"--server.allowedHosts" in answer.body or answer.status == 400
    assert not foreign.cookies
    assert foreign.get(address(app.link)).status in (400, 403)  # nor by the link
    assert not foreign.cookies


def test_a_host_that_is_not_allowed_gets_no_websocket_with_the_same_origin_or_with_none(app: App) -> None:
    for host in ("evil.example", f"evil.example:{app.port}"):
        cookies = admitted(app).cookies  # as a browser would not even send
        for origin in ("same", None, f"http://127.0.0.1:{app.port}"):
            assert _opens(Visitor(app.port, host=host, cookies=dict(cookies)), origin) == 403


def test_a_host_that_is_not_allowed_gets_no_static_files(app: App) -> None:
    script = re.search(r'src="\./(static/[^"]+\.js)"', Visitor(app.port).get("/").body.decode())
    assert script is not None
    assert Visitor(app.port).get(f"/{script[1]}").status == 200
    for path in (f"/{script[1]}", "/_stcore/health", "/_stcore/host-config", "/media/0.csv", "/component/x/y.js"):
        assert Visitor(app.port, host="evil.example").get(path).status == 403
    for path in (
        "/static/../../app.py",
        "/static/%2e%2e/%2e%2e/app.py",
        "/static//etc/passwd",
        "/media/..%2f..%2fapp.py",
    ):
        answer = Visitor(app.port).get(path)
        assert b"st.App" not in answer.body
        assert b"root:" not in answer.body


def test_a_host_that_is_not_allowed_sends_no_file(app: App) -> None:
    visitor = Visitor(app.port)
    with visitor.session(page="data") as session:
        foreign = Visitor(app.port, host="evil.example", cookies=visitor.cookies)
        assert session.send(foreign, "log.csv", log_of("sent").encode()).status == 403
        forged = Visitor(app.port, cookies={})
        target = f"/_stcore/upload_file/{session.id}/1"
        assert (
            forged.get(target, "PUT", b"x", **{"Content-Type": "text/plain"}).status == 403
        )  # no token against forgery
    assert not list((app.home / "uploads").rglob("*.csv"))


def test_a_page_of_another_site_opens_no_websocket(app: App) -> None:
    for origin in ("http://evil.example", f"http://evil.example:{app.port}", "null", "file://"):
        assert _opens(admitted(app), origin) == 403


def test_a_page_of_another_port_of_this_machine_has_no_rights(app: App, secret: Path) -> None:
    """Browsers send a host's cookies from the pages of all its ports, and another account may serve one."""
    starter = admitted(app)
    with starter.session(origin=f"http://127.0.0.1:{app.port + 1}", page="data") as session:
        session.write("Path", str(secret))
        assert "hush" not in session.text
        assert ONLY_STARTER in session.text


def test_pages_are_framed_by_nobody_else_and_figures_of_the_server_are_closed(app: App) -> None:
    for path in ("/", "/data", "/_stcore/health"):
        headers = Visitor(app.port).get(path).headers
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["content-security-policy"] == "frame-ancestors 'self'"
        assert headers["referrer-policy"] == "same-origin"
    assert Visitor(app.port).get("/_stcore/metrics").status == 404
    assert admitted(app).get("/_stcore/metrics").status == 404


def test_an_app_that_is_bound_to_all_addresses_reads_the_folder_of_data_alone_unless_told_otherwise(
    tmp_path: Path, secret: Path
) -> None:
    for trust, sees in (("", SERVED), ("everyone", "hush")):
        (tmp_path / f"home{trust}").mkdir()
        wide = App(tmp_path / f"home{trust}", "--server.address", "0.0.0.0", CORELENS_TRUST=trust)
        wide.start()
        try:
            assert sees in admitted(wide).reads(str(secret))
            assert sees in Visitor(wide.port).reads(str(secret))
        finally:
            wide.kill()
            wide.end_jobs()
