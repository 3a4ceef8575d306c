"""All interactions, as the source has them."""

from __future__ import annotations

from rec_core.data.interactions import Dataset
from rec_core.data.sources import SOURCES, Folders
from rec_core.data.sources.table import Table
from rec_core.errors import DataError
from rec_core.progress import Progress
from rec_core.specs import ExperimentSpec
from rec_core.stages.stage import Inputs, Stage, Work


def resolve(spec: ExperimentSpec, folders: Folders) -> ExperimentSpec:
    """Return ``spec`` with the fingerprint of the copy of its data that ``folders`` hold."""
    mark = SOURCES[spec.data.dataset].fingerprint(folders)
    return spec.with_(data=spec.data.model_copy(update={"fingerprint": mark}))


def _inputs(spec: ExperimentSpec) -> Inputs:
    return {"dataset": spec.data.dataset, "fingerprint": spec.data.fingerprint}


def _compute(work: Work) -> Dataset:
    source, asked = SOURCES[work.spec.data.dataset], work.spec.data.fingerprint
    if source.fingerprint(work.folders) != asked:
        raise DataError(
            f"The files of {source.title} are not those that this was asked for; ask again to use what is there now."
        )
    if isinstance(source, Table):
        return source.load(work.folders, lambda share: work.listen(Progress(LOAD.doing, share)))
    return source.load(work.folders, work.download_progress)


def is_quick(spec: ExperimentSpec) -> bool:
    """Say whether a page may wait until the data are read and split."""
    return not SOURCES[spec.data.dataset].seconds


LOAD = Stage("load", 1, Dataset, _inputs, _compute, "Loading the data", live=is_quick)
