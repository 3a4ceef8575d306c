"""A log by its path, read, filtered, split and selected from, as rows grow from 10 to 100 million: seconds, memory.

Made-up interactions, unevenly spread, 100 a user, a few pairs twice, in a CSV file in which a user's rows stand near
each other; 100 million take 3 GB on the disk, and as much in the store. Each size in a process of its own, whose peak
is measured: all that it holds, and what of that are not pages of files that the system may take back.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.measure import Line, line
from cache.store import DiskStore
from rec_core import specs
from rec_core.data import sources
from rec_core.data.sources import Folders
from rec_core.data.sources.table import Reading, Table, sniff
from rec_core.stages import LOAD, SELECT, SPLIT, Graph, resolve

SIZES, _BLOCK = (10_000_000, 100_000_000), 1_000_000
PER_USER, PER_ITEM, RATIO = 100, 500, 0.1
LOG, METHODS = "log.csv", ("recent", "quota", "random", "window-by-date")
PEAK, OWN = "peak of memory", "peak of memory, without pages of files"


def measure(rounds: int) -> Iterator[Line]:
    """Yield what 100 million rows take, and how many times that of 10 million; one round, whatever ``rounds`` says."""
    small, large = (_measured(rows, _BLOCK) for rows in SIZES)
    for step, found in large.items():
        yield line(f"{SIZES[1]:,} rows: {step}", [found], "GB" if step in (PEAK, OWN) else "s")
        yield line(f"  times that of {SIZES[0]:,} rows", [found / small[step]], "×")


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
    """Write a log of ``rows`` ratings: a ``block`` of lines again and again, each time of other users."""
    rng, of_users = np.random.default_rng(0), block // PER_USER
    users = 10 ** len(str(of_users)) + of_users * rng.random(block) ** 1.5
    items = 1 + rows / PER_ITEM * rng.random(block) ** 2
    ratings, times = rng.integers(1, 6, block), rng.integers(10**9, 2 * 10**9, block)
    lines = np.column_stack([users, items, ratings, times]).astype(np.int64).tolist()
    text = "".join(f"{user},{item},{rating}.0,{time}\n" for user, item, rating, time in lines).encode()
    with (folder / LOG).open("wb") as file:
        file.write(b"user,item,rating,time\n")
        for number in range(rows // block):
            first = str(10 + number).encode()  # of the digits of its users
            file.write(first + text[:-1].replace(b"\n", b"\n" + first) + b"\n")


def main(folder: Path) -> None:
    """Print the seconds of each step by the clock, and the peaks of memory in GB, as JSON."""
    took, peaks = dict[str, float](), Peaks()
    store, folders = DiskStore(folder / "store"), Folders(None, folder)

    def timed(step: str, work: Callable[..., Any], *arguments: object) -> Any:
        begin = time.perf_counter()
        result = work(*arguments)
        took[step] = time.perf_counter() - begin
        return result

    found = timed("look", sniff, str(folder / LOG))
    log = timed("hash", Table.of, str(folder / LOG), Reading(layout=found.layout, columns=found.columns))
    sources.register([log])
    asked = specs.preset("recommended", "implicit", "co-occurrence", data={"dataset": log.name}, ratio=RATIO)
    spec = resolve(asked, folders)
    for stage in (LOAD, SPLIT):
        timed(stage.name, Graph(spec, store, folders).get, stage)
    for name in METHODS:
        chosen = specs.parse(spec.model_dump() | {"method": {"name": name}})
        timed(f"{name} at 10 %", Graph(chosen, store, folders).get, SELECT)
    took["all of them"] = sum(took.values())
    print(json.dumps(took | {PEAK: peaks.all / 1e9, OWN: peaks.own / 1e9}))


class Peaks:
    """The most memory that this process held from now on, in bytes, looked at fifty times a second."""

    def __init__(self) -> None:
        self.all = self.own = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        process = psutil.Process()
        while True:
            now = process.memory_info()
            self.all, self.own = max(self.all, now.rss), max(self.own, now.rss - now.shared)
            time.sleep(0.02)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
