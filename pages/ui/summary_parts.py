"""The parts of a summary: the run, its document, and what people write about it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cache.ledger import Note
from pages.ui import gallery, state
from rec_core import labels
from rec_core.analysis import comparison, summary
from rec_core.analysis.comparison import Run, baseline_spec
from rec_core.experiment import Coreset, Experiment
from rec_core.figures.document import Document
from rec_core.specs import ExperimentSpec
from rec_core.words import duration, number, percent

_DEFAULT = ("Quality against time", "Quality by which ratings are kept", "Genres")


def chosen_run(runs: list[Run]) -> Run | None:
    """Return the chosen run with its baseline, or None if either is missing."""
    run = next((run for run in runs if run.result.key == state.spec().key), None)
    return run if run is not None and run.baseline is not None else None


def missing() -> list[ExperimentSpec]:
    """Return the specs that a summary of the chosen one needs and that were not run."""
    wanted = {one.key: one for one in (baseline_spec(state.spec()), state.spec())}
    return [one for one in wanted.values() if state.result(one) is None]


def document(run: Run, runs: list[Run], experiment: Experiment, coreset: Coreset) -> Document:
    """Return the summary of ``run``, with the figures that the reader chose."""
    kept = summary.over_seeds(_kept_by_seed(run, runs))
    random = state.experiment(run.spec.with_(method={"name": "random"})).coreset
    subject = gallery.Subject(experiment, coreset, random, runs)
    names = gallery.available(subject)
    note = state.jobs().ledger.note(run.result.key)
    wanted = st.session_state.get("figures") or [name for name in _DEFAULT if name in names]
    return Document(
        title=note.title,
        headline=comparison.headline(run)[0],
        decision=summary.decision(run, kept),
        notes=note.text,
        facts=_facts(run, kept),
        exhibits=[gallery.FIGURES[name](subject) for name in wanted if name in names],
        table=_table(runs, run),
        method=summary.method_notes(run.spec),
        limits=summary.limits(run, kept.seeds),
        settings={"key": run.result.key, **run.spec.model_dump()},
    )


def edit(spec: ExperimentSpec) -> None:
    """Let the reader write a title and notes, which are kept, and choose the figures."""
    ledger, key = state.jobs().ledger, spec.key
    note = ledger.note(key)
    with st.expander("Edit title, notes and figures"):
        st.text_input(
            "Title", note.title, key=f"title-{key}", on_change=_save, args=(key,), placeholder="The answer above"
        )
        st.text_area(
            "Notes",
            note.text,
            key=f"notes-{key}",
            on_change=_save,
            args=(key,),
            placeholder="Plain text; every line is a paragraph",
        )
        st.multiselect("Figures", list(gallery.FIGURES), default=list(_DEFAULT), key="figures", bind="query-params")


def _save(key: str) -> None:
    written = Note(st.session_state[f"title-{key}"].strip(), st.session_state[f"notes-{key}"].strip())
    state.jobs().ledger.annotate(key, written)


def _kept_by_seed(run: Run, runs: list[Run]) -> list[float]:
    """Return the share of quality kept of every seed that was run with the same settings."""
    here = run.spec.model_dump(exclude={"seed"})
    alike = [other for other in runs if other.spec.model_dump(exclude={"seed"}) == here]
    return [other.quality_kept for other in alike if other.quality_kept is not None]


def _facts(run: Run, kept: summary.Interval) -> dict[str, tuple[str, str]]:
    metric = labels.METRICS[run.metric]
    seeds = "one seed" if kept.seeds == 1 else f"{percent(kept.low)} to {percent(kept.high)}, {kept.seeds} seeds"
    return {
        "Quality kept": (percent(kept.mean), seeds),
        metric: (
            f"{run.result.metrics[run.metric]:.3f}",
            f"{labels.control_title(run.best_control[0])} {run.best_control[1]:.3f}",
        ),
        "Time saved": (percent(run.time_saved or 0.0), duration(run.seconds)),
        "Ratings used": (number(run.result.n_selected), f"of {number(run.result.n_train)}"),
    }


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
    return frame[list(columns)].rename(columns=columns).round(4)
