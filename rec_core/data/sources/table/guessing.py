"""Which column of a log is what, told by the names of its columns and by what they hold, with the reasons.

What neither tells is asked: a question holds the likeliest answers, of which the first is taken meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

from rec_core.data.sources.table.asking import MOST
from rec_core.data.sources.table.evidence import Profile, Sample
from rec_core.data.sources.table.guess import Guess
from rec_core.data.sources.table.guessed_ratings import take_event, take_rating
from rec_core.data.sources.table.guessed_times import take_time
from rec_core.data.sources.table.names import Kind, Meaning, is_bare, meanings, tokens
from rec_core.data.sources.table.orienting import leaning
from rec_core.data.sources.table.reading import ROLES, Columns, Role

_MOSTLY_EMPTY = 0.5  # of the rows without a user: another column names them, perhaps
_SURE = 1.8  # evidence for which of two columns names users, from which on it is taken
_KINDS = 15  # distinct values of what happened, at most
_MANY = 200  # rows from which on it can be told that values are few
_LONG = 60  # characters of a text that is no id
_PLAIN = 2  # rank up to which a title may be that of a review, and a name the reviewer's
_REVIEWS = frozenset({"text", "review", "reviews", "summary", "comment", "body"})
_COARSE = frozenset({"artist", "album", "kunstler", "artista", "artiste"})


def answered(columns: Columns, role: Role, name: str) -> Columns:
    """Return columns with another one for a role; a role that had that one gets what the first had.

    >>> answered(Columns(user="a", item="b"), "user", "b").named
    {'user': 'b', 'item': 'a'}
    """
    former, other = getattr(columns, role), next((one for one in ROLES if name and getattr(columns, one) == name), role)
    return columns.model_copy(update={f"{other}": former} | {f"{role}": name})


def guess(sample: Sample, of_items: bool = False) -> Guess:
    """Return what the columns of a sample are; a file ``of_items`` has no users, ratings or times."""
    found = Guess(sample)
    if of_items:
        _take_items(found)
        return found
    _take_named(found, "user")
    _take_named(found, "item")
    take_time(found)
    _take_unnamed(found)
    take_event(found)
    take_rating(found)
    _take_described(found)
    return found


def named(found: Guess, kind: Kind) -> list[tuple[Meaning, Profile]]:
    """Return the free columns whose names tell of a kind, the plainest first."""
    some = [(meanings(one.name)[kind], one) for one in found.free() if kind in meanings(one.name)]
    return sorted(some, key=lambda one: (not one[0].exact, one[0].rank))


def _take_items(found: Guess) -> None:
    """Take the columns of a file about items: by name, and by place where names do not tell."""
    kinds: tuple[tuple[Role, Kind], ...] = (("item", "item"), ("title", "title"), ("categories", "categories"))
    for role, kind in kinds:
        if some := [one for meaning, one in named(found, kind) if meaning.exact]:
            found.take(role, some[0].name, "its name")
    for role in ("item", "title"):
        if role not in found.found and (left := found.free()):
            found.take(role, left[0].name, "its place")


def _can_name(one: Profile) -> bool:
    """Return True unless values are no ids, whatever their column is called: dates, fractions, yes and no."""
    dates = bool(one.times) and (not one.are_numbers or one.times[0] == "yyyymmdd")
    fractions = one.are_numbers and not one.whole
    return not (one.is_clock or dates or fractions or one.truths > 0.9)


def _take_named(found: Guess, role: Role) -> None:
    """Take users or items by the names of the columns."""
    kind: Kind = "user" if role == "user" else "item"
    every = named(found, kind)
    some = [pair for pair in every if _can_name(pair[1])] or [pair for pair in every if pair[0].exact]
    other = found.found.get("user", "")
    if role == "item" and other:  # an author is no item, nor is what a user is called
        some = [(meaning, one) for meaning, one in some if not found.sample.follows(one.name, other)] or some
    exact = [one for meaning, one in some if meaning.exact] or [one for _, one in some]
    if role == "user":
        _take_users(found, exact)
    elif exact:
        _take_named_items(found, exact)


def _take_users(found: Guess, some: Sequence[Profile]) -> None:
    sessions = [one for meaning, one in named(found, "session") if meaning.exact and _can_name(one)]
    if some and some[0].filled < 1 - _MOSTLY_EMPTY and (full := [one for one in sessions if one.filled > 0.9]):
        empty = f"{1 - some[0].filled:.0%} of its rows name nobody"
        said = [f"one sequence per session ({full[0].distinct:,} of those seen)", f"{empty}, and are skipped"]
        text = f"“{some[0].name}” is empty in {1 - some[0].filled:.0%} of the rows. Who is the user?"
        found.ask("user", text, [full[0].name, some[0].name], said, f"“{some[0].name}” is mostly empty")
    elif rivals := _rivals(found.sample, some):
        _ask_between(found, "user", [some[0], *rivals])
    elif some and (ids := _ids_of(found, some[0])):
        _ask_between(found, "user", [ids, some[0]])
    elif some:
        found.take("user", some[0].name, "its name")
    elif sessions and not _unknown(found):
        found.take("user", sessions[0].name, "no column names users, and sessions stand for them")


def _ids_of(found: Guess, named_so: Profile) -> Profile | None:
    """Return the column without a name of a role whose values go one to one with what people are called."""
    if named_so.spaced < 0.5:
        return None
    return next((one for one in _unknown(found) if found.sample.is_alike(one.name, named_so.name)), None)


def _unknown(found: Guess) -> list[Profile]:
    """Return the free columns whose names say nothing and that may hold ids."""
    return [one for one in found.free() if not meanings(one.name) and _may_be_ids(one)]


def _take_named_items(found: Guess, some: Sequence[Profile]) -> None:
    first, sample = some[0], found.sample
    titles = [
        one
        for meaning, one in named(found, "title")
        if meaning.exact and one.distinct > first.distinct and not sample.follows(one.name, first.name)
    ]
    if titles and _COARSE.intersection(tokens(first.name)) and sample.follows(first.name, titles[0].name, 0.9):
        said = [f"{titles[0].distinct:,} of those seen", f"{first.distinct:,} of those seen, and no titles"]
        text = "Are items the titles or their artists?"
        found.ask("item", text, [titles[0].name, first.name], said, "each title has one artist")
    elif rivals := _rivals(sample, some):
        _ask_between(found, "item", [first, *rivals])
    else:
        found.take("item", first.name, "its name")


def _rivals(sample: Sample, some: Sequence[Profile]) -> list[Profile]:
    """Return the columns that are named as plainly as the first, and are another thing than it."""
    return [
        one
        for one in some[1:]
        if one.filled > 0.5
        and one.distinct > _KINDS
        and not sample.follows(one.name, some[0].name)
        and not sample.follows(some[0].name, one.name)
    ]


def _ask_between(found: Guess, role: Role, some: Sequence[Profile]) -> None:
    text = f"Several columns may name {role}s. Which one does?"
    said = [f"{one.span}, {one.filled:.0%} of the rows" for one in some]
    found.ask(role, text, [one.name for one in some], said, "what is known of it, which holds for others as well")


def _may_be_ids(one: Profile) -> bool:
    """Return True if a column may hold ids of users or items."""
    text = one.nested > 0.5 or (one.length > _LONG and one.spaced > 0.5)
    return _can_name(one) and not (text or one.is_constant or one.is_flag or one.is_index or one.filled < 0.3)


def _take_unnamed(found: Guess) -> None:
    """Take users and items by what columns hold, where names do not tell."""
    missing = [role for role in ("user", "item") if role not in found.found]
    if not missing:
        return
    pool = _pool(found)
    if len(missing) == 1:
        _take_one(found, "user" if "user" in missing else "item", pool)
    elif len(pool) == 1:
        found.take("user", pool[0].name, "the only column that may hold ids")
    elif pool:
        _take_both(found, pool)


def _pool(found: Guess) -> list[Profile]:
    """Return the columns that may name users or items, likeliest first; few may be left where names speak against."""
    free = [one for one in found.free() if _may_be_ids(one)]
    needed = 2 - len({"user", "item"} & set(found.found))
    silent = [one for one in free if is_bare(one.name) or not meanings(one.name)]
    spoken = [one for one in free if set(meanings(one.name)) & {"user", "item", "session", "title"} or one in silent]
    for some in (silent, spoken, free):
        plain = [one for one in some if not (one.is_scale or one.is_count or one.is_unique)]
        kept = _without_what_follows(found.sample, plain)
        if len(kept) >= needed:
            return kept
    anything = needed == 2 and len(free) < 2  # rows that are all alike, say
    return [one for one in found.free() if not one.is_clock and one.nested < 0.5] if anything else free


def _without_what_follows(sample: Sample, some: Sequence[Profile]) -> list[Profile]:
    """Return columns but those that follow from one of the others, as an item's category does from the item."""
    kept: list[Profile] = []
    for one in sorted(some, key=lambda one: (-one.distinct, one.spaced > 0.5)):
        if not any(sample.follows(one.name, other.name) for other in kept):
            kept.append(one)
    kept = [one for one in some if one in kept]
    return [one for one in kept if not _is_pale(one, kept)]


def _is_pale(one: Profile, among: Sequence[Profile]) -> bool:
    """Return True for few values, as of events, or nearly none twice, as of prices, where two others are as ids are."""
    if one.count < _MANY:
        return False
    few = one.distinct <= _KINDS and sum(other.distinct > 2 * _KINDS for other in among) >= 2
    single = one.unique > 0.5 and sum(other.unique < 0.25 for other in among) >= 2
    return few or single


def _take_one(found: Guess, role: Role, pool: Sequence[Profile]) -> None:
    other = found.found["item" if role == "user" else "user"]
    apart = [one for one in pool if not found.sample.follows(one.name, other)]
    titled = [one for one in apart if "title" in meanings(one.name)] if role == "item" else []
    some = titled or [one for one in apart if not _tells_otherwise(one)]
    if len(some) == 1:
        found.take(role, some[0].name, f"the only column left that may name {role}s")
    elif some:
        _ask_between(found, role, sorted(some, key=lambda one: -one.distinct))


def _tells_otherwise(one: Profile) -> bool:
    """Return True if a column's name says that it is neither a user nor an item: a table of films has no users."""
    told = set(meanings(one.name))
    return bool(told) and not is_bare(one.name) and not told & {"user", "item", "session", "title", "index"}


def _take_both(found: Guess, pool: Sequence[Profile]) -> None:
    """Take users and items of columns that no name tells of, or ask which is which."""
    sample = found.sample
    if len(pool) > 2:
        best = sorted(pool, key=lambda one: -one.distinct)[:MOST]
        pairs = [(leaning(found, one, other), one, other) for one in best for other in best if one is not other]
        _, user, item = max(pairs, key=lambda pair: pair[0][0])
        names = [one.name for one in best]
        firsts: tuple[tuple[Role, Profile], ...] = (("user", user), ("item", item))
        for role, first in firsts:
            some = [first.name, *[name for name in names if name != first.name]]
            said = [sample.profiles[name].span for name in some]
            found.ask(
                role, f"Which column names {role}s?", some, said, "what the columns hold, of which several may be ids"
            )
        return
    one, other = pool
    (score, reasons) = leaning(found, one, other)
    user, item = (one, other) if score >= 0 else (other, one)
    coarser = _coarser(found, user, item)
    if abs(score) >= _SURE and coarser:
        _ask_between(found, "user", [user, *coarser])
        found.take("item", item.name, "; ".join(reasons))
        return
    if abs(score) >= _SURE:
        found.take("user", user.name, "; ".join(reasons))
        found.take("item", item.name, "; ".join(reasons))
        return
    more = [*coarser, *(one for one in _coarser(found, item, user) if one not in coarser)]
    why = "the columns are alike; users come first in most logs"
    if more:
        _ask_between(found, "user", [user, item, *more])
        _ask_between(found, "item", [item, user, *more])
        return
    said = [f"then “{item.name}” names items", f"then “{user.name}” names items"]
    text = f"“{one.name}” and “{other.name}” both hold ids. Which one names users?"
    found.ask("user", text, [user.name, item.name], said, why)
    found.take("item", item.name, why)


def _coarser(found: Guess, user: Profile, item: Profile) -> list[Profile]:
    """Return columns of ids that follow from what seems to be the user, which may be a session then."""
    return [
        one
        for one in found.free()
        if one.name not in (user.name, item.name)
        and one.distinct > _KINDS
        and _may_be_ids(one)
        and not one.times
        and found.sample.follows(one.name, user.name)
        and not found.sample.follows(user.name, one.name)
        and not found.sample.follows(one.name, item.name)
    ]


def _take_described(found: Guess) -> None:
    """Take titles and categories of items: columns that are called so and follow from the item."""
    item, user = found.found.get("item", ""), found.found.get("user", "")
    if not item:
        return
    kinds: tuple[tuple[Role, Kind], ...] = (("title", "title"), ("categories", "categories"))
    reviewed = any(_REVIEWS.intersection(tokens(one.name)) for one in found.free())
    for role, kind in kinds:
        for meaning, one in named(found, kind):
            agreed = found.sample.agreement(one.name, item)
            ofuser = found.sample.follows(one.name, user) if user else False
            unknown = agreed is None and not ofuser and not (meaning.rank <= _PLAIN and reviewed)
            if meaning.exact and one.count and ((agreed is not None and agreed >= 0.95) or unknown):
                found.take(role, one.name, "its name, and each item has one")
                break
