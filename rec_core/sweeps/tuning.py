"""Does tuning carry over? The same configurations of training on a part of the data, on all of it, and beside that.

Configurations are written down when a tuning is asked for: what Optuna of another version would propose does not
change what it is of, and each can be trained without waiting for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from rec_core.analysis.comparison import RANDOM, baseline_spec, random_spec
from rec_core.analysis.tuning import Tuned, best_tested, tuned, validations
from rec_core.evaluation import Metric
from rec_core.replicates import Estimate
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec, Seed, checked
from rec_core.stages import RUN
from rec_core.sweeps.plan import Cells
from rec_core.sweeps.space import Configuration, propose

Made = Callable[[ExperimentSpec], RunResult | None]  # a run → its result, once it was made
Share = Callable[[Sequence[ExperimentSpec], Sequence[ExperimentSpec]], Estimate | None]
Way = Literal["part", "random", "few epochs", "full"]
WAYS: tuple[Way, ...] = get_args(Way)
FEWEST, MOST = 5, 200  # configurations
_ATTEMPTS = 3  # at proposals that are no repetitions


class Tuning(Cells):
    """The ``configurations`` that are tried on what ``base`` keeps, and on what it is held against.

    That are as many random rows, all rows for as few epochs as cost as much, and all rows.
    """

    base: ExperimentSpec
    configurations: tuple[Configuration, ...] = Field(min_length=FEWEST, max_length=MOST)
    seeds: tuple[Seed, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _keeps_a_part(self) -> Self:
        if self.base.keeps_everything:
            raise ValueError("choose a method and a ratio below 100 % to tune on a part of the data")
        return self

    @classmethod
    def of(cls, base: ExperimentSpec, configurations: Sequence[Configuration], seeds: Sequence[int]) -> Self:
        """Return a tuning; one configuration is taken once.

        Raises:
            SpecError: one sentence per thing that is wrong with it.
        """
        tried = tuple(dict.fromkeys(configurations))
        return checked(cls, {"base": base, "configurations": tried, "seeds": tuple(seeds)})

    def extended(self, more: Sequence[Configuration]) -> Self:
        """Return it with further configurations."""
        return self.of(self.base, (*self.configurations, *more), self.seeds)

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways of tuning that are compared; random rows are not held against themselves."""
        return tuple(way for way in WAYS if way != "random" or self.base.method.name != RANDOM)

    def runs(self, way: Way) -> tuple[tuple[ExperimentSpec, ...], ...]:
        """Return the runs of each configuration in one way, one per seed."""
        return _runs(self, way)

    @property
    def cells(self) -> tuple[ExperimentSpec, ...]:
        """The runs, each once."""
        every = [spec for way in self.ways for runs in self.runs(way) for spec in runs]
        return tuple({RUN.key(spec): spec for spec in every}.values())

    def in_order(self, seconds: Callable[[ExperimentSpec], float]) -> list[ExperimentSpec]:
        """Return the cells, the cheapest first: what a part chooses is known before it is held against anything."""
        return sorted(self.cells, key=seconds)


@lru_cache(maxsize=200)
def _runs(tuning: Tuning, way: Way) -> tuple[tuple[ExperimentSpec, ...], ...]:
    tried = [configuration.of(tuning.base) for configuration in tuning.configurations]
    return tuple(tuple(_in_way(spec, way).with_(seed=seed) for seed in tuning.seeds) for spec in tried)


def _in_way(spec: ExperimentSpec, way: Way) -> ExperimentSpec:
    if way == "part":
        return spec
    if way == "random":
        return random_spec(spec)
    full = baseline_spec(spec)
    if way == "full":
        return full
    epochs = max(round(spec.ratio * spec.train.epochs), 1)
    return full.with_(train=full.train.model_dump() | {"epochs": epochs})


def trials(tuning: Tuning, way: Way, result: Made) -> tuple[tuple[RunResult, ...], ...]:
    """Return the results of each configuration in one way; none of one that has not all its seeds yet."""
    found = [[result(spec) for spec in runs] for runs in tuning.runs(way)]
    return tuple(tuple(one for one in results if one) if all(results) else () for results in found)


def outcome(tuning: Tuning, result: Made, metric: Metric, share: Share) -> dict[Way, Tuned]:
    """Return what tuning in each way comes to, as far as its runs and those on full data are made.

    ``share`` compares runs on the same users: the share of the quality of the second that the first have.
    """
    full = trials(tuning, "full", result)
    if not any(full):
        return {}
    runs, best = tuning.runs("full"), best_tested(full, metric)

    def worth(place: int) -> Estimate | None:
        return share(runs[place], runs[best])

    ways = {way: tuned(trials(tuning, way, result), full, worth) for way in tuning.ways}
    return {way: found for way, found in ways.items() if found is not None}


def best_on_full(tuning: Tuning, result: Made, metric: Metric) -> ExperimentSpec:
    """Return the run on full data, of the first seed, of the configuration that tests best there."""
    return tuning.runs("full")[best_tested(trials(tuning, "full", result), metric)][0]


def proposed(tuning: Tuning, count: int, result: Made) -> Tuning:
    """Return the tuning with ``count`` more configurations, proposed from what validates well on the part."""
    known = validations(trials(tuning, "part", result))
    told = [(tuning.configurations[place], value) for place, value in known.items()]
    more: list[Configuration] = []
    for attempt in range(_ATTEMPTS):
        fresh = propose(tuning.base, count - len(more), told, seed=attempt)
        more += [one for one in fresh if one not in (*tuning.configurations, *more)]
        if len(more) == count:
            break
    return tuning.extended(more)
