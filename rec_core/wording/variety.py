"""What models show, in words."""

from __future__ import annotations

from rec_core.analysis.variety import Variety
from rec_core.data.sources import Words
from rec_core.evaluation.ranking import K
from rec_core.wording.numbers import number, percent


def sentence(ours: Variety | None, full: Variety | None, words: Words) -> str:
    """Return how much of the catalogue is shown and how popular that is; ``full`` is the baseline's, if any."""
    if ours is None:
        return ""

    def beside(value: str, other: str) -> str:
        return value if full is None else f"{value} (full data: {other})"

    both = (ours, full or ours)
    covered, tail, popularity = (
        beside(*(say(getattr(one, what)) for one in both))
        for what, say in (("covered", percent), ("tail", percent), ("popularity", number))
    )
    return (
        f"What users would be shown, {K} {words.items} each, is {covered} of all {words.items}; {tail} of it is long "
        f"tail, and on average it has {popularity} train {words.rows}."
    )
