"""Scheduler and workers that are late, gone, of other code, or asked by somebody else."""

from __future__ import annotations

import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cache.jobs import LATE, Job, Jobs
from cache.launcher import Local, local
from cache.launcher.processes import Processes, living
from rec_core.data.sources import Folders
from rec_core.errors import CorelensError
from tests.cache.test_jobs import long, training, wait
from tests.conftest import processes, quick, workers

STARTING = "Starting a worker process. This takes longer on a busy machine."


def _jobs(home: Path) -> Jobs:
    return Jobs(home, Folders(None, home / "data"), Local(home, workers=1, idle=30))


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    jobs = _jobs(tmp_path)
    yield jobs
    jobs.close()
    for process in processes(tmp_path):
        process.kill()


def _of(home: Path, role: str) -> psutil.Process:
    (file,) = (home / "jobs").glob(f"{role}-*.pid")
    return psutil.Process(json.loads(file.read_text())["pid"])


def _is_done(job: Job) -> bool:
    return job.state == "done"


@pytest.mark.slow
def test_workers_that_are_gone_are_started_again(jobs: Jobs, tmp_path: Path) -> None:
    """After `kill -9` of the worker command the scheduler lived on alone, and every later run failed."""
    jobs.ask(quick(seed=1))
    wait(jobs, quick(seed=1), _is_done)
    orphans = workers(tmp_path)
    assert orphans
    _of(tmp_path, "worker").kill()
    psutil.wait_procs(orphans, timeout=30)  # they follow; a job that one of them still got would be interrupted
    jobs.ask(quick(seed=2))
    wait(jobs, quick(seed=2), _is_done)
    _of(tmp_path, "scheduler").kill()
    jobs.ask(quick(seed=3))
    wait(jobs, quick(seed=3), _is_done)


@pytest.mark.slow
def test_workers_that_die_while_jobs_wait_are_started_again(jobs: Jobs, tmp_path: Path) -> None:
    jobs.ask(long(seed=1))
    jobs.ask(quick(seed=4))
    wait(jobs, long(seed=1), training)
    _of(tmp_path, "worker").kill()
    wait(jobs, long(seed=1), lambda job: job.state == "waiting")
    key = wait(jobs, long(seed=1), training).key  # by itself
    jobs.cancel(key)
    wait(jobs, quick(seed=4), _is_done)


@pytest.mark.alone
@pytest.mark.slow
def test_a_scheduler_that_is_late_is_asked_again_and_nothing_is_called_interrupted(jobs: Jobs, tmp_path: Path) -> None:
    key = jobs.ask(long(seed=2))
    wait(jobs, long(seed=2), training)
    scheduler = _of(tmp_path, "scheduler")
    scheduler.suspend()
    try:
        assert jobs.job(long(seed=2)).state == "running"
        begin = time.monotonic()
        assert [job.key for job in jobs.active()] == [key]
        assert time.monotonic() - begin < 1  # a late one is left in peace for a moment
        other = _jobs(tmp_path)  # who never heard from it does not call its jobs interrupted
        assert (other.job(long(seed=2)).state, other.job(long(seed=2)).message) == ("waiting", LATE)
        jobs.ask(quick(seed=5))
        assert (jobs.job(quick(seed=5)).state, jobs.job(quick(seed=5)).message) == ("waiting", STARTING)
        jobs.cancel(key)
    finally:
        scheduler.resume()
    wait(jobs, long(seed=2), lambda job: job.state == "cancelled")
    wait(jobs, quick(seed=5), _is_done)
    other.close()


@pytest.mark.slow
def test_why_workers_cannot_be_started_is_said(jobs: Jobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text("raise SystemExit('the library of the day is missing')")
    monkeypatch.setenv("PYTHONPATH", str(broken))
    monkeypatch.setattr("cache.launcher.processes._ROOT", broken)
    jobs.ask(quick(seed=6))
    job = wait(jobs, quick(seed=6), lambda job: job.state == "failed")
    assert "could not be started: “SystemExit: the library of the day is missing”" in job.message
    monkeypatch.undo()
    jobs.ask(quick(seed=6))
    wait(jobs, quick(seed=6), _is_done)


@pytest.mark.slow
def test_workers_may_take_ninety_seconds_to_start(jobs: Jobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Workers that took longer than 30 s to load torch were ended, for ever."""
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "sitecustomize.py").write_text("import time; time.sleep(90)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "slow"))
    jobs.ask(quick(seed=7))
    assert jobs.job(quick(seed=7)).message == STARTING
    wait(jobs, quick(seed=7), _is_done, seconds=400)


def test_a_job_of_an_older_version_is_found_followed_and_cancelled(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an update runs looked interrupted, ran twice, and could not be cancelled."""
    monkeypatch.setattr(local, "_code_version", lambda: "older")
    older = _jobs(tmp_path)
    key = older.ask(long(seed=8))
    wait(older, long(seed=8), training)
    assert wait(jobs, long(seed=8), training).state == "running"
    assert jobs.ask(long(seed=8)) == key
    assert [job.key for job in jobs.active()] == [key]
    assert len(list((tmp_path / "jobs").glob("scheduler-*.json"))) == 1  # no second scheduler for the same job
    jobs.cancel(key)
    wait(jobs, long(seed=8), lambda job: job.state == "cancelled")
    older.close()


def test_only_who_has_the_key_of_this_folder_is_let_in(jobs: Jobs, tmp_path: Path) -> None:
    """Whoever can submit a job runs code as this user; loopback is open to every account of the machine."""
    folder = tmp_path / "jobs"
    folder.mkdir()
    (folder / "scheduler.log").write_bytes(b"x" * (2 << 20))
    jobs.ask(quick(seed=9))
    wait(jobs, quick(seed=9), _is_done)
    assert (folder / "scheduler.log").stat().st_size < 1 << 20  # a log does not grow without end
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "tls.pem").stat().st_mode) == 0o600
    (file,) = folder.glob("scheduler-*.json")
    address = json.loads(file.read_text())["address"]
    assert address.startswith("tls://127.0.0.1:")
    assert _as_another_account(int(address.rsplit(":", 1)[1]), folder / "tls.pem") == "refused"


def _as_another_account(port: int, key: Path) -> str:
    """Return what a stranger gets who reads what can be read and connects with a certificate of no account's."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setuid(65_534)
                key.read_bytes()
                answer = "the key can be read"
            else:
                answer = _talk(port)
        except PermissionError:
            answer = _talk(port)
        except BaseException as error:
            answer = repr(error)
        os.write(send, answer.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(send)
    with os.fdopen(receive) as pipe:
        return pipe.read()


def _talk(port: int) -> str:
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    plain.check_hostname, plain.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as raw, plain.wrap_socket(raw) as talk:
            talk.sendall(b"x" * 8)
            return "let in" if talk.recv(1) else "refused"
    except (ssl.SSLError, ConnectionError):
        return "refused"


def test_a_process_is_known_by_its_command_whatever_the_clock_says(tmp_path: Path) -> None:
    """When a process began changes as the clock is put right: a living scheduler counted as gone."""
    file, ids = tmp_path / "scheduler-x.json", tmp_path / "scheduler-x.pid"
    command = [sys.executable, "-c", "import time; time.sleep(60)", "--scheduler-file"]
    with subprocess.Popen([*command, str(file)]) as ours:
        ids.write_text(json.dumps({"pid": ours.pid}))
        while str(file) not in psutil.Process(ours.pid).cmdline():
            time.sleep(0.01)
        assert living(ids, file) is not None
        assert living(ids, tmp_path / "scheduler-y.json") is None  # another's number, used again
        ours.kill()
    assert living(ids, file) is None


class _Slow:
    """A scheduler that takes its time to accept a job."""

    def __init__(self, launcher: Local) -> None:
        self.launcher, self.is_late, self.has_workers = launcher, False, True
        self.cancelled: list[str] = []

    def address(self) -> str:
        return "tls://"

    def states(self) -> dict[str, str]:
        return {}

    def submit(self, key: str, function: object, *args: str, later: bool = False, patiently: bool = False) -> bool:
        assert self.launcher.cancel(key)  # while it is being handed over
        return True

    def cancel(self, key: str) -> bool:
        self.cancelled.append(key)
        return False


def test_a_job_that_is_cancelled_while_it_is_handed_over_is_cancelled(tmp_path: Path) -> None:
    launcher = Local(tmp_path, workers=1)
    slow = _Slow(launcher)
    launcher._schedulers[launcher._processes.file] = slow  # type: ignore[assignment]
    launcher._processes.start_what_is_missing = lambda: None  # type: ignore[method-assign]
    launcher._undelivered["k"] = (print, (), False)
    launcher._run_errands()
    launcher._run_errands()
    assert slow.cancelled == ["k"]
    assert launcher._undelivered == {}


def test_workers_that_always_end_again_are_given_up_with_their_reason(tmp_path: Path) -> None:
    """The scheduler has the job, its workers cannot live: they were started for ever, and nothing was said."""
    launcher = Local(tmp_path, workers=1)
    launcher._schedulers[launcher._processes.file] = slow = _Slow(launcher)  # type: ignore[assignment]
    slow.states = lambda: {"k": "starting"}  # type: ignore[method-assign]

    def fail() -> None:
        raise CorelensError("The workers could not be started: “no torch”.")

    launcher._processes.start_what_is_missing = fail  # type: ignore[method-assign]
    launcher.states()
    assert launcher.failures() == {"k": "The workers could not be started: “no torch”."}
    end = time.monotonic() + 10
    while slow.cancelled != ["k"] and time.monotonic() < end:
        time.sleep(0.05)
    assert slow.cancelled == ["k"]


def test_processes_that_are_killed_are_started_again_however_often(tmp_path: Path) -> None:
    """Ended by a signal, they say nothing about whether the next one starts; three that end by themselves do."""
    own = Processes(tmp_path / "jobs", "of-this-test", workers=1, idle=60)
    for _ in range(6):
        own.start_what_is_missing()
        for started in own._started.values():
            started.kill()
            started.wait()
