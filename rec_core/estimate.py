"""How long a run will take: from runs made on this machine, or from measured rates where there are none yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from rec_core import selection, specs
from rec_core.analysis.projection import MOST
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec

Rates = Mapping[tuple[str, str], float]  # (model, feedback) -> seconds per train row and epoch
# Seconds per train row and epoch on two 2.45 GHz cores, one thread (benchmarks/training.py).
_RATES: Rates = {
    ("mf", "explicit"): 2.0e-6,
    ("mf", "implicit"): 2.5e-6,
    ("ncf", "explicit"): 5.5e-6,
    ("ncf", "implicit"): 9.0e-6,
}
_EVALUATION = 2e-7  # seconds per user-item pair ranked, one thread
_COMPILING, _PER_USER = 45.0, 0.0013  # seconds of a UMAP
_OTHER = 1.5  # seconds for loading, splitting, selecting


@dataclass(frozen=True)
class Estimate:
    """Seconds that a run will take; at most so many where it may stop early."""

    seconds: float
    at_most: bool


def measured_rates(results: Iterable[RunResult]) -> dict[tuple[str, str], float]:
    """Return seconds per row and epoch for each (model, feedback), the median of past runs over the built-in rates."""
    seen: dict[tuple[str, str], list[float]] = {}
    for result in results:
        epochs = len(result.history)
        rate = result.seconds["train"] / (epochs * result.n_selected)
        seen.setdefault((result.spec["model"]["name"], result.spec["feedback"]), []).append(rate)
    return {**_RATES, **{kind: float(np.median(rates)) for kind, rates in seen.items()}}


def estimate(
    spec: ExperimentSpec,
    n_train: int,
    n_pairs: int,
    rates: Rates,
    proxy_is_ready: bool,
) -> Estimate:
    """Return how long ``spec`` takes on ``n_train`` rows and ``n_pairs`` user-item pairs."""
    share = 1.0 if specs.keeps_everything(spec) else spec.ratio
    training = rates[spec.model.name, spec.feedback] * share * n_train * spec.train.epochs
    ranking = _EVALUATION * n_pairs if spec.feedback == "implicit" and spec.model.name == "ncf" else 0.0
    proxy = 0.0 if proxy_is_ready else proxy_seconds(spec, n_train, rates)
    return Estimate(training + ranking + proxy + _OTHER, at_most=spec.train.patience > 0)


def map_seconds(n_users: int) -> float:
    """Return how long a UMAP of the users takes at most; most of it is compiling, once per worker."""
    return _COMPILING + _PER_USER * min(n_users, MOST)


def proxy_seconds(spec: ExperimentSpec, n_train: int, rates: Rates) -> float:
    """Return how long pretraining the proxy of ``spec`` takes; 0 where it has none to pretrain."""
    method = selection.METHODS[spec.method.name]
    if not (method.needs_proxy and spec.pretrain) or specs.keeps_everything(spec):
        return 0.0
    return rates["mf", spec.feedback] * n_train * spec.proxy.epochs
