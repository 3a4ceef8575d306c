"""Train, validation and test, after the filter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rec_core.data import filtering, repeats, splits
from rec_core.data.interactions import Dataset, Split
from rec_core.data.sources import SOURCES
from rec_core.errors import DataError
from rec_core.randomness import generator
from rec_core.specs import ExperimentSpec
from rec_core.stages.load import LOAD, is_quick
from rec_core.stages.stage import Inputs, Stage, Work


def _inputs(spec: ExperimentSpec) -> Inputs:
    """The seed counts only where a rule is random, and what is done with repeats and unreadable rows only in copies:
    nothing that is meant by a name alone has any.
    """
    if spec.split.is_given:  # nothing is dropped, settled or drawn
        return {"load": LOAD.within(spec), "rules": {"test": spec.split.test}} | _left_out(spec)
    by_date = {"held_out": f"{spec.split.held_out:.3f}"}
    others = {"validation": spec.split.validation_rule}
    rules = {"test": spec.split.test} | (by_date if spec.split.by_date else others)
    rules = {"test": "none"} if spec.split.all_rows else rules
    seed = spec.data_seed if "random" in rules.values() else None
    counted = {"repeats": spec.data.repeats} | _left_out(spec) if spec.data.fingerprint else {}
    return {"load": LOAD.within(spec), "min": spec.data.min_interactions, "rules": rules, "seed": seed} | counted


def _left_out(spec: ExperimentSpec) -> Inputs:
    return {"unreadable": spec.data.unreadable} if spec.data.unreadable != "stop" else {}


def _compute(work: Work) -> Split:
    return split_of(work.get(LOAD), work.spec)


def split_of(loaded: Dataset, spec: ExperimentSpec) -> Split:
    """Return the split of what was loaded: repeats settled, filtered, held out."""
    _check(loaded, spec)
    if spec.split.is_given:
        split = splits.given(loaded)
        again = int(np.count_nonzero(repeats.superseded(split.train, split.catalogue.n_items)))
        return replace(split, repeated=again, unreadable=loaded.rejected.count)
    data, repeated = repeats.settle(loaded, spec.data.repeats)
    data = filtering.k_core(data, spec.data.min_interactions)  # under the same name: what was before takes memory
    split = _split(data, spec)
    spoilt = repeats.tested_in_train(split) if repeated and spec.data.repeats == "kept" else 0
    return replace(split, repeated=repeated, spoilt=spoilt, unreadable=loaded.rejected.count)


def _check(loaded: Dataset, spec: ExperimentSpec) -> None:
    """Refuse rows that cannot be read where none may be left out, and an order of time where none is known."""
    source = SOURCES[spec.data.dataset]
    if loaded.rejected.n_unreadable and spec.data.unreadable == "stop":
        raise DataError(loaded.rejected.refusal(source.title, len(loaded.interactions)))
    if spec.split.all_rows and source.has_split:
        raise DataError(
            f"{source.title} comes with a split. To select from all of its rows, name its files as one log: put them "
            "into a folder and name that (--data)."
        )
    if spec.split.all_rows or spec.split.is_given:
        return
    if not source.has_order and spec.split.test != "random":
        raise DataError(
            f"{source.title} has no times, and its lines are not said to be in order of time, so nobody's last row is "
            "known. Say so where the columns are chosen (--in-order), or choose the test rating Random "
            "(split.test=random)."
        )
    if not source.has_order and spec.split.validation_rule != "random":
        raise DataError(
            f"{source.title} has no times, so nobody's next to last row is known: choose the validation rating Random "
            "(split.validation=random)."
        )


def require_held_out(spec: ExperimentSpec) -> None:
    """Refuse to train towards rows, or to measure on rows, where none is held out.

    Raises:
        DataError: if all rows are to be selected from.
    """
    if spec.split.all_rows:
        raise DataError(
            "With all rows (split.all_rows) nothing is held out, so no model can be checked: export the rows alone, or "
            "leave split.all_rows out."
        )


def _split(data: Dataset, spec: ExperimentSpec) -> Split:
    rules = spec.split
    if rules.all_rows:
        return splits.everything(data)
    if rules.test == "global-time":
        return splits.global_time(data, rules.held_out)
    assert rules.test != "given"
    return splits.leave_one_out(data, rules.test, rules.validation_rule, generator(spec.data_seed, "split"))


SPLIT = Stage("split", 1, Split, _inputs, _compute, "Splitting", needs=lambda spec: (LOAD,), live=is_quick)
