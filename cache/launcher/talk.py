"""Calls that may take long, made on a thread of their own: the caller waits for a bounded time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Talk:
    """Makes calls one after another; the thread starts with the first and never keeps the process from ending."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._open = 0
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether calls are being made, or wait for that."""
        return self._open > 0

    def ask(self, call: Callable[[], T], seconds: float) -> T:
        """Return the result of ``call``, or raise its error.

        Raises:
            TimeoutError: if that takes longer than so many seconds, with those before it; it is still made then.
        """
        return self.tell(call).result(timeout=seconds)

    def tell(self, call: Callable[[], T]) -> Future[T]:
        """Have a call made without waiting for it."""
        answer: Future[T] = Future()
        with self._lock:
            self._open += 1
            self._calls.put((call, answer))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
        return answer

    def _work(self) -> None:
        while True:
            call, answer = self._calls.get()
            try:
                found = call()
            except BaseException as error:
                self._done()
                answer.set_exception(error)
            else:
                self._done()
                answer.set_result(found)

    def _done(self) -> None:
        with self._lock:
            self._open -= 1
