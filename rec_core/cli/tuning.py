"""``tune``: the same configurations on a part of the data and on all of it, and what the part's choice is worth."""

from __future__ import annotations

import argparse
import json
from typing import Any

from rec_core.cli.common import at_least_one, data_options, metric_of, ratio_option, say, setting_options, spec_of, tell
from rec_core.cli.sweeps import failure, judging_options, run_all
from rec_core.errors import CorelensError
from rec_core.estimate import rates_here, relative
from rec_core.experiment import View, stored_result
from rec_core.models import MODELS
from rec_core.results import RunResult
from rec_core.selection import METHODS
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN, resolve
from rec_core.stages.controls import added
from rec_core.sweeps import Tuning
from rec_core.sweeps.search import judge
from rec_core.sweeps.space import propose
from rec_core.sweeps.tuning import Made, best_on_full, outcome, proposed
from rec_core.wording import tuning as wording


def add_command(commands: Any) -> None:
    """Add the command to the parser's."""
    tune = commands.add_parser("tune", help="tune on a part of the data, and see what that is worth on all of it")
    data_options(tune)
    tune.add_argument("--feedback", choices=["explicit", "implicit"], default="implicit")
    tune.add_argument("--model", choices=list(MODELS), default="ncf")
    tune.add_argument("--method", choices=list(METHODS), default="recent")
    ratio_option(tune, 0.1, "share of the train rows to tune on")
    tune.add_argument("--trials", type=at_least_one, default=12, help="how many configurations (with --resume: more)")
    tune.add_argument("--seeds", type=at_least_one, default=1, help="runs of each configuration")
    tune.add_argument("--resume", metavar="NAME", help="go on with a tuning; with --trials, try that many more")
    setting_options(tune, preset="recommended")
    judging_options(tune, with_goal=False)
    tune.set_defaults(command=_tune)


def _tune(args: argparse.Namespace) -> None:
    store, folders = args.home.store(), args.home.folders(args.data_dir)

    def result(spec: ExperimentSpec) -> RunResult | None:
        return stored_result(RUN.key(spec), store)

    tuning = _resumed(args, result) if args.resume else _begun(args)
    name = args.resume or wording.called(tuning.base)
    args.home.sweeps.keep(name, tuning)
    cells = tuning.in_order(lambda spec: relative(spec, rates_here({})))
    missing = [spec for spec in cells if not store.has(RUN.key(spec))]
    say(f"{name}: {len(cells)} runs, {len(cells) - len(missing)} of them in the store. {wording.about(tuning)}.")
    failed = run_all(missing, args)
    if not failed:
        args.home.sweeps.end(name, None)
    metric = metric_of(args, tuning.base)
    found = outcome(tuning, result, metric, judge(lambda spec: View(spec, store, folders), metric))
    say(*wording.answer(found, tuning))
    if found:
        best = best_on_full(tuning, result, metric)
        full = result(best)
        say(wording.control(full and added(full, best, store), metric))
    table = wording.table(found, tuning)
    document = {"tuning": tuning.model_dump(), "ways": json.loads(table.to_json(orient="records"))}
    tell(args, table.to_csv(index=False, float_format="%.6g").removesuffix("\n"), document)
    if failed:
        raise failure(failed, len(cells), name)


def _begun(args: argparse.Namespace) -> Tuning:
    base = resolve(spec_of(args), args.home.folders(args.data_dir))
    seeds = [base.seed + more for more in range(args.seeds)]
    return Tuning.of(base, propose(base, args.trials), seeds)


def _resumed(args: argparse.Namespace, result: Made) -> Tuning:
    known = args.home.sweeps.asked(args.resume)
    if not isinstance(known, Tuning):
        raise CorelensError(f"There is no tuning called '{args.resume}' to resume; leave --resume out to begin one.")
    more = any(typed.startswith("--trials") for typed in args.typed)
    return proposed(known, args.trials, result) if more else known
