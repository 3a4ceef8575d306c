"""A data set in words: what it holds, and what follows from that for selection."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from rec_core.analysis.holdings import Holdings, too_few_to_rank_among
from rec_core.data.rejected import Rejected
from rec_core.data.sources import Source, Words
from rec_core.specs import ExperimentSpec
from rec_core.wording.numbers import counted, number, percent

QUESTION = "What do these data hold?"


def headline(holdings: Holdings, source: Source) -> str:
    """Return what the data are, in a sentence."""
    words = source.words
    users, items = len(holdings.per_user), len(holdings.per_item)
    rows = "ratings" if holdings.scale else "rows"
    return (
        f"{source.title}: {number(holdings.rows)} {rows} by {_counted(users, 'user', 'users')} of "
        f"{_counted(items, words.item, words.items)}"
    )


def facts(holdings: Holdings, source: Source) -> dict[str, tuple[str, str, str]]:
    """Return the facts that go on cards: label → value, what to hold it against, help."""
    users, popular = (float(np.median(count)) for count in (holdings.per_user, holdings.per_item))
    return {
        "Rows per user": (number(users), f"at most {number(holdings.per_user.max())}", "The median user's."),
        f"Rows per {source.words.item}": (
            number(popular),
            f"at most {number(holdings.per_item.max())}",
            f"The median {source.words.item}'s.",
        ),
        "Density": (percent(holdings.density), "of all pairs", f"Rows per pair of user and {source.words.item}."),
        "Ratings": _scale(holdings, source.words),
        "Time": _span(holdings, source),
    }


def _scale(holdings: Holdings, words: Words) -> tuple[str, str, str]:
    if holdings.scale is None:
        return "none", "only who chose what", "Models rank what a user would choose (clicks)."
    low, high, count = holdings.scale
    return f"{low:g} to {high:g}", f"{number(count)} values", f"RMSE and MAE are in these {words.units}."


def _span(holdings: Holdings, source: Source) -> tuple[str, str, str]:
    if holdings.span is None:
        order = "in order of time" if source.has_order else "in no known order"
        return "none", f"lines {order}", "What needs times, or an order, is off without them."
    first, last = (datetime.fromtimestamp(one, UTC) for one in holdings.span)
    days = (last - first).days
    length = f"{number(days / 365.25)} years" if days > 700 else f"{number(days)} days"
    return length, f"{first:%b %Y} to {last:%b %Y}", "UTC; times without a zone are taken as such."


def consequences(holdings: Holdings, source: Source, spec: ExperimentSpec) -> list[str]:
    """Return what the data mean for selection and evaluation, each in a sentence, what stands in the way first."""
    words, minimum = source.words, spec.data.min_interactions
    left = holdings.after(minimum)
    if source.has_split:  # nothing is filtered, and nobody is ranked among negatives
        return [*filter(None, [_one_user(holdings), _no_ratings(holdings) if spec.feedback == "explicit" else ""])]
    of_ratings = [_no_ratings(holdings), _equal_ratings(holdings)]
    of_clicks = [
        _too_few_items(holdings, minimum, words),
        _few_negatives(left.unknown if left.rows else 0, spec.evaluation.negatives, words),
    ]
    said = [
        _nothing_left(holdings, minimum, words),
        _one_user(holdings),
        *(of_ratings if spec.feedback == "explicit" else of_clicks),
        _no_order(holdings, source),
        _few_rows(holdings),
        _repeated(holdings),
    ]
    return [*filter(None, said)]


def _nothing_left(holdings: Holdings, minimum: int, words: Words) -> str:
    if holdings.after(minimum).rows:
        return ""
    return (
        f"**Nothing is left** where every user and {words.item} needs {minimum} rows: choose a lower smallest number "
        "under Advanced, or larger data."
    )


def _too_few_items(holdings: Holdings, minimum: int, words: Words) -> str:
    left = holdings.after(minimum)
    if not too_few_to_rank_among(left):
        return ""
    return (
        f"**Somebody knows {number(left.most_known)} of the {number(left.items)} {words.items}** that the filter "
        "leaves, too many to rank what was held out among the rest: choose Ratings, a lower smallest number, or larger "
        "data."
    )


def _one_user(holdings: Holdings) -> str:
    if len(holdings.per_user) > 1:
        return ""
    return "**There is one user:** nobody to learn from. Say which other column names users."


def _no_order(holdings: Holdings, source: Source) -> str:
    if holdings.span is not None:
        return ""
    if source.has_order:
        return (
            "There are no times, and lines are in order of time within each user: what comes last can be held out, but "
            "nothing can be split or kept by date."
        )
    return (
        "There are no times, and no order of time: hold out a random row (test and validation rating Random, under "
        "Advanced), and choose among methods that need no order, such as Random, User quota or Gradient."
    )


def _no_ratings(holdings: Holdings) -> str:
    return "" if holdings.scale else "There are no ratings: choose Clicks."


def _equal_ratings(holdings: Holdings) -> str:
    if holdings.scale is None or holdings.scale[2] > 1:
        return ""
    return f"All ratings are {holdings.scale[0]:g}: there is nothing to predict in them. Choose Clicks."


def _few_rows(holdings: Holdings) -> str:
    if holdings.few < 0.01:
        return ""
    return (
        f"{percent(holdings.few)} of the users have fewer than 3 rows, too few for one to train on, one to validate "
        "and one to test: the filter leaves them out."
    )


def _repeated(holdings: Holdings) -> str:
    if not holdings.repeated:
        return ""
    return (
        f"{number(holdings.repeated)} rows repeat an earlier pair of user and item; which of them count is set under "
        "Advanced."
    )


def _few_negatives(unknown: int, wanted: int, words: Words) -> str:
    if not 0 < unknown < wanted:
        return ""
    return (
        f"Whoever knows most has {number(unknown)} {words.items} left, fewer than {wanted} to rank what was held out "
        "among: all of them are used, which is said beside the numbers."
    )


def kept(split_bytes: int, runs: int, bytes_of_runs: int) -> str:
    """Return how much room the results of a data set take, in a sentence."""
    if not split_bytes and not runs:
        return "Nothing of them is among the results yet."
    if not split_bytes:
        many = counted(runs, "finished run", "finished runs")
        return f"{many} on these data {'takes' if runs == 1 else 'take'} {_megabytes(bytes_of_runs)} of the results."
    made = f", and {number(runs)} finished {'run' if runs == 1 else 'runs'} {_megabytes(bytes_of_runs)}" if runs else ""
    return (
        f"Read and split they take {_megabytes(split_bytes)} among the results{made}. Results keep to a limit: what is "
        "needed least goes first."
    )


def _megabytes(count: int) -> str:
    return f"{number(count / 1e6)} MB" if count >= 1e5 else "less than 0.1 MB"


def rejected(found: Rejected, readable: int) -> str:
    """Return how many rows cannot be read and why, in a sentence."""
    kinds = ", ".join(f"{number(count)} × {kind}" for kind, count in found.kinds.items())
    rows = f"{found.unit}s" if found.count != 1 else found.unit
    return f"{number(found.count)} of {number(found.count + readable)} {rows} cannot be read: {kinds}."


def _counted(count: int, one: str, many: str) -> str:
    return f"{number(count)} {one if count == 1 else many}"
