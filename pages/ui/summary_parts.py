"""The parts of a summary: the run, its document, and what people write about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from pages.ui import gallery, state
from rec_core import labels
from rec_core.analysis import comparison, summary
from rec_core.analysis.comparison import Run, baseline_spec
from rec_core.errors import CorelensError
from rec_core.experiment import Experiment
from rec_core.figures.document import Document
from rec_core.products import Coreset
from rec_core.specs import ExperimentSpec
from rec_core.words import duration, number, percent

_FIGURES = "figures"
_PARAGRAPHS = "Plain text; every line is a paragraph"
_DEFAULT = ("Quality against time", "Quality by which ratings are kept", "Genres")


def chosen_run() -> Run | None:
    """Return the chosen run with its baseline, or None if either is missing."""
    ours, full = state.result(state.spec()), state.result(baseline_spec(state.spec()))
    return None if ours is None or full is None else Run(state.spec(), ours, full)


def missing() -> list[ExperimentSpec]:
    """Return the specs that a summary of the chosen one needs and that were not run."""
    wanted = {one.key: one for one in (baseline_spec(state.spec()), state.spec())}
    return [one for one in wanted.values() if state.result(one) is None]


def document(run: Run, experiment: Experiment, coreset: Coreset, figures: Sequence[str]) -> Document:
    """Return the summary of ``run`` with these ``figures`` of the gallery."""
    runs = state.runs()
    verdict = summary.judge(run, _seeds(run, runs))
    subject = gallery.Subject(experiment, coreset, state.random_coreset(), runs)
    note = state.jobs().ledger.note(run.result.key)
    return Document(
        title=note.title,
        headline=summary.headline(verdict),
        decision=summary.decision(verdict),
        notes=note.text,
        facts=_facts(verdict),
        exhibits=[gallery.FIGURES[name](subject) for name in figures],
        table=_table(runs, run),
        method=summary.method_notes(run.spec),
        limits=summary.limits(verdict, experiment.split.catalogue.n_users),
        settings={"key": run.result.key, **run.spec.model_dump()},
    )


def edit(experiment: Experiment) -> list[str]:
    """Let the reader write a title and notes, which are kept, and choose figures; return the figures' names."""
    key = experiment.spec.key
    note = state.jobs().ledger.note(key)
    there = gallery.available(experiment)
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
        return st.multiselect(
            "Figures", there, _default(there), key=_FIGURES, bind="query-params", persist_state="session"
        )


def chosen_figures(experiment: Experiment) -> list[str]:
    """Return the names of the chosen figures where they cannot be chosen: on slides."""
    there = gallery.available(experiment)
    chosen = st.session_state.get(_FIGURES) or st.query_params.get_all(_FIGURES)
    return [name for name in chosen if name in there] or _default(there)


def _default(there: list[str]) -> list[str]:
    return [name for name in _DEFAULT if name in there]


def _save(key: str, field: str) -> None:
    """Write down one field; the other may have been changed in another window."""
    ledger = state.jobs().ledger
    try:
        ledger.annotate(key, replace(ledger.note(key), **{field: st.session_state[f"{field}-{key}"].strip()}))
    except CorelensError as error:
        state.complain(str(error))


def _seeds(run: Run, runs: list[Run]) -> list[Run]:
    """Return ``run`` and those that differ from it in nothing but the seed, each with its baseline."""
    others = [one for one in runs if one.result.key != run.result.key and one.baseline is not None]
    return [run, *(one for one in others if one.spec.without_seed == run.spec.without_seed)]


def _facts(verdict: summary.Verdict) -> dict[str, tuple[str, str]]:
    run, kept = verdict.run, verdict.kept
    control, value = run.best_control
    seeds = "one seed" if kept.seeds == 1 else f"{percent(kept.low)} to {percent(kept.high)}, {kept.seeds} seeds"
    return {
        "Quality kept": (percent(kept.mean), seeds),
        labels.METRICS[run.metric]: (
            f"{run.result.metrics[run.metric]:.3f}",
            f"{labels.control_title(control)} {value:.3f}",
        ),
        "Time saved": (percent(verdict.saved), _times(run)),
        "Ratings used": (number(run.result.n_selected), f"of {number(run.result.n_train)}"),
    }


def _times(run: Run) -> str:
    if run.is_baseline or run.baseline is None:
        return duration(run.seconds)
    return f"{duration(run.seconds)} instead of {duration(comparison.cost(run.baseline))}"


def _table(runs: list[Run], run: Run) -> pd.DataFrame:
    frame = comparison.table(runs, baseline_spec(run.spec).key)
    metrics = {name: title for name, title in labels.METRICS.items() if name in frame}
    columns = {
        "method": "Kept",
        "ratio": "Share of rows",
        **metrics,
        "gain": "Gain over control",
        "total_s": "Seconds",
        "speed_up": "Speed-up",
        "seed": "Seed",
    }
    digits = dict.fromkeys((*metrics, "gain"), 3) | {"ratio": 3, "total_s": 1, "speed_up": 1}
    return frame[list(columns)].astype({"speed_up": float}).round(digits).rename(columns=columns)
