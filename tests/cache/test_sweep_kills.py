"""A sweep on MovieLens 100K whose worker is killed, whose app is killed, and whose machine's clock is moved."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cache.jobs import Jobs
from cache.launcher import Local
from cache.listed import SweepList
from cache.sweeps import Sweeps
from rec_core import specs
from rec_core.data.sources import SOURCES, Folders
from rec_core.selection import METHODS
from rec_core.stages import RUN, resolve
from rec_core.sweeps import Plan
from tests.conftest import processes, workers

ROOT = Path(__file__).resolve().parents[2]
METHODS_OF_IT = ("random", "recent", "quota", "users", "mixed", "easy", "gradient", "clustering")
_APP = """
import sys, time
from pathlib import Path
from cache.jobs import Jobs
from cache.launcher import Local
from cache.sweeps import Sweeps, keep_going
from rec_core.data.sources import Folders

home, ahead = Path(sys.argv[1]), float(sys.argv[3])
wall = time.time
time.time = lambda: wall() + ahead
keep_going(Sweeps(Jobs(home, Folders(Path(sys.argv[2]), home / "data"), Local(home, workers=2, idle=60))), every=0.2)
"""


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    both = tmp_path / "killed", tmp_path / "undisturbed"
    for home in both:
        home.mkdir()
    yield both
    for home in both:
        for process in processes(home):
            process.kill()


def _app(home: Path, data: Path, ahead: float = 0.0) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _APP, str(home), str(data), str(ahead)], cwd=ROOT)


def _wait(sweeps: Sweeps, until: int, seconds: float = 400) -> int:
    """Wait until so many runs are done; return how many there are."""
    end = time.monotonic() + seconds
    while (done := sweeps.standing(sweeps.named("sweep")).count("done")) < until:
        standing = sweeps.standing(sweeps.named("sweep"))
        assert time.monotonic() < end, [(job.state, job.message) for job in standing.jobs if job.state != "done"]
        time.sleep(0.2)
    return done


@pytest.mark.slow
def test_no_finished_run_is_lost_or_made_twice(homes: tuple[Path, Path], movielens: Folders) -> None:
    assert movielens.local is not None
    if SOURCES["ml-100k"].locate(movielens) is None:
        pytest.skip("needs MovieLens 100K in the folder CORELENS_DATA")
    base = specs.preset("report", "implicit", "mf", data={"dataset": "ml-100k"}, train={"epochs": 2})
    base = resolve(base.with_(proxy={**base.proxy.model_dump(), "epochs": 1}), movielens)
    ratios, methods = (0.05, 0.1, 0.2, 0.3, 0.5), [METHODS[name]() for name in METHODS_OF_IT]
    plan = Plan.of(base, methods, ("mf",), ("implicit",), ratios, (0, 1))
    assert len(plan.cells) == 8 * 5 * 2 + 2
    tables = []
    for home, disturbed in zip(homes, (True, False), strict=True):
        jobs = Jobs(home, Folders(movielens.local, home / "data"), Local(home, workers=2, idle=60))
        sweeps = Sweeps(jobs)
        SweepList(jobs.ledger).keep("sweep", plan, paused="")
        app = _app(home, movielens.local)
        if disturbed:
            when: dict[str, float] = {}
            app = _disturb(app, home, movielens.local, sweeps, jobs, when)
        _wait(sweeps, len(plan.cells))
        app.kill()
        if disturbed:
            assert {key: _written(jobs, key) for key in when} == when  # none was made again
        tables.append({RUN.key(spec): result.metrics for spec, result in jobs.finished().runs})
        jobs.close()
    assert tables[0] == tables[1]
    assert len(tables[0]) == len(plan.cells)


def _disturb(
    app: subprocess.Popen[bytes], home: Path, data: Path, sweeps: Sweeps, jobs: Jobs, when: dict[str, float]
) -> subprocess.Popen[bytes]:
    """Kill a worker, then the app, and start it again with its clock an hour ahead; note what was finished ``when``."""
    done = _wait(sweeps, 10)
    workers(home)[0].kill()
    done = _wait(sweeps, done + 10)
    app.kill()
    time.sleep(3)
    standing = sweeps.standing(sweeps.named("sweep"))
    assert standing.count("done") < len(standing.jobs)
    when.update({job.key: _written(jobs, job.key) for job in standing.jobs if job.state == "done"})
    return _app(home, data, ahead=3600)


def _written(jobs: Jobs, key: str) -> float:
    """Return when a result was written."""
    return next(time_ for made, time_ in jobs.store.made(RUN.name) if made == key)
