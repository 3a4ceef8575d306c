"""The report's Tables 1 to 3, 18 runs from an empty store, by the command line: by the clock and in CPU seconds."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Line, line
from cache.home import folders
from rec_core.data.sources import SOURCES

ROOT = Path(__file__).resolve().parents[1]


def measure(rounds: int) -> Iterator[Line]:
    """Yield the seconds of one round, whatever ``rounds`` says: it takes minutes."""
    data = "ml-1m" if SOURCES["ml-1m"].is_here(folders()) else "synthetic-1m"
    with tempfile.TemporaryDirectory() as home:
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "rec_core", "tables", "--dataset", data],
            cwd=ROOT,
            env=os.environ | {"CORELENS_HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        took, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    yield line(f"{SOURCES[data].title}: Tables 1 to 3, by the clock", [took], "s")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    yield line(f"{SOURCES[data].title}: Tables 1 to 3, CPU seconds", [cpu], "s")
