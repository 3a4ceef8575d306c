"""``sweep`` and ``find``: many runs, one after another, and what they say together."""

from __future__ import annotations

import argparse
import json
import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, get_args

import pandas as pd

from rec_core import measured
from rec_core.analysis.evidence import intervals
from rec_core.analysis.finished import Finished
from rec_core.analysis.frontier import smallest
from rec_core.cli.common import (
    Bar,
    at_least_one,
    data_options,
    experiment_of,
    metric_of,
    metric_option,
    result_of,
    say,
    setting_options,
    spec_of,
    tell,
)
from rec_core.cli.usage import UsageError, share, shares
from rec_core.data.interactions import Feedback
from rec_core.errors import CancelledError, CorelensError, nearest
from rec_core.estimate import rates_here, relative
from rec_core.evaluation import metrics_of
from rec_core.experiment import View, stored_per_user, stored_result
from rec_core.measured import Measured
from rec_core.models import MODELS
from rec_core.progress import Progress
from rec_core.results import RunResult, versions
from rec_core.selection import METHODS
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN, resolve
from rec_core.stages.controls import added
from rec_core.stages.screen import asks
from rec_core.sweeps import RATIOS, SAME, Answer, Plan, Question, in_order, left_out
from rec_core.sweeps.minutes import Minutes
from rec_core.sweeps.search import goes_on, judge, ranked_users, search
from rec_core.wording import comparison as comparison_words
from rec_core.wording import frontier as wording
from rec_core.wording import labels
from rec_core.wording.numbers import counted, duration

_METHODS = ("random", "recent")


def add_commands(commands: Any) -> None:
    """Add the commands to the parser's."""
    sweep = commands.add_parser("sweep", help="run every method at every ratio, and say how small the data can be")
    data_options(sweep)
    sweep.add_argument("--methods", type=_listed, default=_METHODS, metavar="A,B", help="default: random,recent")
    sweep.add_argument("--models", type=_listed, default=("ncf",), metavar="A,B", help=f"of {', '.join(MODELS)}")
    sweep.add_argument("--feedback", type=_listed, default=("implicit",), metavar="A,B", help="explicit, implicit")
    sweep.add_argument(
        "--ratios", type=shares, default=RATIOS, metavar="X,Y", help="shares of the train rows: 0.05,20%%"
    )
    sweep.add_argument("--seeds", type=at_least_one, default=1, help="how many of each")
    setting_options(sweep, preset="recommended")
    sweep.add_argument("--name", help="what to call it (default: what it compares)")
    sweep.add_argument("--resume", metavar="NAME", help="go on with a sweep; with other options, extend it by them")
    judging_options(sweep)
    sweep.set_defaults(command=_sweep)
    find = commands.add_parser("find", help="find the smallest part of the data that keeps enough")
    data_options(find)
    find.add_argument("--feedback", choices=["explicit", "implicit"], default="implicit")
    find.add_argument("--model", choices=list(MODELS), default="ncf")
    find.add_argument("--minutes", type=float, default=10.0, help="how long it may take")
    setting_options(find, preset="recommended")
    judging_options(find)
    find.set_defaults(command=_find, method="random", ratio=0.1)


def judging_options(parser: argparse.ArgumentParser, with_goal: bool = True) -> None:
    """Add by what runs are judged."""
    if with_goal:
        enough = "share of full data's quality that is enough: 0.95 or 95%%"
        parser.add_argument("--keep", metavar="SHARE", type=share, default=0.95, help=enough)
    metric_option(parser, "what quality is (default: the preset's)")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _sweep(args: argparse.Namespace) -> None:
    plan = _plan(args)
    name = args.resume or args.name or _called(plan)
    args.home.sweeps.keep(name, plan)
    store = args.home.store()
    cells = in_order(plan.cells, lambda spec: relative(spec, rates_here({})))
    missing = [spec for spec in cells if not store.has(RUN.key(spec))]
    say(f"{name}: {len(cells)} runs, {len(cells) - len(missing)} of them in the store.", *left_out(plan))
    failed = run_all(missing, args)
    if not failed:
        args.home.sweeps.end(name, None)
    _tell(cells, args)
    if failed:
        raise failure(failed, len(cells), name)


def failure(failed: Counter[str], count: int, name: str) -> CorelensError:
    """Return what to say where some of ``count`` runs ``failed``, by why."""
    return CorelensError(
        f"{sum(failed.values())} of {count} runs failed: {next(iter(failed))} Mend it, then go on with "
        f"--resume '{name}'; what is finished is kept."
    )


def _plan(args: argparse.Namespace) -> Plan:
    """Return the plan that the options describe, or the one to be resumed with what they add."""
    known = args.home.sweeps.asked(args.resume) if args.resume else None
    if args.resume and not isinstance(known, Plan):
        raise CorelensError(f"There is no sweep called '{args.resume}' to resume; leave --resume out to begin one.")
    if isinstance(known, Plan) and not _is_given(args):
        return known
    _known("method", args.methods, METHODS)
    _known("model", args.models, MODELS)
    _known("feedback", args.feedback, get_args(Feedback))
    args.feedback, feedbacks = args.feedback[0], args.feedback
    args.model, args.method, args.ratio = args.models[0], args.methods[0], 0.2
    base = resolve(spec_of(args), args.home.folders(args.data_dir))
    methods = tuple(base.method if name == base.method.name else METHODS[name]() for name in args.methods)
    seeds = tuple(base.seed + more for more in range(args.seeds))
    plan = Plan.of(base, methods, args.models, feedbacks, args.ratios, seeds)
    return known.extended(plan) if isinstance(known, Plan) else plan


def _known(what: str, names: Iterable[str], known: Collection[str]) -> None:
    """Refuse a name that nothing has.

    Raises:
        UsageError: with the nearest that there is, or all of them.
    """
    for name in names:
        if name not in known:
            near = nearest(name, known) or f"; choose some of {', '.join(known)}."
            raise UsageError(f"There is no {what} '{name}'{near}")


def _is_given(args: argparse.Namespace) -> bool:
    """Say whether any option says what to run."""
    usual = (_METHODS, ("ncf",), ("implicit",), RATIOS, 1)
    return (args.methods, args.models, args.feedback, args.ratios, args.seeds) != usual


def _called(plan: Plan) -> str:
    methods = ", ".join(method.name for method in plan.methods)
    ratios = counted(len(plan.ratios), "ratio", "ratios")
    return f"{labels.data_title(plan.base)}: {methods} at {ratios}, {labels.seeds(len(plan.seeds))}"


class _TimedBar(Bar):
    """A progress bar that stops its run when the time of a search is over."""

    def __init__(self, limit: Minutes | None) -> None:
        self._limit = limit

    def __call__(self, progress: Progress) -> None:
        """Show how far the run is.

        Raises:
            CancelledError: if there is no time left.
        """
        if self._limit is not None and self._limit.left <= 0:
            raise CancelledError("The time is over.")
        super().__call__(progress)


def run_all(
    missing: Sequence[ExperimentSpec],
    args: argparse.Namespace,
    is_first: bool = True,
    with_controls: bool = True,
    limit: Minutes | None = None,
) -> Counter[str]:
    """Make runs one after another, as far as there is time; return how many failed, by why.

    Notes on the data are written once, with the run that ``is_first``; baselines that need no training are measured
    ``with_controls`` only. With a ``limit``, none begins that would end after it together with those that follow.
    """
    failed: Counter[str] = Counter()
    for number, spec in enumerate(missing, 1):
        if limit is not None and limit.lacking(missing[number - 1 :]):
            break
        say(f"{number} of {len(missing)} · {labels.run_title(spec)}, seed {spec.seed}")
        try:
            with _TimedBar(limit) as bar:
                result = result_of(spec, args, bar, is_first and number == 1, with_controls)
            if limit is not None:
                limit.learn(spec, result)
        except CancelledError:
            break
        except CorelensError as error:
            failed[str(error)] += 1
            say(str(error))
            if failed[str(error)] == SAME:
                break
    return failed


def _tell(cells: Sequence[ExperimentSpec], args: argparse.Namespace) -> None:
    """Print what was measured, every metric of it, and how small the data can be under each model."""
    store = args.home.store()
    found = [(spec, stored_result(RUN.key(spec), store)) for spec in cells]
    runs = Finished(tuple((spec, added(result, spec, store)) for spec, result in found if result is not None))
    first = {(labels.model_title(spec), spec.feedback): spec for spec, _ in runs.runs}
    sure = intervals(lambda result: stored_per_user(result, store))
    frames = []
    for (model, _), spec in first.items():
        chosen = metric_of(args, spec)
        for metric in dict.fromkeys([*metrics_of(spec.feedback, spec.split.is_given), chosen]):
            if not (every := runs.compared(spec, metric)):  # older runs may lack what a metric needs
                say(comparison_words.not_measured(metric, len(runs.not_measured(spec, metric))))
                continue
            frames.append(measured.frontier(every, metric, sure))
            if metric == chosen:
                say(" ".join([f"{model}:", *wording.answer(smallest(every, args.keep, sure.kept), metric)]))
    if not frames:
        return
    command = f"python -m rec_core {shlex.join(args.typed)}"
    made = f"Measured on {datetime.now(UTC):%Y-%m-%d} by Corelens {versions()['corelens']}: {command}"
    whole = Measured(pd.concat(frames, ignore_index=True), (labels.data_title(cells[0]), made))
    tell(args, whole.to_csv().removesuffix("\n"), json.loads(whole.frame.to_json(orient="records")))


def _find(args: argparse.Namespace) -> None:
    store, folders = args.home.store(), args.home.folders(args.data_dir)
    base = resolve(spec_of(args), folders)
    question = Question.of(base, metric_of(args, base).name, args.keep, args.minutes)
    name = wording.called(question)
    args.home.sweeps.keep(name, question)

    def look(spec: ExperimentSpec) -> View:
        return View(spec, store, folders)

    limit = Minutes(question.minutes, look, rates_here({}))

    def answer() -> Answer:
        with Bar() as bar:
            screened = experiment_of(base, args, bar).screened if asks(base) else None
            users = ranked_users(question.judged_by, experiment_of(base, args, bar).split)
        is_first = True
        while True:
            conversation = search(question, judge(look, question.judged_by), screened, users)
            found = goes_on(conversation, lambda spec: store.has(RUN.key(spec)), limit.lacking)
            if isinstance(found, Answer):
                return found
            if failed := run_all(found.now, args, is_first, with_controls=False, limit=limit):
                raise CorelensError(next(iter(failed)))
            is_first = False

    found = answer()
    args.home.sweeps.end(name, found)
    controlled = _with_controls(found, args)
    said = "\n".join([*wording.search_answer(found, question), wording.beside_full(controlled, question.judged_by)])
    say(f"That took {duration(limit.spent)}.")
    tell(args, said, found.to_json())


def _with_controls(found: Answer, args: argparse.Namespace) -> RunResult | None:
    """Measure the baselines that need no training beside an answer; return full data's result with them.

    Where the time is over, nothing more is measured.
    """
    if found.ending == "time":
        return None
    with Bar() as bar:
        if found.confirmed is not None:
            experiment_of(found.confirmed.spec, args, bar).result_with_controls()
        if found.full is None or not args.home.store().has(RUN.key(found.full)):
            return None
        return experiment_of(found.full, args, bar).result_with_controls()
