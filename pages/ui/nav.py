"""Which pages there are, and how one of them runs inside the app.

A folder called ``pages/`` makes Streamlit run a deep link's page alone on the first visit after a start, without
``app.py`` and so without the sidebar. Every page therefore begins with ``guard()``, which notices and starts over.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from rec_core.errors import CorelensError

_INSIDE = "_inside_app"
# A local image: an icon by name would be fetched from Google's servers.
_ICON = str(Path(__file__).with_name("icon.png"))


def configure() -> None:
    """Set what every page has in common; the tab's title is the page's."""
    st.set_page_config(page_icon=_ICON, layout="wide", initial_sidebar_state="expanded")
    st.logo(_ICON, size="large")


def run() -> None:
    """Draw the navigation and run the chosen page; what a person can mend is said in its place."""
    page = _navigation()
    st.session_state[_INSIDE] = True
    try:
        page.run()
    except CorelensError as error:
        st.title("This cannot be shown yet", anchor=False)
        st.error(str(error))
    finally:
        st.session_state[_INSIDE] = False


def guard() -> None:
    """Start over inside the app if this page was started alone."""
    if not st.session_state.get(_INSIDE, False):
        configure()
        _navigation()
        st.rerun()


def results_page() -> StreamlitPage:
    """Return the page that the app opens with."""
    return st.Page("pages/results.py", title="Results", icon=":material/leaderboard:", url_path="start", default=True)


def _navigation() -> StreamlitPage:
    pages = [
        results_page(),
        # The default page has no path of its own; this makes links to /results work.
        st.Page("pages/results.py", title="Results ", url_path="results", visibility="hidden"),
        st.Page("pages/activity.py", title="Activity", icon=":material/groups:"),
    ]
    return st.navigation({"": pages}, position="top")
