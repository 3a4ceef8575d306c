"""The stages of one experiment, computed when they are asked for and remembered in a store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from threadpoolctl import threadpool_limits

from rec_core.data.sources import Folders
from rec_core.errors import CorelensError, reason, remedy
from rec_core.progress import Listener, Progress
from rec_core.specs import ExperimentSpec
from rec_core.stages.codec import is_finite, pack, unpack
from rec_core.stages.stage import Stage
from rec_core.stages.store import Artifact, StageStore

P = TypeVar("P")
# Beside the value's own fields, none of which has a space in its name.
_LARGE = 256 << 20  # bytes from which a result is not held in memory once the store has it
_SECONDS, _CPU_SECONDS = "computed in seconds", "computed in CPU seconds"


@dataclass(frozen=True)
class Remembered:
    """A stage's value with what computing it took, also where it came from a store.

    ``cpu_seconds`` are those of the computing thread; None where an older version did not measure them.
    """

    stage: str
    value: Any
    seconds: float
    cpu_seconds: float | None


class Graph:
    """One spec and its stages.

    ``may(stage)`` says whether a stage that is not in the store may be computed. ``download_progress`` is shown while
    data are fetched (see ``Source.load``). ``made`` are the keys under which a finished run left its stages, by name:
    an older version may have named them otherwise.
    """

    def __init__(
        self,
        spec: ExperimentSpec,
        store: StageStore,
        folders: Folders,
        listen: Listener = lambda progress: None,
        download_progress: Any = False,
        may: Callable[[Stage[Any]], bool] = lambda stage: True,
        made: Mapping[str, str] | None = None,
    ) -> None:
        self.spec, self.folders, self.listen, self.download_progress = spec, folders, listen, download_progress
        self._store, self._may, self._made = store, may, made or {}
        self._done: dict[str, Remembered] = {}

    def get(self, stage: Stage[P]) -> P:
        """Return a stage's result: from the store, or computed and put there.

        Raises:
            CorelensError: one sentence, if data or settings do not allow it, or if it may not be computed here.
        """
        key = self.key(stage)
        if key not in self._done:
            found = self._store.get(key)
            done = None if found is None else _revived(stage, found)
            self._done[key] = self._compute(stage, key) if done is None else done
        value: P = self._done[key].value
        return value

    def key(self, stage: Stage[Any]) -> str:
        """Return the name of a stage's result in the store."""
        return self._made.get(stage.name) or stage.key(self.spec)

    def has(self, stage: Stage[Any]) -> bool:
        """Say whether a stage's result is in the store."""
        return self._store.has(self.key(stage))

    def finds(self, stage: Stage[Any]) -> bool:
        """Say whether a stage's result is in the store and verifies."""
        return self._store.get(self.key(stage)) is not None

    def can(self, stage: Stage[Any]) -> bool:
        """Say whether a stage's result can be had here: it is in the store, or it may be computed from what can be."""
        return self.has(stage) or (self._may(stage) and all(map(self.can, stage.needs(self.spec))))

    def seconds(self, *stages: Stage[Any]) -> float:
        """Return the cold cost of those of ``stages`` that were asked for, in seconds by the clock."""
        return sum(done.seconds for done in self._of(stages))

    def cpu_seconds(self, *stages: Stage[Any]) -> float | None:
        """Return the same in CPU seconds; None if they were not measured of one of them."""
        measured = [done.cpu_seconds for done in self._of(stages)]
        return None if None in measured else sum(filter(None, measured))

    def _of(self, stages: Iterable[Stage[Any]]) -> list[Remembered]:
        names = {stage.name for stage in stages}
        return [done for done in self._done.values() if done.stage in names]

    @property
    def keys(self) -> dict[str, str]:
        """Stage → key of everything that was asked for."""
        return {done.stage: key for key, done in self._done.items()}

    def _compute(self, stage: Stage[P], key: str) -> Remembered:
        if not self._may(stage):
            raise CorelensError(f"“{stage.doing}” takes longer than a page may; press Run, or Prepare, first.")
        for need in stage.needs(self.spec):
            self.get(need)
        if stage.doing:
            self.listen(Progress(stage.doing))
        for library in stage.libraries(self):
            import_module(library)
        begin, cpu_begin = time.perf_counter(), time.thread_time()
        # One thread everywhere: how many cores are free must not change a result's last digits.
        # Numbers that overflow are no news on a terminal: what is not finite does not leave a stage.
        with threadpool_limits(1), np.errstate(all="ignore"), _enough_memory(stage):
            value = stage.compute(self)
        took = time.perf_counter() - begin, time.thread_time() - cpu_begin
        return self._put(stage, key, Remembered(stage.name, value, *took))

    def _put(self, stage: Stage[Any], key: str, done: Remembered) -> Remembered:
        """Put a result into the store; return it, and what is large as it lies there, which takes no memory."""
        packed = pack(done.value, stage.name)
        if not is_finite(packed):
            raise CorelensError(
                f"The step '{stage.name}' gave numbers that are not finite. Choose a smaller learning rate or a "
                "smaller spread of the starting embeddings, of the proxy too, then run again."
            )
        packed.meta.update({_SECONDS: done.seconds, _CPU_SECONDS: done.cpu_seconds})
        try:
            self._store.put(key, packed)
        except OSError as error:
            raise CorelensError(
                f"The result of the step '{stage.name}' could not be saved ({reason(error)}). Finished steps are kept: "
                f"{remedy(error)}, then run again."
            ) from error
        is_large = sum(array.nbytes for array in packed.arrays.values()) > _LARGE
        found = self._store.get(key) if is_large else None
        return (None if found is None else _revived(stage, found)) or done


@contextmanager
def _enough_memory(stage: Stage[Any]) -> Iterator[None]:
    """Say so where a step takes more memory than there is; torch has no error of its own for that."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "alloc" not in str(error):
            raise
        raise CorelensError(
            f"The step '{stage.name}' takes more memory than is free. Choose a smaller embedding size, batch size or "
            "number of negatives, or smaller data, then run again."
        ) from error


# What artifacts were made of, for as long as a store keeps them in memory: a page looks at a split a dozen times.
_VALUES: WeakKeyDictionary[Artifact, Any] = WeakKeyDictionary()


def _revived(stage: Stage[Any], found: Artifact) -> Remembered | None:
    """Return the value of an artifact; None if that is not what the stage makes, although it verifies."""
    try:
        if found not in _VALUES:
            _VALUES[found] = unpack(stage.product, found)
        return Remembered(stage.name, _VALUES[found], float(found.meta[_SECONDS]), found.meta.get(_CPU_SECONDS))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None
