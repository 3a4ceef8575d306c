"""What all benchmarks share: CPU seconds of this thread, ratios of things done in turn, and lines that say how sure."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Line:
    """One measured figure: the median of several rounds, with the smallest and the largest."""

    what: str
    value: float
    low: float
    high: float
    unit: str

    def __str__(self) -> str:
        return f"{self.what:<64} {self.value:9.3g} {self.unit:<4} ({self.low:.3g} to {self.high:.3g})"


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds that ``work`` takes in this thread."""
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


def line(what: str, values: list[float], unit: str) -> Line:
    """Return the median of ``values`` with their range."""
    return Line(what, float(np.median(values)), min(values), max(values), unit)


def seconds(what: str, work: Callable[[], object], rounds: int) -> Line:
    """Return how many CPU seconds ``work`` takes, after one round that does not count."""
    work()
    return line(what, [cpu(work) for _ in range(rounds)], "s")


def ratio(what: str, slow: Callable[[], float], fast: Callable[[], float], rounds: int) -> Line:
    """Return how many times as long ``slow`` takes; both say their seconds, and take turns, since machines drift."""
    fast()
    return line(what, [slow() / fast() for _ in range(rounds)], "×")
