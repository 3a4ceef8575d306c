"""Forty kills over a sweep of forty small runs: what is finished stays, states are true, and nothing needs mending."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from cache.jobs import Jobs
from cache.launcher import Local
from rec_core.data.sources import Folders
from rec_core.experiment import stored_result
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN
from tests.conftest import processes, quick, workers

ROOT = Path(__file__).resolve().parents[2]
RUNS, KILLS = 40, 40
_ASK = """
import sys, time
from pathlib import Path
from cache.jobs import Jobs
from rec_core.data.sources import Folders
from tests.cache.test_kills import SPECS

home = Path(sys.argv[1])
jobs = Jobs(home, Folders(None, home / "data"))
for place in sys.argv[2:]:
    jobs.ask(SPECS[int(place)])
print("asked", flush=True)
time.sleep(600)
"""
SPECS: list[ExperimentSpec] = [quick("random", seed=seed, train={"epochs": 25}) for seed in range(RUNS)]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for process in processes(tmp_path):
        process.kill()


def _kill(role: str, home: Path, asker: subprocess.Popen[str]) -> None:
    """Kill a worker, the command that keeps them, the scheduler, or the process that asked."""
    if role == "asker":
        asker.kill()
        return
    if role == "child":
        victims = workers(home)[:1]
    else:
        ids = [json.loads(file.read_text())["pid"] for file in (home / "jobs").glob(f"{role}-*.pid")]
        victims = [psutil.Process(pid) for pid in ids if psutil.pid_exists(pid)]
    for victim in victims:
        victim.kill()


@pytest.mark.slow
def test_forty_kills_lose_no_finished_run(home: Path) -> None:
    rng, jobs = np.random.default_rng(0), Jobs(home, Folders(None, home / "data"), Local(home, workers=2, idle=120))
    finished: set[str] = set()
    for kill in range(KILLS):
        open_ = [n for n, spec in enumerate(SPECS) if jobs.job(spec).state in ("new", "interrupted")]
        command = [sys.executable, "-c", _ASK, str(home), *map(str, open_)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as asker:
            assert asker.stdout is not None
            assert asker.stdout.readline() == "asked\n"
            time.sleep(float(rng.uniform(0.2, 3)))
            _kill(("child", "worker", "scheduler", "asker")[kill % 4], home, asker)
            asker.kill()
        finished = _stays(jobs, finished)
        _is_true_within_ten_seconds(jobs)
    end = time.monotonic() + 240
    while len(finished) < RUNS:
        assert time.monotonic() < end, [(job.state, job.message) for job in map(jobs.job, SPECS) if job.state != "done"]
        for spec in SPECS:
            if jobs.job(spec).state in ("new", "interrupted"):
                jobs.ask(spec)
        finished = _stays(jobs, finished)
        time.sleep(1)
    assert sorted(spec.seed for spec, _ in jobs.finished().runs) == list(range(RUNS))
    jobs.close()


def _stays(jobs: Jobs, before: set[str]) -> set[str]:
    """Return the finished runs; none that was finished before may be missing, and each can be read."""
    now = {RUN.key(spec) for spec in SPECS if jobs.job(spec).state == "done"}
    assert before <= now
    assert all(stored_result(key, jobs.store) is not None for key in now)
    return now


def _is_true_within_ten_seconds(jobs: Jobs) -> None:
    """Wait until nothing is said to run that no living process runs."""
    end = time.monotonic() + 10
    while True:
        running = [job for job in jobs.active() if job.state == "running"]
        if len(running) <= len(workers(jobs._home)):
            return
        assert time.monotonic() < end, running
        time.sleep(0.2)
