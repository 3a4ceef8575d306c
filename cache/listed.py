"""The list of sweeps: what was asked for, whether it is paused, and what it came to.

What the command line runs it runs by itself; the app leaves it alone meanwhile.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import lru_cache

from cache.ledger import Ledger, Written
from rec_core.errors import CorelensError
from rec_core.sweeps import Answer, Cells, Plan, Question, Tuning

BY_THE_COMMAND_LINE = "The command line runs it, or was stopped. Going on here runs what is missing."
DONE = "done"  # what runs that are asked for together come to
Asked = Cells | Question
_KINDS: dict[str, type[Asked]] = {"plan": Plan, "question": Question, "tuning": Tuning}


@dataclass(frozen=True)
class Sweep:
    """A sweep that was asked for, by its name, and when (Unix seconds).

    ``paused`` says why nothing of it is begun, or is empty; ``spent`` are the seconds in which it went on; ``ended`` is
    what it came to, in JSON, or empty.
    """

    name: str
    asked: Asked
    asked_at: float
    paused: str = ""
    spent: float = 0.0
    ended: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether runs are asked for as others end."""
        return not (self.paused or self.ended)


class SweepList:
    """The list in a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def all(self) -> list[Sweep]:
        """Return all sweeps, the newest first. One that this version cannot read is left out."""
        return [sweep for written in self._ledger.sweeps()[::-1] if (sweep := _read(written)) is not None]

    def named(self, name: str) -> Sweep:
        """Return the sweep of that name.

        Raises:
            CorelensError: if there is none.
        """
        found = next((sweep for sweep in self.all() if sweep.name == name), None)
        if found is None:
            raise CorelensError(f"There is no sweep called '{name}'; begin one, or look at the list of sweeps.")
        return found

    def keep(self, name: str, asked: Asked, paused: str = BY_THE_COMMAND_LINE) -> None:
        """Write down a sweep, in place of the one of its name; by default one that the command line runs."""
        kind = next(kind for kind, asks in _KINDS.items() if isinstance(asked, asks))
        self._ledger.keep_sweep(Written(name, kind, asked.model_dump_json(), time.time(), paused, 0.0, ""))

    def asked(self, name: str) -> Asked | None:
        """Return what was asked of a sweep; None if there is none of that name."""
        return next((sweep.asked for sweep in self.all() if sweep.name == name), None)

    def end(self, name: str, answer: Answer | None) -> None:
        """Write down that a plan is done, or what a search came to."""
        ended = DONE if answer is None else json.dumps(answer.to_json())
        self._ledger.change_sweep(name, paused="", ended=ended)


def _read(written: Written) -> Sweep | None:
    try:
        asked = _asked(written.kind, written.asked)
    except (KeyError, ValueError, TypeError, RecursionError):
        return None
    return Sweep(written.name, asked, written.asked_at, written.paused, written.spent, written.ended)


@lru_cache(maxsize=100)
def _asked(kind: str, asked: str) -> Asked:
    return _KINDS[kind].model_validate_json(asked)
