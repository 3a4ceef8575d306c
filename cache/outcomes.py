"""What jobs tell: how far they are, and how they ended that have no result, failed or cancelled, with a sentence.

Outcomes are kept in the store like results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cache.store import DiskStore
from rec_core.canonical import digest
from rec_core.stages import pack, unpacked


@dataclass(frozen=True)
class Outcome:
    """Why a job has no result."""

    state: Literal["failed", "cancelled"]
    message: str


FAILED = "failed"  # names the reason in a job's last message, where its outcome cannot be written down
BEGAN = "began"  # a job's first message: what was told before is of an earlier attempt
CANCELLED = Outcome("cancelled", "Cancelled. Finished steps are kept.")


def save_outcome(store: DiskStore, key: str, outcome: Outcome) -> None:
    """Write down how the job ``key`` ended."""
    store.put(_outcome_key(key), pack(outcome, "outcome"))


def load_outcome(store: DiskStore, key: str) -> Outcome | None:
    """Return how the job ``key`` ended without a result, or None."""
    # Another process may have replaced it, so what this one remembers does not count.
    found = store.get(_outcome_key(key), fresh=True)
    return unpacked(Outcome, found)


def clear_outcome(store: DiskStore, key: str) -> None:
    """Forget how the job ``key`` ended, because it is asked for again."""
    store.remove(_outcome_key(key))


def _outcome_key(key: str) -> str:
    return digest({"outcome of": key})


def progress_topic(key: str) -> str:
    """Return the topic under which the job ``key`` tells how far it is."""
    return f"progress-{key}"
