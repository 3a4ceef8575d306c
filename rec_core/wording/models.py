"""Whether a coreset carries over to other models, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from rec_core.analysis.models import Carried, kendall
from rec_core.data.sources import Words
from rec_core.evaluation import Metric
from rec_core.replicates import Group
from rec_core.wording import labels
from rec_core.wording.numbers import number

MODEL, FULL, KEPT_ROWS, SHARE, TRAINED = "Model", "All rows", "Kept rows", "Kept", "Trained"
SERVED = "Kept rows, whole history"
QUESTION = "Is it the model?"
_NEARLY, _LOOSELY = 0.7, 0.3  # of Kendall's τ


def sentence(models: Sequence[Carried], metric: Metric, seeds: int) -> str:
    """Return whether the kept rows put models in the order of all rows, by the means of so many ``seeds``."""
    tau = kendall(models)
    if tau is None:
        return "Too few models are measured on both to say whether these rows put them in the order of all rows."
    order = (
        "the order of"
        if tau == 1
        else "nearly the order of"
        if tau >= _NEARLY
        else "an order that is loosely that of"
        if tau >= _LOOSELY
        else "an order that is not that of"
    )
    signed = f"{tau:.2f}".replace("-", "−")
    best = [metric.best({one: getattr(one, side) for one in models}) for side in ("full", "kept")]
    same = best[0] == best[1]
    who = f"{title(best[0])} does best on both" if same else f"{title(best[0])} does best there, {title(best[1])} here"
    sure = f"Kendall's τ {signed}, {labels.seeds(seeds)}"
    return f"These rows put {len(models)} models in {order} all rows ({sure}): {who}."


def same_information(groups: Iterable[Group], words: Words) -> str:
    """Return a note on the histories that models get here, and the rows that they add when they serve; or nothing."""
    held = next((group.results[0].histories for group in groups if group.results[0].histories), None)
    if held is None:
        return ""
    each = number(held["beyond"] / max(held["users"], 1))
    return (
        f"User histories are cut to the train {words.rows} here, so that no model knows more of a user than others. "
        f"“{SERVED}” adds the {number(held['beyond'])} later {words.rows} of tested users, {each} each."
    )


def title(model: Carried) -> str:
    """Return what a model is called."""
    return model.name if model.is_trained else labels.control_title(model.name)


def table(models: Sequence[Carried], metric: Metric) -> pd.DataFrame:
    """Return one row per model, the best on all rows first; shares in per cent."""
    shares = [metric.share(one.kept, one.full) for one in models]
    return pd.DataFrame(
        {
            MODEL: [title(one) for one in models],
            TRAINED: ["✓" if one.is_trained else "" for one in models],
            FULL: [one.full for one in models],
            KEPT_ROWS: [one.kept for one in models],
            SHARE: [None if share is None else 100 * share for share in shares],
            **({SERVED: [one.served for one in models]} if any(one.served is not None for one in models) else {}),
        }
    )
