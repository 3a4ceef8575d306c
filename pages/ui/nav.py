"""Which pages there are, and how one of them runs inside the app.

A folder called ``pages/`` makes Streamlit run a deep link's page alone on the first visit after a start, without
``app.py`` and so without the sidebar. Every page therefore begins with ``guard()``, which notices and starts over.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

from pages.ui import net

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
    if not presents():
        st.caption(_place(page.title.strip()))
    try:
        with net.below("This cannot be shown yet"):
            page.run()
    finally:
        st.session_state[_INSIDE] = False
    if presents() and not st.session_state[SHOWN]:  # a page without slides must not be without navigation
        stop_presenting()
        st.rerun()


def _place(title: str) -> str:
    """Return where the reader is, for example "Understand · Coverage": titles of pages are answers."""
    return next(f"{group} · {title}" for group, pages in PAGES.items() if title in [page.title for page in pages])


def guard() -> None:
    """Start over inside the app if this page was started alone."""
    if not st.session_state.get(_INSIDE, False):
        configure()
        start_over()


def start_over() -> NoReturn:
    """Run the app again from its beginning, on the same page: without a navigation Streamlit would forget which."""
    _navigation()
    st.rerun()


def page(name: str) -> Any:
    """Return the page in ``pages/<name>.py``."""
    return _drawn(next(one for group in PAGES.values() for one in group if one.name == name))[0]


def link(name: str, label: str, **params: str | list[str]) -> None:
    """Draw a link to another page; the sidebar's settings go along, and ``params`` with them."""
    st.page_link(page(name), label=label, icon=":material/arrow_forward:", width="content", query_params=params or None)


@dataclass(frozen=True)
class Page:
    """A page: the script ``pages/<name>.py``, what the navigation calls it, and its icon (a Material Symbol)."""

    name: str
    title: str
    icon: str


# Every page, in the groups and the order of the navigation; the first one is where the app opens.
PAGES: dict[str, tuple[Page, ...]] = {
    "Decide": (
        Page("results", "Results", "leaderboard"),
        Page("frontier", "Frontier", "show_chart"),
        Page("compare", "Compare", "compare_arrows"),
        Page("tuning", "Tuning", "tune"),
    ),
    "Understand": (
        Page("gradient_norms", "Gradient norms", "bar_chart"),
        Page("coverage", "Coverage", "grid_view"),
        Page("activity", "Activity", "groups"),
        Page("user_map", "User map", "scatter_plot"),
        Page("norms", "Embedding norms", "straighten"),
        Page("one_user", "One user", "person"),
    ),
    "Show": (
        Page("summary", "Summary", "summarize"),
        Page("report_tables", "Report tables", "table_chart"),
    ),
    "Manage": (Page("data", "Data", "database"),),
}  # fmt: skip
NAMES = [page.name for group in PAGES.values() for page in group]


def _pages() -> dict[str, list[Any]]:
    return {title: [drawn for one in group for drawn in _drawn(one)] for title, group in PAGES.items()}


def _drawn(one: Page) -> list[Any]:
    script, icon = f"pages/{one.name}.py", f":material/{one.icon}:"
    if one.name != NAMES[0]:
        return [st.Page(script, title=one.title, icon=icon, url_path=one.name)]
    # The default page has no path of its own; the hidden one makes links to it by name work.
    return [
        st.Page(script, title=one.title, icon=icon, url_path="start", default=True),
        st.Page(script, title=f"{one.title} ", url_path=one.name, visibility="hidden"),
    ]


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


@net.callback
def stop_presenting() -> None:
    """Show sidebar and navigation again."""
    st.session_state[_PRESENTS] = False
    st.query_params.pop(_PARAMETER, None)
