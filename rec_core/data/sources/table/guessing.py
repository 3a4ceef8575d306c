"""Which column is what, told by the names of the columns and by what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from rec_core.data.sources.table.names import NAMES, key
from rec_core.data.sources.table.reading import Columns, Role

_NEARLY = 0.9  # of the values that are looked at
_EPOCH = re.compile(r"\d{9,19}(\.\d*)?")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")


def guess(names: Sequence[str], records: Sequence[Sequence[str]], of_items: bool = False) -> Columns:
    """Return what columns are: told by their names, and by what they hold where that leaves users or items open."""
    left = {name: [record[place].strip() for record in records] for place, name in enumerate(names)}
    found: dict[Role, str] = {}
    roles: list[Role] = ["item", "title", "categories"] if of_items else list(NAMES)
    for role in roles:
        known = NAMES[role].split("|")
        ranked = [(known.index(key(name)), name) for name in left if key(name) in known]
        if ranked:
            found[role] = min(ranked)[1]
            left.pop(found[role])
    if of_items:
        return _items_by_place(found, list(left))
    if "time" not in found and (time := next((name for name in left if _are_times(left[name])), None)):
        found["time"] = time
        left.pop(time)
    for role in ("user", "item"):
        if role not in found and left:
            found[role] = next(iter(left))
            left.pop(found[role])
    if "rating" not in found and (rating := next((name for name in left if _are_ratings(left[name])), None)):
        found["rating"] = rating
    return Columns(**found)


def _items_by_place(found: dict[Role, str], left: list[str]) -> Columns:
    for role in ("item", "title"):
        if role not in found and left:
            found[role] = left.pop(0)
    return Columns(**found)


def _are_times(values: Sequence[str]) -> bool:
    return _mostly(values, lambda value: bool(_EPOCH.fullmatch(value)) or _is_date(value))


def _mostly(values: Sequence[str], are: Callable[[str], bool]) -> bool:
    """Say whether nearly all values that are not empty are something: a broken line or two must not hide it."""
    some = [value for value in values if value]
    return bool(some) and sum(map(are, some)) >= _NEARLY * len(some)


def _is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return bool(re.match(r"\d{4}-\d\d", value))


def _are_ratings(values: Sequence[str]) -> bool:
    return _mostly(values, lambda value: bool(_NUMBER.fullmatch(value)))
