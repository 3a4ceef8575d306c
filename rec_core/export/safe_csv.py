"""CSV that a spreadsheet shows and does not compute."""

from __future__ import annotations

import pandas as pd

# What a spreadsheet may take for the beginning of a formula: also after spaces, in full width, or as a DDE call.
_FORMULA = r"^\s*[=+\-@|\t\r\n＝＋－＠｜]"


def safe_csv(frame: pd.DataFrame) -> str:
    """Return CSV in which no text cell starts a formula when a spreadsheet opens it."""
    safe = frame.copy()
    for column in frame.columns:
        if pd.api.types.is_string_dtype(frame[column]):
            safe[column] = frame[column].str.replace(f"({_FORMULA})", r"'\1", regex=True)
    return safe.to_csv(index=False)


def is_changed(frame: pd.DataFrame) -> bool:
    """Say whether ``safe_csv`` has to change a cell."""
    texts = [frame[column] for column in frame.columns if pd.api.types.is_string_dtype(frame[column])]
    return any(bool(text.str.contains(_FORMULA, regex=True).any()) for text in texts)
