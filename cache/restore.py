"""The list of runs, made anew from the results where it was lost: called before a new one is begun."""

from __future__ import annotations

import contextlib

from cache.ledger import Asked, Ledger
from cache.store import DiskStore
from rec_core.errors import CorelensError, SpecError
from rec_core.experiment import stored_result
from rec_core.specs import revive
from rec_core.stages import RUN


def restore(ledger: Ledger, store: DiskStore) -> list[Asked]:
    """Write down the runs of the store if there is no list, or an empty file in its place; return them."""
    if not ledger.is_lost():
        return []
    found = []
    for key, when in store.made(RUN.name):
        with contextlib.suppress(SpecError):
            if (result := stored_result(key, store)) is not None:
                found.append(Asked(key, "run", revive(result.spec), when))
    with contextlib.suppress(CorelensError):  # a disk that cannot be written shows them all the same
        ledger.restore(found)
    return sorted(found, key=lambda one: one.asked_at)
