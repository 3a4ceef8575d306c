"""The gate in front of the app: which hosts it answers, who holds the link of its start, and which browser is which.

The person who starts the app gets a link with a token, as Jupyter's users do. The first visit by that link leaves a
cookie and drops the token from the address. Other browsers get a cookie with a number that nobody can guess, so that
what they send stays theirs. The gate alone knows the token: pages read what it found out (``access.visitor``).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

PARAMETER = "token"
# What pages read about a visitor; what a client sends by these names is dropped.
OWNER, RIGHTS = "x-corelens-owner", "x-corelens-rights"
STARTER, NEAR = "starter", "near"
FORWARDED = ("forwarded", "via", "x-real-ip", "x-forwarded-")
_METRICS = "/_stcore/metrics"
_PARTS = ("/_stcore/", "/static/", "/media/", "/component/")  # of a page; only the page itself leaves cookies
_YEAR = 31_536_000  # seconds
_HEADERS = {
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_WRONG_HOST = (
    "This app does not answer to the name in the address. Start it with "
    "--server.allowedHosts NAME for each name that people use, localhost and 127.0.0.1 among them.\n"
)


class Gate:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by itself, or let the app answer, which is told who asks."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        answer = self._answer(scope)
        if answer is None:
            await self._app(self._introduced(scope), receive, _closing(send, *_new_cookie(scope)))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await answer(scope, receive, _closing(send))

    def _answer(self, scope: Scope) -> Response | None:
        """Return the gate's own answer; None if the app is to answer."""
        if not is_host_allowed(Headers(scope=scope).get("host")):
            return PlainTextResponse(_WRONG_HOST, 403)
        if scope["path"].endswith(_METRICS):
            return PlainTextResponse("Not found\n", 404)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if scope["type"] == "http" and any(name == PARAMETER for name, _ in query):
            return self._admitted(scope, query)
        return None

    def _admitted(self, scope: Scope, query: list[tuple[str, str]]) -> Response:
        """Return the way to the same page without the token, and where that is right the cookie."""
        rest = urlencode([(name, value) for name, value in query if name != PARAMETER])
        # Relative, so that it holds behind a prefix, and cannot lead elsewhere.
        response = RedirectResponse(f"./{scope['path'].rpartition('/')[2]}{'?' if rest else ''}{rest}", 303)
        response.headers["Cache-Control"] = "no-store"
        if any(self._is_token(value) for name, value in query if name == PARAMETER):
            response.headers.append("set-cookie", _cookie(scope, _name(scope, "key"), self._token))
        return response

    def _introduced(self, scope: Scope) -> Scope:
        """Return a request as the app sees it: with the visitor that the gate found, whatever the client claims."""
        headers = Headers(scope=scope)
        cookies = cookie_parser(headers.get("cookie", "")) if _is_own(headers) else {}
        rights = [STARTER] if self._is_token(cookies.get(_name(scope, "key"), "")) else []
        rights += [NEAR] if is_near(scope, headers) else []
        visitor = cookies.get(_name(scope, "visitor")) or secrets.token_urlsafe()
        owner = hashlib.sha256(visitor.encode()).hexdigest()[:16]
        said = [(name, value) for name, value in scope["headers"] if not name.lower().startswith(b"x-corelens-")]
        found = [(OWNER.encode(), owner.encode()), (RIGHTS.encode(), " ".join(rights).encode())]
        return dict(scope) | {"headers": [*said, *found]}

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._token.encode())


def _closing(send: Send, *cookies: str) -> Send:
    """Return a ``send`` that forbids other sites' pages to frame answers, and sets these cookies."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for header, value in _HEADERS.items():
                headers[header] = value
            for cookie in cookies:
                headers.append("set-cookie", cookie)
        await send(message)

    return sending


def _new_cookie(scope: Scope) -> list[str]:
    """Return the cookie that a page leaves in a browser that has none. Its parts, asked for at once, leave none."""
    name = _name(scope, "visitor")
    is_page = scope["type"] == "http" and scope["method"] == "GET" and not any(p in scope["path"] for p in _PARTS)
    is_known = name in cookie_parser(Headers(scope=scope).get("cookie", ""))
    return [_cookie(scope, name, secrets.token_urlsafe(), _YEAR)] if is_page and not is_known else []


def _is_own(headers: Headers) -> bool:
    """Return True if a request comes from a page of this app, or from no page: only then do its cookies count.

    Browsers send cookies to every port of a host, and from every port: another account's server may have a page that
    opens a connection to this one.
    """
    origin = headers.get("origin")
    allowed = st.get_option("server.corsAllowedOrigins") or ()
    return origin is None or urlsplit(origin).netloc == headers.get("host") or origin in allowed


def is_near(scope: Mapping[str, Any], headers: Headers) -> bool:
    """Return True if a request comes from this machine, to a server that only this machine reaches, without a proxy.

    A tunnel (``ssh -L``) looks the same; against those who come by it only the token helps.
    """
    if any(name.startswith(FORWARDED) for name in headers):
        return False
    client, address = scope.get("client"), str(st.get_option("server.address") or "")
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    return all(map(_is_loopback, (address, host, client[0] if client else "")))


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _name(scope: Scope, what: str) -> str:
    """Return a cookie's name: browsers send one host's cookies to all of its ports, where other apps may be."""
    server = scope.get("server")
    return f"corelens-{what}-{server[1] if server else 0}"


def _cookie(scope: Scope, name: str, value: str, seconds: int = 0) -> str:
    """Return a cookie that no script reads and no other site's page sends."""
    lasts = f"; Max-Age={seconds}" if seconds else ""
    secure = "; Secure" if scope["scheme"] in ("https", "wss") else ""
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Strict{lasts}{secure}"
