"""What was read of somebody's own log: a few facts that are kept with it, so that they can be shown at any time."""

from __future__ import annotations

from rec_core.data.sources import SOURCES
from rec_core.data.sources.table import Table
from rec_core.data.sources.table.summing import WasRead, summed
from rec_core.stages.load import LOAD
from rec_core.stages.stage import Stage, Work


def _compute(work: Work) -> WasRead:
    source = SOURCES[work.spec.data.dataset]
    return summed(source, work.get(LOAD)) if isinstance(source, Table) else WasRead()


READ = Stage("read", 1, WasRead, LOAD.within, _compute, "", needs=lambda spec: (LOAD,))
