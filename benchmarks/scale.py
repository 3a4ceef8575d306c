"""Load, filter, split and select as rows grow from 10 to 100 million: how many times as long, and how much memory.

Made-up interactions, unevenly spread, 100 a user, in a file as MovieLens writes them, in which a user's rows stand near
each other; 100 million take 3 GB on the disk. Each size in a process of its own, whose peak is measured.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.measure import Line, line
from rec_core.data.filtering import k_core
from rec_core.data.sources.movielens_files import ML_CSV, read
from rec_core.data.splits import leave_one_out
from rec_core.selection import Candidates
from rec_core.selection.gradient import Gradient
from rec_core.selection.random import Random
from rec_core.selection.recent import Recent
from rec_core.selection.window import Window

T = TypeVar("T")
SIZES, _BLOCK = (10_000_000, 100_000_000), 1_000_000
PER_USER, PER_ITEM, MINIMUM, RATIO = 100, 500, 5, 0.2


def measure(rounds: int) -> Iterator[Line]:
    """Yield what 100 million rows take, and how many times that of 10 million; one round, whatever ``rounds`` says."""
    small, large = (_measured(rows, _BLOCK) for rows in SIZES)
    for step, seconds in large.items():
        unit = "GB" if step == "peak of memory" else "s"
        yield line(f"{SIZES[1]:,} rows: {step}", [seconds], unit)
        yield line(f"  times that of {SIZES[0]:,} rows", [seconds / small[step]], "×")


def _measured(rows: int, block: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), rows, block)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.scale", folder],
            cwd=Path(__file__).resolve().parents[1],
            capture_output=True,
            text=True,
            check=True,
        )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def write(folder: Path, rows: int, block: int) -> None:
    """Write ``rows`` ratings as MovieLens does: a ``block`` of lines again and again, each time of other users."""
    rng, of_users = np.random.default_rng(0), block // PER_USER
    users = 10 ** len(str(of_users)) + of_users * rng.random(block) ** 1.5
    items = 1 + rows / PER_ITEM * rng.random(block) ** 2
    ratings, times = rng.integers(1, 6, block), rng.integers(10**9, 2 * 10**9, block)
    lines = np.column_stack([users, items, ratings, times]).astype(np.int64).tolist()
    text = "".join(f"{user},{item},{rating}.0,{time}\n" for user, item, rating, time in lines).encode()
    (folder / "movies.csv").write_text("movieId,title,genres\n")
    with (folder / "ratings.csv").open("wb") as file:
        file.write(b"userId,movieId,rating,timestamp\n")
        for number in range(rows // block):
            first = str(10 + number).encode()  # of the digits of its users
            file.write(first + text[:-1].replace(b"\n", b"\n" + first) + b"\n")


def main(folder: Path) -> None:
    """Print the CPU seconds of each step, and the peak of memory in GB, as JSON."""
    rng, took = np.random.default_rng(0), dict[str, float]()

    def timed(step: str, work: Callable[..., T], *arguments: object) -> T:
        begin = time.thread_time()
        result = work(*arguments)
        took[step] = time.thread_time() - begin
        return result

    data = timed("load", read, ML_CSV, folder)
    data = timed("k-core", k_core, data, MINIMUM)
    train = timed("split", leave_one_out, data, "last", "random", rng).train
    candidates = Candidates(train, data.catalogue.n_users, "implicit", None, rng.random(len(train), np.float32))
    budget = round(RATIO * len(train))
    for method in (Random(), Recent(), Gradient(), Window(position=0.5)):
        timed(f"{method.title} at 20 %", method.select, candidates, budget, rng)
    took["all of them"] = sum(took.values())
    took["peak of memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps(took))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
