"""Q1 in words: which ratings pull hardest on the proxy, and which of them a coreset keeps."""

from __future__ import annotations

from collections.abc import Mapping

from rec_core.analysis.gradient_norms import POSITIONS, Kind, Norms
from rec_core.data.sources import Words
from rec_core.evaluation import Metric
from rec_core.results import RunResult
from rec_core.wording.numbers import indefinite, number, percent


def verdict(norms: Norms, choice: str, proxy: str, words: Words) -> str:
    """Return the answer in words; ``proxy`` says whose norms these are."""
    if norms.kept.all():
        return f"{choice} keeps easy and hard {words.rows}: all of them."
    if norms.is_hardest:
        return f"{choice} keeps only the {words.rows} that fit the {proxy} least."
    if norms.preference > 0:
        return f"{choice} prefers {words.rows} that fit the {proxy} badly."
    if norms.preference < 0:
        return f"{choice} prefers {words.rows} that fit the {proxy} well."
    return f"{choice} takes easy and hard {words.rows} alike."


def kind_sentence(norms: Norms, kind: Kind, words: Words) -> str:
    """Return what kind of ratings are kept, in words."""
    (item, items), (user, users) = kind.popularity, kind.activity
    rating = "" if kind.rating is None else _ratings(kind.rating, words)
    return (
        f"A kept {words.row} is on average harder than {percent(norms.percentile)} of all (50 % by chance). The median "
        f"kept {words.row} is of {indefinite(words.item)} with {number(item)} {words.rows} ({number(items)} in all "
        f"data), by a user with {number(user)} ({number(users)}){rating}."
    )


def _ratings(means: tuple[float, float], words: Words) -> str:
    kept, every = means
    return f"; kept {words.rows} give {number(kept)} {words.units} on average ({number(every)})"


def sweep_sentence(results: Mapping[float, RunResult], metric: Metric, words: Words) -> str:
    """Return what the finished part of the sweep says."""
    value = {position: result.value(metric) for position, result in results.items()}
    if len(value) < len(POSITIONS):
        done = ", ".join(f"{metric.title} {number(v)} at position {p:g}" for p, v in sorted(value.items()))
        return f"So far: {done}."
    best, hardest = metric.best(value), POSITIONS[-1]
    if best == hardest:
        return f"Here the hardest {words.rows} do best, with {metric.title} {number(value[best])} (one seed)."
    return (
        f"The hardest {words.rows} give {metric.title} {number(value[hardest])}; a window of the same size at position "
        f"{best:g} gives {number(value[best])} (one seed)."
    )
