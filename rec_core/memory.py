"""How much memory is free, asked before much of it is taken."""

from __future__ import annotations

from pathlib import Path

import psutil

_CONTAINER = Path("/sys/fs/cgroup")  # control group, version 2


def available() -> int:
    """Return how many bytes are free for this process: of the machine, or of its container where that has less."""
    free = psutil.virtual_memory().available
    try:
        most, used = (int((_CONTAINER / name).read_text()) for name in ("memory.max", "memory.current"))
        said = dict(line.split() for line in (_CONTAINER / "memory.stat").read_text().splitlines())
        files = sum(int(said.get(name, 0)) for name in ("active_file", "inactive_file"))  # given back when asked for
    except (OSError, ValueError):  # no such limit
        return free
    return min(free, max(most - used + files, 0))


def gigabytes(count: float) -> str:
    """Return bytes as people read them."""
    return f"{count / 1e9:,.1f} GB"
