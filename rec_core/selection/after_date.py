"""Keep everything after a date, chosen so that the budget is met.

What a team does that trains on the last few weeks. Users who left before that date lose all their rows, which a test on
everybody's last click holds against it, and a test on what happens from now on does not.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from rec_core.errors import SelectionError
from rec_core.selection.base import Candidates, Coreset, Mark, Method, Rows, first_sql


class AfterDate(Method):
    """The newest rows, whoever's they are."""

    title: ClassVar = "Window by date"
    summary: ClassVar = (
        "Keeps every {row} after a date. Choose it where the model serves whoever comes next, not everybody."
    )
    mark: ClassVar = Mark("#56b4e9", "hexagon")

    name: Literal["window-by-date"] = "window-by-date"

    @property
    def needs_order(self) -> bool:
        """Whether it asks which of a user's rows came first."""
        return True

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return the last rows by time; of equal times, the later in the file.

        Raises:
            SelectionError: if the data have no times: of the order of different users' rows nothing is known.
        """
        if (moment := candidates.train.moment) is None:
            raise SelectionError(
                f"{self.title} needs times, and these data have none; choose Recent, for which the order of each "
                "user's rows is enough."
            )
        return Coreset(_latest(moment, budget))

    def sql(self, rng: np.random.Generator) -> dict[str, str]:
        """Return the last rows by time."""
        return first_sql("SELECT row, row_number() OVER (ORDER BY time DESC, place DESC) AS rank FROM train")


def _latest(time: np.ndarray, budget: int) -> Rows:
    """Return the ``budget`` rows with the largest times, found by a partition rather than a sort."""
    date = np.partition(time, len(time) - budget)[len(time) - budget]
    later, that_day = np.flatnonzero(time > date), np.flatnonzero(time == date)
    missing = budget - len(later)
    return np.sort(np.concatenate([later, that_day[len(that_day) - missing :]]))
