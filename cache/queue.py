"""The jobs that were asked for and have not ended: what is handed over again when a scheduler or its workers die.

A job enters when it is asked for and leaves when it ends, is cancelled or is dismissed. In between, its row holds how
often it began, and how its worker processes died. The rows are in the ledger, so every process of a home sees the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from cache.kinds import Kind
from cache.ledger import Ledger, parsed_spec
from rec_core.specs import ExperimentSpec

_AGAIN = 2  # how often a job is begun again whose own worker process died
_MOST = 20  # how often a job is begun at all, whatever stopped it
_TIMES = {1: "once", 2: "twice", 3: "three times"}
OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True)
class Queued:
    """A job that has not ended: how often it began, whether since it was handed over last, and how its workers died."""

    key: str
    kind: Kind
    spec: ExperimentSpec
    later: bool
    began: int
    has_begun: bool
    deaths: tuple[str, ...]

    @property
    def is_given_up(self) -> bool:
        """Whether the job has begun too often to be begun again without being asked for."""
        return len(self.deaths) > _AGAIN or self.began >= _MOST

    @property
    def why(self) -> str:
        """One sentence or two: why the job was given up, and what to do."""
        if len(self.deaths) <= _AGAIN:
            return f"The scheduler or the workers stopped {self.began} times while this ran. {_RUN_AGAIN}"
        count = _TIMES.get(len(self.deaths), f"{len(self.deaths)} times")
        stopped = f"Its worker process died {count} ({', '.join(dict.fromkeys(self.deaths))})."
        smaller = "Choose a smaller embedding size or batch size, then run it again. Finished steps are kept."
        return f"{stopped} {smaller if OUT_OF_MEMORY in self.deaths else _RUN_AGAIN}"


_RUN_AGAIN = "Finished steps are kept. Run it again; the details are in jobs/worker.log of the folder CORELENS_HOME."


class Queue:
    """The queue of one home folder, in its ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def put(self, key: str, kind: Kind, spec: ExperimentSpec, later: bool = False) -> None:
        """Add a job. A job that is in the queue counts as never begun: asking again forgives it what happened."""
        statement = "INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, 0, 0, '', '[]')"
        self._ledger.write(statement, key, kind, json.dumps(spec.model_dump()), int(later))

    def jobs(self) -> dict[str, Queued]:
        """Return all jobs of the queue by key, in the order in which they came."""
        with self._ledger.reading() as rows:
            found = rows("SELECT key, kind, spec, later, began, began > handed, deaths FROM queue ORDER BY rowid")
        parsed = [(row, parsed_spec(row[2])) for row in found]
        return {
            key: Queued(key, kind, spec, bool(later), began, bool(has_begun), tuple(json.loads(deaths)))
            for (key, kind, _, later, began, has_begun, deaths), spec in parsed
            if spec is not None
        }

    def hand_over(self, key: str) -> None:
        """Note that a job is handed over again. Its dead worker may not be noted yet, so that stays known."""
        self._ledger.write("UPDATE queue SET handed = began WHERE key = ?", key)

    def begin(self, key: str, worker: str) -> bool:
        """Note that a worker process begins a job; return whether the job is in the queue."""
        return bool(self._ledger.write("UPDATE queue SET began = began + 1, worker = ? WHERE key = ?", worker, key))

    def died(self, worker: str, cause: str) -> None:
        """Note why a worker process died, with every job that it had begun."""
        changed = "deaths = json_insert(deaths, '$[#]', ?), handed = began, worker = ''"
        self._ledger.write(f"UPDATE queue SET {changed} WHERE worker = ?", cause, worker)

    def remove(self, key: str) -> None:
        """Take a job out of the queue; without effect if it is not there."""
        with self._ledger.reading() as rows:
            if not rows("SELECT 1 FROM queue WHERE key = ?", key):
                return
        self._ledger.write("DELETE FROM queue WHERE key = ?", key)
