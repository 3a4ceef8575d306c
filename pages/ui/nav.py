"""Which pages there are, and how one of them runs inside the app.

A folder called ``pages/`` makes Streamlit run a deep link's page alone on the first visit after a start, without
``app.py`` and so without the sidebar. Every page therefore begins with ``guard()``, which notices and starts over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from rec_core.errors import CorelensError

_INSIDE = "_inside_app"
SHOWN = "_slides_shown"  # set by what draws slides
_PRESENTS, _PARAMETER = "_presents", "present"
# A local image: an icon by name would be fetched from Google's servers.
_ICON = str(Path(__file__).with_name("icon.png"))


def configure() -> None:
    """Set what every page has in common; the tab's title is the page's."""
    st.set_page_config(page_icon=_ICON, layout="wide", initial_sidebar_state="collapsed" if presents() else "expanded")
    st.logo(_ICON, size="large")


def run() -> None:
    """Draw the navigation and run the chosen page; what a person can mend is said in its place."""
    page = _navigation()
    st.session_state[_INSIDE] = True
    st.session_state[SHOWN] = False
    try:
        page.run()
    except CorelensError as error:
        st.title("This cannot be shown yet", anchor=False)
        st.error(str(error))
    finally:
        st.session_state[_INSIDE] = False
    if presents() and not st.session_state[SHOWN]:  # a page without slides must not be without navigation
        stop_presenting()
        st.rerun()


def guard() -> None:
    """Start over inside the app if this page was started alone."""
    if not st.session_state.get(_INSIDE, False):
        configure()
        _navigation()
        st.rerun()


def page(name: str) -> Any:
    """Return the page in ``pages/<name>.py``."""
    return next(p for group in _pages().values() for p in group if p.url_path == _PATHS.get(name, name))


def link(name: str, label: str, **params: str | list[str]) -> None:
    """Draw a link to another page; the sidebar's settings go along, and ``params`` with them."""
    st.page_link(page(name), label=label, icon=":material/arrow_forward:", width="content", query_params=params or None)


# The default page's own path is empty; this name is what Streamlit calls it by.
_PATHS = {"results": ""}


def _pages() -> dict[str, list[Any]]:
    def one(name: str, title: str, icon: str) -> Any:
        return st.Page(f"pages/{name}.py", title=title, icon=f":material/{icon}:", url_path=name)

    results = "pages/results.py"
    return {
        "Decide": [
            st.Page(results, title="Results", icon=":material/leaderboard:", url_path="start", default=True),
            # The default page has no path of its own; this makes links to /results work.
            st.Page(results, title="Results ", url_path="results", visibility="hidden"),
            one("compare", "Compare", "compare_arrows"),
        ],
        "Understand": [
            one("gradient_norms", "Gradient norms", "bar_chart"),
            one("coverage", "Coverage", "grid_view"),
            one("activity", "Activity", "groups"),
            one("user_map", "User map", "scatter_plot"),
            one("norms", "Embedding norms", "straighten"),
            one("one_user", "One user", "person"),
        ],
        "Show": [
            one("summary", "Summary", "summarize"),
        ],
    }


def _navigation() -> Any:
    return st.navigation(_pages(), position="hidden" if presents() else "top")


def presents() -> bool:
    """Say whether the app is presenting; a link with ``?present=true`` starts it so."""
    # The session decides after that: embedded, a page cannot change its address.
    return bool(st.session_state.setdefault(_PRESENTS, st.query_params.get(_PARAMETER) == "true"))


def present() -> None:
    """Begin to present: no sidebar, no navigation."""
    st.session_state[_PRESENTS] = True
    st.query_params[_PARAMETER] = "true"


def stop_presenting() -> None:
    """Show sidebar and navigation again."""
    st.session_state[_PRESENTS] = False
    st.query_params.pop(_PARAMETER, None)
