"""What the columns of a log hold: a profile of each over a sample of rows, and which column depends on which."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.sources.table.time_forms import are_times_of_day, forms

_PARTED = re.compile(  # with a sign between thousands
    r"[+-]?\d{1,3}((,\d{3})+(\.\d+)?|(\.\d{3}){2,}(,\d+)?|(\.\d{3})+,\d+|([' \u00a0\u202f]\d{3})+([.,]\d+)?)"
)
_NUMBER = re.compile(rf"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|{_PARTED.pattern}")
_NOTHING = frozenset({"", "na", "nan", "null", "none", "n/a", "\\n", "-", "—", "(null)", "<na>", "?"})
_TRUTHS = frozenset("true false yes no y n t f".split())
NEARLY = 0.9  # of the values that are not empty
_FEW = 12  # distinct values of a rating, at most twice as many with halves
_HALVES = 21
_LONG_TAIL = 3.0  # times the median of a count, which its largest is beyond
_MANY = 200  # values, of which none comes twice
_TRIED, _PARSED = 50, 5_000  # distinct values that are tried as times first, and at most
_TIED = 20  # rows that have to share a value before a dependence shows
Codes = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Profile:
    """A column in numbers; shares are of the values that are not empty, but for ``filled``, which is of all."""

    name: str
    count: int  # values that are not empty
    filled: float
    distinct: int
    unique: float  # distinct values per value
    top: float  # share of the commonest
    numbers: float
    whole: bool  # all numbers are
    low: float
    high: float
    median: float
    steady: float  # share of steps from row to row that are the commonest step, which is not 0
    truths: float  # yes and no
    spaced: float  # holds a blank
    nested: float  # begins as a record or a list of JSON does
    length: float  # characters on average
    decimals: int  # digits behind the point, at most
    is_scale: bool  # few ordered values, as of a rating
    falls: bool  # the larger a value, the rarer, as of a count
    times: tuple[str, ...] = ()  # forms of times that the values fit, the likeliest first
    is_clock: bool = False  # times of day

    @property
    def are_numbers(self) -> bool:
        """Whether nearly all values are numbers."""
        return self.numbers >= NEARLY

    @property
    def is_constant(self) -> bool:
        """Whether nothing differs."""
        return self.distinct <= 1

    @property
    def is_index(self) -> bool:
        """Whether it counts the lines."""
        return self.are_numbers and self.whole and self.unique > 0.99 and self.steady > NEARLY and self.distinct > 2

    @property
    def is_unique(self) -> bool:
        """Whether each row has a value of its own, as an event's id."""
        return self.unique > 0.995 and self.distinct >= _MANY

    @property
    def is_flag(self) -> bool:
        """Whether it says yes or no."""
        return self.truths >= NEARLY or (self.are_numbers and self.distinct <= 2 and self.low >= 0 and self.high <= 1)

    @property
    def is_count(self) -> bool:
        """Whether it holds whole numbers with a long tail."""
        few = self.top >= 0.1 and self.falls and self.high >= max(_LONG_TAIL * self.median, 3)
        return self.are_numbers and self.whole and self.low >= 0 and few

    @property
    def span(self) -> str:
        """The smallest and the largest number, or the number of distinct values, as a sentence takes it."""
        if self.are_numbers:
            return (
                f"{_short(self.low)} to {_short(self.high)}" if self.low < self.high else f"always {_short(self.low)}"
            )
        return f"{self.distinct:,} distinct values"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:,.6g}"


class Sample:
    """Some rows of a log, from several places of its file, by column."""

    def __init__(self, names: Sequence[str], records: Sequence[Sequence[str]]) -> None:
        self.names, self.size = list(names), len(records)
        self._columns = {name: [record[at].strip() for record in records] for at, name in enumerate(names)}
        self._codes: dict[str, Codes] = {}
        self._agreed: dict[tuple[str, str], float | None] = {}

    def values(self, name: str) -> list[str]:
        """Return the values of a column, without blanks around them."""
        return self._columns[name]

    @cached_property
    def profiles(self) -> Mapping[str, Profile]:
        """A profile of each column."""
        return {name: profiled(name, values) for name, values in self._columns.items()}

    def codes(self, name: str) -> Codes:
        """Return which of its column's distinct values each row has, -1 where it is empty."""
        if name not in self._codes:
            known: dict[str, int] = {}
            found = (-1 if is_nothing(value) else known.setdefault(value, len(known)) for value in self._columns[name])
            self._codes[name] = np.fromiter(found, np.int64, self.size)
        return self._codes[name]

    def agreement(self, name: str, by: str) -> float | None:
        """Return how far a column depends on another: 0 as by chance, 1 if its values follow from the other's.

        None where too few rows share a value of the other column, or nothing differs.
        """
        if (name, by) not in self._agreed:
            self._agreed[name, by] = _agreement(self.codes(name), self.codes(by))
        return self._agreed[name, by]

    def follows(self, name: str, by: str, least: float = 0.95) -> bool:
        """Return True if the values of a column are known to follow from another's."""
        agreed = self.agreement(name, by)
        return agreed is not None and agreed >= least

    def is_alike(self, one: str, other: str) -> bool:
        """Return True if two columns are one thing by two names, as an id and the name that goes with it."""
        return self.follows(one, other) and self.follows(other, one)

    def burst(self, name: str, time: Numbers) -> float:
        """Return the median time between two events of one value, relative to rows in random order; 1 if as there."""
        codes, rng = self.codes(name), np.random.default_rng(0)
        good = (codes >= 0) & np.isfinite(time)
        if good.sum() < _TIED:
            return 1.0
        codes, time = codes[good], time[good]
        found, chance = _gap(codes, time), _gap(codes, rng.permutation(time))
        return found / chance if chance > 0 else 1.0


def profiled(name: str, values: Sequence[str]) -> Profile:
    """Return a column in numbers."""
    counts = Counter(values)
    some = {value: count for value, count in counts.items() if not is_nothing(value)}
    n = sum(some.values())
    numbers = {value: _number(value) for value in some if _NUMBER.fullmatch(value)}
    each = np.array([number for value, number in numbers.items() for _ in range(some[value])], np.float64)
    low, median, high = np.quantile(each, [0.0, 0.5, 1.0]).tolist() if len(each) else (0.0, 0.0, 0.0)
    share = n or 1
    return Profile(
        name=name,
        count=n,
        filled=n / (len(values) or 1),
        distinct=len(some),
        unique=len(some) / share,
        top=max(some.values(), default=0) / share,
        numbers=len(each) / share,
        whole=bool(np.all(each == np.floor(each))),
        low=low,
        high=high,
        median=median,
        steady=_steady(values, numbers),
        truths=sum(count for value, count in some.items() if value.casefold() in _TRUTHS) / share,
        spaced=sum(count for value, count in some.items() if " " in value) / share,
        nested=sum(count for value, count in some.items() if value[0] in "{[") / share,
        length=sum(len(value) * count for value, count in some.items()) / share,
        decimals=max((len(re.split("[.,]", value)[1]) for value in numbers if "." in value or "," in value), default=0),
        is_scale=_is_scale(sorted(set(numbers.values()))),
        falls=_falls(Counter(each.tolist())),
        times=_forms(list(some)),
        is_clock=are_times_of_day(list(some)[:_TRIED]),
    )


def _forms(distinct: Sequence[str]) -> tuple[str, ...]:
    """Return the forms of times that values have; a few of them show that most columns hold none."""
    few = distinct[:: max(len(distinct) // _TRIED, 1)]
    return forms(distinct[:_PARSED]) if forms(few) else ()


@lru_cache(maxsize=1 << 16)
def is_nothing(value: str) -> bool:
    """Return True for what stands for no value, such as NA."""
    return value.casefold() in _NOTHING


def _number(text: str) -> float:
    if _PARTED.fullmatch(text):
        text = text.replace(re.sub(r"[+-]?\d", "", text)[0], "")  # the first sign parts thousands
    return float(text.replace(",", "."))


def _steady(values: Sequence[str], numbers: Mapping[str, float]) -> float:
    steps = np.diff([numbers.get(value, np.nan) for value in values])
    common = Counter(steps[np.isfinite(steps)].tolist()).most_common(1)
    return common[0][1] / len(steps) if common and common[0][0] > 0 else 0.0


def _is_scale(values: Sequence[float]) -> bool:
    """Return True for values such as 1 to 5, 1 to 10, or half stars, with or without 0 or -1 for "not rated"."""
    rated = [value for value in values if value > 0]
    if len(rated) < 3 or len(values) > _HALVES + 2 or rated[-1] not in (4.5, 5, 6, 7, 10, 20, 100) or values[0] < -1:
        return False
    whole = all(value == int(value) for value in values)
    steps = {round(after - before, 6) for before, after in pairwise(rated)}
    if whole and len(values) <= _FEW + 1:
        return steps == {1.0} or rated == [20, 40, 60, 80, 100]
    return steps <= {0.5, 1.0} and not whole


def _falls(counts: Counter[float]) -> bool:
    """Return True if the larger half of the values is far rarer than the smaller half, the smallest being common."""
    values = sorted(counts)
    if len(values) < 3:
        return False
    numbers = np.array([counts[value] for value in values])
    head = numbers[: max(len(values) // 5, 2)].sum()
    common = numbers.argmax() <= max(len(values) // 10, 1)
    return bool(common and head >= 0.4 * numbers.sum() and numbers[len(values) // 2 :].sum() <= 0.35 * numbers.sum())


def _agreement(codes: Codes, by: Codes) -> float | None:
    """Return the share of rows with their group's commonest value, from what chance gives (0) to all (1)."""
    good = (codes >= 0) & (by >= 0)
    codes, by = codes[good], by[good]
    sizes = np.bincount(by) if len(by) else np.zeros(1, np.int64)
    tied = sizes[by] > 1
    codes, by = codes[tied], by[tied]
    n_groups = int((sizes > 1).sum())
    if len(codes) < _TIED or n_groups < 5:
        return None
    found = _common(codes, by)
    chance = _common(np.random.default_rng(0).permutation(codes), by)
    if chance > len(codes) * 0.97:
        return None
    return float(max(found - chance, 0) / (len(codes) - chance))


def _common(codes: Codes, by: Codes) -> int:
    """Return how many rows have the commonest value of their group."""
    pairs, count = np.unique(by * (int(codes.max()) + 1) + codes, return_counts=True)
    best = np.zeros(int(by.max()) + 1, np.int64)
    np.maximum.at(best, pairs // (int(codes.max()) + 1), count)
    return int(best.sum())


def _gap(codes: Codes, time: Numbers) -> float:
    order = np.lexsort((time, codes))
    codes, time = codes[order], time[order]
    same = codes[1:] == codes[:-1]
    gaps: Any = np.diff(time)[same]
    return float(np.median(gaps)) if len(gaps) >= _TIED else 1.0
