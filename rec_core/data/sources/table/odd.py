"""What looks odd about a log that was read: each finding may be right, and each is worth a look before any number."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Catalogue, Dataset, Ids, Interactions
from rec_core.data.sources.table.skipping import SKIPPED
from rec_core.data.sources.table.source import Table

_DAY = 86_400  # seconds
_EARLY = 631_152_000  # 1990: before, nobody logged clicks
_NOTABLE = 0.01  # share of rows from which a finding is said
_MUCH = 0.2  # share of rows that is much for one user or item
_FEW = 20  # users or items of which one may well have a fifth of the rows
_TIES = 0.05  # share of users from which ties of their last rows are said
_MISSING = {"na", "n/a", "nan", "null", "none", "nil", "undefined", "unknown", "missing", "\\n", "-", "-1", "?", "#n/a"}
_SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?[eE]\+?\d+")


def odd(dataset: Dataset, log: Table) -> list[str]:
    """Return short sentences about what looks odd in a log, the gravest first; none where nothing does."""
    rows, catalogue = dataset.interactions, dataset.catalogue
    return [
        *_times(rows, log.reading.columns.time),
        *_ids(rows.user, catalogue.user_ids, "user"),
        *_ids(rows.item, catalogue.item_ids, "item"),
        *_density(rows, catalogue),
        *_ratings(rows, log.reading.columns.rating),
        *_ties(rows),
        *(note for note in catalogue.notes if note.startswith(SKIPPED)),
    ]


def _times(rows: Interactions, column: str) -> Iterator[str]:
    """Yield what is odd about times: of 1970, of the future."""
    if rows.time is None or not len(rows):
        return
    years = [int(str(np.datetime64(int(one), "s"))[:4]) for one in (rows.time.min(), rows.time.max())]
    early = int(np.count_nonzero(rows.time < _EARLY))
    if early == len(rows):
        span = f"of {years[0]}" if years[0] == years[1] else f"from {years[0]} to {years[1]}"
        yield (
            f"Times in '{column}' are {span}: are they days, or counted from the log's beginning? Say how they are "
            "written (--time-format), or choose no time."
        )
    elif early >= max(_NOTABLE * len(rows), 1):
        yield f"{early:,} of {len(rows):,} times in '{column}' are before 1990, the first of {years[0]}."
    late = int(np.count_nonzero(rows.time > time.time() + _DAY))
    if late:
        yield f"{late:,} of {len(rows):,} times in '{column}' are in the future, the last of {years[1]}."


def _ids(code: NDArray[np.int32], ids: Ids, what: str) -> Iterator[str]:
    """Yield what is odd about users or items: missing values, one that has much, digits that are lost."""
    if not len(code):
        return
    count = np.bincount(code, minlength=len(ids))
    most = int(count.argmax())
    names = {most: str(ids[most])} if ids.dtype.kind != "T" else dict(enumerate(ids.tolist()))
    missing = [place for place, name in names.items() if name.strip().casefold() in _MISSING]
    for place in sorted(missing, key=lambda one: -count[one])[:2]:
        yield f"'{names[place]}' is {_a(what)} with {_of(count[place], len(code))}: is it a missing value?"
    if most not in missing and len(ids) >= _FEW and count[most] >= _MUCH * len(code):
        yield f"One {what}, '{names[most]}', has {_of(count[most], len(code))}."
    if ids.dtype.kind == "T":
        lost = [name for name in names.values() if _SCIENTIFIC.fullmatch(name)]
        if len(lost) >= max(_NOTABLE * len(ids), 1):
            yield f"{what.capitalize()} ids such as {lost[0]} have lost digits: export that column as text."


def _a(what: str) -> str:
    return f"an {what}" if what == "item" else f"a {what}"


def _of(count: Any, rows: int) -> str:
    return f"{int(count):,} of {rows:,} rows ({_percent(int(count) / rows)})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def _density(rows: Interactions, catalogue: Catalogue) -> Iterator[str]:
    density = len(rows) / max(catalogue.n_users * catalogue.n_items, 1)
    if density > 1:
        yield (
            f"There are more rows than pairs of {catalogue.n_users:,} users and {catalogue.n_items:,} items "
            f"({_percent(density)}): pairs repeat, or a column does not name users or items."
        )


def _ratings(rows: Interactions, column: str) -> Iterator[str]:
    """Yield what is odd about ratings: all alike, values that mean "not rated", returns."""
    if rows.rating is None or not len(rows):
        return
    rated = rows.rating
    low, high = float(rated.min()), float(rated.max())
    if low == high:
        yield f"All values of '{column}' are {low:g}."
        return
    none = int(np.count_nonzero(rated == -1))
    negative = int(np.count_nonzero(rated < 0)) - none
    zero = int(np.count_nonzero(rated == 0))
    is_count = bool(((rated > 0) & (rated < 1)).any()) or high < 3
    if none and not negative:
        yield f"'{column}' is -1 in {_of(none, len(rated))}: does it mean “not rated” (--unrated -1)?"
    elif negative + none:
        yield f"'{column}' is negative in {_of(negative + none, len(rated))}: are these returns (--at-least 0)?"
    if zero >= max(_NOTABLE * len(rated), 1) and not is_count:
        yield f"'{column}' is 0 in {_of(zero, len(rated))}: does it mean “not rated” (--unrated 0)?"


def _ties(rows: Interactions) -> Iterator[str]:
    """Yield how many users have no single last row, and that times are days."""
    moment = rows.moment
    if moment is None or rows.time is None or not len(rows):
        return
    if rows.fine is None and not (rows.time % _DAY).any() and (rows.time != rows.time[0]).any():
        yield "Times are days without a time of day: rows of one day are in file order."
    n_users = int(rows.user.max()) + 1
    last = np.full(n_users, np.iinfo(np.int64).min)
    np.maximum.at(last, rows.user, moment)
    tied = int(np.count_nonzero(np.bincount(rows.user[moment == last[rows.user]], minlength=n_users) > 1))
    users = int(np.count_nonzero(last > np.iinfo(np.int64).min))
    if tied >= _TIES * users and tied:
        yield (
            f"{tied:,} of {users:,} users ({_percent(tied / users)}) have several last rows at the same time; the one "
            "further down counts as the last."
        )
