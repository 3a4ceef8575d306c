"""A summary as one HTML file that works offline: figures live, plotly's script once, nothing fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from rec_core.canonical import Json
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import config
from rec_core.wording.numbers import column

_ROWS = 200  # of a table twin; more would outweigh the figures


@dataclass(frozen=True)
class Document:
    """What a summary says: plain texts, facts (label → value, what to hold it against), exhibits, a table, settings."""

    title: str
    headline: str
    decision: str
    notes: str
    facts: Mapping[str, tuple[str, str]]
    exhibits: Sequence[Exhibit]
    table: pd.DataFrame
    method: Sequence[str]
    limits: Sequence[str]
    settings: Mapping[str, Json]


def to_html(document: Document) -> str:
    """Return the document as one HTML page; every text is shown as it is, whatever it holds."""
    # Autoescape: whatever is not marked as markup here is text.
    templates = Environment(
        loader=PackageLoader("rec_core.export"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template("document.html").render(
        document=document,
        notes=[line for line in document.notes.splitlines() if line.strip()],
        figures=[(exhibit, _drawn(exhibit), _table(exhibit.table.head(_ROWS))) for exhibit in document.exhibits],
        rows=_ROWS,
        table=_table(document.table),
        settings=json.dumps(dict(document.settings), indent=2, ensure_ascii=False),
        script=Markup(get_plotlyjs()),  # plotly's own
    )


def _drawn(exhibit: Exhibit) -> Markup:
    figure = go.Figure(exhibit.figure).update_layout(template="plotly_white", font={"size": 14})
    settings = config(exhibit.name)
    # plotly writes the figure as JSON in which nothing can close the script.
    return Markup(figure.to_html(full_html=False, include_plotlyjs=False, include_mathjax=False, config=settings))


def _table(frame: pd.DataFrame) -> Markup:
    shown = frame.assign(**{str(name): column(frame[name]) for name in frame.select_dtypes("float")})
    return Markup(shown.to_html(index=False, border=0, na_rep="–", escape=True))
