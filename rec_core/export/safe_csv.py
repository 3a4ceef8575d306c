"""CSV as it is, and CSV that a spreadsheet shows and does not compute."""

from __future__ import annotations

from pathlib import Path

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


def changed(frame: pd.DataFrame) -> dict[str, int]:
    """Return the number of cells that ``safe_csv`` changes by column, without the columns that have none."""
    texts = {str(name): frame[name] for name in frame.columns if pd.api.types.is_string_dtype(frame[name])}
    counts = {name: int(text.str.contains(_FORMULA, regex=True).sum()) for name, text in texts.items()}
    return {name: count for name, count in counts.items() if count}


def write(frame: pd.DataFrame, path: Path, spreadsheet: bool) -> str:
    """Write a table with every text as it is, and a copy for a ``spreadsheet`` where that is wanted and differs.

    Return a note on texts that a spreadsheet would compute, or "".
    """
    path.write_bytes(frame.to_csv(index=False, lineterminator="\n").encode())
    cells = [f"{count:,} of {name}" for name, count in changed(frame).items()]
    if not cells:
        return ""
    if not spreadsheet:
        return (
            f"{path.name} has every id as given, and a spreadsheet would compute some of them ({', '.join(cells)}): do "
            "not open it there, or export with --spreadsheet."
        )
    copy = path.with_suffix(".spreadsheet.csv")
    copy.write_bytes(safe_csv(frame).encode())
    return f"{copy.name} has an apostrophe before texts that a spreadsheet would compute: {', '.join(cells)}."
