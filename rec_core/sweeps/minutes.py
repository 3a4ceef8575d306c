"""The minutes that a search may take: what is left of them, and how long runs take here by those that it made."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rec_core.estimate import Rates, parts_of_view
from rec_core.experiment import View
from rec_core.pace import slowdown
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import EVALUATE, PROXY, TRAIN

_MEASURED = {TRAIN.doing: "train", EVALUATE.doing: "evaluate"}  # steps of a run → parts of its seconds


class Minutes:
    """A limit that the runs of a search are held against, before and while they are made.

    Training and ranking are each as slow as they were in the runs so far: those that confirm rank everybody, while
    those that search rank some users, so that one pace for both would promise too much.
    """

    def __init__(
        self,
        minutes: float,
        look: Callable[[ExperimentSpec], View],
        rates: Rates,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look, self._rates, self._now = look, rates, now
        self._begun, self._end = now(), now() + 60 * minutes
        self._seen: dict[str, list[tuple[float, float]]] = {name: [] for name in _MEASURED}

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self._end - self._now()

    @property
    def spent(self) -> float:
        """The seconds since the search began."""
        return self._now() - self._begun

    def lacking(self, wanted: Sequence[ExperimentSpec]) -> float:
        """Return by how many seconds runs, one after the other, take longer than is left; 0 where they do not."""
        if self.left <= 0:
            return max(self._seconds(wanted), 1.0) - self.left
        return max(self._seconds(wanted) - self.left, 0.0)

    def learn(self, spec: ExperimentSpec, result: RunResult) -> None:
        """Take a run that ended for how long others will take."""
        expected = parts_of_view(self._look(spec), self._rates)
        for name, part in _MEASURED.items():
            self._seen[name].append((expected[name], result.seconds.get(part, expected[name])))

    def _seconds(self, wanted: Sequence[ExperimentSpec]) -> float:
        total, proxies = 0.0, set()
        usual = slowdown()
        for spec in wanted:
            parts = parts_of_view(self._look(spec), self._rates)
            if (key := PROXY.key(spec)) in proxies:  # pretrained once
                parts[PROXY.doing] = 0.0
            proxies.add(key)
            total += sum(self._pace(name, usual) * seconds for name, seconds in parts.items())
        return total

    def _pace(self, name: str, usual: float) -> float:
        """Return the seconds that pass per estimated second of a step; what is ``usual`` counts as one run more."""
        if not (seen := self._seen.get(name)):
            return usual
        expected, taken = (sum(pair[place] for pair in seen) for place in (0, 1))
        one = expected / len(seen)
        return (usual * one + taken) / (one + expected) if expected else usual
