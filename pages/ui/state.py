"""The state that pages share: the chosen spec, the jobs, what can be looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from cache.home import folders, home
from cache.jobs import Jobs
from cache.kinds import Kind
from cache.logs import Logs
from pages.ui import access, errors, net
from rec_core.analysis import evidence as evidence_of
from rec_core.analysis import gradient_norms
from rec_core.analysis.comparison import NO_CONTROL, Compared, Intervals, baseline_spec, free_controls
from rec_core.analysis.evidence import Evidence, weigh
from rec_core.analysis.evidence import gain_over as paired
from rec_core.analysis.finished import Finished
from rec_core.analysis.slices import Mask
from rec_core.data.sources import SOURCES, Source, Words
from rec_core.errors import CorelensError, DataError
from rec_core.evaluation import Metric, PerUser
from rec_core.experiment import View, stored_per_user, stored_result
from rec_core.replicates import Estimate as Share
from rec_core.replicates import Group, Verdict, verdict
from rec_core.results import RunResult
from rec_core.selection import Coreset
from rec_core.settings import offers
from rec_core.specs import ExperimentSpec, TrainSpec
from rec_core.stages import EVALUATE, PROFILE, RUN, SELECT, SPLIT, controls, resolve
from rec_core.sweeps.search import judge
from rec_core.sweeps.space import Configuration
from rec_core.training import kernels
from rec_core.wording import data as data_words
from rec_core.wording import labels, serving

_OF_START = {name: offer for name, offer in offers(TrainSpec).items() if name in ("start", "walked")}
_SPEC, _SEEDS, _METRIC, _ASKED = "_spec", "_seeds", "_judged_by", "_asked"


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Return the jobs, store and ledger of this server's home folder; the first time, training is made ready too."""
    kernels.compile_ahead()
    return Jobs(home(), folders())


def logs() -> Logs:
    """Return people's own logs, as the visitor has them."""
    return Logs(jobs().ledger, access.visitor().owner)


@net.callback
def use(chosen: ExperimentSpec) -> None:
    """Set the sidebar to what a spec keeps, and to where its embeddings start."""
    st.session_state["method"], st.session_state["ratio"] = chosen.method.name, 100 * chosen.ratio
    for settings, names in ((chosen.method, offers(type(chosen.method))), (chosen.train, _OF_START)):
        for setting, offer in names.items():
            value = getattr(settings, setting)
            st.session_state[offer.link] = None if value == offer.default else value


@net.callback
def use_training(chosen: Configuration) -> None:
    """Set the sidebar to a configuration of training."""
    links = {name: offer.link for kind in (TrainSpec, type(spec().model)) for name, offer in offers(kind).items()}
    for name, value in chosen.model_dump(exclude_none=True).items():
        st.session_state[links[name]] = value


def choose(spec: ExperimentSpec, seeds: int, judged_by: Metric) -> None:
    """Make ``spec`` the one that pages show and judge by a metric, and ``seeds`` of it those that a button asks for."""
    st.session_state.pop(_ASKED, None)
    st.session_state[_SPEC], st.session_state[_SEEDS] = resolved(spec), seeds
    st.session_state[_METRIC] = judged_by


def resolved(spec: ExperimentSpec) -> ExperimentSpec:
    """Return ``spec`` with what only this machine knows: which version of its data is here."""
    return resolve(spec, jobs().folders)


def spec() -> ExperimentSpec:
    """Return the spec that the sidebar describes."""
    chosen: ExperimentSpec = st.session_state[_SPEC]
    return chosen


def seeded(of: ExperimentSpec, count: int | None = None) -> list[ExperimentSpec]:
    """Return ``of`` with as many seeds as chosen, or ``count``, its own the first."""
    return [of.with_(seed=(of.seed + more) % 2**32) for more in range(count or st.session_state[_SEEDS])]


def metric() -> Metric:
    """Return the metric that headlines are about."""
    chosen: Metric = st.session_state[_METRIC]
    return chosen


def source() -> Source:
    """Return the chosen data set."""
    return SOURCES[spec().data.dataset]


def words() -> Words:
    """Return what the things of the chosen data are called."""
    return source().words


def data_is_here() -> bool:
    """Say whether the chosen data can be had without a download, and without a long time of reading."""
    return source().is_here(jobs().folders) and not has_to_be_read()


def has_to_be_read() -> bool:
    """Say whether the chosen data lie here, and are too large to be read and split while a page waits."""
    # Asked for every run that a page compares: what is quick to read is told without a look at the store.
    return bool(source().seconds) and source().is_here(jobs().folders) and not view().can(SPLIT)


def why_not_here() -> str:
    """Return what is missing of data that are not here, and what to do."""
    try:
        source().require(jobs().folders)
    except DataError as error:
        return str(error)
    return ""


def view(of: ExperimentSpec | None = None, result: RunResult | None = None) -> View:
    """Return what can be looked at of a spec (the chosen one), or of a finished run."""
    return View(of or spec(), jobs().store, jobs().folders, result)


def views(group: Group) -> list[View]:
    """Return what can be looked at of each run of a group."""
    return [view(one, result) for one, result in zip(group.specs, group.results, strict=True)]


@net.callback
def ask(*wanted: ExperimentSpec, kind: Kind = "run") -> None:
    """Ask for jobs; what goes wrong is shown above the page."""
    st.session_state[_ASKED] = True
    try:
        for one in wanted:
            jobs().ask(one, kind)
    except CorelensError as error:
        complain(str(error))


@net.callback
def ask_for_many(*wanted: ExperimentSpec) -> None:
    """Ask for runs, of whose controls those of full data are enough; what goes wrong is shown above the page."""
    st.session_state[_ASKED] = True
    try:
        for one in wanted:
            if one.keeps_everything:
                jobs().measure(one, later=False)
            jobs().ask(one, with_controls=False)
    except CorelensError as error:
        complain(str(error))


@net.callback
def measure(*wanted: ExperimentSpec) -> None:
    """Have the controls beside runs measured; what goes wrong is shown above the page."""
    try:
        for one in wanted:
            jobs().measure(one)
    except CorelensError as error:
        complain(str(error))


@net.callback
def dismiss(key: str) -> None:
    """Forget a job that went wrong; where that cannot be written down, say so."""
    try:
        jobs().dismiss(key)
    except CorelensError as error:
        complain(str(error))


def follow_what_was_asked() -> None:
    """Call first in a fragment: where a button in it asked for a job, have the whole app follow that job."""
    if st.session_state.get(_ASKED, False):
        st.rerun()


def complain(text: str) -> None:
    """Have ``text`` shown above the page at the next run of the script."""
    errors.complain(text)


def finished() -> Finished:
    """Return the finished runs that were asked for."""
    return jobs().finished()


def result(of: ExperimentSpec) -> RunResult | None:
    """Return a spec's result with its controls if its run was made, whoever asked for it."""
    found = stored_result(RUN.key(of), jobs().store)
    return None if found is None else controls.added(found, of, jobs().store)


def results(of: Sequence[ExperimentSpec]) -> list[RunResult]:
    """Return the results of those runs that were made and asked for."""
    return [found for one in of if (found := made(one)) is not None]


def made(of: ExperimentSpec) -> RunResult | None:
    """Return a run's result if it was asked for and made."""
    return jobs().finished().by_key.get(RUN.key(of))


def group_of(of: ExperimentSpec) -> Group | None:
    """Return the finished runs that differ from a spec in nothing but the seed, if its own is among them."""
    own = result(of)
    return None if own is None else finished().group_of(of, own)


def about_the_test() -> list[str]:
    """Return who and what is tested, and how much of the future models know."""
    return _about_the_test(SPLIT.key(spec()), view())


@st.cache_data(max_entries=20, show_spinner=False)
def _about_the_test(split: str, _view: View) -> list[str]:
    return data_words.asked(_view.split, _view.spec)


def random_coreset() -> Coreset:
    """Return a random coreset of the chosen size: what chance gives."""
    return view(spec().with_(method={"name": "random"})).coreset


def sweep_results() -> dict[float, RunResult]:
    """Return the finished runs of the chosen sweep that were measured: window position → result."""
    wanted = gradient_norms.sweep_specs(spec())
    return {position: found for position, one in wanted.items() if (found := _measured(one)) is not None}


def _measured(of: ExperimentSpec) -> RunResult | None:
    """Return a spec's result if its run was made and kept what the chosen metric needs."""
    found = result(of)
    return None if found is None or math.isnan(found.value(metric())) else found


def sweep_lines(done: Mapping[float, RunResult]) -> dict[str, float]:
    """Return what to hold windows against: full data and random where they were run, and the controls."""
    others = {"Full data": baseline_spec(spec()), "Random": spec().with_(method={"name": "random"})}
    trained = {title: found.value(metric()) for title, one in others.items() if (found := _measured(one)) is not None}
    free = free_controls(next(iter(done.values())).controls_with(metric()), metric())
    return trained | {labels.control_title(control): value for control, value in free.items()}


def compared() -> list[Compared]:
    """Return the finished runs of the chosen data, feedback and model, tested on the same, each with its baseline."""
    return finished().compared(spec(), metric())


def not_measured() -> list[Compared]:
    """Return the runs that would be ``compared``, had their version kept what the chosen metric needs."""
    return finished().not_measured(spec(), metric())


def under_any_model() -> list[Compared]:
    """Return the finished runs of the chosen data and feedback, tested on the same, whatever the model."""
    return finished().under_any_model(spec(), metric())


def beyond(of: View) -> str:
    """Return what a run uses beyond the ratings that its budget counts, a sentence or nothing."""
    found = serving.beyond(of.spec, of.split, of.profile if of.has(PROFILE) else None)
    return serving.beyond_sentence(found, words())


def named_groups() -> dict[str, Group]:
    """Return the finished runs of the chosen data and feedback, whatever the model, by what they are called."""
    return labels.names(finished().on_data(spec()), jobs().ledger.names())


def gain_over(one: Compared, other: Group, mask: Mask | None = None) -> Share | None:
    """Return how much better a group is than another, paired over users; None where what each user got is gone.

    ``mask`` marks the test users that count, if not all.
    """
    ours, theirs = views(one.group), views(other)
    if not data_is_here() or not all(view.has(EVALUATE) for view in (*ours, *theirs)):
        return None
    return paired(one.metric, ours, theirs, mask)


def than(one: Compared, other: Group) -> Verdict | None:
    """Return whether a group is better than another, beyond chance; None where what each user got is gone."""
    found = gain_over(one, other)
    return None if found is None else verdict(found)


def per_user(of: RunResult) -> PerUser | None:
    """Return the results of each test user in a finished run; None if they are gone."""
    return stored_per_user(of, jobs().store)


def intervals(mask: Mask | None = None, among: str = "") -> Intervals:
    """Return the confidence intervals of groups' numbers, worked out once: one interval a number, on every page.

    ``mask`` marks the test users that count, if not all, and ``among`` names them.
    """
    fresh = evidence_of.intervals(per_user, mask)

    def known(what: str, look: Callable[[Compared], Share | None]) -> Callable[[Compared], Share | None]:
        def found(one: Compared) -> Share | None:
            full = one.baseline.keys if one.baseline is not None and what == "kept" else frozenset()
            name = what, one.metric.name, one.group.keys, full, among
            if name not in (every := _known_intervals()) and (made := look(one)) is not None:
                every[name] = made
            return every.get(name)

        return found

    return Intervals(known("value", fresh.value), known("kept", fresh.kept), fresh.users)


@st.cache_resource(show_spinner=False)
def _known_intervals() -> dict[tuple[str, str, frozenset[str], frozenset[str], str], Share]:
    """Return what was worked out of finished runs, whoever looked."""
    return {}


def share(ours: Sequence[ExperimentSpec], theirs: Sequence[ExperimentSpec]) -> Share | None:
    """Return the share of the quality of runs that others have, paired over users; None where that is gone."""
    if not data_is_here() or not all(view(one).has(EVALUATE) for one in (*ours, *theirs)):
        return None
    return judge(view, metric())(ours, theirs)


def evidence(one: Compared) -> Evidence | None:
    """Return how sure the differences of a group are; None where what each user got is gone."""
    ours, full = (views(group) if group else [] for group in (one.group, one.baseline))
    if not data_is_here() or not all(view.has(EVALUATE) and view.can(SELECT) for view in (*ours, *full)):
        return None
    control = one.best_control[0]
    if control == NO_CONTROL or not all(view.has_control(control) for view in ours):
        return None
    return weigh(one, ours, full)
