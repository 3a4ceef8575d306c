from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from rec_core.stages import MemoryStore, pack, remember, stage_key, unpack


@dataclass(frozen=True)
class Inner:
    values: np.ndarray
    name: str


@dataclass(frozen=True)
class Outer:
    inner: Inner
    params: dict[str, np.ndarray]
    seconds: dict[str, float]
    weights: np.ndarray | None = None


def _outer() -> Outer:
    return Outer(Inner(np.arange(3), "a"), {"u": np.ones(2), "v": np.zeros((2, 2))}, {"train": 1.5})


def test_packing_and_unpacking_gives_the_same_value() -> None:
    value = unpack(Outer, pack(_outer()))
    assert value.inner.values.tolist() == [0, 1, 2]
    assert value.inner.name == "a"
    assert value.params["v"].shape == (2, 2)
    assert value.seconds == {"train": 1.5}
    assert value.weights is None


def test_a_stage_is_computed_once_and_keeps_its_cold_cost() -> None:
    store, calls = MemoryStore(), []

    def compute() -> Inner:
        calls.append(1)
        return Inner(np.arange(2), "b")

    first = remember(store, "split", {"x": 1}, Inner, compute)
    second = remember(store, "split", {"x": 1}, Inner, compute)
    assert len(calls) == 1
    assert (first.from_store, second.from_store) == (False, True)
    assert first.seconds == second.seconds
    assert second.value.name == "b"


def test_a_key_depends_on_stage_inputs_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    key = stage_key("split", {"a": 1, "b": 2})
    assert key == stage_key("split", {"b": 2, "a": 1})
    assert key != stage_key("load", {"a": 1, "b": 2})
    monkeypatch.setattr("rec_core.stages.VERSIONS", {"split": 99})
    assert key != stage_key("split", {"a": 1, "b": 2})
