"""Every model on one figure: quality against what choosing rows and training on them costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from rec_core.analysis import columns as col
from rec_core.analysis import comparison
from rec_core.analysis.comparison import Compared, Intervals
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.quality_time import across_all, points, seconds_axis
from rec_core.figures.style import distinct, lay_out, readable
from rec_core.models import MODELS
from rec_core.selection import Mark
from rec_core.wording import labels, serving
from rec_core.wording.comparison import named

NAME = "both-kinds"
_LABELLED = 16  # points up to which each is named on the figure
_SOONEST, _ROOM = 1e-3, 0.12  # seconds that an axis of logarithms begins at; room on both sides, of its length
_WIDE, _HIGH = 0.25, 0.06  # of a name: in decades of seconds, and as a share of the figure
_HOW = (
    "One symbol per model, open where it was trained on all rows; circles and squares hold one embedding per user, "
    "the others are served from each user's own history. Bars are 95 % intervals over users and seeds; of one seed, "
    "over users alone. Dotted lines are controls on all rows that need no training, and hold train rows alone. Up and "
    "to the left is better. The table has under “cut” what a model finds with user histories cut to train rows: the "
    "same information as the other models and the lines. Cost is the CPU time of choosing rows and training on them."
)


def quality_against_cost(runs: Sequence[Compared], caption: str, intervals: Intervals) -> Exhibit:
    """Return one point per group, whatever its model; the table holds the same numbers."""
    metric = runs[0].metric
    table = named(comparison.table(runs, "", intervals)).assign(
        model=[labels.model_title(run.spec) for run in _in_order(runs)]
    )
    columns = [
        "model",
        "method",
        "ratio",
        metric.name,
        col.HALF,
        "cut",
        "total_s",
        "quality_kept",
        col.KEPT_HALF,
        "seed",
        "settings",
    ]
    return Exhibit(
        name=NAME,
        title="Both kinds of models",
        figure=_figure(runs, intervals),
        alt=f"{metric.title} of each run against its CPU time, by model; the table holds the same numbers.",
        table=table[columns],
        how=_HOW,
        caption=caption,
        shares=("ratio", "quality_kept", col.KEPT_HALF),
    )


def _in_order(runs: Sequence[Compared]) -> list[Compared]:
    """Return the runs in the order of ``comparison.table``."""
    by_key = {run.group.key: run for run in runs}
    return [by_key[key] for key in comparison.table(runs, "")["key"]]


def _figure(runs: Sequence[Compared], intervals: Intervals) -> go.Figure:
    figure = go.Figure()
    places, labelled = _places(runs), len(runs) <= _LABELLED
    series = {
        title: [run for run in runs if labels.model_title(run.spec) == title]
        for name in MODELS
        for title in dict.fromkeys(labels.model_title(run.spec) for run in runs if run.spec.model.name == name)
    }
    own = [type(some[0].spec.model) for some in series.values()]
    looks = distinct(Mark(readable(model.colour), model.symbol) for model in own)
    for (title, some), look in zip(series.items(), looks, strict=True):
        _add(figure, title, some, intervals, places if labelled else {}, look)
    lay_out(figure, 460 + 16 * max(0, len(figure.data) - 4))
    across_all(figure, runs, intervals, alone=True)
    seconds_axis(figure, [run.seconds for run in runs])
    ends = np.log10([max(run.seconds, _SOONEST) for run in runs])
    room = _ROOM * max(float(np.ptp(ends)), 0.5)
    figure.update_xaxes(range=[float(ends.min()) - room, float(ends.max()) + room])
    return figure


def _places(runs: Sequence[Compared]) -> dict[str, str]:
    """Return where each group's name stands: below its point where another's stands above one close by."""
    found: dict[str, str] = {}
    above: list[tuple[float, float]] = []
    height = max(run.value for run in runs) - min(run.value for run in runs) or 1.0
    for run in sorted(runs, key=lambda one: one.seconds):
        x, y = float(np.log10(max(run.seconds, _SOONEST))), run.value / height
        close = any(x - other_x < _WIDE and abs(y - other_y) < _HIGH for other_x, other_y in above)
        found[run.group.key] = "bottom center" if close else "top center"
        if not close:
            above.append((x, y))
    return found


def _add(
    figure: go.Figure,
    title: str,
    runs: Sequence[Compared],
    intervals: Intervals,
    places: Mapping[str, str],
    look: Mark,
) -> None:
    """Add the groups of a model, named where there are ``places`` for that."""
    model = type(runs[0].spec.model)
    symbols = [look.symbol + ("-open" if run.is_baseline else "") for run in runs]
    figure.add_scatter(
        name=f"{title} · {serving.FAMILY[serving.family(model)].lower()}",
        mode="markers+text" if places else "markers",
        text=[labels.short_choice(run.spec) for run in runs],
        textposition=[places.get(run.group.key, "top center") for run in runs],
        textfont={"size": 11},
        cliponaxis=False,
        **points(runs, intervals, look.colour, symbols, [14] * len(runs)),
    )
