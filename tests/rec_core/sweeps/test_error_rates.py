"""The error rates and the power of a search, in short; ``python -m benchmarks searches`` is the long form."""

from __future__ import annotations

import numpy as np

from benchmarks.searches import CASES, just_below, rising, searched

SEARCHES = 40


def test_where_no_subset_keeps_enough_hardly_a_search_confirms_one() -> None:
    for case in (CASES[0], CASES[3]):
        found = [searched(case, just_below, seed) for seed in range(SEARCHES)]
        assert np.mean([one.is_false for one in found]) <= 0.05


def test_where_half_of_the_rows_keep_enough_most_searches_confirm_a_subset_and_what_they_print_is_true() -> None:
    found = [searched(CASES[0], rising, seed) for seed in range(SEARCHES)]
    yes = [one for one in found if one.kept is not None]
    assert len(yes) >= 0.6 * SEARCHES
    assert np.mean([one.holds for one in yes]) >= 0.95
    assert abs(np.mean([one.kept.mean - one.truth for one in yes if one.kept is not None])) < 0.01
