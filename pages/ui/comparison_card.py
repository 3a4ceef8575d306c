"""The tables of runs and controls, and the card that starts a first comparison."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import cards, net, state
from rec_core.analysis import columns as col
from rec_core.analysis.comparison import Compared
from rec_core.canonical import digest
from rec_core.data.sources import Words
from rec_core.evaluation import METRICS, Metric, free
from rec_core.evaluation.ranking import ALL_ITEMS
from rec_core.models import MODELS
from rec_core.replicates import Group
from rec_core.specs import ExperimentSpec, preset_of, under_other_models
from rec_core.stages import controls
from rec_core.wording import comparison as wording
from rec_core.wording import labels
from rec_core.wording.columns import title, titled
from rec_core.wording.numbers import capital, percent

_COUNTS = "Half the width of the 95 % interval: other users and other seeds; of one seed, other users alone"
# RS2 keeps nothing: it is what as many steps on all rows are worth, and so what keeping rows has to be held against.
_FIRST = ("full", "random", "gradient", "recent", "rs2")
# Of the other kind of models, which are quick: on everything, on a part of each history, and on a part of the users.
_SERVED = (("co-occurrence", ("full", "users")), ("next-item", ("full", "recent")))


def runs_table(table: pd.DataFrame, metric: Metric) -> list[str]:
    """Draw the runs, the baselines on top and marked; return the keys of those that the reader ticked."""
    column = st.column_config
    scores = {
        name: column.NumberColumn(METRICS[name].title, format="%.3f") for name in map(str, table) if name in METRICS
    }
    shown = table.assign(
        method=[("★ " if b else "") + m for b, m in zip(table.is_baseline, table.method, strict=True)],
        ratio=100 * table.ratio,
        quality_kept=100 * table.quality_kept.astype(float),
        **{col.KEPT_HALF: 100 * table[col.KEPT_HALF].astype(float)},
    )
    main = {name: scores.pop(name) for name in list(scores) if name == metric.name or METRICS[name].part != ALL_ITEMS}
    columns = {
        "method": column.TextColumn("Method", pinned=True, width="medium", help="★ full data, the baseline"),
        "settings": column.TextColumn("Settings"),
        "ratio": column.NumberColumn("Rows used", format="%.3g %%", help=f"Share of the train {state.words().rows}"),
        "quality_kept": column.NumberColumn(
            "Quality kept", format="%.0f %%", help="Of full data, same settings and seed"
        ),
        col.KEPT_HALF: column.NumberColumn("± users, seeds", format="%.1f", help=f"{_COUNTS}. In points."),
        "gain": column.NumberColumn("Gain over control", format="%+.3f", help=f"In {metric.title}"),
        "no_better": column.TextColumn(
            "No better than", width="medium", help="What is cheaper and at least as good, by the means of seeds"
        ),
        metric.name: main.pop(metric.name),
        col.HALF: column.NumberColumn(f"± {metric.title}, users and seeds", format="%.3f", help=f"{_COUNTS}."),
        "cut": column.NumberColumn(
            "Histories cut", format="%.3f", help=f"{metric.title} with user histories cut to train {state.words().rows}"
        ),
        **main,
        "report": column.NumberColumn("In the report", format="%.3f", help=metric.title),
        "total_s": column.NumberColumn("CPU s", format="%.1f", help="Pretrain + select + train"),
        "speed_up": column.NumberColumn("Speed-up", format="%.1f ×", help="By CPU time, epochs included"),
        "epochs": column.NumberColumn("Epochs", format="%.3g", help="Trained, also where training stopped early"),
        "row_us": column.NumberColumn("µs per row", format="%.2f", help="CPU time of training per row and epoch"),
        "select_s": column.NumberColumn("Select s", format="%.2f", help="CPU time"),
        "pretrain_s": column.NumberColumn("Pretrain s", format="%.1f", help="CPU time"),
        "train_s": column.NumberColumn("Train s", format="%.1f", help="CPU time"),
        **scores,
        "curve": column.LineChartColumn("Validation by epoch"),
        "seed": column.TextColumn("Seed"),
        "rows": column.NumberColumn(capital(state.words().rows), format="localized"),
    }
    for name in ("report", col.KEPT_HALF, col.HALF, "cut"):
        if table[name].isna().all():
            del columns[name]
    ticked = cards.table(
        shown,
        # Ticks are positions: another set or order of runs must not keep them.
        key=f"runs-table-{digest(list(table.key))[:8]}",
        on_select="rerun",
        selection_mode="multi-row",
        alt="One row per run: quality, time and settings; the baseline is on top.",
        column_order=list(columns),
        column_config=columns,
    )
    return [str(table.key.iloc[row]) for row in ticked.selection.rows]


def controls_table(table: pd.DataFrame, choice: str) -> None:
    """Draw the controls beside the run called ``choice``."""
    number = st.column_config.NumberColumn
    scores = {name: number(METRICS[name].title, format="%.3f") for name in map(str, table) if name in METRICS}
    cards.table(
        table,
        key="controls-table",
        alt=f"Metrics of the controls that need no training, beside {choice}.",
        height="content",
        column_config={
            col.CONTROL: st.column_config.TextColumn("Control", width="medium"),
            col.COUNTED_ON: "Counted on",
            "cut": st.column_config.NumberColumn(
                "Histories cut", format="%.3f", help=f"{state.metric().title}, histories cut to train rows"
            ),
            **scores,
        },
    )
    st.caption(f"Kept rows: those of {choice}.")


def controls_to_come(of: Group) -> None:
    """Say that controls of a group are on their way and follow that, or offer to measure what is missing."""
    if not state.data_is_here():
        return
    missing = [spec for spec, result in zip(of.specs, of.results, strict=True) if not controls.are_in(result, spec)]
    if not missing:
        return
    compares_items = not free.too_many(state.view(missing[0]).split.catalogue.n_items)
    what = wording.controls_to_measure(Compared(of, None).unmeasured, compares_items)
    if any(map(state.jobs().measures, missing)):
        net.fragment(_follow_controls, run_every="1s")(missing, what)
        return
    said = f"{capital(what)}."
    st.button("Measure the missing controls", key="measure", on_click=state.measure, args=missing, help=said)


def _follow_controls(missing: list[ExperimentSpec], what: str) -> None:
    if not any(map(state.jobs().measures, missing)):
        st.rerun()
    st.caption(f"On their way, after the runs that wait: {what}.")


def metrics_table(table: pd.DataFrame, words: Words) -> None:
    """Draw every metric of each group with its difference from the baseline, ``difference.metrics``."""
    shown, number = titled(table, words), st.column_config.NumberColumn
    every = [name for name in map(str, table) if name in METRICS]
    changes = [name for metric in every for name in (col.delta(metric), col.delta_from(metric), col.delta_to(metric))]
    cards.table(
        shown,
        alt="Every metric of each run, and its difference from the baseline.",
        column_config={
            **{METRICS[name].title: number(format="%.3f") for name in every},
            **{title(name, words): number(format="%+.3f") for name in changes},
            title(col.RUN, words): st.column_config.TextColumn(pinned=True, width="medium"),
        },
    )
    cards.csv(shown, "metrics")


def shown_table(table: pd.DataFrame, words: Words) -> None:
    """Draw how much of the catalogue each group shows, and how popular that is, ``variety.table``."""
    shown = titled(table, words)
    number = st.column_config.NumberColumn
    cards.table(
        shown,
        alt="What the first ten of each run hold.",
        height="content",
        column_config={
            title(col.RUN, words): st.column_config.TextColumn(pinned=True, width="medium"),
            **{title(name, words): number(format="percent") for name in (col.COVERED, col.TAIL_SHOWN)},
            title(col.POPULARITY_SHOWN, words): number(format="%.0f"),
        },
    )
    cards.csv(shown, "shown")


def first_comparison() -> None:
    """Offer to compare a few ways to train, all asked for at once."""
    if not state.data_is_here():
        return
    chosen = first_specs(state.spec())
    wanted = [seeded for seed in zip(*map(state.seeded, chosen), strict=True) for seeded in seed]
    with st.container(border=True):
        share = percent(chosen[1].ratio)
        st.markdown(
            f"**Compare ways to keep {share} with training on everything: under models with one embedding per user, "
            "and under models served from the profile.**"
            if any(spec.model.is_served for spec in chosen)
            else f"**Compare three ways to keep {share} with training on everything, and with as many steps on it.**"
        )
        models = {labels.model_title(spec): spec for spec in chosen}
        names = "; ".join(
            f"{model}: {', '.join(labels.choice_title(spec) for spec in chosen if labels.model_title(spec) == model)}"
            for model in models
        )
        each = "" if len(wanted) == len(chosen) else f", {labels.seeds(len(wanted) // len(chosen))} each"
        st.caption(f"{names}{each}; {state.metric().title} and time for each, side by side.")
        st.button(
            f"Run the comparison · {cards.about(wanted)}",
            key="compare",
            on_click=state.ask,
            args=tuple(wanted),
            disabled=bool(state.jobs().active()),
            type="primary",
        )
        if state.source().download_mb == 0:
            st.caption("Or choose MovieLens 1M under Data in the sidebar.")


def first_specs(spec: ExperimentSpec) -> list[ExperimentSpec]:
    """Return the specs of the first comparison: full data, three methods at the chosen ratio, and as many steps.

    Of clicks under recommended settings, the other kind of models too. A model that is served from the profile is
    compared on full data, random rows, recent ones and whole users.
    """
    alike = {labels.model_title(one): one for one in under_other_models(spec)}
    own = ("full", "random", "recent", "users") if spec.model.is_served else _FIRST
    first = [spec.with_(method={"name": method}, pretrain=True) for method in own]
    if spec.model.is_served or spec.feedback == "explicit" or preset_of(spec) == "report":
        return first
    others = [(alike[MODELS[model].title], methods) for model, methods in _SERVED if MODELS[model].title in alike]
    return first + [
        other.with_(method={"name": method}, pretrain=True) for other, methods in others for method in methods
    ]
