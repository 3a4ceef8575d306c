"""The gate in front of the app, asked without a server."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import streamlit as st
from starlette.datastructures import Headers
from streamlit import config

from pages.ui import gate
from pages.ui.gate import Gate, is_near

TOKEN = "t" * 43
HOST = ("host", "127.0.0.1:8501")


def _scope(
    path: str = "/", query: str = "", *headers: tuple[str, str], kind: str = "http", **more: Any
) -> dict[str, Any]:
    return {
        "type": kind,
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers or (HOST,)],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8501),
    } | more


def _ask(scope: dict[str, Any]) -> tuple[list[dict[str, Any]], Headers | None]:
    """Return the messages that the gate sends, and the headers that the app sees; None if it is not asked."""
    sent: list[dict[str, Any]] = []
    seen: list[Headers] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(Headers(scope=scope))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    with ThreadPoolExecutor(1) as thread:  # browser tests leave an event loop running in this one
        thread.submit(asyncio.run, Gate(app, TOKEN)(scope, receive, send)).result()
    return sent, seen[0] if seen else None


def _rights(*headers: tuple[str, str], **more: Any) -> set[str]:
    _, seen = _ask(_scope("/", "", HOST, *headers, **more))
    assert seen is not None
    return set(seen[gate.RIGHTS].split())


@pytest.mark.parametrize(
    ("path", "query", "leads"),
    [
        ("/", f"token={TOKEN}", "./"),
        ("/data", f"data=log-1&token={TOKEN}&ratio=5", "./data?data=log-1&ratio=5"),
        ("/a/b", f"token=&token={TOKEN}", "./b"),
        ("//evil.example", f"token={TOKEN}", "./evil.example"),
        ("/\\evil.example", f"token={TOKEN}", "./%5Cevil.example"),
        ("/x\r\nSet-Cookie: a=b", f"token={TOKEN}", "./x%0D%0ASet-Cookie:%20a=b"),
    ],
)
def test_the_link_leaves_a_cookie_and_leads_to_the_same_page_without_the_token(
    path: str, query: str, leads: str
) -> None:
    sent, seen = _ask(_scope(path, query))
    headers = Headers(raw=sent[0]["headers"])
    assert (sent[0]["status"], headers["location"], seen) == (303, leads, None)
    assert headers["set-cookie"] == f"corelens-key-8501={TOKEN}; Path=/; HttpOnly; SameSite=Strict"
    assert headers["cache-control"] == "no-store"
    assert TOKEN not in headers["location"]


@pytest.mark.parametrize("token", ["", "t", "T" * 43, f"{TOKEN}t", "%C3%A9", "%FF"])
def test_a_wrong_token_leads_there_too_and_leaves_nothing(token: str) -> None:
    sent, _ = _ask(_scope("/data", f"token={token}"))
    headers = Headers(raw=sent[0]["headers"])
    assert (sent[0]["status"], headers["location"]) == (303, "./data")
    assert "set-cookie" not in headers


def test_who_brings_the_token_is_the_starter() -> None:
    cookie = ("cookie", f"a=b; corelens-key-8501={TOKEN}")
    assert _rights(cookie) == {gate.STARTER, gate.NEAR}
    assert _rights() == {gate.NEAR}
    assert _rights(("cookie", f"corelens-key-8502={TOKEN}")) == {gate.NEAR}
    assert _rights(("cookie", f"corelens-key-8501={TOKEN[1:]}")) == {gate.NEAR}
    assert _rights(("cookie", "corelens-key-8501=\u00e9")) == {gate.NEAR}
    assert _rights(cookie, ("origin", "http://127.0.0.1:8501")) == {gate.STARTER, gate.NEAR}
    for origin in ("http://127.0.0.1:8502", "http://localhost:8501", "null", "http://evil.example"):
        assert _rights(cookie, ("origin", origin)) == {gate.NEAR}


def test_a_page_of_another_port_is_nobody_who_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def owner(*headers: tuple[str, str]) -> str:
        _, seen = _ask(_scope("/", "", HOST, ("cookie", "corelens-visitor-8501=abc"), *headers))
        assert seen is not None
        return seen[gate.OWNER]

    own, other = ("origin", "http://127.0.0.1:8501"), ("origin", "http://127.0.0.1:8502")
    assert owner() == owner(own) != owner(other)
    options = {"server.corsAllowedOrigins": [other[1]], "server.allowedHosts": []}
    monkeypatch.setattr(st, "get_option", lambda name: options.get(name, config.get_option(name)))
    assert owner() == owner(other)  # the operator says that it is one of theirs


def test_what_a_client_says_of_itself_is_dropped() -> None:
    forged = [("x-corelens-rights", "starter near"), ("X-Corelens-Owner", "somebody"), ("x-corelens-other", "x")]
    _, seen = _ask(_scope("/", "", HOST, *forged))
    assert seen is not None
    assert seen.getlist(gate.RIGHTS) == [gate.NEAR]
    assert seen.getlist(gate.OWNER) != ["somebody"]
    assert "x-corelens-other" not in seen


def test_a_browser_is_known_again_and_its_number_is_not_what_is_kept() -> None:
    cookie = ("cookie", "corelens-visitor-8501=abc")
    owners = [_ask(_scope("/", "", HOST, cookie))[1] for _ in range(2)]
    assert all(owners)
    first, second = (owner[gate.OWNER] for owner in owners if owner)
    assert first == second != "abc"
    sent, seen = _ask(_scope("/", "", HOST))
    left = Headers(raw=sent[0]["headers"])["set-cookie"]
    assert left.startswith("corelens-visitor-8501=")
    assert left.endswith("HttpOnly; SameSite=Strict; Max-Age=31536000")
    assert seen is not None
    assert seen[gate.OWNER] != first
    for path in ("/_stcore/health", "/static/x.js", "/media/x.csv"):
        assert "set-cookie" not in Headers(raw=_ask(_scope(path, "", HOST))[0][0]["headers"])


@pytest.mark.parametrize(
    ("headers", "more", "address", "near"),
    [
        ([HOST], {}, "127.0.0.1", True),
        ([("host", "localhost")], {}, "localhost", True),
        ([("host", "[::1]:8501")], {"client": ("::1", 1)}, "::1", True),
        ([HOST], {}, "0.0.0.0", False),
        ([HOST], {}, "", False),
        ([HOST], {}, "192.168.1.5", False),
        ([HOST], {"client": ("192.168.1.9", 1)}, "127.0.0.1", False),
        ([HOST], {"client": None}, "127.0.0.1", False),
        ([("host", "shop.example")], {}, "127.0.0.1", False),
        ([("host", "192.168.1.5:8501")], {}, "127.0.0.1", False),
        ([], {}, "127.0.0.1", False),
        *(
            ([HOST, (name, "x")], {}, "127.0.0.1", False)
            for name in ("x-forwarded-for", "x-forwarded-port", "forwarded", "via", "x-real-ip")
        ),
    ],
)
def test_who_is_near(
    headers: list[tuple[str, str]], more: dict[str, Any], address: str, near: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "get_option", {"server.address": address}.get)
    raw = [(name.encode(), value.encode()) for name, value in headers]
    assert is_near(_scope("/", "", **more), Headers(raw=raw)) == near


@pytest.mark.parametrize(
    "path", ["/", "/data", "/_stcore/health", "/_stcore/upload_file/a/b", "/static/x.js", "/media/x"]
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_hosts_of_the_configuration_alone_are_answered(kind: str, path: str) -> None:
    before = config.get_option("server.allowedHosts")
    assert set(before) == {"127.0.0.1", "localhost", "::1"}  # .streamlit/config.toml
    for host in ("127.0.0.1", "localhost:8501", "LOCALHOST.", "[::1]:1"):
        assert _ask(_scope(path, "", ("host", host), kind=kind))[1] is not None
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "127.0.0.2", "0.0.0.0"):
        sent, seen = _ask(_scope(path, f"token={TOKEN}", ("host", host), kind=kind))
        assert seen is None
        assert sent[0].get("status", sent[0].get("code")) in (403, 1008)
        assert b"set-cookie" not in dict(sent[0].get("headers", []))
    config.set_option("server.allowedHosts", ["*.shop.example"])
    try:
        assert _ask(_scope(path, "", ("host", "lens.shop.example"), kind=kind))[1] is not None
        assert _ask(_scope(path, "", HOST, kind=kind))[1] is None
    finally:
        config.set_option("server.allowedHosts", before)


def test_what_is_neither_is_handed_over() -> None:
    handed: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        handed.append(scope)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, Gate(app, TOKEN)({"type": "lifespan"}, None, None)).result()  # type: ignore[arg-type]
    assert handed == [{"type": "lifespan"}]
