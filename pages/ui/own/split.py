"""A log that comes with its split: two or three files, named by their paths and read alike."""

from __future__ import annotations

import streamlit as st

from pages.ui.access import allowed
from pages.ui.own import file, taking


def show() -> None:
    """Draw the fields that name the files, and below them how all of them are read."""
    st.markdown(
        "The files of a published split, with any number of test rows a user. They are taken as they are: nothing is "
        "filtered. Without a validation file, training goes on to its last epoch."
    )
    named = [st.text_input(title, key=key, placeholder="/data/…").strip() for key, title in taking.PATHS.items()]
    train, validation, test = (allowed(path) if path else "" for path in named)
    if train and test:
        file.take(train, (validation, test))
