"""Kills of schedulers, of the command that keeps workers, of workers and of the app: nobody has to ask again."""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import psutil
import pytest

from cache.jobs import Job, Jobs
from cache.launcher import Local
from cache.queue import Queue, Queued
from rec_core.data.sources import Folders
from rec_core.experiment import stored_result
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN
from tests.conftest import processes, quick, workers

ROOT = Path(__file__).resolve().parents[2]
_APP = """
import sys
from pathlib import Path
from cache.jobs import Jobs
from cache.launcher import Local
from cache.sweeps import Sweeps, keep_going
from rec_core.data.sources import Folders
from tests.cache.test_kills import specs

home, runs = Path(sys.argv[1]), int(sys.argv[2])
jobs = Jobs(home, Folders(None, home / "data"), Local(home, workers=2, idle=120))
for spec in specs(runs):
    jobs.ask(spec, with_controls=False)
print("ready", flush=True)
keep_going(Sweeps(jobs), every=0.5)
"""
_log = logging.getLogger(__name__)  # seen with --log-cli-level=INFO
Kind = str  # scheduler, command, worker or app


def specs(count: int) -> list[ExperimentSpec]:
    """Return runs that train for some seconds."""
    return [quick("random", seed=seed, train={"epochs": 150}) for seed in range(count)]


class _Onlooker(Jobs):
    """Looks, and hands nothing over: what goes on does so because of the app."""

    longest = 0.0

    def _begin_again(self, job: Queued) -> None:
        pass

    def seen(self, wanted: Sequence[ExperimentSpec]) -> list[Job]:
        """Return the jobs of runs, and remember the seconds of the longest look."""
        begin = time.monotonic()
        found = self.runs(wanted)
        self.longest = max(self.longest, time.monotonic() - begin)
        return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for process in processes(tmp_path):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _app(home: Path, runs: int) -> subprocess.Popen[str]:
    """Start the app, which asks for so many runs if it is the first, and else for none."""
    app = subprocess.Popen([sys.executable, "-c", _APP, str(home), str(runs)], cwd=ROOT, stdout=-1, text=True)
    assert app.stdout is not None
    assert app.stdout.readline() == "ready\n"
    return app


def _kill(kind: Kind, home: Path, app: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """Kill a process; return the app, which is started again where it was the app."""
    if kind == "app":
        app.kill()
        app.wait()
        return _app(home, 0)
    if kind == "worker":
        victims = workers(home)[:1]
    else:
        role = "worker" if kind == "command" else kind
        ids = [json.loads(file.read_text())["pid"] for file in (home / "jobs").glob(f"{role}-*.pid")]
        victims = [psutil.Process(pid) for pid in ids if psutil.pid_exists(pid)]
    for victim in victims:
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.kill()
    return app


def _survives(home: Path, kinds: Sequence[Kind], runs: int, pause: tuple[float, float]) -> _Onlooker:
    """Kill processes of these kinds one after another while runs are made; all of them end well, and by themselves."""
    rng, wanted = np.random.default_rng(0), specs(runs)
    jobs = _Onlooker(home, Folders(None, home / "data"), Local(home, workers=2, idle=120))
    app, done = _app(home, runs), set[str]()
    for number, kind in enumerate(kinds):
        done = _until(jobs, wanted, done, lambda found: any(job.state == "running" for job in found))
        assert len(done) < runs, f"all runs were done after {number} kills; let them take longer"
        time.sleep(float(rng.uniform(*pause)))
        # That a run is given up whose worker dies three times is another test's.
        often = max((len(job.deaths) for job in Queue(jobs.ledger).jobs().values()), default=0) > 1
        app = _kill("scheduler" if kind == "worker" and often else kind, home, app)
        _is_true_within_ten_seconds(jobs, wanted)
        _log.info("%d kills (%s), %d runs done, longest look %.1f s", number + 1, kind, len(done), jobs.longest)
    done = _until(jobs, wanted, done, lambda found: all(job.state == "done" for job in found))
    app.kill()
    assert len(done) == runs
    jobs.close()
    return jobs


def _until(
    jobs: _Onlooker, wanted: Sequence[ExperimentSpec], done: set[str], holds: Callable[[list[Job]], bool]
) -> set[str]:
    """Look until something holds or all is done; meanwhile nothing is called lost. Return the runs that are done."""
    end = time.monotonic() + 1500
    while True:
        found = jobs.seen(wanted)
        assert {job.state for job in found} <= {"waiting", "running", "done"}, [(j.state, j.message) for j in found]
        now = {job.key for job in found if job.state == "done"}
        assert done <= now
        assert all(stored_result(key, jobs.store) is not None for key in now - done)
        done = now
        if holds(found) or len(done) == len(wanted):
            return done
        assert time.monotonic() < end, [(job.state, job.message) for job in found if job.state != "done"]
        time.sleep(0.2)


def _is_true_within_ten_seconds(jobs: _Onlooker, wanted: Sequence[ExperimentSpec]) -> None:
    """Wait until nothing is said to run that no living worker runs."""
    end = time.monotonic() + 10
    while sum(job.state == "running" for job in jobs.seen(wanted)) > len(workers(jobs._home)):
        assert time.monotonic() < end
        time.sleep(0.2)


def test_runs_end_by_themselves_whatever_is_killed(home: Path) -> None:
    """Every run that only waited was called interrupted, and had to be asked for again."""
    _survives(home, ("scheduler", "app", "command"), runs=4, pause=(0.2, 1.0))


@pytest.mark.slow
def test_sixty_kills_over_thirty_runs(home: Path) -> None:
    jobs = _survives(home, ("scheduler", "command", "worker", "app") * 15, runs=30, pause=(0.2, 2.0))
    assert jobs.longest < 10
    assert sorted(spec.seed for spec, _ in jobs.finished().runs) == list(range(30))
    assert {RUN.key(spec) for spec in specs(30)} == {result.key for _, result in jobs.finished().runs}
