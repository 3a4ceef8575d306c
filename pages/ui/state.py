"""The state that pages share: the chosen spec, the jobs, the live experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from cache.home import folders, home
from cache.jobs import Jobs
from cache.ledger import Kind
from rec_core import labels
from rec_core.analysis import gradient_norms
from rec_core.analysis.comparison import Run, baseline_spec, main_metric
from rec_core.data import sources
from rec_core.errors import CorelensError
from rec_core.estimate import Estimate, Rates, estimate, measured_rates, proxy_seconds
from rec_core.experiment import Experiment, resolve, stored_result
from rec_core.products import Coreset
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec

_SPEC, _PROBLEM, _ASKED = "_spec", "_problem", "_asked"


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Return the jobs, store and ledger of this server's home folder."""
    return Jobs(home(), folders())


def choose(spec: ExperimentSpec) -> None:
    """Make ``spec`` the one that pages show."""
    st.session_state.pop(_ASKED, None)
    st.session_state[_SPEC] = resolve(spec, jobs().folders)


def spec() -> ExperimentSpec:
    """Return the spec that the sidebar describes."""
    chosen: ExperimentSpec = st.session_state[_SPEC]
    return chosen


def source() -> sources.Source:
    """Return the chosen data set."""
    return sources.SOURCES[spec().data.dataset]


def data_is_here() -> bool:
    """Say whether the chosen data can be had without a download."""
    return source().is_synthetic or sources.locate(source(), jobs().folders) is not None


def experiment(of: ExperimentSpec | None = None) -> Experiment:
    """Return the stages of a spec (the chosen one), computed on demand."""
    return Experiment(of or spec(), jobs().store, jobs().folders)


def ask(*wanted: ExperimentSpec, kind: Kind = "run") -> None:
    """Ask for jobs; what goes wrong is shown by the sidebar."""
    st.session_state[_ASKED] = True
    try:
        for one in wanted:
            jobs().ask(one, kind)
    except CorelensError as error:
        complain(str(error))


def follow_what_was_asked() -> None:
    """Call first in a fragment: where a button in it asked for a job, have the whole app follow that job."""
    if st.session_state.get(_ASKED, False):
        st.rerun()


def complain(text: str) -> None:
    """Have the sidebar show ``text`` at the next run of the script."""
    st.session_state[_PROBLEM] = text


def problem() -> str:
    """Return what went wrong with the last request, once."""
    return str(st.session_state.pop(_PROBLEM, ""))


def results() -> list[tuple[ExperimentSpec, RunResult]]:
    """Return the finished runs that were asked for, the oldest first."""
    return jobs().results()


def result(of: ExperimentSpec) -> RunResult | None:
    """Return a spec's result if its run was made, whoever asked for it."""
    return stored_result(resolve(of, jobs().folders).key, jobs().store)


def random_coreset() -> Coreset:
    """Return a random coreset of the chosen size: what chance gives."""
    return experiment(spec().with_(method={"name": "random"})).coreset


def sweep_results() -> dict[float, RunResult]:
    """Return the finished runs of the chosen sweep: window position → result."""
    wanted = gradient_norms.sweep_specs(spec())
    return {position: found for position, one in wanted.items() if (found := result(one)) is not None}


def sweep_lines(done: Mapping[float, RunResult]) -> dict[str, float]:
    """Return what to hold windows against: full data and random where they were run, and the controls."""
    metric = main_metric(spec().feedback)
    others = {"Full data": baseline_spec(spec()), "Random": spec().with_(method={"name": "random"})}
    trained = {title: found.metrics[metric] for title, one in others.items() if (found := result(one)) is not None}
    controls = next(iter(done.values())).controls
    free = {labels.control_title(name): m[metric] for name, m in controls.items() if not name.endswith("_kept")}
    return trained | free


def runs() -> list[Run]:
    """Return the finished runs of the chosen data, feedback and model, each with its baseline."""
    chosen = spec()
    made = {result.key: (asked, result) for asked, result in results()}
    alike = [
        (asked, result)
        for asked, result in made.values()
        if (asked.data, asked.feedback, asked.model.name) == (chosen.data, chosen.feedback, chosen.model.name)
    ]
    return [Run(asked, result, made.get(baseline_spec(asked).key, (None, None))[1]) for asked, result in alike]


def expected(of: ExperimentSpec | None = None) -> Estimate:
    """Return how long a run will take on this machine."""
    return _expected(of or spec(), _rates())


def expected_together(wanted: Sequence[ExperimentSpec]) -> float:
    """Return how long several runs will take, in seconds; the workers share them, and one proxy serves all of them."""
    rates = _rates()
    alone = [_expected(one, rates).seconds for one in wanted]
    waits = [0.0 if experiment(one).proxy_is_ready else _preparation(one, rates) for one in wanted]
    work = [seconds - wait for seconds, wait in zip(alone, waits, strict=True)]
    return max(sum(work) / jobs().workers, max(work, default=0.0)) + max(waits, default=0.0)


def expected_preparation(of: ExperimentSpec | None = None) -> float:
    """Return how long pretraining a spec's proxy (the chosen one's) will take, in seconds."""
    return _preparation(of or spec(), _rates())


def _expected(of: ExperimentSpec, rates: Rates) -> Estimate:
    one = experiment(of)
    catalogue = one.split.catalogue
    pairs = catalogue.n_users * catalogue.n_items
    return estimate(one.spec, len(one.split.train), pairs, rates, one.proxy_is_ready)


def _preparation(of: ExperimentSpec, rates: Rates) -> float:
    return proxy_seconds(of, len(experiment().split.train), rates)


def _rates() -> Rates:
    return measured_rates(result for _, result in results())
