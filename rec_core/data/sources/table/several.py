"""Cells that hold several values where a log has one: refused, because each would be taken for an id of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rec_core.data.rejected import shown
from rec_core.errors import DataError

_IMPRESSION = re.compile(r"\S+-[01]( \S+-[01])*")
_ID = re.compile(r"[A-Za-z]{0,4}[-_]?\d+")
_SIGNS = re.compile(r"[ ,;|]+")
_MOSTLY, _OFTEN = 0.9, 0.5  # of the cells that are not empty
_FEWEST = 5  # cells, below which nothing is told


def require_no_impressions(names: Sequence[str], records: Sequence[Sequence[str]], file: str) -> None:
    """Refuse a table that has a column of what was shown and clicked, ``N1-0 N2-1``: its items stand there alone.

    Raises:
        DataError: naming the column.
    """
    for place, name in enumerate(names):
        cells = [cell for record in records if (cell := record[place].strip())]
        lists = sum(" " in cell for cell in cells)
        alike = sum(_IMPRESSION.fullmatch(cell) is not None for cell in cells)
        if len(cells) >= _FEWEST and alike >= _MOSTLY * len(cells) and lists >= _OFTEN * len(cells):
            raise _refused(name, cells[0], file)


def require_one(name: str, cells: Sequence[str], file: str) -> None:
    """Refuse a column of users or items whose ``cells`` list several.

    Raises:
        DataError: naming the column.
    """
    some = [cell.strip() for cell in cells if cell.strip()]
    objects = sum(cell.startswith(("[", "{")) and cell.endswith(("]", "}")) for cell in some)
    split = [_SIGNS.split(cell) for cell in some]
    lists = sum(len(one) > 1 for one in split)
    are_ids = all(_ID.fullmatch(value) for one in split for value in one)
    vary = len({len(one) for one in split}) > 1
    if some and (objects >= _MOSTLY * len(some) or (are_ids and vary and lists >= _OFTEN * len(some))):
        raise _refused(name, max(some, key=len) if not objects else some[0], file)


def _refused(name: str, cell: str, file: str) -> DataError:
    column = name if name.startswith("column ") else f"the column '{name}'"
    return DataError(
        f"'{file}': {column} lists several values in a cell, such as “{shown(cell)}”; a log has a row for each. Write "
        "a row for each, and name that file."
    )
