from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from rec_core.data.sources import Folders
from rec_core.data.texts import texts
from rec_core.errors import CorelensError
from rec_core.stages import RUN, SELECT, SPLIT, TRAIN, Artifact, Graph, MemoryStore, Stage, measured_on, pack, unpack
from rec_core.stages.stage import Work
from tests.conftest import quick


@dataclass(frozen=True)
class Inner:
    values: np.ndarray
    name: str


@dataclass(frozen=True)
class Outer:
    inner: Inner
    params: dict[str, np.ndarray]
    seconds: dict[str, float]
    titles: np.ndarray
    weights: np.ndarray | None = None


TITLES = ["", "Café 🎬", "a\0b", "x" * 10_000]


def _outer() -> Outer:
    return Outer(Inner(np.arange(3), "a"), {"u": np.ones(2), "v": np.zeros((2, 2))}, {"train": 1.5}, texts(TITLES))


def test_packing_and_unpacking_gives_the_same_value() -> None:
    packed = pack(_outer(), "outer")
    value = unpack(Outer, packed)
    assert packed.stage == "outer"
    assert value.inner.values.tolist() == [0, 1, 2]
    assert value.inner.name == "a"
    assert value.params["v"].shape == (2, 2)
    assert value.seconds == {"train": 1.5}
    assert value.titles.tolist() == TITLES
    assert value.weights is None


def test_a_field_that_an_older_version_did_not_write_has_its_default() -> None:
    @dataclass(frozen=True)
    class Now(Inner):
        extra: str = "default"

    older = pack(Inner(np.arange(2), "old"))
    assert unpack(Now, older).extra == "default"
    with pytest.raises(KeyError):
        unpack(Outer, older)


def test_one_long_text_does_not_widen_the_others() -> None:
    packed = pack(_outer())
    assert sum(array.nbytes for array in packed.arrays.values()) < 11_000
    assert unpack(Outer, pack(replace(_outer(), titles=texts([])))).titles.tolist() == []


def test_texts_of_a_fixed_width_as_0_1_0_kept_them_are_read() -> None:
    packed = pack(_outer())
    arrays = {name: array for name, array in packed.arrays.items() if not name.startswith("titles")}
    value = unpack(Outer, Artifact(arrays | {"titles": np.array(["a", "bcd"])}, packed.meta))
    assert value.titles.tolist() == ["a", "bcd"]
    assert value.titles.dtype.kind == "T"


CALLS: list[int] = []


def _toy(version: int = 1, **more: object) -> Stage[Inner]:
    def compute(work: Work) -> Inner:
        CALLS.append(version)
        return Inner(np.arange(version), "b")

    return Stage("toy", version, Inner, lambda spec: {"seed": spec.seed}, compute, "Playing", **more)  # type: ignore[arg-type]


def _graph(store: MemoryStore, **more: object) -> Graph:
    return Graph(quick(), store, Folders(None, Path("nowhere")), **more)  # type: ignore[arg-type]


def test_a_stage_is_computed_once_and_keeps_its_cold_cost() -> None:
    CALLS.clear()
    store, toy = MemoryStore(), _toy()
    first, second = _graph(store), _graph(store)
    assert not first.has(toy)
    assert first.get(toy) is first.get(toy)
    assert second.get(toy).name == "b"
    assert CALLS == [1]
    assert first.seconds(toy) == second.seconds(toy) > 0
    assert second.keys == {"toy": toy.key(quick())}


def test_a_key_depends_on_stage_inputs_and_version() -> None:
    toy = _toy()
    assert toy.key(quick()) == toy.key(quick("gradient"))
    assert toy.key(quick()) != toy.key(quick(seed=1))
    assert toy.key(quick()) != _toy(2).key(quick())
    assert toy.key(quick()) != replace(toy, name="other").key(quick())


def test_a_new_version_is_a_miss_for_every_stage_after_it() -> None:
    first, second = _toy(1), _toy(2)

    def after(one: Stage[Inner], version: int = 1, name: str = "after") -> Stage[Inner]:
        return Stage(name, version, Inner, one.within, lambda work: Inner(np.arange(1), ""), "…")

    assert after(first).key(quick()) != after(second).key(quick())
    last = {after(after(toy, version), name="last").key(quick()) for version in (1, 2) for toy in (first, second)}
    assert len(last) == 4  # each version counts, also where a stage takes over the inputs of the one before
    # The first version is not named, so that keys of 0.1.0 stay as they were.
    assert first.within(quick()) == first.inputs(quick())


def test_waiting_costs_no_cpu_seconds() -> None:
    """A stage that sleeps, as one does whose core others use: seconds by the clock pass, CPU seconds do not."""

    def sleep(work: Work) -> Inner:
        time.sleep(0.2)
        return Inner(np.arange(1), "")

    toy, store = Stage("toy", 1, Inner, lambda spec: {}, sleep, ""), MemoryStore()
    for graph in (_graph(store), _graph(store)):  # computed, and from the store
        graph.get(toy)
        assert graph.seconds(toy) >= 0.2
        cpu = graph.cpu_seconds(toy)
        assert cpu is not None
        assert cpu < 0.1
    older = store.get(toy.key(quick()))
    assert older is not None
    del older.meta["computed in CPU seconds"]
    graph = _graph(store)
    graph.get(toy)
    assert graph.cpu_seconds(toy) is None


def test_what_is_needed_first_is_no_part_of_a_stages_seconds() -> None:
    order: list[str] = []

    def slow(work: Work) -> Inner:
        order.append("slow")
        return Inner(np.arange(1), "")

    need = Stage("need", 1, Inner, lambda spec: {}, slow, "Waiting")
    toy = _toy(needs=lambda spec: (need,))
    graph = _graph(MemoryStore(), listen=lambda progress: order.append(progress.stage))
    graph.get(toy)
    assert order == ["Waiting", "slow", "Playing"]


@pytest.mark.parametrize("value", [np.array([1.0, np.nan]), {"a": [1.0, np.inf]}, -np.inf, {"u": np.array([np.inf])}])
def test_nothing_that_is_not_finite_leaves_a_stage(value: object) -> None:
    """Whatever gave it: a proxy, scores, a trained model, metrics; ratings and times are checked at the door."""
    store = MemoryStore()
    toy = replace(_toy(), compute=lambda work: Inner(np.arange(2), value))  # type: ignore[arg-type]
    with pytest.raises(CorelensError, match=r"The step 'toy' gave numbers that are not finite\. Choose a smaller"):
        _graph(store).get(toy)
    assert not store.has(toy.key(quick()))


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")]
)
def test_memory_that_runs_out_is_said_in_a_sentence(error: Exception) -> None:
    def fail(work: Work) -> Inner:
        raise error

    with pytest.raises(CorelensError, match=r"The step 'toy' takes more memory than is free\. Choose a smaller"):
        _graph(MemoryStore()).get(replace(_toy(), compute=fail))
    other = RuntimeError("something else")
    error = other
    with pytest.raises(RuntimeError, match="something else"):
        _graph(MemoryStore()).get(replace(_toy(), compute=fail))


def test_what_may_not_be_computed_is_said_in_a_sentence() -> None:
    store, toy = MemoryStore(), _toy()
    looking = _graph(store, may=lambda stage: False)
    assert not looking.can(toy)
    with pytest.raises(CorelensError, match="takes longer than a page may"):
        looking.get(toy)
    _graph(store).get(toy)
    assert _graph(store, may=lambda stage: False).get(toy).name == "b"


def test_runs_of_one_test_set_differ_in_nothing_that_is_tested() -> None:
    assert measured_on(quick("gradient")) == measured_on(quick("random", ratio=0.5, seed=3))
    assert measured_on(quick()) != measured_on(quick(evaluation={"negatives": 9}))


def test_keys_are_those_of_earlier_versions() -> None:
    """A literal key fails when a new setting orphans old results; raise a version, and say so, where that is meant."""
    spec = quick("random")
    assert {stage.name: stage.key(spec)[:16] for stage in (SPLIT, SELECT, TRAIN, RUN)} == KEYS


KEYS = {
    "split": "b7b1c62c8c8cacff",  # as in 0.1.0
    "select": "d2ff1182ad66bd56",  # as in 0.1.0
    "train": "e5a5a10097579863",  # since validation negatives do not depend on test items
    "run": "5a6a12575a70852a",
}
