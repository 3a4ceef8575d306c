"""What a stage is: a name, a version, what it depends on, what it needs first, and what it gives.

Each stage is declared once, in a file of its own in this room. Its result is remembered under the SHA-256 of the
canonical JSON of everything that determines it, its version included, so that what two runs share is computed once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rec_core.canonical import Json, digest
from rec_core.specs import ExperimentSpec

if TYPE_CHECKING:
    from rec_core.stages.graph import Graph

P = TypeVar("P")
Inputs = dict[str, Json]


@dataclass(frozen=True)
class Stage(Generic[P]):
    """One step of an experiment.

    ``version`` goes up whenever the same inputs would give another result; older results are then misses, and so are
    those of stages whose inputs hold this one's (``within``). ``doing`` says in the present continuous what it does.
    ``needs`` are computed first, so that its seconds are its own; ``libraries`` are imported before its clock starts.
    ``live`` stages are quick enough to be computed while a page is drawn.
    """

    name: str
    version: int
    product: type[P]
    inputs: Callable[[ExperimentSpec], Inputs]
    compute: Callable[[Graph], P]
    doing: str
    needs: Callable[[ExperimentSpec], tuple[Stage[Any], ...]] = lambda spec: ()
    libraries: Callable[[ExperimentSpec], tuple[str, ...]] = lambda spec: ()
    live: Callable[[ExperimentSpec], bool] = lambda spec: True

    def key(self, spec: ExperimentSpec) -> str:
        """Return the name of the result in a store; equal inputs give equal keys."""
        return _key(self, spec)

    def within(self, spec: ExperimentSpec) -> Inputs:
        """Return what the inputs of a later stage say of this one; its first version goes without saying."""
        return self.inputs(spec) | ({"version": self.version} if self.version > 1 else {})


@lru_cache(maxsize=50_000)
def _key(stage: Stage[Any], spec: ExperimentSpec) -> str:
    return digest({"stage": stage.name, "version": stage.version, "inputs": stage.inputs(spec)})
