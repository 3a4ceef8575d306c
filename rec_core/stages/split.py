"""Train, validation and test, after the filter."""

from __future__ import annotations

from dataclasses import replace

from rec_core.data import filtering, repeats, splits
from rec_core.data.interactions import Dataset, Split
from rec_core.randomness import generator
from rec_core.specs import ExperimentSpec
from rec_core.stages.load import LOAD
from rec_core.stages.stage import Inputs, Stage, Work


def _inputs(spec: ExperimentSpec) -> Inputs:
    """The seed counts only where a rule is random, and what is done with repeats only in copies: nothing that is meant
    by a name alone has any.
    """
    by_date = {"held_out": f"{spec.split.held_out:.3f}"}
    others = {"validation": spec.split.validation_rule}
    rules = {"test": spec.split.test} | (by_date if spec.split.by_date else others)
    seed = spec.data_seed if "random" in rules.values() else None
    counted = {"repeats": spec.data.repeats} if spec.data.fingerprint else {}
    return {"load": LOAD.within(spec), "min": spec.data.min_interactions, "rules": rules, "seed": seed} | counted


def _compute(work: Work) -> Split:
    settled, repeated = repeats.settle(work.get(LOAD), work.spec.data.repeats)
    filtered = filtering.k_core(settled, work.spec.data.min_interactions)
    split = _split(filtered, work.spec)
    return replace(split, repeated=repeated, spoilt=repeats.tested_in_train(split) if repeated else 0)


def _split(data: Dataset, spec: ExperimentSpec) -> Split:
    rules = spec.split
    if rules.test == "global-time":
        return splits.global_time(data, rules.held_out)
    return splits.leave_one_out(data, rules.test, rules.validation_rule, generator(spec.data_seed, "split"))


SPLIT = Stage("split", 1, Split, _inputs, _compute, "Splitting", needs=lambda spec: (LOAD,))
