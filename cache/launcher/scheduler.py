"""A Dask scheduler at an address, asked from outside: short questions that never wait long.

Nobody waits longer than a second for an answer, however busy the machine is: what was known last stands meanwhile, and
the answer counts when it comes. Only a machine that refuses the connection says that the scheduler is gone.

Checked against distributed 2026.8.0, whose private ``dask._task_spec.Task`` and ``Client._run_on_scheduler`` are used
here and nowhere else; a test fails when an upgrade changes them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from dask._task_spec import Task
from distributed import Client
from distributed.client import ClosedClientError
from distributed.comm.core import CommClosedError
from distributed.security import Security

from cache.launcher.base import JobState
from cache.launcher.inside import cancel_name
from cache.launcher.talk import Talk

T = TypeVar("T")
# A scheduler that ended because it was idle is no news; the client would print a traceback about it.
logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
_ANSWER = 3  # seconds in which each step of a question is answered
_PATIENCE, _LONG_PATIENCE = 1.0, 10.0  # seconds that a page, and a process without other work, waits at most
_PAUSE = 2  # seconds after a late answer before the next question
# What calls raise when the scheduler has died under the client (a closed client loses its attributes).
GONE = (CommClosedError, ClosedClientError, OSError, AttributeError)


class Scheduler:
    """The scheduler that ``address()`` names now, if any; every question has an answer where there is none."""

    def __init__(self, address: Callable[[], str | None], security: Callable[[], Security]) -> None:
        self.address = address
        self._security = security
        self._client: Client | None = None
        self._client_of: str | None = None
        self._talk = Talk()
        self._known: dict[str, JobState] = {}
        self._late_since = 0.0

    @property
    def is_late(self) -> bool:
        """Whether it did not answer the last question in time."""
        return self._late_since > 0

    def submit(
        self, key: str, function: Callable[..., None], *args: str, later: bool = False, patiently: bool = False
    ) -> bool:
        """Hand a job over; return whether the scheduler is known to have it. What is for ``later`` lets others by."""

        def hand_over(client: Client) -> bool:
            _set_event(client, key, False)
            # A data producer waits on the scheduler, not on a worker, so that a dying worker takes one job along.
            task = Task(key, function, key, *args, _data_producer=True)
            first = _ask(client, _first_idle)
            (future,) = client.get(
                {key: task},
                [key],
                workers=first,
                allow_other_workers=first is not None,
                sync=False,
                priority=-1 if later else 0,
            )
            has_it = bool(_ask(client, _keep, key=key))
            future.release()
            return has_it

        return self._question(hand_over, patiently) or False

    def states(self) -> dict[str, JobState]:
        """Return how every job stands that is not over; what was known last, where the scheduler is late."""

        def look(client: Client) -> bool:
            self._known = dict(_ask(client, _states) or {})
            return True

        if self._question(look) is None and not self.is_late:
            self._known = {}
        return dict(self._known)

    def events(self, topic: str) -> Sequence[Any]:
        """Return the messages of a topic, the oldest first."""

        def listen(client: Client) -> Sequence[Any]:
            return [m for _, m in client.sync(_events, client, topic, callback_timeout=_ANSWER) or ()]

        return self._question(listen) or ()

    def cancel(self, key: str) -> bool | None:
        """Stop a job: a waiting one at once, a running one when it next looks.

        Return whether it was waiting; None if the scheduler did not hear it.
        """

        def stop(client: Client) -> bool:
            _set_event(client, key, True)
            return bool(_ask(client, _cancel_waiting, key=key))

        answer = self._question(stop)
        if answer:
            self._known.pop(key, None)
        return answer if answer is not None or self.is_late else False

    def close(self) -> None:
        """Let go of the scheduler."""
        with contextlib.suppress(TimeoutError):
            self._talk.ask(self._drop, _ANSWER)

    def _question(self, ask: Callable[[Client], T], patiently: bool = False) -> T | None:
        """Return the answer; None where there is no scheduler, or a late one (``is_late``), which is left in peace."""
        if self.address() is None:
            self._forget_client()
            return None
        late_for = time.monotonic() - self._late_since
        if not patiently and self.is_late and (self._talk.is_busy or late_for < _PAUSE):
            return None
        try:
            return self._talk.ask(lambda: self._answer(ask), _LONG_PATIENCE if patiently else _PATIENCE)
        except TimeoutError:
            self._late_since = time.monotonic()
            return None

    def _answer(self, ask: Callable[[Client], T]) -> T | None:
        """Ask, on the thread that talks to the scheduler."""
        try:
            client = self._connect()
            answer = None if client is None else ask(client)
            self._late_since = 0.0
            return answer
        except TimeoutError:
            raise
        except GONE:
            self._drop()
            self._late_since = 0.0 if self.address() is None else time.monotonic()
            return None

    def _forget_client(self) -> None:
        """Let go of a scheduler whose process is gone, which may take a while."""
        self._late_since = 0.0
        if self._client is not None and not self._talk.is_busy:
            self._talk.tell(self._drop)

    def _connect(self) -> Client | None:
        address = self.address()
        if self._client is not None and (self._client.status != "running" or address != self._client_of):
            self._drop()
        if self._client is None and address is not None:
            self._client = Client(address, timeout=_ANSWER, set_as_default=False, security=self._security())
            self._client_of = address
        return self._client

    def _drop(self) -> None:
        if self._client is not None:
            with contextlib.suppress(*GONE, TimeoutError):
                self._client.close(timeout=1)
            self._client = None


def _ask(client: Client, function: Callable[..., Any], **arguments: Any) -> Any:
    return client.sync(client._run_on_scheduler, function, **arguments, callback_timeout=_ANSWER)


def _set_event(client: Client, key: str, value: bool) -> None:
    scheduler: Any = client.scheduler
    client.sync(
        scheduler.event_set if value else scheduler.event_clear, name=cancel_name(key), callback_timeout=_ANSWER
    )


async def _events(client: Any, topic: str) -> Any:
    return await client.scheduler.events(topic=topic)


def _first_idle(dask_scheduler: Any) -> str | None:
    """Return the idle worker that came first: it had the first job, and has loaded what that needed."""
    workers = (dask_scheduler.workers[address] for address in dask_scheduler.aliases.values())  # as they came
    return next((worker.address for worker in workers if not worker.processing), None)


async def _keep(dask_scheduler: Any, key: str) -> bool:
    """Keep the job when its client goes; answers once the scheduler knows it (sending is batched)."""
    end = time.monotonic() + _ANSWER - 1
    while key not in dask_scheduler.tasks and time.monotonic() < end:
        await asyncio.sleep(0.002)
    task = dask_scheduler.tasks.get(key)
    if task is not None and task.state not in ("memory", "erred"):  # a finished one would be held for ever
        dask_scheduler.client_desires_keys([key], "fire-and-forget")
    return task is not None


def _states(dask_scheduler: Any) -> dict[str, JobState]:
    waiting: JobState = "waiting" if dask_scheduler.workers else "starting"
    names: dict[str, JobState] = {
        "processing": "running",
        "queued": waiting,
        "waiting": waiting,
        "no-worker": waiting,
    }
    return {key: names[task.state] for key, task in dask_scheduler.tasks.items() if task.state in names}


def _cancel_waiting(dask_scheduler: Any, key: str) -> bool:
    task = dask_scheduler.tasks.get(key)
    if task is None or task.state == "processing":
        return False
    for client in list(task.who_wants or ()):
        dask_scheduler.client_releases_keys([key], client.client_key)
    return True
