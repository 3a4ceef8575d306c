"""The parts of a summary: the run, its document, and what people write about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from pages.ui import gallery, links, net, state, sweeps
from rec_core.analysis import columns as col
from rec_core.analysis import comparison
from rec_core.analysis.comparison import Compared, baseline_spec
from rec_core.analysis.evidence import Evidence
from rec_core.errors import CorelensError
from rec_core.evaluation import METRICS
from rec_core.experiment import View
from rec_core.export.document import Document
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN
from rec_core.wording import comparison as wording
from rec_core.wording import data, labels, summary
from rec_core.wording.numbers import duration, percent

_FIGURES = "figures"
_PARAGRAPHS = "Plain text; every line is a paragraph"
_DEFAULT = ("Quality against time", "Quality by which rows are kept", "Genres")


def chosen() -> Compared | None:
    """Return the chosen runs with their baseline, or None if either is missing."""
    ours, full = (state.group_of(spec) for spec in (state.spec(), baseline_spec(state.spec())))
    return None if ours is None or full is None else Compared(ours, full, state.metric())


def missing() -> list[ExperimentSpec]:
    """Return the specs that a summary of the chosen one needs and that were not run."""
    wanted = {RUN.key(one): one for one in (baseline_spec(state.spec()), state.spec())}
    return [one for one in wanted.values() if state.result(one) is None]


def document(one: Compared, view: View, figures: Sequence[str]) -> Document:
    """Return the summary of what was chosen with these ``figures`` of the gallery."""
    every, key = _beside(one), RUN.key(view.spec)
    subject = gallery.Subject(view, state.random_coreset(), every)
    note, evidence = state.jobs().ledger.note(key), state.evidence(one)
    return Document(
        title=note.title,
        headline=summary.headline(one, evidence),
        decision=summary.decision(one, evidence),
        notes=note.text,
        facts=_facts(one, evidence),
        exhibits=[gallery.FIGURES[name](subject) for name in figures],
        table=_table(every, view.spec),
        method=[*summary.method_notes(view.spec), *filter(None, [state.beyond(view)])],
        limits=summary.limits(one, evidence, len(view.split.tested), _about_data(view), sweeps.tuned_on(one.spec)),
        settings={"key": key, **view.spec.model_dump()},
    )


def _beside(one: Compared) -> list[Compared]:
    """Return the runs that stand beside the chosen ones; without a list of runs, these and their baseline alone."""
    groups = [one.group, *([one.baseline] if one.baseline else [])]
    return state.compared() or [Compared(group, one.baseline, one.by) for group in groups]


def _about_data(view: View) -> list[str]:
    fewer = data.fewer_negatives(view.negatives.test) if view.spec.feedback == "implicit" else ""
    return [fewer, *data.notes(view.split, view.spec)]


def edit(view: View) -> list[str]:
    """Let the reader write a title and notes, which are kept, and choose figures; return the figures' names."""
    key = RUN.key(view.spec)
    note = state.jobs().ledger.note(key)
    there = gallery.available(view)
    links.look(_FIGURES, links.exactly("Figures", there))
    with st.expander("Edit title, notes and figures"):
        for field, draw, hint in (("title", st.text_input, "The answer above"), ("text", st.text_area, _PARAGRAPHS)):
            draw(
                "Title" if field == "title" else "Notes",
                getattr(note, field),
                key=f"{field}-{key}",
                on_change=_save,
                args=(key, field),
                placeholder=hint,
            )
        chosen: list[str] = st.multiselect(
            "Figures", there, _default(there), key=_FIGURES, bind="query-params", persist_state="session"
        )
    links.say(_FIGURES)
    return chosen


def chosen_figures(view: View) -> list[str]:
    """Return the names of the chosen figures where they cannot be chosen: on slides."""
    there = gallery.available(view)
    chosen = st.session_state.get(_FIGURES) or st.query_params.get_all(_FIGURES)
    return [name for name in chosen if name in there] or _default(there)


def _default(there: list[str]) -> list[str]:
    return [name for name in _DEFAULT if name in there]


@net.callback
def _save(key: str, field: str) -> None:
    """Write down one field; the other may have been changed in another window."""
    ledger = state.jobs().ledger
    try:
        ledger.annotate(key, replace(ledger.note(key), **{field: st.session_state[f"{field}-{key}"].strip()}))
    except CorelensError as error:
        state.complain(str(error))


def _facts(one: Compared, evidence: Evidence | None) -> dict[str, tuple[str, str]]:
    """Return the numbers of Results, with the metric itself beside the control's in place of their difference."""
    (control, best), said = one.best_control, wording.facts(one, evidence)
    beside = "" if control == comparison.NO_CONTROL else f"{labels.control_title(control)} {best:.3f}"
    metric = (f"{one.value:.3f}", beside)
    shown = {title: (value, beside) for title, (value, beside, _) in said.items() if title != wording.GAIN}
    saved = {wording.SAVED: (shown[wording.SAVED][0], _times(one))}
    return {wording.QUALITY: shown[wording.QUALITY], one.metric.title: metric, **shown, **saved}


def _times(one: Compared) -> str:
    if one.is_baseline or one.baseline is None:
        return duration(one.seconds)
    return f"{duration(one.seconds)} instead of {duration(Compared(one.baseline, None).seconds)}"


def _table(every: Sequence[Compared], spec: ExperimentSpec) -> pd.DataFrame:
    frame = wording.named(comparison.table(every, RUN.key(baseline_spec(spec)), state.intervals()))
    frame["ratio"] = frame["ratio"].map(percent)
    metrics = {name: METRICS[name].title for name in map(str, frame) if name in METRICS}
    headline = every[0].metric.name
    sure = {} if frame[col.HALF].isna().all() else {col.HALF: f"± {metrics[headline]}, users and seeds"}
    columns = {
        "method": "Kept",
        "ratio": "Share of rows",
        headline: metrics.pop(headline),
        **sure,
        **metrics,
        "gain": "Gain over control",
        "no_better": "No better than",
        "total_s": "CPU seconds",
        "speed_up": "Speed-up",
        "seed": "Seed",
    }
    digits = dict.fromkeys((headline, *sure, *metrics, "gain"), 3) | {"total_s": 1, "speed_up": 1}
    return (
        frame[list(columns)]
        .astype({"speed_up": float, **dict.fromkeys(sure, float)})
        .round(digits)
        .rename(columns=columns)
    )
