"""Selection methods: one per file, all of them listed here."""

from rec_core.selection import clustering, full, gradient, greedy, random, window
from rec_core.selection.base import Candidates, Method, budget

METHODS: dict[str, Method] = {
    module.METHOD.name: module.METHOD for module in (full, random, clustering, gradient, greedy, window)
}

__all__ = ["METHODS", "Candidates", "Method", "budget"]
