"""A frontier as a file: written by ``python -m rec_core sweep``, and shown where nothing was run yet."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from rec_core.analysis import columns as col
from rec_core.analysis.comparison import Compared, Intervals, free_controls
from rec_core.analysis.frontier import table
from rec_core.evaluation import Metric
from rec_core.wording import frontier as wording
from rec_core.wording import labels

CONTROL = "control"  # in the column of methods: what needs no training, and has no ratio
_FOLDER = Path(__file__).parents[1] / "docs"
_REMARK = "# "


@dataclass(frozen=True)
class Measured:
    """Frontiers of one data set, a row per part and metric, with the sentences that say what they are of."""

    frame: pd.DataFrame
    remarks: tuple[str, ...]

    def of(self, model: str, metric: str) -> tuple[pd.DataFrame, dict[str, float]]:
        """Return the parts under one model by one metric, as figures take them, and the controls: title → value."""
        one = self.frame[(self.frame[col.MODEL] == model) & (self.frame[col.METRIC] == metric)]
        # A file of an earlier version has intervals over seeds alone, which are not shown.
        one = one.assign(**{name: math.nan for name in (col.HALF, col.KEPT_AT_LEAST) if name not in one})
        parts, free = one[one[col.METHOD] != CONTROL], one[one[col.METHOD] == CONTROL]
        return parts.reset_index(drop=True), dict(zip(free[col.LINE], free[col.VALUE], strict=True))

    def to_csv(self) -> str:
        """Return the file's text."""
        head = "".join(f"{_REMARK}{remark}\n" for remark in self.remarks)
        return head + self.frame.to_csv(index=False, float_format="%.6g")


def frontier(every: Iterable[Compared], metric: Metric, intervals: Intervals) -> pd.DataFrame:
    """Return the rows of groups under one model by one metric, with those of the controls on all rows."""
    groups = list(every)
    parts = wording.named(table(groups, intervals))
    free: Mapping[str, float] = free_controls(groups[0].group.results[0].controls_with(metric), metric)
    controls = [
        {
            col.METHOD: CONTROL,
            col.LINE: labels.control_title(name),
            col.MODEL: parts[col.MODEL].iloc[0],
            col.METRIC: metric.name,
            col.VALUE: value,
        }
        for name, value in free.items()
    ]
    return pd.concat([parts, pd.DataFrame(controls)], ignore_index=True)


def read(name: str) -> Measured:
    """Return the frontier of a data set that comes with Corelens, ``docs/frontier-<name>.csv``."""
    text = (_FOLDER / f"frontier-{name}.csv").read_text()
    lines = text.splitlines()
    remarks = tuple(line.removeprefix(_REMARK) for line in lines if line.startswith(_REMARK))
    return Measured(pd.read_csv(io.StringIO(text), comment="#"), remarks)
