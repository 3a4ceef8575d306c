"""What the server does before anybody comes: it makes ready what the first visitor would wait for."""

from __future__ import annotations

import contextlib
import gc
import importlib
import inspect
import pkgutil
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import streamlit as st
from streamlit import cli_util
from streamlit.web.server.server_util import get_url

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


@contextlib.asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Make ready in the background, and open a browser as Streamlit does where an app has no lifespan of its own."""
    threading.Thread(target=_work, daemon=True).start()
    if not st.get_option("server.headless"):
        address = str(st.get_option("server.address") or "")
        cli_util.open_browser(get_url("localhost" if address in _ANYWHERE else address))
    yield


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
        time.sleep(_AGAIN)


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
