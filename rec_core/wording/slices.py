"""For whom, and for which items, in words."""

from __future__ import annotations

from rec_core.analysis.slices import ALL, GENRE, HEAD, HEAVY, LEFT_OUT, LIGHT, TAIL, HeadAndTail
from rec_core.data.sources import Words
from rec_core.evaluation import Metric
from rec_core.wording.numbers import capital, number, percent


def slice_title(name: str, words: Words) -> str:
    """Return what a slice is called."""
    if name.startswith(LEFT_OUT):
        return f"Left out by {name.removeprefix(LEFT_OUT)}"
    if name.startswith(GENRE):
        return f"{capital(words.kind)}: {name.removeprefix(GENRE)}"
    return {
        ALL: "All users",
        LIGHT: "Light users (lowest third)",
        HEAVY: "Heavy users (highest third)",
        HEAD: f"Head {words.items}",
        TAIL: f"Long-tail {words.items}",
    }[name]


def head_and_tail(ours: HeadAndTail | None, full: HeadAndTail | None, metric: Metric, words: Words) -> str:
    """Return where the loss is, in words: on popular items or on the long tail; ``full`` is the baseline's, if any."""
    if ours is None:
        return ""

    def beside(value: float, other: float | None) -> str:
        return number(value) + ("" if other is None else f" against {number(other)} on full data")

    head, tail = (None, None) if full is None else (full.head, full.tail)
    return (
        f"On held-out {words.items} among the most popular fifth ({percent(ours.head_share)} of them) {metric.title} "
        f"is {beside(ours.head, head)}, on the long tail {beside(ours.tail, tail)}."
    )
