"""What the server does before anybody comes: it makes ready what the first visitor would wait for."""

from __future__ import annotations

import contextlib
import gc
import html
import importlib
import inspect
import pkgutil
import secrets
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from streamlit import cli_util
from streamlit.web.server.server_util import get_url

from cache import private
from pages.ui import gate

_PACKAGES = ("pages.ui", "rec_core.analysis", "rec_core.figures", "rec_core.wording")
# What Streamlit and plotly load when they first draw; a test finds what is missing here.
_DRAWING = (
    "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.PpmImagePlugin",
    "narwhals._interchange.dataframe",
    "pyarrow.pandas_compat",
    "streamlit.material_icon_names",
)
_AGAIN = 10.0  # seconds
_ANYWHERE = ("", "0.0.0.0", "::")
_TOKEN = secrets.token_urlsafe(32)  # for the life of the server
MIDDLEWARE = (Middleware(gate.Gate, token=_TOKEN),)


@contextlib.asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Make ready in the background, say the link that the starter opens, and open it where there is a browser."""
    threading.Thread(target=_work, daemon=True).start()
    address = str(st.get_option("server.address") or "")
    url = get_url("localhost" if address in _ANYWHERE else address)
    link = f"{url}/?{gate.PARAMETER}={_TOKEN}"
    cli_util.print_to_cli(f"  Your own link, which nobody else should have: {link}\n")
    file = _written(link)
    if not st.get_option("server.headless"):
        cli_util.open_browser(url if file is None else file.as_uri())
    try:
        yield
    finally:
        if file is not None:
            file.unlink(missing_ok=True)


def _written(link: str) -> Path | None:
    """Write a page that leads to ``link`` and that its owner alone can read; return where, None if it cannot be.

    A browser opens this file: other accounts can see the commands that run, and so a link that is part of one.
    """
    home = private.home()
    place = home / "servers" / f"{st.get_option('server.port')}.html"
    said = html.escape(link)
    page = f'<!doctype html><meta http-equiv="refresh" content="0; url={said}"><a href="{said}">Open Corelens</a>\n'
    try:
        private.tighten(home)
        private.write(place, page.encode())
    except OSError:
        return None
    return place


def make_ready() -> None:
    """Load what pages are made with and the data that the app opens with: two seconds, of which a browser needs one."""
    with contextlib.suppress(Exception):  # the first look at a page meets it too, and says it
        _load_modules()
        _draw_once()
        _load_first_data()
    # Streamlit looks for garbage after every run of a script, every second where one follows a job. Among all that was
    # loaded until now there is none to come; looking through it took a tenth of a second each time.
    gc.collect()
    gc.freeze()


def _work() -> None:
    make_ready()
    keep_sweeps_going()


def keep_sweeps_going() -> None:
    """Go on with sweeps as long as the server runs, whether or not a browser is open."""
    from cache.sweeps import keep_going
    from pages.ui import sweeps

    while True:
        with contextlib.suppress(Exception):  # a home that cannot be read is said on the pages
            keep_going(sweeps.here())
        with contextlib.suppress(Exception):
            _clear_uploads()
        time.sleep(_AGAIN)


def _clear_uploads() -> None:
    """Remove files that were sent and that no log was taken from."""
    from cache.ledger import Ledger
    from cache.logs import Logs

    logs = Logs(Ledger(private.home()))
    logs.uploads.sweep(logs.files())


def _load_modules() -> None:
    for package in map(importlib.import_module, _PACKAGES):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for name in _DRAWING:
        importlib.import_module(name)


def _draw_once() -> None:
    """Have plotly load what most figures are made of."""
    import plotly.graph_objects as go

    axis = {"title": ""}
    go.Figure(go.Scatter(line={}), {"xaxis": axis, "yaxis": axis, "legend": {}, "margin": {}}).to_json()
    inspect.stack()  # Streamlit looks once at who called it, which takes 0.3 s where no module was looked up before


def _load_first_data() -> None:
    """Have the data split that the app opens with; training code is compiled from here on, where it was not before."""
    from pages.ui import sidebar, state

    _ = state.view(state.resolved(sidebar.FIRST)).split
