"""Filter, split and select as rows grow from 10 to 100 million: how many times as long, and how much memory.

Made-up interactions, unevenly spread, 100 a user; each size in a process of its own, whose peak is measured.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.measure import Line, line
from rec_core.data.filtering import k_core
from rec_core.data.interactions import Catalogue, Dataset, Interactions, compact, texts
from rec_core.data.splits import leave_one_out
from rec_core.selection import Candidates
from rec_core.selection.gradient import Gradient
from rec_core.selection.random import Random
from rec_core.selection.window import Window

T = TypeVar("T")
SIZES = (10_000_000, 100_000_000)
PER_USER, PER_ITEM, MINIMUM, RATIO = 100, 500, 5, 0.2


def measure(rounds: int) -> Iterator[Line]:
    """Yield what 100 million rows take, and how many times that of 10 million; one round, whatever ``rounds`` says."""
    small, large = map(_measured, SIZES)
    for step, seconds in large.items():
        unit = "GB" if step == "peak of memory" else "s"
        yield line(f"{SIZES[1]:,} rows: {step}", [seconds], unit)
        yield line(f"  times that of {SIZES[0]:,} rows", [seconds / small[step]], "×")


def _measured(rows: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", str(rows)],
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main(rows: int) -> None:
    """Print the CPU seconds of each step, and the peak of memory in GB, as JSON."""
    rng, took = np.random.default_rng(0), dict[str, float]()
    n_users, n_items = rows // PER_USER, rows // PER_ITEM
    user = (n_users * rng.random(rows, np.float32) ** 1.5).astype(np.int32).clip(max=n_users - 1)
    item = (n_items * rng.random(rows, np.float32) ** 2).astype(np.int32).clip(max=n_items - 1)
    ratings, times = rng.integers(1, 6, rows).astype(np.float32), rng.integers(0, 10**9, rows)
    catalogue = Catalogue(np.arange(n_users), np.arange(n_items), texts([""] * n_items), texts([""] * n_items))
    data = Dataset(Interactions(user, item, ratings, times), catalogue)
    del user, item, ratings, times

    def timed(step: str, work: Callable[..., T], *arguments: object) -> T:
        begin = time.thread_time()
        result = work(*arguments)
        took[step] = time.thread_time() - begin
        return result

    timed("positions of ids", compact, data.interactions.user, data.interactions.item)
    data = timed("k-core", k_core, data, MINIMUM)
    train = timed("split", leave_one_out, data, "last", "random", rng).train
    candidates = Candidates(train, n_users, "implicit", None, rng.random(len(train), np.float32))
    budget = round(RATIO * len(train))
    for method in (Random(), Gradient(), Window(position=0.5)):
        timed(f"{method.title} at 20 %", method.select, candidates, budget, rng)
    took["all of them"] = sum(took.values())
    took["peak of memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps(took))


if __name__ == "__main__":
    main(int(sys.argv[1]))
