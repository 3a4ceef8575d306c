"""Tables of text cells as a paper, a spreadsheet or a page of notes takes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Literal, get_args

import pandas as pd

Form = Literal["md", "csv", "latex"]
FORMS: tuple[Form, ...] = get_args(Form)
# What no font of LaTeX's own has, after pandas has escaped what LaTeX would take for a command.
_SIGNS = {"±": r"$\pm$", "†": r"$\dagger$", "–": "--", "α": r"$\alpha$", "·": r"$\cdot$", "→": r"$\rightarrow$"}


def render(
    title: str,
    cells: pd.DataFrame,
    notes: Sequence[str],
    form: Form,
    bold: Mapping[str, Collection[int]] = MappingProxyType({}),
) -> str:
    """Return a table with its title and its notes as Markdown, CSV or LaTeX (booktabs).

    ``bold`` are the places of cells in bold type, column → rows; CSV has no type.
    """
    remarks = [" ".join(line.split()) for line in (title, *notes)]  # each on a line of its own
    if form == "csv":
        return "\n".join([*(f"# {line}" for line in remarks), cells.to_csv(index=False)])
    if form == "latex":
        return "\n".join([*(f"% {line}" for line in remarks), _latex(cells, bold)])
    shown = cells.astype(str)
    for column, places in bold.items():
        shown[column] = [f"**{cell}**" if place in places else cell for place, cell in enumerate(shown[column])]
    header = ["| " + " | ".join(shown.columns) + " |", "|" + " --- |" * len(shown.columns)]
    lines = ["| " + " | ".join(row) + " |" for row in shown.to_numpy()]
    return "\n".join([f"**{remarks[0]}**", "", *header, *lines, "", *(f"{line}\n" for line in remarks[1:])])


def _latex(cells: pd.DataFrame, bold: Mapping[str, Collection[int]]) -> str:
    numbered = cells.reset_index(drop=True)
    style = numbered.style.hide(axis="index").format(escape="latex").format_index(escape="latex", axis=1)
    for column, places in bold.items():
        if places:
            style = style.map(lambda _: "textbf:--rwrap;", subset=pd.IndexSlice[list(places), [column]])
    return reduce(lambda text, sign: text.replace(*sign), _SIGNS.items(), style.to_latex(hrules=True))
