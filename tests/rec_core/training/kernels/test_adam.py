"""The formulas of Adam for steps that are taken together, against the steps one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from rec_core.training.kernels.compiled.adam import adam
from rec_core.training.kernels.compiled.rows import Rows, values

RATE = 0.01


@pytest.mark.parametrize("decay", [0.0, 0.01])
@pytest.mark.parametrize("missed", [0, 1, 149, 151, 5_000, 40_000])
@pytest.mark.parametrize("since", [1, 63, 64, 1_000, 40_000])
def test_steps_that_were_missed_are_made_up_for(since: int, missed: int, decay: float) -> None:
    """One gradient and no further one for so many steps, against the sum of AdamW's steps in double precision."""
    m, v, g = (np.array([value] * 8) for value in (0.02, 1e-4, 0.05))
    row = np.concatenate([np.ones(8), m, v, g]).astype(np.float32)
    rows_of = Rows(row, np.array([since], np.int32), 8)
    found = values(rows_of, since + missed + 1, adam(RATE, decay), 8)[0]
    m, v, w = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2, np.ones(8)
    for step in range(since, since + missed + 1):
        w *= 1 - RATE * decay
        w -= RATE * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        m, v = 0.9 * m, 0.999 * v
    np.testing.assert_allclose(1 - found, 1 - w, rtol=3e-4 if decay else 2e-4)
    assert np.array_equal(row, np.concatenate([np.ones(8), [0.02] * 8, [1e-4] * 8, [0.05] * 8]).astype(np.float32))
