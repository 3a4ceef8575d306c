"""The net below pages: whatever goes wrong in a page, a fragment or a callback ends as a sentence.

Streamlit runs fragments and callbacks outside the script, so each needs the net. A test finds those without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from cache import faults
from pages.ui import errors
from rec_core.errors import CorelensError

P = ParamSpec("P")
T = TypeVar("T")
MARK = "__below_the_net__"


@contextmanager
def below(title: str = "", stops: bool = False) -> Iterator[None]:
    """Draw an error in place of what follows it, under a ``title`` if there is one; ``stops`` ends the run then."""
    try:
        yield
    except Exception as error:  # Streamlit's own signals to stop or start over are none of these
        if title:
            st.title(title, anchor=False)
        errors.show(_said(error))
        if stops:
            st.stop()


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, CorelensError) else faults.noted(error)


def fragment(draw: Callable[P, Any], run_every: str | None = None) -> Callable[P, None]:
    """Return ``draw`` as a fragment of Streamlit, below the net."""

    @wraps(draw)
    def caught(*args: P.args, **kwargs: P.kwargs) -> None:
        with below():
            draw(*args, **kwargs)

    return st.fragment(caught, run_every=run_every)


def callback(change: Callable[P, T]) -> Callable[P, T | None]:
    """Return ``change`` as a control's callback inside the net: an error is shown above the page."""

    @wraps(change)
    def caught(*args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return change(*args, **kwargs)
        except Exception as error:
            errors.complain(_said(error))
            return None

    setattr(caught, MARK, True)
    return caught
