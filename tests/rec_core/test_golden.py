"""Every stage's result on a small case, as it was recorded: a result may change only together with its stage's version.

Whole numbers and texts are compared by SHA-256, floats by shape, mean and spread, because last digits depend on the
processor. After a change that is meant (and whose version went up): ``python -m tests.rec_core.test_golden``.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rec_core.data.sources import Folders
from rec_core.experiment import Experiment
from rec_core.specs import ExperimentSpec
from rec_core.stages import MemoryStore
from tests.conftest import quick

RECORDED = Path(__file__).with_name("golden.json")
STORE = MemoryStore()


def fingerprint(value: Any) -> Any:
    """Return what must stay the same about an array, a number, or a mapping of them."""
    if isinstance(value, Mapping):
        return {name: fingerprint(part) for name, part in sorted(value.items())}
    array = np.asarray(value)
    if array.dtype.kind == "f":
        exact = array.astype(np.float64)
        return {"shape": list(array.shape), "mean": float(exact.mean()), "spread": float(np.abs(exact).mean())}
    text = "\n".join(map(str, array.ravel().tolist()))
    return {"shape": list(array.shape), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _of_rows(experiment: Experiment) -> dict[str, Any]:
    rows, catalogue = experiment.dataset.interactions, experiment.dataset.catalogue
    return {**_columns(rows), **_columns(catalogue)}


def _columns(value: Any) -> dict[str, Any]:
    columns = {name: getattr(value, name) for name in value.__dataclass_fields__}
    return {name: column for name, column in columns.items() if isinstance(column, np.ndarray)}


def _of_split(experiment: Experiment) -> dict[str, Any]:
    split = experiment.split
    parts = {part: _columns(getattr(split, part)) for part in ("train", "validation", "test")}
    return {**parts, "catalogue": _columns(split.catalogue)}


def _of_training(experiment: Experiment) -> dict[str, Any]:
    trained = experiment.trained
    history = {name: [row[name] for row in trained.history] for name in trained.history[0] if name != "seconds"}
    return {"params": trained.params, "history": history, "best epoch": trained.best_epoch}


def _of_evaluation(experiment: Experiment) -> dict[str, Any]:
    evaluated = experiment.evaluated
    return {"metrics": evaluated.metrics, "controls": evaluated.controls, "per user": evaluated.per_user}


STAGES: dict[str, Callable[[Experiment], dict[str, Any]]] = {
    "load": _of_rows,
    "split": _of_split,
    "negatives": lambda experiment: _columns(experiment.negatives),
    "proxy": lambda experiment: dict(experiment.proxy.params),
    "score": lambda experiment: {"values": experiment.scores},
    "select": lambda experiment: {"rows": experiment.coreset.rows},
    "train": _of_training,
    "evaluate": _of_evaluation,
}


def _cases() -> dict[str, tuple[str, ExperimentSpec]]:
    """Return name → stage and spec."""
    cases: dict[str, tuple[str, ExperimentSpec]] = {stage: (stage, quick()) for stage in ("load", "split", "negatives")}
    ends = {"test": "random", "validation": "next-to-last"}
    cases["split, random and next to last"] = ("split", quick(split=ends))
    for feedback in ("explicit", "implicit"):
        for pretrain in (True, False):
            said = f"{feedback}, {'pretrained' if pretrain else 'not pretrained'}"
            spec = quick("gradient", feedback, pretrain=pretrain, proxy={"epochs": 1, "bias": True})
            cases[f"proxy, {said}"] = ("proxy", spec)
            cases[f"score, {said}"] = ("score", spec)
            for method in ("random", "clustering", "gradient", "greedy", "window"):
                if method != "random" or pretrain:
                    cases[f"select, {method}, {said}"] = ("select", spec.with_(method={"name": method}))
        for model in ("mf", "ncf"):
            spec = quick("random", feedback, model)
            cases[f"train, {model}, {feedback}"] = ("train", spec)
            cases[f"evaluate, {model}, {feedback}"] = ("evaluate", spec)
    biased = {"name": "mf", "bias": True, "init_std": 0.1}
    cases["train, mf with biases, explicit"] = ("train", quick("full", "explicit", "mf").with_(model=biased))
    stopping = quick("random", train={"epochs": 3, "patience": 1})
    cases["train, ncf with early stopping, implicit"] = ("train", stopping)
    return cases


def _measure(stage: str, spec: ExperimentSpec) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return fingerprint(STAGES[stage](Experiment(spec, STORE, Folders(None, Path(folder)))))


def _same(found: Any, recorded: Any) -> bool:
    if isinstance(recorded, dict) and isinstance(found, dict):
        return found.keys() == recorded.keys() and all(_same(found[name], recorded[name]) for name in recorded)
    if isinstance(recorded, float):
        return bool(found == pytest.approx(recorded, rel=1e-4, abs=1e-6))
    return bool(found == recorded)


@pytest.mark.parametrize("name", _cases())
def test_a_stage_gives_what_was_recorded(name: str) -> None:
    recorded = json.loads(RECORDED.read_text())
    assert name in recorded
    found = _measure(*_cases()[name])
    assert _same(found, recorded[name]), f"recorded {recorded[name]}, found {found}"


if __name__ == "__main__":
    RECORDED.write_text(json.dumps({name: _measure(*case) for name, case in _cases().items()}, indent=1) + "\n")
