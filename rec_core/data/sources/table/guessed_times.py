"""Which column of a log says when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rec_core.data.sources.table.evidence import Profile
from rec_core.data.sources.table.names import meanings, tokens
from rec_core.data.sources.table.time_forms import forms

if TYPE_CHECKING:
    from rec_core.data.sources.table.guessing import Guess

_EPOCHS = ("s", "ms", "us", "ns")
_LATER = frozenset("updated update modified edited changed geandert".split())  # as rows are written anew
_TRIED = 100  # values, one by one
_REPEATED = 0.05  # distinct values per row, below which numbers of an unnamed column are ids rather than seconds


def take_time(found: Guess) -> None:
    """Take the column that says when: by its name and values, the finer first."""
    fitting = [one for one in found.free() if one.times and _may_be_time(found, one)]
    said = [one for one in found.free() if _is_called_time(one)]
    if fitting:
        _take_best(found, sorted(fitting, key=_rank))
    elif spoilt := [one for one in said if _some_are_times(found, one)]:
        found.take("time", spoilt[0].name, "its name, and most of its values")
    elif said:
        _ask_whether(found, said[0])
    else:
        found.take("time", "", "no column holds times")


def _is_called_time(one: Profile) -> bool:
    meaning = meanings(one.name).get("time")
    return meaning is not None and meaning.exact and not (one.is_clock or one.is_constant or not one.count)


def _some_are_times(found: Guess, one: Profile) -> bool:
    """Return True if at least half of the values of a column, one by one, are times."""
    some = [value for value in dict.fromkeys(found.sample.values(one.name)) if value][:_TRIED]
    return sum(bool(forms([value])) for value in some) >= len(some) / 2


def _may_be_time(found: Guess, one: Profile) -> bool:
    """Return True unless a column's name, or what it depends on, speaks against times."""
    said = meanings(one.name)
    for role in ("user", "item"):  # a birthday, the day on which something came out
        if role in found.found and found.sample.follows(one.name, found.found[role]):
            return False
    if "time" in said:
        return True
    if set(said) - {"title", "categories", "event"}:
        return False
    form = one.times[0]
    if form == "excel":
        return one.decimals >= 3
    return form != "s" or one.unique >= _REPEATED or one.decimals > 0


def _rank(one: Profile) -> tuple[bool, bool, bool, bool, int]:
    said = meanings(one.name).get("time")
    days = one.times[0] == "yyyymmdd" or ("%" in one.times[0] and "%M" not in one.times[0])
    coarse = days or (one.times[0] == "iso" and one.length <= 10.5) or (one.times[0] == "excel" and not one.decimals)
    later = bool(_LATER.intersection(tokens(one.name)))
    return said is None, coarse, later, one.times[0] not in _EPOCHS, said.rank if said else 0


def _take_best(found: Guess, best: list[Profile]) -> None:
    first = best[0]
    rivals = [one for one in best[1:] if _rank(one)[:4] == _rank(first)[:4] and not _same(found, one, first)]
    if rivals:
        some = [first, *rivals]
        said = [f"such as {_example(found, one)}, in {one.filled:.0%} of the rows" for one in some]
        found.ask("time", "Several columns hold times. Which one says when?", [one.name for one in some], said, "")
    why = "its name and its values" if "time" in meanings(first.name) else "its values are times"
    found.take("time", first.name, why if not rivals else f"{why}; others hold times, too")


def _same(found: Guess, one: Profile, other: Profile) -> bool:
    if one.filled < 0.5:
        return True
    return found.sample.is_alike(one.name, other.name) or one.name.casefold() == other.name.casefold()


def _example(found: Guess, one: Profile) -> str:
    return next((value for value in found.sample.values(one.name) if value), "")


def _ask_whether(found: Guess, one: Profile) -> None:
    """Ask about a column that is called a time and holds none that is known."""
    example = _example(found, one)
    if one.are_numbers:
        meaning = f"{one.span}: rows are ordered by these numbers, which are no dates"
    else:
        meaning = f"its dates, such as {example}, are not known here"
    found.ask(
        "time",
        f"“{one.name}” is called a time, and its values, such as {example}, are no dates. Does it say when?",
        ["", one.name] if not one.are_numbers else [one.name, ""],
        ["the log has no times", meaning] if not one.are_numbers else [meaning, "the log has no times"],
        "its name, though its values are no dates",
    )
