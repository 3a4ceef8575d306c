"""A figure with what its reader needs beside it, the same on a page, in a download and in an export."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go


@dataclass(frozen=True)
class Exhibit:
    """A figure, its words and its table twin.

    ``name`` is a slug for files; ``alt`` says in text what is drawn; ``how`` explains how to read it (Markdown);
    ``formula`` is LaTeX; ``shares`` are the table's columns between 0 and 1.
    """

    name: str
    title: str
    figure: go.Figure
    alt: str
    table: pd.DataFrame
    how: str
    caption: str
    formula: str = ""
    source: str = ""
    shares: tuple[str, ...] = ()
