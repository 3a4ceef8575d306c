"""What a stage is: a name, a version, what it depends on, what it needs first, and what it gives.

Each stage is declared once, in a file of its own in this room. Its result is remembered under the SHA-256 of the
canonical JSON of everything that determines it, its version included, so that what two runs share is computed once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar

from rec_core.canonical import Json, digest
from rec_core.data.sources import Folders
from rec_core.progress import Listener
from rec_core.specs import ExperimentSpec

P = TypeVar("P")
Inputs = dict[str, Json]


class Work(Protocol):
    """What a stage may use while it is computed: its spec, where data are, and what it needs of other stages."""

    spec: ExperimentSpec
    folders: Folders
    listen: Listener
    download_progress: Any  # see ``Source.load``

    def get(self, stage: Stage[P]) -> P:
        """Return the result of a stage."""

    def seconds(self, *stages: Stage[Any]) -> float:
        """Return the cold cost of those of ``stages`` that were asked for, in seconds by the clock."""

    def cpu_seconds(self, *stages: Stage[Any]) -> float | None:
        """Return the same in CPU seconds; None if they were not measured of one of them."""

    @property
    def keys(self) -> dict[str, str]:
        """Stage → key of everything that was asked for."""


@dataclass(frozen=True)
class Stage(Generic[P]):
    """One step of an experiment.

    ``version`` goes up whenever the same inputs would give another result; older results are then misses, and so are
    those of stages whose inputs hold this one's (``within``). ``doing`` says in the present continuous what it does, if
    anybody should hear it.
    ``needs`` are computed first, so that its seconds are its own; ``libraries`` are imported before its clock starts.
    ``live`` stages are quick enough to be computed while a page is drawn.
    """

    name: str
    version: int
    product: type[P]
    inputs: Callable[[ExperimentSpec], Inputs]
    compute: Callable[[Work], P]
    doing: str
    needs: Callable[[ExperimentSpec], tuple[Stage[Any], ...]] = lambda spec: ()
    libraries: Callable[[Work], tuple[str, ...]] = lambda work: ()
    live: Callable[[ExperimentSpec], bool] = lambda spec: True

    def key(self, spec: ExperimentSpec) -> str:
        """Return the name of the result in a store; equal inputs give equal keys."""
        return _key(self, spec)

    def within(self, spec: ExperimentSpec) -> Inputs:
        """Return what the inputs of a later stage say of this one; its first version goes without saying."""
        return self.inputs(spec) | ({f"{self.name} version": self.version} if self.version > 1 else {})


@lru_cache(maxsize=50_000)
def _key(stage: Stage[Any], spec: ExperimentSpec) -> str:
    return digest({"stage": stage.name, "version": stage.version, "inputs": stage.inputs(spec)})
