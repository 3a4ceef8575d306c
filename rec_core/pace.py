"""How fast work goes on here: other programs take their share, and measured seconds say more than expected ones."""

from __future__ import annotations

import os
from collections.abc import Iterable

_TRUST = 3.0  # seconds of work that must be measured to say as much as what was expected


def slowdown(processes: int = 1) -> float:
    """Return the seconds that pass per CPU second of each of ``processes`` that are started now; at least 1.

    The system shares its cores among everything that wants to run: the load of the last minute, and what is started.
    """
    try:
        load = os.getloadavg()[0]
    except (OSError, AttributeError):  # a system without it
        load = 0.0
    return max(1.0, (load + processes) / _cores())


def blended(expected: float, measured: Iterable[tuple[float, float]]) -> float:
    """Return the seconds that pass per estimated second.

    That is what was ``expected``, until pairs of estimated and ``measured`` seconds weigh more.
    """
    pairs = list(measured)
    estimated, taken = (sum(pair[place] for pair in pairs) for place in (0, 1))
    return (_TRUST * expected + taken) / (_TRUST + estimated)


def _cores() -> int:
    """Return the number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # a system without it
        return os.cpu_count() or 1
