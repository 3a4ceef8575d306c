"""A plan: ways to keep rows at every ratio, under every model, for every seed. Its cells are runs like any other."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import product
from typing import Annotated, Self

from pydantic import Field, model_validator

from rec_core import specs
from rec_core.data.interactions import Feedback
from rec_core.errors import SpecError
from rec_core.models import MODELS
from rec_core.replicates import group_key
from rec_core.selection import Method
from rec_core.settings import Settings
from rec_core.specs import AnyMethod, ExperimentSpec, Seed, checked
from rec_core.stages import RUN

RATIOS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # what a plan begins with
MOST_CELLS = 5_000
SAME = 3  # runs that fail with one sentence, after which it is of no use to try the others
FULL = {"name": "full"}
Ratio = Annotated[float, Field(ge=0.001, le=1.0)]


class Cells(Settings, ABC):
    """Runs that are asked for together."""

    @property
    @abstractmethod
    def cells(self) -> tuple[ExperimentSpec, ...]:
        """The runs, each once."""

    @abstractmethod
    def in_order(self, seconds: Callable[[ExperimentSpec], float]) -> list[ExperimentSpec]:
        """Return the runs in the order in which to make them; ``seconds`` is what each takes."""


class Plan(Cells):
    """Which cells: ``methods`` x ``ratios`` x ``seeds`` x ``models`` x ``feedbacks``, and full data beside them.

    ``base`` says everything else. Models and feedbacks that are not the base's have the settings that are usual for
    them.
    """

    base: ExperimentSpec
    methods: tuple[AnyMethod, ...] = Field(min_length=1)
    models: tuple[str, ...] = Field(min_length=1)
    feedbacks: tuple[Feedback, ...] = Field(min_length=1)
    ratios: tuple[Ratio, ...] = Field(min_length=1)
    seeds: tuple[Seed, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        unknown = [model for model in self.models if model not in MODELS]
        if unknown:
            raise ValueError(f"unknown model '{unknown[0]}'; choose some of {', '.join(MODELS)}")
        count = math.prod(map(len, (self.methods, self.models, self.feedbacks, self.ratios, self.seeds)))
        if count > MOST_CELLS:
            raise ValueError(
                f"{count:,} cells are more than the {MOST_CELLS:,} that a sweep may have; choose fewer ratios or seeds"
            )
        return self

    @classmethod
    def of(
        cls,
        base: ExperimentSpec,
        methods: Sequence[Method],
        models: Sequence[str],
        feedbacks: Sequence[Feedback],
        ratios: Sequence[float],
        seeds: Sequence[int],
    ) -> Self:
        """Return a plan.

        Raises:
            SpecError: one sentence per thing that is wrong with it.
        """
        sides = {"methods": methods, "models": models, "feedbacks": feedbacks, "ratios": ratios, "seeds": seeds}
        return checked(cls, {"base": base} | {name: tuple(side) for name, side in sides.items()})

    @property
    def cells(self) -> tuple[ExperimentSpec, ...]:
        """The runs, each once: full data first, then as they were chosen."""
        return _cells(self)[0]

    def in_order(self, seconds: Callable[[ExperimentSpec], float]) -> list[ExperimentSpec]:
        """Return the cells: a first seed of each before the second, full data first, then the cheapest."""
        return in_order(self.cells, seconds)

    def extended(self, other: Plan) -> Plan:
        """Return this plan with what another one has beyond it; settings beside are this one's."""
        both = {
            name: tuple(dict.fromkeys((*getattr(self, name), *getattr(other, name))))
            for name in ("methods", "models", "feedbacks", "ratios", "seeds")
        }
        return Plan(base=self.base, **both)


def left_out(plan: Plan) -> list[str]:
    """Return why combinations of a plan have no cell, a sentence each."""
    return list(_cells(plan)[1])


@lru_cache(maxsize=50)
def _cells(plan: Plan) -> tuple[tuple[ExperimentSpec, ...], tuple[str, ...]]:
    """Return the cells of a plan, and why some combinations have none."""
    found: dict[str, ExperimentSpec] = {}
    refused: dict[str, None] = {}
    full = plan.base.with_(method={"name": "full"})
    for feedback, model, method in product(plan.feedbacks, plan.models, (full.method, *plan.methods)):
        try:
            line = specs.alike(full, feedback, model).with_(method=method)
        except SpecError as error:
            refused[str(error)] = None
            continue
        for ratio, seed in product(plan.ratios, plan.seeds):
            cell = line.with_(ratio=ratio, seed=seed)
            found.setdefault(RUN.key(cell), cell)
    return tuple(found.values()), tuple(refused)


def in_order(cells: Sequence[ExperimentSpec], seconds: Callable[[ExperimentSpec], float]) -> list[ExperimentSpec]:
    """Return cells in the order in which to run them: a first seed of each before the second, and full data first.

    The others follow by what they take, in ``seconds``, the cheapest first: so a figure of them says something early,
    and with every round one seed more.
    """
    taken: Counter[str] = Counter()
    place = {}
    for cell in cells:
        group = group_key(cell)
        place[cell] = (taken[group], not cell.keeps_everything, seconds(cell))
        taken[group] += 1
    return sorted(cells, key=place.__getitem__)
