"""How long a run will take: from runs made on this machine lately; before there are any, from a moment of training."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rec_core import projection
from rec_core.data.interactions import Feedback
from rec_core.experiment import View
from rec_core.models import MODELS
from rec_core.pace import blended
from rec_core.progress import Progress
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import EVALUATE, LOAD, NEGATIVES, PROXY, SCORE, SELECT, SPLIT, TRAIN
from rec_core.training.kernels.probe import known_rates

Rates = Mapping[tuple[str, Feedback], float]  # (model, feedback) -> seconds per train row and epoch
_COMPILING, _LOADING, _PER_USER = 30.0, 6.0, 0.0017  # seconds of a UMAP
_SCREENED_ROW, _SCREENED_PAIR = 1.2e-5, 1.5e-8  # seconds of a screen per train row, and per pair of a user and an item
_LOOKED_ROW = 2e-7  # seconds per row that a method looks at beside what its model's score takes
_STARTING = 6.0  # seconds until workers that were not there are ready
_KERNELS = 10.0  # seconds in which two processes compile all kernels, where that was never done
_LATELY = 5  # runs that a rate is the median of: machines and kernels change
_OTHER = 1.5  # seconds for loading, splitting, selecting
_TOLD = 0.1  # share of a step from which its own pace says all, and the estimate nothing any more


@dataclass(frozen=True)
class Estimate:
    """Seconds that a run will take; at most so many where it may stop early."""

    seconds: float
    at_most: bool


def rates_here(measured: Rates) -> Rates:
    """Return seconds per row and epoch for each (model, feedback), as ``measured`` of runs.

    Where there were none: what was measured when training was made ready here; before that, the built-in rates.
    """
    built_in = {
        (name, feedback): rate for name, model in MODELS.items() for feedback, rate in model.seconds_per_row.items()
    }
    return {**built_in, **known_rates(), **measured}


def measured_rates(results: Iterable[RunResult]) -> Rates:
    """Return seconds per row and epoch for each (model, feedback) of runs, the oldest first: the last ones' median."""
    seen: dict[tuple[str, Feedback], list[float]] = {}
    for result in results:
        if result.is_dynamic:  # it may look at all rows in every epoch
            continue
        kind = (result.spec["model"]["name"], result.spec["feedback"])
        seen.setdefault(kind, []).append(result.seconds_per_row)
    return {kind: float(np.median(last[-_LATELY:])) for kind, last in seen.items()}


def estimate(spec: ExperimentSpec, n_train: int, n_pairs: int, rates: Rates, proxy_is_ready: bool) -> Estimate:
    """Return how long ``spec`` takes on ``n_train`` rows and ``n_pairs`` user-item pairs."""
    every = parts(spec, n_train, n_pairs, rates, proxy_is_ready)
    return Estimate(sum(every.values()), at_most=spec.train.may_stop and spec.model.is_trained)


def relative(spec: ExperimentSpec, rates: Rates) -> float:
    """Return seconds by which runs on the same data can be put in order, without a look at the data."""
    return estimate(spec, 10**6, 0, rates, proxy_is_ready=True).seconds


def parts(spec: ExperimentSpec, n_train: int, n_pairs: int, rates: Rates, proxy_is_ready: bool) -> dict[str, float]:
    """Return the steps of a run in their order (what each is ``doing``), with the seconds that each takes."""
    share = 1.0 if spec.keeps_everything else spec.ratio
    rate = rates[spec.model.name, spec.feedback]
    looking = spec.model.seconds_per_pair + _LOOKED_ROW if spec.is_dynamic and spec.method.looks else 0.0
    times = 2 if spec.model.is_served else 1  # with all of the histories, and with train rows alone
    ranking = times * spec.model.seconds_per_pair * n_pairs if spec.feedback == "implicit" else 0.0
    return {
        **dict.fromkeys((LOAD.doing, SPLIT.doing, NEGATIVES.doing), _OTHER / 5),
        PROXY.doing: 0.0 if proxy_is_ready else proxy_seconds(spec, n_train, rates),
        **dict.fromkeys((SCORE.doing, SELECT.doing), _OTHER / 5),
        TRAIN.doing: (spec.train.epochs if spec.model.is_trained else 1)
        * (rate * share * n_train * (1 + spec.walked) + looking * n_train),
        EVALUATE.doing: ranking,
    }


def together(
    wanted: Sequence[ExperimentSpec], look: Callable[[ExperimentSpec], View], rates: Rates, workers: int
) -> Estimate:
    """Return how long runs take that so many workers share, one proxy serving all that need it."""
    views = [look(one) for one in wanted]
    alone = [of_view(view, rates) for view in views]
    waits = [0.0 if view.proxy_is_ready else preparation(view, rates) for view in views]
    work = [one.seconds - wait for one, wait in zip(alone, waits, strict=True)]
    proxies = {PROXY.key(one): wait for one, wait in zip(wanted, waits, strict=True)}
    return Estimate(_shared(work, workers) + _shared(proxies.values(), workers), any(one.at_most for one in alone))


def of_view(view: View, rates: Rates) -> Estimate:
    """Return how long the run takes that a view is of."""
    return estimate(view.spec, len(view.split.train), _pairs(view), rates, view.proxy_is_ready)


def parts_of_view(view: View, rates: Rates) -> dict[str, float]:
    """Return the ``parts`` of the run that a view is of."""
    return parts(view.spec, len(view.split.train), _pairs(view), rates, view.proxy_is_ready)


def _pairs(view: View) -> int:
    """Return how many pairs of a user and an item a run ranks."""
    catalogue = view.split.catalogue
    return min(view.spec.evaluation.users or catalogue.n_users, catalogue.n_users) * catalogue.n_items


def preparation(view: View, rates: Rates) -> float:
    """Return how long pretraining the proxy takes of what a view is of."""
    return proxy_seconds(view.spec, len(view.split.train), rates)


def prepared_seconds(view: View, rates: Rates) -> float:
    """Return the seconds until the proxy of a view is pretrained, with the data that it needs."""
    return _OTHER / 5 * 2 + pretraining_seconds(view.spec, len(view.split.train), rates)


def _shared(seconds: Collection[float], workers: int) -> float:
    """Return how long work of so many seconds takes that the workers share."""
    return max(sum(seconds) / workers, max(seconds, default=0.0))


def whole(parts: Mapping[str, float], now: Progress, pace: float = 1.0) -> tuple[float, float | None]:
    """Return the share done of a whole run and the seconds left, from how far its present step is.

    ``pace`` is how many seconds pass per second of the ``parts``. The step's own pace replaces it bit by bit, and the
    more of the run that step is, the more it says of the others: a slow start of a second says nothing of minutes.
    """
    names = list(parts)
    if now.stage not in parts:
        return now.fraction, now.seconds_left
    place, expected = names.index(now.stage), parts[now.stage]
    takes = _takes(pace * expected, now)
    seen = blended(pace, [(now.fraction * expected, now.fraction * takes)])
    before, after = (seen * sum(parts[name] for name in some) for some in (names[:place], names[place + 1 :]))
    total = before + takes + after
    left = (1 - now.fraction) * takes + after
    return (before + now.fraction * takes) / total if total else now.fraction, left


def _takes(expected: float, now: Progress) -> float:
    """Return the seconds that the present step takes in all, from those expected and from its progress."""
    if now.seconds_left is None or now.fraction >= 1:  # a step that is over has no pace to be seen any more
        return expected
    told = min(1.0, now.fraction / _TOLD)
    return told * now.seconds_left / (1 - now.fraction) + (1 - told) * expected


def start_seconds(has_workers: bool, compiling_for: float | None) -> float:
    """Return the seconds until a worker is ready on a free machine.

    ``compiling_for`` says for how long kernels are being compiled; None where they are compiled.
    """
    compiling = 0.0 if compiling_for is None else max(_KERNELS - compiling_for, _KERNELS / 5)
    return compiling + (0.0 if has_workers else _STARTING)


def total(
    done: Collection[float], going: Sequence[tuple[float, float]], waiting: Collection[float], workers: int
) -> tuple[float, float]:
    """Return the share done of many runs and the seconds left of them all.

    ``done`` and ``waiting`` are the seconds of runs that are over and that have not begun; ``going`` the share done and
    the seconds left of each that has begun.
    """
    lefts = [left for _, left in going]
    spent = sum(done) + sum(left * share / (1 - share) for share, left in going if share < 1)
    work = spent + sum(lefts) + sum(waiting)
    return spent / work if work else 1.0, _shared([*lefts, *waiting], workers)


def map_seconds(n_users: int) -> float:
    """Return how long a UMAP of the users takes at most; the first on a machine is compiled first."""
    return (0.0 if projection.is_compiled() else _COMPILING) + _LOADING + _PER_USER * min(n_users, projection.MOST)


def screen_seconds(n_train: int, n_pairs: int) -> float:
    """Return how long a screen takes."""
    return _SCREENED_ROW * n_train + _SCREENED_PAIR * n_pairs


def proxy_seconds(spec: ExperimentSpec, n_train: int, rates: Rates) -> float:
    """Return the seconds that a run takes for pretraining its proxy; 0 if it has none to pretrain."""
    return pretraining_seconds(spec, n_train, rates) if spec.uses_proxy else 0.0


def pretraining_seconds(spec: ExperimentSpec, n_train: int, rates: Rates) -> float:
    """Return the seconds of pretraining, whether or not the spec's method needs the proxy; a map does."""
    return rates[spec.proxy.model.name, spec.feedback] * n_train * spec.proxy.epochs if spec.pretrain else 0.0
