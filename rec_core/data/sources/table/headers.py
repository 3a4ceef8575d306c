"""Whether the first record of a table names its columns, told by how its values differ from those below."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from rec_core.data.sources.table.quoting import is_number, kind_of
from rec_core.data.sources.table.reading import Layout

_NEARLY = 0.8  # of the values of a column: a few broken ones must not hide what it holds
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?|\d{1,2}:\d\d(:\d\d)?.*")
_OFTEN = 10  # values of a column, each of which comes three times on average


def is_header(records: Sequence[Sequence[str]], is_known: Callable[[str], bool]) -> bool | None:
    """Return whether the first record is one of names, None if nothing tells; ``is_known`` tells a usual name.

    A number or a date is no name. A name stands above values of another kind, or of a shape that it does not have,
    such as "kunde" above "K0024" and "K0056"; a value that comes again below is one. An empty cell tells nothing.
    """
    if not records or not any(value.strip() for value in records[0]):
        return False
    first, below = [value.strip() for value in records[0]], records[1:]
    if any(value and (is_number(value) or _DATE.fullmatch(value)) for value in first):
        return False
    votes = [_vote(cell, [record[at].strip() for record in below if len(record) > at]) for at, cell in enumerate(first)]
    known = sum(map(is_known, first))
    if known or any(votes):
        return known + sum(votes) > 0
    return None


def _vote(cell: str, below: Sequence[str]) -> int:
    """Return 1 (2 where it is plain) if a cell seems to name the values ``below``, -1 to be one, 0 otherwise."""
    some = [value for value in below if value]
    if not cell or not some:
        return 0
    kind, count = Counter(map(_kind, some)).most_common(1)[0]
    if count >= _NEARLY * len(some) and kind in ("number", "date"):
        return 2  # a row would have a number or a date there; "V2" above "i7" and "i12" may be either
    shape, count = Counter(map(kind_of, some)).most_common(1)[0]
    if count >= _NEARLY * len(some) and "9" in shape:
        return 1 if kind_of(cell) != shape else -1
    if cell in some:
        return -1
    return int(len(some) >= _OFTEN and 3 * len(set(some)) <= len(some))


def _kind(value: str) -> str:
    return "number" if is_number(value) else "date" if _DATE.fullmatch(value) else "text"


def names_above(names: Sequence[str], records: Sequence[Sequence[str]], layout: Layout) -> list[str]:
    """Return the names of the columns that records have, from the line of names above them.

    Where only the names, or only the records, end with a separator, an empty name is dropped or added. Where records
    have one field more, which is another in each, it numbers them, as R writes it.
    """
    found = list(names)
    if layout.skip or layout.comment:
        found[0] = found[0].lstrip("#%/ ")
    widths = Counter(map(len, records))
    width = max(widths.items(), key=lambda one: one[1], default=(len(found), 0))[0]
    some = [record for record in records if len(record) == width]
    if len(found) == width + 1 and not found[-1].strip():
        return found[:-1]
    if width != len(found) + 1:
        return found
    if sum(not record[-1].strip() for record in some) >= _NEARLY * len(some):
        return [*found, ""]
    return ["", *found] if len({record[0] for record in some}) == len(some) else found
