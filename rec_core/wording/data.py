"""The data in words: what was found in them, and what was done about it."""

from __future__ import annotations

from rec_core.data.interactions import Split
from rec_core.data.repeats import Repeats
from rec_core.wording.numbers import number


def repeats(split: Split, rule: Repeats) -> str:
    """Return how often a user has an item again, and what follows from the rule; "" where nobody does."""
    if not split.repeated:
        return ""
    found = "1 rating repeats" if split.repeated == 1 else f"{number(split.repeated)} ratings repeat"
    if rule == "latest":
        return f"{found} an earlier one of the same user: only the latest of each pair counts."
    spoilt = f", and {number(split.spoilt)} users are tested on what they have in train too" if split.spoilt else ""
    return f"{found} an earlier one of the same user; all of them count{spoilt}."
