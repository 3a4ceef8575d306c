"""What the screen says, in words: which rows to keep, and what that is predicted to be worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from rec_core.evaluation import METRICS
from rec_core.selection.screen import NEIGHBOURHOOD, POPULAR, SERVED, SVD, Screen
from rec_core.specs import VALIDATIONS, ExperimentSpec
from rec_core.wording import labels
from rec_core.wording.numbers import percent

METHOD, PREDICTED = "Method", "Predicted to keep"
QUESTION = "Which rows should I keep?"
_ALL = 0.995  # a predicted share from which it is called all
# Of very many items no two are compared, and item neighbourhood is not asked.
_RECOMMENDERS = {POPULAR: "most popular", NEIGHBOURHOOD: "item neighbourhood", SVD: "an untrained SVD"}
_COUNT = {1: "One recommender", 2: "Two recommenders", 3: "Three recommenders"}


TITLES = {
    POPULAR: "Most popular",
    NEIGHBOURHOOD: "Item neighbourhood",
    SVD: "Untrained SVD",
    SERVED: "Item co-occurrence",
}


def title_of(recommender: str) -> str:
    """Return the title of a recommender; one of another version keeps its name."""
    return TITLES.get(recommender, recommender)


def method_title(spec: ExperimentSpec, settings: Mapping[str, Any]) -> str:
    """Return what a candidate of the screen is called."""
    return labels.method_choice(spec.with_(method=dict(settings)))


def answer(screen: Screen, spec: ExperimentSpec) -> str:
    """Return which method to choose, and what it is predicted to keep at each ratio."""
    start = ", started from the singular vectors of the kept rows" if screen.starts_from_vectors else ""
    walked = (
        f" Walks on the kept rows, {screen.walked} further positives each, add to that where so few are kept."
        if screen.walked
        else ""
    )
    shares = [f"{_share(share)} at {percent(ratio)}" for ratio, share in screen.by_ratio.items()]
    predicted = f"{', '.join(shares[:-1])} and {shares[-1]}" if len(shares) > 1 else shares[0]
    title = METRICS[screen.metric].title
    answered = f"**{method_title(spec, screen.best)}**{start}: predicted to keep {predicted} of {title}."
    return f"{answered}{walked} {disagreement(screen)}{how_far_off(screen)}"


def disagreement(screen: Screen) -> str:
    """Name the recommenders that keep clearly less than predicted, and the models that may lose as much; or nothing."""
    if not screen.lower:
        return ""
    kept = " and ".join(f"{title_of(name)} keeps only {percent(share)}" for name, share in screen.lower.items())
    at = percent(screen.tried[0]["ratio"])
    return f"**The recommenders disagree.** At {at}, {kept}; models of this kind may lose as much. "


def _share(share: float) -> str:
    return "about all" if share >= _ALL else f"about {percent(share)}"


def how(screen: Screen) -> str:
    """Return how it was found out."""
    if screen.is_served:
        return (
            "Item co-occurrence was counted on the rows that each method keeps, and asked for each user's validation "
            "item from their train rows. What it finds, beside what it finds from all rows, is the share "
            f"that is predicted; test rows were not looked at. {how_far_off(screen)} A run measures it."
        )
    asked = [title for name, title in _RECOMMENDERS.items() if name in screen.full]
    return (
        f"{_COUNT[len(asked)]} that train nothing ({', '.join(asked)}) were counted on "
        "the rows that each method keeps, and asked for each user's validation item. What the best of them finds, "
        f"beside the best on all rows, is the share that is predicted; test rows were not looked at. It tells "
        f"methods apart better than it measures them. {how_far_off(screen)} A run measures it."
    )


def how_far_off(screen: Screen) -> str:
    """Return how far such predictions were off where they were held against runs."""
    return (
        f"In {screen.off_by.cases} cases on four data sets such predictions were off by {screen.off_by.on_average} "
        f"points on average, and by {screen.off_by.at_most} at most."
    )


def caution(spec: ExperimentSpec) -> str:
    """Return what to know where validation ratings are no likeness of the test's; or nothing."""
    if spec.split.is_alike:
        return ""
    return (
        f"Here the test rating is the {spec.split.test} one and the validation rating is {spec.split.validation_rule}: "
        f"what is found on one need not hold for the other. Choose the validation rating “{VALIDATIONS['like-test']}” "
        "under Advanced."
    )


def table(screen: Screen, spec: ExperimentSpec) -> pd.DataFrame:
    """Return one row per candidate, the best first: the predicted share, and what each recommender found."""
    rows = [
        {METHOD: method_title(spec, one["method"]), PREDICTED: screen.predicted(one)}
        | {title_of(name): value for name, value in one["found"].items()}
        for one in screen.tried
    ]
    full = {METHOD: labels.ALL_DATA, PREDICTED: 1.0} | {title_of(n): v for n, v in screen.full.items()}
    return pd.DataFrame([*rows, full])
