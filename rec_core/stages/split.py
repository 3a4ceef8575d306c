"""Train, validation and test, after the filter."""

from __future__ import annotations

from rec_core.data import filtering, splits
from rec_core.data.interactions import Split
from rec_core.randomness import generator
from rec_core.specs import ExperimentSpec
from rec_core.stages.load import LOAD
from rec_core.stages.stage import Inputs, Stage, Work


def _inputs(spec: ExperimentSpec) -> Inputs:
    """The seed counts only where a rule is random."""
    rules = spec.split.model_dump()
    seed = spec.data_seed if "random" in rules.values() else None
    return {"load": LOAD.within(spec), "min": spec.data.min_interactions, "rules": rules, "seed": seed}


def _compute(work: Work) -> Split:
    filtered = filtering.k_core(work.get(LOAD), work.spec.data.min_interactions)
    rules, rng = work.spec.split, generator(work.spec.data_seed, "split")
    return splits.leave_one_out(filtered, rules.test, rules.validation, rng)


SPLIT = Stage("split", 1, Split, _inputs, _compute, "Splitting", needs=lambda spec: (LOAD,))
