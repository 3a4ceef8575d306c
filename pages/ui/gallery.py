"""The figures that a summary can hold, each made for the chosen experiment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pages.ui import state
from rec_core.analysis import activity, coverage, gradient_norms, groups
from rec_core.analysis.comparison import Compared
from rec_core.experiment import View
from rec_core.figures import activity as activity_figures
from rec_core.figures import coverage as coverage_figures
from rec_core.figures import gradient_norms as norm_figures
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.quality_time import quality_against_time
from rec_core.figures.style import mark
from rec_core.figures.user_map import user_map
from rec_core.selection import Coreset, Mark
from rec_core.specs import ExperimentSpec
from rec_core.stages import PROXY_MAP, RUN, SCORE
from rec_core.wording import labels


@dataclass(frozen=True)
class Subject:
    """What figures are made of: the chosen experiment, a random coreset of its size, all groups of runs."""

    view: View
    random: Coreset
    compared: Sequence[Compared]

    @property
    def spec(self) -> ExperimentSpec:
        """The chosen spec."""
        return self.view.spec

    @property
    def beside_random(self) -> list[tuple[str, Coreset, Mark]]:
        """The chosen coreset and the random one, each with title and mark."""
        ours = (labels.choice_title(self.spec), self.view.coreset, mark(self.spec.method.name, self.spec.pretrain))
        if self.spec.method.name == "random":
            return [ours]
        random = self.spec.with_(method={"name": "random"})
        return [ours, (labels.choice_title(random), self.random, mark("random"))]


def _quality(subject: Subject) -> Exhibit:
    caption = labels.caption_of_groups([one.group for one in subject.compared])
    return quality_against_time(subject.compared, RUN.key(subject.spec), caption, state.intervals())


def _activity(subject: Subject) -> Exhibit:
    split = subject.view.split
    measured = {
        title: (activity.measure(split.train, kept.rows, split.catalogue.n_users), look)
        for title, kept, look in subject.beside_random
    }
    return activity_figures.distribution(
        measured, "ratings", labels.caption(subject.spec), labels.words_of(subject.spec)
    )


def _coverages(subject: Subject) -> coverage_figures.Marked:
    return {
        title: (coverage.measure(subject.view.split, kept.rows), look) for title, kept, look in subject.beside_random
    }


def _genres(subject: Subject) -> Exhibit:
    return coverage_figures.shares(
        _coverages(subject), "genres", labels.caption(subject.spec), labels.words_of(subject.spec)
    )


def _reach(subject: Subject) -> Exhibit:
    return coverage_figures.reach(_coverages(subject), 1, labels.caption(subject.spec), labels.words_of(subject.spec))


def _norms(subject: Subject) -> Exhibit:
    scored = state.view(subject.spec.with_(method={"name": "gradient"}))
    norms = gradient_norms.Norms(scored.scores, subject.view.coreset.rows)
    title = labels.proxy_title(subject.spec.pretrain)
    look = mark(subject.spec.method.name, subject.spec.pretrain)
    return norm_figures.distribution({title: norms}, look, labels.caption(subject.spec), labels.words_of(subject.spec))


def _sweep(subject: Subject) -> Exhibit:
    done = state.sweep_results()
    caption = labels.caption_of_runs(list(gradient_norms.sweep_specs(subject.spec).values()))
    return norm_figures.sweep(done, state.sweep_lines(done), state.metric(), caption)


def _map(subject: Subject) -> Exhibit:
    split = subject.view.split
    history = groups.histories(split, subject.view.coreset.rows)
    title = labels.proxy_title(subject.spec.pretrain)
    places = subject.view.user_map(of_proxy=True)
    return user_map(
        "map", title, "UMAP", places, history, split, labels.caption(subject.spec), labels.words_of(subject.spec)
    )


FIRST = "Who the rows come from"  # needs no run
FIGURES: dict[str, Callable[[Subject], Exhibit]] = {
    "Quality against time": _quality,
    "Quality by which rows are kept": _sweep,
    "Gradient norms": _norms,
    FIRST: _activity,
    "What is reached": _reach,
    "Genres": _genres,
    "User map": _map,
}


def available(view: View) -> list[str]:
    """Return the names of the figures that can be drawn without computing anything long."""
    scored = state.view(view.spec.with_(method={"name": "gradient"}))
    there = {
        "Quality by which rows are kept": len(state.sweep_results()) > 1,
        "Gradient norms": scored.can(SCORE),
        "Genres": any(view.split.catalogue.genres != ""),
        "User map": view.has(PROXY_MAP),
    }
    return [name for name in FIGURES if there.get(name, True)]
