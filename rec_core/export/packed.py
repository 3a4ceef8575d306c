"""The bundle as stages: what takes longer than a page may is packed by a worker, and taken from the store.

Downloads are opened in spreadsheets more often than what the command line writes: where a spreadsheet would compute
some ids, they hold a copy in which it does not, and say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rec_core.data.sources import SOURCES
from rec_core.experiment import Stages
from rec_core.results import versions
from rec_core.specs import ExperimentSpec
from rec_core.stages import PLACES, SPLIT, Graph, Stage
from rec_core.stages.stage import Inputs, Work

if TYPE_CHECKING:  # loaded by those jobs alone that pack something
    from rec_core.export.bundle import Wanted

TOP = 10  # items that are recommended to every user, where there are as many


@dataclass(frozen=True)
class Packed:
    """A bundle: the bytes of its zip, (n,)."""

    zip: NDArray[np.uint8]


def _coreset(work: Work) -> Packed:
    from rec_core.export.bundle import Wanted

    return _packed(work, Wanted(spreadsheet=True))


def _everything(work: Work) -> Packed:
    """Rows that are not kept are most of a large log, which lies where it lay."""
    from rec_core.export.bundle import Wanted

    is_large = bool(SOURCES[work.spec.data.dataset].seconds)
    top = min(TOP, work.get(SPLIT).catalogue.n_items)
    return _packed(work, Wanted(dropped=not is_large, model=True, top=top, spreadsheet=True))


def zip_of(stages: Stages) -> bytes:
    """Return the zip that a page offers, packed at once."""
    from rec_core.export.bundle import Wanted, zipped

    return zipped(stages, Wanted(spreadsheet=True))


def _packed(work: Work, wanted: Wanted) -> Packed:
    from rec_core.export.bundle import zipped

    assert isinstance(work, Graph)
    return Packed(np.frombuffer(zipped(Stages(work), wanted), np.uint8))


def _inputs(spec: ExperimentSpec) -> Inputs:
    """A bundle describes the whole experiment, also what its run ignores, and by which version it was packed."""
    return {"spec": spec.model_dump(), "places": PLACES.within(spec), "version": versions()["corelens"]}


PACKED = Stage("packed", 1, Packed, _inputs, _coreset, "Packing", live=lambda spec: False)
PACKED_WITH_MODEL = Stage("packed-with-model", 1, Packed, _inputs, _everything, "Packing", live=lambda spec: False)
