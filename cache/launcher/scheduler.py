"""A Dask scheduler at an address, asked from outside: short questions that never wait long.

Checked against distributed 2026.8.0, whose private ``dask._task_spec.Task`` and ``Client._run_on_scheduler`` are used
here and nowhere else; a test fails when an upgrade changes them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from dask._task_spec import Task
from distributed import Client, Event
from distributed.client import ClosedClientError
from distributed.comm.core import CommClosedError

from cache.launcher.inside import cancel_name

T = TypeVar("T")
# A scheduler that ended because it was idle is no news; the client would print a traceback about it.
logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
_ANSWER = 3  # seconds that a question to the scheduler may take
# What calls raise when the scheduler has died under the client, or hangs (a closed client loses its attributes).
GONE = (CommClosedError, ClosedClientError, OSError, TimeoutError, AttributeError)


class Scheduler:
    """The scheduler that ``address()`` names now, if any; every question has an answer where there is none."""

    def __init__(self, address: Callable[[], str | None]) -> None:
        self._address = address
        self._client: Client | None = None
        self._lock = threading.RLock()

    def submit(self, key: str, function: Callable[..., None], *args: str) -> bool:
        """Hand a job over; return whether the scheduler took it."""

        def hand_over(client: Client) -> bool:
            Event(cancel_name(key), client=client).clear()
            # A data producer waits on the scheduler, not on a worker, so that a dying worker takes one job along.
            task = Task(key, function, key, *args, _data_producer=True)
            (future,) = client.get({key: task}, [key], sync=False)
            _ask(client, _keep, key=key)
            future.release()
            return True

        return self._question(hand_over, False)

    def states(self) -> dict[str, str]:
        """Return ``running`` or ``waiting`` for every job that is not over."""
        nothing: dict[str, str] = {}
        return self._question(lambda client: dict(_ask(client, _states) or {}), nothing)

    def events(self, topic: str) -> Sequence[Any]:
        """Return the messages of a topic, the oldest first."""
        nothing: Sequence[Any] = ()

        def listen(client: Client) -> Sequence[Any]:
            return [m for _, m in client.sync(_events, client, topic, callback_timeout=_ANSWER) or ()]

        return self._question(listen, nothing)

    def cancel(self, key: str) -> bool:
        """Stop a job: a waiting one at once, a running one when it next looks; return whether it was waiting."""

        def stop(client: Client) -> bool:
            Event(cancel_name(key), client=client).set()
            return bool(_ask(client, _cancel_waiting, key=key))

        return self._question(stop, False)

    def close(self) -> None:
        """Let go of the scheduler."""
        with self._lock:
            self._drop()

    def _question(self, ask: Callable[[Client], T], otherwise: T) -> T:
        with self._lock:
            client = self._connect()
            if client is None:
                return otherwise
            try:
                return ask(client)
            except GONE:
                self._drop()
                return otherwise

    def _connect(self) -> Client | None:
        address = self._address()
        if self._client is not None and (self._client.status != "running" or address is None):
            self._drop()
        if self._client is None and address is not None:
            with contextlib.suppress(*GONE):
                self._client = Client(address, timeout=_ANSWER, set_as_default=False)
        return self._client

    def _drop(self) -> None:
        if self._client is not None:
            with contextlib.suppress(*GONE):
                self._client.close(timeout=1)
            self._client = None


def _ask(client: Client, function: Callable[..., Any], **arguments: Any) -> Any:
    return client.sync(client._run_on_scheduler, function, **arguments, callback_timeout=_ANSWER)


async def _events(client: Any, topic: str) -> Any:
    return await client.scheduler.events(topic=topic)


async def _keep(dask_scheduler: Any, key: str) -> None:
    """Keep the job when its client goes; answers once the scheduler knows it (sending is batched)."""
    end = time.monotonic() + _ANSWER - 1
    while key not in dask_scheduler.tasks and time.monotonic() < end:
        await asyncio.sleep(0.002)
    task = dask_scheduler.tasks.get(key)
    if task is not None and task.state not in ("memory", "erred"):  # a finished one would be held for ever
        dask_scheduler.client_desires_keys([key], "fire-and-forget")


def _states(dask_scheduler: Any) -> dict[str, str]:
    names = {"processing": "running", "queued": "waiting", "waiting": "waiting", "no-worker": "waiting"}
    return {key: names[task.state] for key, task in dask_scheduler.tasks.items() if task.state in names}


def _cancel_waiting(dask_scheduler: Any, key: str) -> bool:
    task = dask_scheduler.tasks.get(key)
    if task is None or task.state == "processing":
        return False
    for client in list(task.who_wants or ()):
        dask_scheduler.client_releases_keys([key], client.client_key)
    return True
