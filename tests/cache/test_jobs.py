"""Jobs on a real scheduler with real worker processes."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cache.jobs import Job, Jobs
from cache.kinds import STAGES, Kind
from cache.launcher import Local
from cache.queue import Queue
from cache.worker import execute, make
from rec_core import projection
from rec_core.data.sources import Folders
from rec_core.experiment import Experiment, stored_result
from rec_core.specs import ExperimentSpec
from tests.conftest import key, processes, quick, quick_map, workers
from tests.launchers import Busy

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    home = tmp_path_factory.mktemp("home")
    jobs = Jobs(home, Folders(None, home / "data"), Local(home, workers=2, idle=5))
    yield jobs
    jobs.close()


def long(seed: int = 0) -> ExperimentSpec:
    """Return a spec that trains for minutes."""
    return quick("full", train={"epochs": 3000}, seed=seed)


def wait(jobs: Jobs, spec: ExperimentSpec, until: Callable[[Job], bool], seconds: float = 60) -> Job:
    """Return the job once ``until`` holds."""
    end = time.monotonic() + seconds
    while not until(job := jobs.job(spec)):
        assert time.monotonic() < end, f"still {job.state} ({job.message})"
        time.sleep(0.05)
    return job


def training(job: Job) -> bool:
    return job.progress is not None and job.progress.stage == "Training" and job.progress.epoch > 1


def test_jobs_one_after_another_go_to_the_worker_of_the_first(jobs: Jobs, tmp_path: Path) -> None:
    """What the first job loads takes seconds, of compiled code and of UMAP; the second went to the other worker."""

    def say_who(key: str, folder: str) -> None:
        import os
        import pathlib

        pathlib.Path(folder, key).write_text(str(os.getpid()))

    def ask(key: str) -> str:
        jobs._launcher.submit(key, say_who, str(tmp_path))
        while key in jobs._launcher.states():
            time.sleep(0.02)
        return (tmp_path / key).read_text()

    first = ask("first")  # handed to whichever worker is there first
    while jobs._launcher._own._question(lambda client: len(client.scheduler_info()["workers"])) != 2:  # type: ignore[attr-defined]
        time.sleep(0.05)
    assert {ask(key) for key in "abc"} == {first}


def test_a_job_ends_in_the_store(jobs: Jobs) -> None:
    assert jobs.job(quick("gradient")).state == "new"
    key = jobs.ask(quick("gradient"))
    assert jobs.job(quick("gradient")).state in ("waiting", "running")
    wait(jobs, quick("gradient"), lambda job: job.state == "done")
    result = stored_result(key, jobs.store)
    assert result is not None
    assert result.n_selected > 0
    assert jobs.active() == []


def test_what_is_in_the_store_does_not_run_however_busy_its_worker_is(tmp_path: Path) -> None:
    """A worker tidies after it stored a result; pages would show a finished run's progress meanwhile."""
    folders = Folders(None, tmp_path / "data")
    jobs, spec = Jobs(tmp_path, folders, Busy()), quick("random")
    jobs.ask(spec)
    assert [job.state for job in jobs.active()] == ["running"]
    make("run", Experiment(spec, jobs.store, folders))
    assert jobs.job(spec).state == "done"
    assert jobs.active() == []


def test_runs_of_one_click_are_found_together(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, Folders(None, tmp_path / "data"), Busy())
    seeds = [quick("random", seed=seed) for seed in range(3)]
    for spec in (*seeds, quick("greedy")):
        jobs.ask(spec)
    earlier = quick("random", seed=9)
    jobs.ask(earlier)
    with jobs.ledger._transaction() as database:
        database.execute("UPDATE jobs SET asked_at = asked_at - 60 WHERE key = ?", (key(earlier),))
    make("run", Experiment(seeds[0], jobs.store, jobs.folders))
    found = {job.key: job.state for job in jobs.asked_with(jobs.job(seeds[1]))}
    assert found == {key(seeds[0]): "done", key(seeds[1]): "running", key(seeds[2]): "running"}


def test_controls_are_measured_after_a_run_and_found_beside_it(tmp_path: Path) -> None:
    launcher, spec = Busy(), quick("random")
    jobs = Jobs(tmp_path, Folders(None, tmp_path / "data"), launcher)
    jobs.ask(spec)
    kinds: tuple[Kind, ...] = ("run", "controls", "controls-kept")
    assert list(launcher.states()) == [STAGES[kind].key(spec) for kind in kinds]
    assert [job.kind for job in jobs.active()] == ["run"]  # nobody has to follow the others
    for kind in kinds:
        assert jobs.measures(spec)
        make(kind, Experiment(spec, jobs.store, jobs.folders))
        if kind == "run":
            (bare,) = jobs.finished().runs
    assert not jobs.measures(spec)
    (whole,) = jobs.finished().runs  # at once, though runs without controls are looked at now and then only
    assert set(whole[1].controls) > set(bare[1].controls)
    assert "walk_kept" in whole[1].controls


def test_what_is_cancelled_takes_its_own_controls_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launcher, specs = Busy(), [quick("random"), quick("greedy")]
    jobs = Jobs(tmp_path, Folders(None, tmp_path / "data"), launcher)
    for spec in specs:
        jobs.ask(spec)
    cancelled: list[str] = []
    monkeypatch.setattr(launcher, "cancel", cancelled.append)
    jobs.cancel(key(specs[0]))
    assert cancelled == [key(specs[0]), STAGES["controls-kept"].key(specs[0])]  # the other needs those of all rows


def test_a_job_on_a_full_disk_says_so_though_it_cannot_write_that_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked interrupted: how it ended could not be saved either."""
    launcher, spec = Busy(), quick("random", seed=3)
    jobs = Jobs(tmp_path, Folders(None, tmp_path / "data"), launcher)
    key = jobs.ask(spec)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("cache.store.objects.write", full)
    monkeypatch.setattr("cache.launcher.inside.teller", lambda topic: launcher.told.append)
    monkeypatch.setattr("cache.launcher.inside.cancel_flag", lambda key: lambda: False)
    execute(key, "run", spec.model_dump_json(), str(tmp_path), "")
    launcher.states().clear()
    job = jobs.job(spec)
    assert job.state == "failed"
    assert "could not be saved (the disk is full). Finished steps are kept: free some disk space" in job.message


def test_a_run_that_lost_a_part_is_made_again(jobs: Jobs) -> None:
    """One user needs the trained model; a result without it must not stand in the way of Run."""
    spec = quick("random", seed=5)
    key = jobs.ask(spec)
    wait(jobs, spec, lambda job: job.state == "done")
    result = stored_result(key, jobs.store)
    assert result is not None
    assert [found.key for _, found in jobs.finished().runs if found.key == key] == [key]
    jobs.store.remove(result.stage_keys["train"])
    while jobs._launcher.states():  # asked for while its worker tidies, it would be the job that is just ending
        time.sleep(0.05)
    jobs.ask(spec)
    wait(jobs, spec, lambda job: job.state == "done" and jobs.store.has(result.stage_keys["train"]))
    again = stored_result(key, jobs.store)
    assert again is not None
    assert again.metrics == result.metrics


def test_maps_are_jobs_of_proxy_and_of_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "umap", quick_map)
    folders = Folders(None, tmp_path / "data")
    jobs = Jobs(tmp_path, folders)
    spec = quick("random")
    kinds: tuple[Kind, ...] = ("map-proxy", "map-run")
    for kind in kinds:
        assert jobs.job(spec, kind).state == "new"
        make(kind, Experiment(spec, jobs.store, folders))
        assert jobs.job(spec, kind).state == "done"
    other = quick("gradient", ratio=0.7)
    assert STAGES["map-proxy"].key(spec) == STAGES["map-proxy"].key(other)
    assert STAGES["map-run"].key(spec) != STAGES["map-run"].key(other)


@pytest.mark.alone
def test_progress_names_epoch_and_time_left_and_cancel_takes_less_than_a_second(jobs: Jobs) -> None:
    key = jobs.ask(long())
    progress = wait(jobs, long(), training).progress
    assert progress is not None
    assert progress.epochs == 3000
    assert progress.seconds_left is not None
    assert progress.seconds_left > 1
    begin = time.monotonic()
    jobs.cancel(key)
    job = wait(jobs, long(), lambda job: job.state == "cancelled")
    assert time.monotonic() - begin < 1
    assert job.message == "Cancelled. Finished steps are kept."


def test_a_cancelled_job_can_be_asked_for_again(jobs: Jobs) -> None:
    key = jobs.ask(long())
    wait(jobs, long(), training)
    jobs.cancel(key)
    wait(jobs, long(), lambda job: job.state == "cancelled")


def test_one_spec_is_one_job_whoever_asks(jobs: Jobs, tmp_path: Path) -> None:
    other = Jobs(jobs._home, jobs.folders)
    keys = {jobs.ask(long(seed=7)), other.ask(long(seed=7))}
    assert len(keys) == 1
    wait(other, long(seed=7), training)
    assert [job.key for job in jobs.active()] == list(keys)
    other.cancel(keys.pop())
    wait(jobs, long(seed=7), lambda job: job.state == "cancelled")
    other.close()


def test_a_waiting_job_is_cancelled_at_once(jobs: Jobs) -> None:
    busy = [long(seed=20 + n) for n in range(2)]
    keys = [jobs.ask(spec) for spec in busy]
    for spec in busy:
        wait(jobs, spec, lambda job: job.state == "running")
    waiting = jobs.ask(quick(seed=30))
    assert jobs.job(quick(seed=30)).state == "waiting"
    jobs.cancel(waiting)
    assert jobs.job(quick(seed=30)).state == "cancelled"
    for waiting_key in keys:
        jobs.cancel(waiting_key)
    for spec in busy:
        wait(jobs, spec, lambda job: job.state == "cancelled")


def test_a_job_outlives_the_process_that_asked(jobs: Jobs) -> None:
    beside = jobs.ask(long(seed=41))  # the workers do not end meanwhile, however long the other process takes
    wait(jobs, long(seed=41), training)
    code = (
        "import sys, os, signal; from pathlib import Path; from cache.jobs import Jobs;from rec_core.data.sources "
        "import Folders; from tests.conftest import quick;home = Path(sys.argv[1]); Jobs(home, Folders(None, home / "
        "'data')).ask(quick(seed=40, train={'epochs': 30}));os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(jobs._home)], cwd=ROOT, check=False)
    spec = quick(seed=40, train={"epochs": 30})
    assert jobs.job(spec).state in ("waiting", "running", "done")
    wait(jobs, spec, lambda job: job.state == "done")
    jobs.cancel(beside)


def test_what_goes_wrong_is_said_and_can_be_repeated(jobs: Jobs) -> None:
    spec = quick(data={"dataset": "synthetic-10k", "min_interactions": 5000})
    jobs.ask(spec)
    job = wait(jobs, spec, lambda job: job.state == "failed")
    assert job.message.startswith("No user and item is left with at least 5000 interactions")
    jobs.ask(spec)
    wait(jobs, spec, lambda job: job.state == "failed")


def test_files_that_change_meanwhile_leave_a_sentence_under_the_jobs_own_key(jobs: Jobs) -> None:
    """The copy that was asked for is gone when the worker looks; the job ends, and under its own key."""
    spec = quick(data={"dataset": "synthetic-10k", "fingerprint": "0123456789abcdef"})
    jobs.ask(spec)
    job = wait(jobs, spec, lambda job: job.state == "failed")
    assert "are not those that this was asked for; ask again" in job.message


def test_a_prepared_proxy_makes_the_method_live(jobs: Jobs) -> None:
    spec = quick("greedy", seed=50)
    jobs.ask(spec, "prepare")
    end = time.monotonic() + 60
    while (job := jobs.job(spec, "prepare")).state != "done":
        assert time.monotonic() < end, job
        time.sleep(0.05)


def test_a_run_whose_worker_is_killed_begins_again_twice_and_then_says_why(jobs: Jobs) -> None:
    """A killed worker made a person ask again, and the reason was a guess."""
    spec = long(seed=60)
    jobs.ask(spec)
    for deaths in range(3):
        wait(jobs, spec, lambda job, deaths=deaths: training(job) and len(_deaths(jobs, spec)) == deaths)  # type: ignore[misc]
        for worker in workers(jobs._home):
            worker.kill()
    job = wait(jobs, spec, lambda job: job.state == "interrupted", seconds=10)
    assert job.message.startswith("Its worker process died three times (killed by signal 9). Finished steps are kept.")
    key = jobs.ask(spec)  # begins to count anew
    wait(jobs, spec, training)
    assert _deaths(jobs, spec) == ()
    jobs.cancel(key)
    wait(jobs, spec, lambda job: job.state == "cancelled")


def _deaths(jobs: Jobs, spec: ExperimentSpec) -> tuple[str, ...]:
    return Queue(jobs.ledger).jobs()[key(spec)].deaths


@pytest.mark.slow
def test_scheduler_and_workers_end_by_themselves(jobs: Jobs) -> None:
    def running() -> bool:
        return bool(processes(jobs._home))

    jobs.ask(quick("random", seed=61))
    wait(jobs, quick("random", seed=61), lambda job: job.state == "done")
    assert running()
    jobs.close()
    end = time.monotonic() + 40
    while running():
        assert time.monotonic() < end
        time.sleep(0.2)
    assert jobs.active() == []
