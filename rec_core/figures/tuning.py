"""How configurations validate on a part of the data, and on all of it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from rec_core.evaluation import Metric
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import distinct, dots, lay_out, mark
from rec_core.selection import Mark
from rec_core.sweeps.tuning import Tuning, Way
from rec_core.wording import tuning as wording
from rec_core.wording.numbers import number

_SMALL, _LARGE = 10, 17


def orders(tuning: Tuning, validated: Mapping[Way, Mapping[int, float]], metric: Metric, caption: str) -> Exhibit:
    """Return one symbol per configuration and way; ``validated`` are way → configuration → validation quality."""
    shown = pd.DataFrame(
        [
            {
                "way": wording.way_title(way, tuning),
                "configuration": wording.configuration_title(tuning.configurations[place]),
                "validated": metric.gain(value, 0.0),
                "on_all_data": metric.gain(validated["full"][place], 0.0),
            }
            for way, values in validated.items()
            for place, value in values.items()
            if way != "full" and place in validated["full"]
        ]
    )
    return Exhibit(
        name="tuning",
        title="How configurations do on a part, and on all data",
        figure=_figure(shown, _marks(tuning), metric),
        alt=f"Validation {metric.title} of each configuration in each way of tuning against that on all data.",
        table=shown,
        how=wording.HOW,
        caption=caption,
        source="Kendall's τ-b: Kendall, 1945.",
    )


def _marks(tuning: Tuning) -> dict[str, Mark]:
    usual: dict[Way, Mark] = {
        "part": mark(tuning.base.method.name, tuning.base.pretrain),
        "random": mark("random"),
        "few epochs": mark("full"),
    }
    ways = [way for way in usual if way in tuning.ways]
    looks = distinct([usual[way] for way in ways])
    return {wording.way_title(way, tuning): look for way, look in zip(ways, looks, strict=True)}


def _figure(shown: pd.DataFrame, marks: Mapping[str, Mark], metric: Metric) -> go.Figure:
    figure = go.Figure()
    for title, look in marks.items():
        points = shown[shown["way"] == title]
        if points.empty:
            continue
        best = points["validated"].map(lambda value: metric.gain(value, 0.0)).idxmax()
        figure.add_scatter(
            name=title,
            x=points["validated"],
            y=points["on_all_data"],
            mode="markers",
            marker={**dots(look, _SMALL), "size": [_LARGE if place == best else _SMALL for place in points.index]},
            hovertext=[
                f"<b>{title}</b><br>{configuration}<br>{metric.title} {number(here)}, on all data {number(there)}"
                for configuration, here, there in zip(
                    points["configuration"], points["validated"], points["on_all_data"], strict=True
                )
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    lay_out(figure, 440)
    figure.update_xaxes(title=f"Validation {metric.title} where it was tuned", nticks=8)
    figure.update_yaxes(title=f"Validation {metric.title} on all data", nticks=8)
    return figure
