"""What was read of a log, in a few facts that are kept with it: its first values, rows and days, and what is odd."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice

import numpy as np

from rec_core.data.interactions import Dataset
from rec_core.data.sources.table.odd import odd
from rec_core.data.sources.table.reading import Role
from rec_core.data.sources.table.settling import sniff
from rec_core.data.sources.table.sniffing import Sniffed
from rec_core.data.sources.table.source import Table
from rec_core.errors import DataError

_SHOWN, _LONGEST = 3, 24  # values of a role, and characters of a value
_LOOKED_AT = 10_000  # rows from the beginning, where different values are looked for


@dataclass(frozen=True)
class WasRead:
    """How many rows were read and how many cannot be; the first and the last time in seconds since 1970, where there
    are times; the first different values of each role; why a role has no column; and sentences about what is odd.
    """

    rows: int = 0
    rejected: int = 0
    first: int | None = None
    last: int | None = None
    values: dict[str, str] = field(default_factory=dict)
    none: dict[str, str] = field(default_factory=dict)
    odd: tuple[str, ...] = ()


def summed(log: Table, dataset: Dataset) -> WasRead:
    """Return what was read of a log."""
    time, seen = dataset.interactions.time, _at_first_sight(log)
    return WasRead(
        rows=len(dataset.interactions),
        rejected=dataset.rejected.count,
        first=None if time is None else int(time.min()),
        last=None if time is None else int(time.max()),
        values=seen.values | _values(log, dataset),
        none=seen.none,
        odd=tuple(odd(dataset, log)),
    )


def at_first_sight(found: Sniffed) -> WasRead:
    """Return what the beginning of a file shows: values as they are written, and no counts."""
    columns = {role: found.names.index(name) for role, name in found.columns.named.items() if name in found.names}
    values = {role: _few(record[place].strip() for record in found.records) for role, place in columns.items()}
    return WasRead(values={str(role): said for role, said in values.items()}, none=why_none(found, found.columns.named))


def why_none(found: Sniffed, named: Iterable[Role]) -> dict[str, str]:
    """Return for each role without a column why it has none, where that is known."""
    chosen = set(named)
    guessed = found.columns.named
    said = {role: "as you said" for role in guessed if role not in chosen}
    return {str(role): why for role, why in (*found.reasons.items(), *said.items()) if role not in chosen}


def _at_first_sight(log: Table) -> WasRead:
    """Return what the beginning of the log's file shows."""
    try:
        found = sniff(log.path, log.reading.layout)
    except DataError:  # not every log is a file that can be looked at
        return WasRead()
    seen = at_first_sight(replace(found, columns=log.reading.columns))
    return replace(seen, none=why_none(found, log.reading.columns.named))


def _values(log: Table, dataset: Dataset) -> dict[str, str]:
    """Return the first different values of each role that has a column."""
    rows, of, named = dataset.interactions, dataset.catalogue, log.reading.columns.named
    item = rows.item[:_LOOKED_AT].tolist()
    found: dict[str, Iterable[str]] = {
        "user": (str(of.user_ids[one]) for one in rows.user[:_LOOKED_AT].tolist()),
        "item": (str(of.item_ids[one]) for one in item),
    }
    if rows.rating is not None:
        found["rating"] = (np.format_float_positional(one, trim="-") for one in rows.rating[:_LOOKED_AT])
    if rows.time is not None:
        found["time"] = _times(rows.time[:_LOOKED_AT].tolist())
    if "title" in named:
        found["title"] = (str(of.titles[one]) for one in item)
    if "categories" in named:
        found["categories"] = (str(of.genres[one]) for one in item)
    return {role: _few(values) for role, values in found.items()}


def _times(seconds: list[int]) -> Iterable[str]:
    """Return times as text, without the time of day where all are midnight."""
    are_days = all(one % 86_400 == 0 for one in seconds)
    form = "%Y-%m-%d" if are_days else "%Y-%m-%d %H:%M:%S"
    return (datetime.fromtimestamp(one, UTC).strftime(form) for one in seconds)


def _few(values: Iterable[str]) -> str:
    """Return the first different values that are not empty.

    >>> _few(["a", "", "b", "a", "c", "d"])
    'a, b, c …'
    """
    seen = list(islice(dict.fromkeys(filter(None, values)), _SHOWN + 1))
    shown = [one if len(one) <= _LONGEST else f"{one[: _LONGEST - 1]}…" for one in map(_in_a_line, seen[:_SHOWN])]
    return ", ".join(shown) + (" …" if len(seen) > _SHOWN else "")


def _in_a_line(text: str) -> str:
    return " ".join(text.split())
