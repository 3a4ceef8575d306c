"""Which column of a log holds ratings or counts, if any: never one merely because it holds numbers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rec_core.data.sources.table.evidence import Profile
from rec_core.data.sources.table.names import Kind, is_bare, meanings

if TYPE_CHECKING:
    from rec_core.data.sources.table.guessing import Guess

_LEANS = 0.5  # how far a column may depend on users or items and still be a rating
_KINDS: tuple[Kind, ...] = ("rating", "count")
_HAPPENINGS = frozenset(
    "view views click clicks cart addtocart add_to_cart remove_from_cart purchase purchases buy order orders pv fav "
    "like play skip pause share rate review wishlist transaction impression search download listen watch follow".split()
)
_EVENTS = 15  # kinds of events, at most


def take_rating(found: Guess) -> None:
    """Take a column of ratings or counts by its name or its values, ask, or take none."""
    rated, counted, unsaid = _candidates(found)
    if rated:
        _take_or_ask(found, rated)
    elif counted:
        _take_or_ask(found, counted)
    elif unsaid:
        _take_unsaid(found, unsaid)
    else:
        found.take("rating", "", _why_none(found))


def _candidates(found: Guess) -> tuple[list[Profile], list[Profile], list[Profile]]:
    """Return columns that are called a rating, a count, and of which the name says nothing, the likeliest first."""
    rated, counted, unsaid = [], [], []
    for one in found.free():
        said = meanings(one.name)
        numbers = (
            one.are_numbers or (one.numbers >= 0.5 and "rating" in said) or (one.truths >= 0.9 and one.distinct > 1)
        )
        exact = any(kind in said and said[kind].exact for kind in _KINDS)
        if not numbers or not one.count or (one.is_index and not exact):
            continue
        if "rating" in said:
            rated.append(one)
        elif "count" in said and not _depends(found, one):
            counted.append(one)
        elif not said and not speaks_against(found, one):
            unsaid.append(one)
    rated.sort(key=lambda one: (not meanings(one.name)["rating"].exact, meanings(one.name)["rating"].rank))
    counted.sort(key=lambda one: (not meanings(one.name)["count"].exact, meanings(one.name)["count"].rank))
    return rated, counted, unsaid


def _depends(found: Guess, one: Profile, least: float = 0.95) -> str:
    """Return the user or item column that a column follows from, "" if neither."""
    for role in ("item", "user"):
        other = found.found.get(role, "")
        agreed = found.sample.agreement(one.name, other) if other else None
        if agreed is not None and agreed >= least:
            return other
    return ""


def speaks_against(found: Guess, one: Profile) -> str:
    """Return what speaks against ratings in a column whose name says nothing, "" if nothing does."""
    if one.is_constant or one.low == one.high:
        return "it is always the same"
    if one.is_unique and not one.is_scale:
        return "each row has its own"
    if one.times or one.low < -1:
        return "its values are no ratings"
    if one.decimals > 6 and one.unique > 0.5:
        return "its values are as fine as measurements"
    if other := _depends(found, one, _LEANS):
        return f"it depends on “{other}”"
    return ""


def _take_or_ask(found: Guess, some: list[Profile]) -> None:
    first = some[0]
    kind = "rating" if "rating" in meanings(first.name) else "count"
    rank = meanings(first.name)[kind]  # type: ignore[index]
    rivals = [
        one
        for one in some[1:]
        if meanings(one.name)[kind].exact == rank.exact  # type: ignore[index]
        and not found.sample.follows(one.name, first.name)
        and abs(meanings(one.name)[kind].rank - rank.rank) > 0  # type: ignore[index]
        and meanings(one.name)[kind].rank > 8  # type: ignore[index]
    ]
    other = _depends(found, first)
    if other or (rivals and rank.rank > 8):
        _ask(found, [first, *rivals], first_is_likely=not other)
    else:
        found.take("rating", first.name, f"its name ({first.span})")


def _take_unsaid(found: Guess, some: list[Profile]) -> None:
    scales = [one for one in some if one.is_scale and not one.falls]
    likely = [one for one in some if one.is_scale or one.is_count or one.is_flag]
    if len(scales) == 1 and len(some) == 1 and is_bare(scales[0].name):
        found.take("rating", scales[0].name, f"its values are few and ordered ({scales[0].span})")
    else:
        ordered = sorted(some, key=lambda one: (not one.is_scale or one.falls, not one.is_count, one.distinct))
        _ask(found, ordered, first_is_likely=ordered[0] in likely and not ordered[0].is_flag)


def _ask(found: Guess, some: list[Profile], first_is_likely: bool) -> None:
    names, said = [one.name for one in some[:2]], [_meaning(found, one) for one in some[:2]]
    none = "each row counts as one interaction"
    at = 1 if first_is_likely else 0
    names.insert(at, "")
    said.insert(at, none)
    found.ask("rating", "Which column is the rating or the count?", names, said, "its values; its name does not tell")


def _meaning(found: Guess, one: Profile) -> str:
    other = _depends(found, one, _LEANS)
    return one.span + (f", depends on “{other}”" if other else "")


def _why_none(found: Guess) -> str:
    some = [one for one in found.free() if one.are_numbers]
    if not some:
        return "no column that is left holds numbers"
    why = speaks_against(found, some[0]) or "its name speaks against it"
    return f"“{some[0].name}” is none: {why}"


def take_event(found: Guess) -> None:
    """Take the column that says what happened, such as a view or a purchase; all events count unless somebody chooses.

    It is told by its name and its few values, or by values that say such things.
    """
    for one in found.free():
        said = meanings(one.name).get("event")
        few = 2 <= one.distinct <= _EVENTS and one.filled > 0.9 and (not one.are_numbers or one.whole)
        if not few or _depends(found, one, _LEANS) or one.truths >= 0.9:
            continue
        if (said and said.exact) or (not meanings(one.name) and _say_events(found, one)):
            counts = Counter(value for value in found.sample.values(one.name) if value).most_common(3)
            share = ", ".join(f"{value} {count / one.count:.0%}" for value, count in counts)
            found.take("event", one.name, f"its few values ({share}); all count")
            return


def _say_events(found: Guess, one: Profile) -> bool:
    values = {value.casefold() for value in found.sample.values(one.name) if value}
    return len(values & _HAPPENINGS) >= max(2, len(values) / 2)
