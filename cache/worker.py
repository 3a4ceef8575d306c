"""What a worker process does with a job. An entry point: it knows store, scheduler and science."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cache.home import open_store
from cache.kinds import STAGES, Kind
from cache.launcher import inside
from cache.ledger import Ledger
from cache.logs import Logs
from cache.outcomes import BEGAN, CANCELLED, FAILED, Outcome, load_outcome, progress_topic, save_outcome
from cache.queue import Queue
from cache.store import DiskStore
from rec_core import projection, specs
from rec_core.data.sources import Folders
from rec_core.errors import CancelledError, CorelensError
from rec_core.experiment import Experiment
from rec_core.progress import Listener, Progress
from rec_core.training.kernels import ready

__all__ = ["dask_setup", "execute", "ready"]  # loading this module loads the training code
_LOOK_EVERY = 0.2  # seconds between two looks at the cancel flag
_TELL_EVERY = 0.3  # seconds between two messages about the same epoch


def dask_setup(worker: Any) -> None:
    """Dask calls this when a worker has started: what the first map would wait for is made ready meanwhile."""
    projection.compile_ahead()


def execute(key: str, kind: Kind, spec: str, home: str, local_data: str) -> None:
    """Make the run, proxy or map that ``spec`` (JSON) describes; everything ends in the store."""
    store, queue = DiskStore(Path(home)), Queue(Ledger(Path(home)))
    if not _may_begin(key, store, queue):
        return
    folders = Folders(Path(local_data) if local_data else None, Path(home) / "data")
    stop = _cancel_flag(key)
    try:
        store = open_store(Path(home))
        Logs(Ledger(Path(home))).register()
        experiment = Experiment(specs.parse(json.loads(spec)), store, folders, _listener(key, stop.is_set))
        make(kind, experiment)
    except CancelledError:
        _leave(store, key, CANCELLED)
    except CorelensError as error:
        _leave(store, key, Outcome("failed", str(error)))
    except Exception as error:  # the job must leave a sentence behind, whatever went wrong
        logging.getLogger("corelens").exception("job %s failed", key)
        message = (
            f"Something unexpected went wrong ({type(error).__name__}). Run again; if it happens again, the details "
            "are in jobs/worker.log of the folder CORELENS_HOME."
        )
        _leave(store, key, Outcome("failed", message))
    finally:
        stop.set()
        with contextlib.suppress(CorelensError):  # the next look sees that it ended, and removes it
            queue.remove(key)
        store.tidy()


def _may_begin(key: str, store: DiskStore, queue: Queue) -> bool:
    """Note that a job begins; return False if it ended, was cancelled or was given up since it was handed over."""
    with contextlib.suppress(CorelensError):  # without the list of runs it begins all the same, and says what is wrong
        if (queued := queue.jobs().get(key)) is not None and queued.is_given_up:
            return False
        return queue.begin(key, inside.this_worker()) or not (store.has(key) or load_outcome(store, key))
    return True


def _leave(store: DiskStore, key: str, outcome: Outcome) -> None:
    """Write down how the job ended; where the disk takes nothing any more, tell it to whoever follows."""
    try:
        save_outcome(store, key, outcome)
    except OSError:
        inside.teller(progress_topic(key))({FAILED: outcome.message})


def make(kind: Kind, experiment: Experiment) -> None:
    """Make what a job of this kind is for."""
    experiment.graph.get(STAGES[kind])
    if kind.startswith("map"):
        projection.load_for_the_next()


def _cancel_flag(key: str) -> threading.Event:
    """Return an event that is set soon after someone cancels the job; a thread looks, so that the job need not wait."""
    stop, cancelled = threading.Event(), inside.cancel_flag(key)

    def look() -> None:
        while not stop.wait(_LOOK_EVERY):
            if cancelled():
                stop.set()

    threading.Thread(target=look, daemon=True).start()
    return stop


def _listener(key: str, cancelled: Callable[[], bool]) -> Listener:
    tell = inside.teller(progress_topic(key))
    tell({BEGAN: True})
    told = ("", -1, 0.0)

    def listen(progress: Progress) -> None:
        nonlocal told
        if cancelled():
            raise CancelledError("Cancelled.")
        stage, epoch, when = told
        news = (progress.stage, progress.epoch) != (stage, epoch)
        if news or time.monotonic() - when > _TELL_EVERY:
            tell(vars(progress))
            told = (progress.stage, progress.epoch, time.monotonic())

    return listen
