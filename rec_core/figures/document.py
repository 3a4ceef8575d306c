"""A summary as one HTML file that works offline: figures live, plotly's script once, nothing fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import config
from rec_core.stages import Json

_STYLE = """
:root { color-scheme: light }
body { font: 17px/1.6 system-ui, -apple-system, "Segoe UI", sans-serif; color: #1b2430;
       max-width: 980px; margin: 0 auto; padding: 32px 20px }
h1 { font-size: 2rem; line-height: 1.25; margin: .2em 0 }
h2 { margin-top: 2.2em }
.lead { font-size: 1.25rem }
.facts { display: flex; flex-wrap: wrap; gap: 12px }
.facts div { border: 1px solid #d5dbe3; border-radius: 8px; padding: 10px 16px; flex: 1 }
.facts b { display: block; font-size: 1.7rem }
.small, figcaption, small { color: #556070; font-size: .9rem }
figure { margin: 0 }
table { border-collapse: collapse; width: 100%; font-size: .9rem; display: block; overflow-x: auto }
td, th { border-bottom: 1px solid #d5dbe3; padding: 6px 10px; text-align: right; vertical-align: bottom }
td { white-space: nowrap }
td:first-child, th:first-child { text-align: left }
pre { background: #f3f6fa; padding: 12px; overflow-x: auto; font-size: .85rem }
"""


_ROWS = 200  # of a table twin; more would outweigh the figures


# Nothing may leave the reader's machine, whatever a library would like to fetch; plotly's WebGL compiles functions.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)


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
    facts = "".join(
        f"<div><small>{escape(label)}</small><b>{escape(value)}</b><small>{escape(against)}</small></div>"
        for label, (value, against) in document.facts.items()
    )
    parts = [
        f"<h1>{escape(document.title or document.headline)}</h1>",
        f"<p class='lead'>{escape(document.headline)}</p>" if document.title else "",
        f"<p class='lead'><b>{escape(document.decision)}</b></p>",
        "".join(f"<p>{escape(line)}</p>" for line in document.notes.splitlines() if line.strip()),
        f"<div class='facts'>{facts}</div>",
        *[_figure(exhibit) for exhibit in document.exhibits],
        "<h2>All runs</h2>",
        _table(document.table),
        "<h2>How it was made</h2>",
        _list(document.method),
        "<h2>What this does not show</h2>",
        _list(document.limits),
        f"<h2>Settings</h2><pre>{escape(json.dumps(dict(document.settings), indent=2, ensure_ascii=False))}</pre>",
    ]
    head = (
        "<meta charset='utf-8'><meta name='viewport' content='width=device-width,initial-scale=1'>"
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(document.title or document.headline)}</title><style>{_STYLE}</style>"
        f"<script>{get_plotlyjs()}</script>"
    )
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{''.join(parts)}</body></html>"


def _figure(exhibit: Exhibit) -> str:
    figure = go.Figure(exhibit.figure).update_layout(template="plotly_white", font={"size": 14})
    drawn = figure.to_html(full_html=False, include_plotlyjs=False, include_mathjax=False, config=config(exhibit.name))
    formula = f"<pre>{escape(exhibit.formula)}</pre>" if exhibit.formula else ""
    return (
        f"<h2>{escape(exhibit.title)}</h2><figure role='img' aria-label='{escape(exhibit.alt)}'>{drawn}"
        f"<figcaption>{escape(exhibit.caption)}</figcaption></figure>"
        f"<details><summary>How to read this</summary><p>{escape(exhibit.how)}</p>{formula}"
        f"<p class='small'>{escape(exhibit.source)}</p></details>"
        f"<details><summary>Table</summary>{_head(exhibit.table)}</details>"
    )


def _table(frame: pd.DataFrame) -> str:
    return frame.to_html(index=False, border=0, na_rep="–", float_format=lambda value: f"{value:.4g}", escape=True)


def _head(frame: pd.DataFrame) -> str:
    said = f"<p class='small'>The first {_ROWS} of {len(frame):,} rows.</p>" if len(frame) > _ROWS else ""
    return said + _table(frame.head(_ROWS))


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
