"""A method that breaks its promise is said so, before anything is trained on what it returned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rec_core.data.sources import Folders
from rec_core.errors import SelectionError
from rec_core.selection import Candidates, Coreset
from rec_core.selection.random import Random
from tests.conftest import experiment, interactions, quick


@pytest.mark.parametrize(
    "coreset",
    [
        Coreset(np.zeros(1939, np.int64)),
        Coreset(np.arange(1942)),
        Coreset(np.arange(1938)),
        Coreset(np.arange(1939)[::-1]),
        Coreset(np.arange(1939) + 9000),
        Coreset(np.arange(1939) - 1),
        Coreset(np.arange(1939), np.ones(5, np.float32)),
    ],
)
def test_a_coreset_that_is_not_what_was_asked_for_is_refused(
    coreset: Coreset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Random, "select", lambda self, candidates, budget, rng: coreset)
    with pytest.raises(SelectionError, match="Random did not return 1939 distinct rows in ascending order"):
        _ = experiment(quick("random"), Folders(None, tmp_path)).coreset


def test_a_method_that_does_not_say_what_it_needs_is_told() -> None:
    candidates = Candidates(interactions([0], [0]), 1, "implicit")
    with pytest.raises(SelectionError, match="needs_proxy: ClassVar = True"):
        _ = candidates.proxy
    with pytest.raises(SelectionError, match="ranks: ClassVar = True"):
        _ = candidates.scores
