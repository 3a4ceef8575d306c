"""What tests share: small data, fresh stores, real MovieLens where a folder has it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from hypothesis import settings

from rec_core import projection, specs
from rec_core.data import filtering, splits
from rec_core.data.interactions import Dataset, Interactions, Split
from rec_core.data.sources import SOURCES, Folders, register, synthetic
from rec_core.data.sources.table import Columns, Reading, Table, sniff
from rec_core.experiment import Experiment
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN, MemoryStore, resolve

settings.register_profile("corelens", deadline=None)  # a busy machine must not fail a property
settings.load_profile("corelens")
_PROCESSES = "tests/browser", "tests/cache", "tests/server"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have a file's tests run by one process of several, and by one all that start processes of their own."""
    for item in items:
        place = item.path.relative_to(item.config.rootpath).as_posix()
        group = "processes" if place.startswith(_PROCESSES) else place
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(autouse=True)
def _beside_others(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let what is timed (``alone``) run while no other process of the suite runs a test.

    Whoever wants the room waits in the door, which holds up those who come later: nobody waits for ever.
    """
    place = tmp_path_factory.getbasetemp().parent
    with (place / "door").open("w") as door, (place / "room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if request.node.get_closest_marker("alone") else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Nothing downloaded, nothing local."""
    return Folders(None, tmp_path / "downloads")


@pytest.fixture(scope="session")
def movielens() -> Folders:
    """The user's folder with MovieLens 1M; the test is skipped where there is none."""
    local = os.environ.get("CORELENS_DATA")
    folders = Folders(Path(local).resolve() if local else None, Path("no-downloads"))
    if SOURCES["ml-1m"].locate(folders) is None:
        pytest.skip("needs MovieLens 1M in the folder CORELENS_DATA")
    return folders


@pytest.fixture(scope="session")
def small_split() -> Split:
    """A split of 150 users, 400 items and about 10,000 synthetic rows."""
    data = filtering.k_core(SOURCES["synthetic-10k"].load(Folders(None, Path("no-downloads"))), 5)
    return splits.leave_one_out(data, "last", "random", np.random.default_rng(0))


@pytest.fixture
def crossing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Synthetic users come and go over all the time that there is, where each has a few days otherwise."""
    made = synthetic.make

    def spread_out(shape: synthetic.Shape) -> Dataset:
        data, rng = made(shape), np.random.default_rng(5)
        begin, length = rng.random((2, data.catalogue.n_users))[:, data.interactions.user]
        time = 5e8 * (2 * begin + length**4 * rng.random(len(begin)))
        return replace(data, interactions=replace(data.interactions, time=time.astype(np.int64)))

    monkeypatch.setattr(synthetic, "make", spread_out)


@pytest.fixture(autouse=True)
def _no_log_stays() -> Iterator[None]:
    """Take the logs that a test registered out of the sources again."""
    yield
    register([])


def log_frame() -> pd.DataFrame:
    """Return the smallest synthetic data as somebody's log would have them, columns as MovieLens calls them."""
    data = SOURCES["synthetic-10k"].load(Folders(None, Path("no-downloads")))
    rows, catalogue = data.interactions, data.catalogue
    columns = {
        "userId": catalogue.user_ids[rows.user],
        "movieId": catalogue.item_ids[rows.item],
        "rating": rows.rated.astype(float),
        "timestamp": rows.time,
    }
    return pd.DataFrame(columns)


def log_csv(folder: Path, **how: object) -> Path:
    """Write that log as CSV, and return where."""
    path = folder / "log.csv"
    log_frame().to_csv(path, index=False, **how)  # type: ignore[call-overload]
    return path


def own(path: Path, **columns: object) -> Table:
    """Return the log at a path, read as it seems to be, with some columns said otherwise."""
    found = sniff(str(path))
    said = Columns.model_validate(found.columns.model_dump() | columns)
    return Table.of(str(path), Reading(layout=found.layout, columns=said))


def quick(method: str = "random", feedback: str = "implicit", model: str = "ncf", **more: object) -> ExperimentSpec:
    """Return a spec on the smallest synthetic data that trains in a tenth of a second."""
    fields: dict[str, object] = {
        "data": {"dataset": "synthetic-10k"},
        "method": {"name": method},
        "train": {"epochs": 2},
        "proxy": {"epochs": 1},
    }
    return specs.preset("report", feedback, model, **(fields | more))  # type: ignore[arg-type]


def key(spec: ExperimentSpec) -> str:
    """Return the key of a spec's run."""
    return RUN.key(spec)


def experiment(spec: ExperimentSpec, folders: Folders) -> Experiment:
    """Return an experiment with a store of its own."""
    return Experiment(resolve(spec, folders), MemoryStore(), folders)


def quick_map(
    embeddings: np.ndarray, rng: np.random.Generator, alive: Callable[[], None] = lambda: None
) -> projection.UserMap:
    """Return a map in place of UMAP's, which takes half a minute to compile."""
    return projection.pca(embeddings, rng)


def interactions(user: list[int], item: list[int], rating: list[float] | None = None) -> Interactions:
    """Return interactions from plain lists, times counting up."""
    n = len(user)
    return Interactions(
        np.array(user, np.int32),
        np.array(item, np.int32),
        np.array(rating or [3.0] * n, np.float32),
        np.arange(n, dtype=np.int64),
    )


def processes(home: Path) -> list[psutil.Process]:
    """Return the processes whose command names this home."""
    return [p for p in psutil.process_iter(["cmdline"]) if str(home) in " ".join(p.info["cmdline"] or [])]


def workers(home: Path) -> list[psutil.Process]:
    """Return the processes that run jobs, the children of the nannies of this home."""
    nannies = [p for p in processes(home) if any("dask_worker" in part for part in p.info["cmdline"])]
    found = []
    for nanny in nannies:
        with contextlib.suppress(psutil.Error):  # it ends just now
            found += [child for child in nanny.children() if _works(child)]
    return found


def _works(process: psutil.Process) -> bool:
    try:
        return any("spawn_main" in part for part in process.cmdline())
    except psutil.Error:  # it ended
        return False
