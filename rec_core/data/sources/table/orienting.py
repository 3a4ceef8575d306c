"""Which of two columns of ids names users and which items, told by what they hold: never by their order alone."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from rec_core.data.sources.table.evidence import NEARLY, Numbers, Profile, Sample, is_nothing
from rec_core.data.sources.table.names import meanings

if TYPE_CHECKING:
    from rec_core.data.sources.table.guess import Guess

_LOOKED_AT = 400  # distinct ids
_BURST, _APART = 0.1, 5.0  # of random order; times that the other column's is longer
_ITEMS = (  # forms of ids that name items wherever they are used
    re.compile(r"B0[0-9A-Z]{8}"),  # Amazon
    re.compile(r"tt\d{7,8}"),  # IMDb
    re.compile(r"(SO|TR)[A-Z0-9]{16}"),  # Echo Nest
    re.compile(r"spotify:(track|album|artist|episode):.+"),
    re.compile(r"0x[0-9a-f]+:0x[0-9a-f]+"),  # Google's places
    re.compile(r"https?://.+"),
)
_PEOPLE = (re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}"), re.compile(r"A[0-9A-Z]{12,13}"), re.compile(r"AE[0-9A-Z]{26}"))
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PREFIX = re.compile(r"([^\W\d_]+)[\s_#:.-]*\d+")


def leaning(found: Guess, one: Profile, other: Profile) -> tuple[float, list[str]]:
    """Return how far evidence says that ``one`` names users and ``other`` items, and which; below 0 the other way."""
    sample = found.sample
    time = found.found.get("time", "")
    score, reasons = 0.0, []
    for first, second, sign in ((one, other, 1.0), (other, one, -1.0)):
        for weight, reason in (*_by_values(sample, first, second), *_by_dependence(found, first, second)):
            score += sign * weight
            reasons.append(reason)
        if time and (weight := _by_bursts(sample, first, second, time)):
            score += sign * weight
            reasons.append(f"events of one “{first.name}” follow each other closely")
    return score + 0.1 * (1 if sample.names.index(one.name) < sample.names.index(other.name) else -1), reasons


def _by_values(sample: Sample, user: Profile, item: Profile) -> list[tuple[float, str]]:
    """Return what speaks for users in one column and for items in the other."""
    found = []
    said = (_prefix(sample, user), _prefix(sample, item))
    if "user" in said[0] and "item" not in said[0]:
        found.append((3.0, f"the values of “{user.name}” say users"))
    if "item" in said[1] and "user" not in said[1]:
        found.append((3.0, f"the values of “{item.name}” say items"))
    if _share(sample, item, _ITEMS) >= NEARLY or _are_isbn(sample, item):
        found.append((3.0, f"the values of “{item.name}” are ids of items"))
    if _share(sample, user, _PEOPLE) >= NEARLY:
        found.append((3.0, f"the values of “{user.name}” are ids of people"))
    if _share(sample, user, (_HASH,)) >= NEARLY and _share(sample, item, (_HASH,)) < 0.5:
        found.append((1.0, f"the values of “{user.name}” are hashes, as of people"))
    if item.spaced > 0.5 and user.spaced < 0.05 and not said[1]:
        found.append((2.0, f"the values of “{item.name}” are titles"))
    return found


def _distinct(sample: Sample, one: Profile) -> list[str]:
    return [value for value in dict.fromkeys(sample.values(one.name)) if not is_nothing(value)][:_LOOKED_AT]


def _share(sample: Sample, one: Profile, patterns: tuple[re.Pattern[str], ...]) -> float:
    some = _distinct(sample, one)
    return sum(any(pattern.fullmatch(value) for pattern in patterns) for value in some) / (len(some) or 1)


def _prefix(sample: Sample, one: Profile) -> set[str]:
    """Return the kinds of things that ids are named after, as in "user_17" or "商品41号"."""
    some = _distinct(sample, one)
    words = Counter(found[1] for value in some if (found := _PREFIX.match(value)))
    word, count = words.most_common(1)[0] if words else ("", 0)
    if count < NEARLY * len(some):
        return set()
    if word.casefold() in ("p", "m", "b", "art"):  # a product, a movie, a book; or a person
        return set()
    return {kind for kind in meanings(word) if kind in ("user", "item")}


def _are_isbn(sample: Sample, one: Profile) -> bool:
    """Return True for ISBN or EAN whose check digits are right, mixed with Amazon's ids perhaps."""
    some = [value.zfill(10) if value.isdigit() and len(value) < 10 else value for value in _distinct(sample, one)]
    good = [_checks(value) or bool(_ITEMS[0].fullmatch(value)) for value in some]
    tens = sum(len(value) in (10, 13) for value in some)
    written = sum(bool(re.fullmatch(r"\d{9}[\dX]", value)) or value.startswith("B0") for value in some)
    mixed = written >= NEARLY * len(some) and any(value.startswith("B0") or value.endswith("X") for value in some)
    return len(some) >= 5 and tens >= NEARLY * len(some) and (sum(good) >= NEARLY * len(some) or mixed)


def _checks(value: str) -> bool:
    if re.fullmatch(r"\d{9}[\dX]", value):
        digits = [10 if sign == "X" else int(sign) for sign in value]
        return sum(weight * digit for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11 == 0
    if re.fullmatch(r"\d{13}", value):
        return sum(int(sign) * (3 if place % 2 else 1) for place, sign in enumerate(value)) % 10 == 0
    return False


def _by_dependence(found: Guess, user: Profile, item: Profile) -> list[tuple[float, str]]:
    """Return what follows from the one column and not from the other: a price, a place, a category, a title."""
    sample = found.sample
    for one in found.free():
        if one.name in (user.name, item.name) or one.is_constant or one.is_clock:
            continue
        many = one.distinct >= 20 or (one.are_numbers and not one.whole)
        alone = sample.follows(one.name, item.name) and (sample.agreement(one.name, user.name) or 0.0) < 0.5
        if many and alone:
            return [(2.0, f"“{one.name}” depends on “{item.name}”")]
    return []


def _by_bursts(sample: Sample, user: Profile, item: Profile, time: str) -> float:
    moments = moments_of(sample, time)
    mine, others = sample.burst(user.name, moments), sample.burst(item.name, moments)
    return 3.0 if mine < _BURST and others > _APART * mine else 0.0


def moments_of(sample: Sample, time: str) -> Numbers:
    """Return the times of rows as numbers (n,), NaN where there are none."""
    import pandas as pd

    values = sample.values(time)
    numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(np.float64)
    if np.isfinite(numbers).mean() >= 0.5:
        return numbers
    form = (sample.profiles[time].times or ("",))[0]
    dates = pd.to_datetime(
        pd.Series(values, dtype=object), format=form if "%" in form else "ISO8601", utc=True, errors="coerce"
    )
    return np.where(dates.isna(), np.nan, dates.astype("int64").to_numpy() / 1e9)
