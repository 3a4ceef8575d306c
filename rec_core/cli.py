"""The pipeline from the command line: ``python -m rec_core run | select | methods | tables``.

Where results are kept is told by the entry point, ``rec_core.__main__``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from rec_core import report, specs
from rec_core.data.sources import SOURCES, Folders
from rec_core.errors import CorelensError, SpecError, reason
from rec_core.experiment import Experiment
from rec_core.export.bundle import coreset_frame
from rec_core.models import MODELS
from rec_core.progress import Progress
from rec_core.results import RunResult
from rec_core.selection import METHODS
from rec_core.settings import offers
from rec_core.specs import ExperimentSpec
from rec_core.stages import StageStore, resolve
from rec_core.training import kernels
from rec_core.wording import data as wording


@dataclass(frozen=True)
class Home:
    """Where results are kept: how to open the store, where data are looked for, how to list a run as asked for."""

    store: Callable[[], StageStore]
    folders: Callable[[str | None], Folders]
    remember: Callable[[str, ExperimentSpec], None]


def main(arguments: list[str] | None, home: Home) -> int:
    """Run one command; return 0, or 1 after one sentence on stderr."""
    args = _parser().parse_args(arguments, argparse.Namespace(home=home))
    try:
        args.command(args)
    except CorelensError as error:
        print(f"corelens: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rec_core", description="Select a coreset, train on it, compare.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run one experiment")
    _experiment_options(run)
    run.add_argument("--json", metavar="FILE", type=Path, help="write the result here (default: print it)")
    run.set_defaults(command=_run)
    select = commands.add_parser("select", help="choose a coreset and save its rows with original ids")
    _experiment_options(select)
    select.add_argument("--out", metavar="FILE", type=Path, required=True, help="Parquet file to write")
    select.set_defaults(command=_select)
    methods = commands.add_parser("methods", help="list the selection methods")
    methods.set_defaults(command=_methods)
    tables = commands.add_parser("tables", help="make the report's tables, with its figures beside ours")
    tables.add_argument("number", nargs="?", type=int, choices=sorted(report.TABLES), help="one table (default: all)")
    tables.add_argument("--seeds", type=_at_least_one, default=1, help="average over this many seeds")
    tables.add_argument("--format", choices=["md", "csv", "latex"], default="md")
    _data_options(tables)
    tables.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="change a setting")
    tables.set_defaults(command=_tables)
    return parser


def _data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", choices=list(SOURCES), default="ml-1m")
    parser.add_argument("--data-dir", metavar="DIR", help="folder that holds the data (default: $CORELENS_DATA)")


def _experiment_options(parser: argparse.ArgumentParser) -> None:
    _data_options(parser)
    parser.add_argument("--feedback", choices=["explicit", "implicit"], default="implicit")
    parser.add_argument("--model", choices=list(MODELS), default=ExperimentSpec().model.name)
    parser.add_argument("--method", choices=list(METHODS), default="random")
    parser.add_argument("--pretrain", action=argparse.BooleanOptionalAction, default=True, help="pretrain the proxy")
    parser.add_argument("--ratio", type=float, default=0.2, help="share of the train rows to keep")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-seed", type=int, default=0, help="seed of the split and of the test negatives")
    parser.add_argument("--preset", choices=specs.PRESETS, default="report")
    parser.add_argument("--split", metavar="TEST/VALIDATION", help="for example last/next-to-last, or global-time")
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="for example train.epochs=3")


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _spec(args: argparse.Namespace) -> ExperimentSpec:
    chosen: dict[str, Any] = {
        "data": {"dataset": args.dataset},
        "method": {"name": args.method},
        "pretrain": args.pretrain,
        "ratio": args.ratio,
        "seed": args.seed,
        "data_seed": args.data_seed,
    }
    spec = specs.preset(args.preset, args.feedback, args.model, **chosen)
    settings = list(args.set)
    if args.split:
        test, _, validation = args.split.partition("/")
        settings += [f"split.test={test}", *([f"split.validation={validation}"] if validation else [])]
    return _with_settings(spec, settings)


def _with_settings(spec: ExperimentSpec, settings: list[str]) -> ExperimentSpec:
    """Return ``spec`` changed by ``name=value`` texts, names dotted as in the spec's JSON."""
    values = spec.model_dump()
    for setting in settings:
        name, equals, text = setting.partition("=")
        *path, last = name.split(".")
        place = values
        for part in path:
            place = place.get(part, {})
            if not isinstance(place, dict):
                raise SpecError(f"There is no setting '{name}'.")
        if not equals or (last not in place and path != ["method"]):
            raise SpecError(
                f"'{setting}' is not a setting; write NAME=VALUE, for example train.epochs=3 or method.clusters=20 (a "
                "method's own settings are listed by `python -m rec_core methods`)."
            )
        if last == "name" and path in (["model"], ["method"]):
            place.clear()  # another one has other settings
        place[last] = _value(text)
    return specs.parse(values)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


class _Bar:
    """A progress bar on stderr that follows an experiment."""

    def __enter__(self) -> _Bar:
        self._bar = tqdm(total=1.0, file=sys.stderr, bar_format="{desc:<48} {percentage:3.0f} % |{bar:30}|")
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def __call__(self, progress: Progress) -> None:
        epoch = f", epoch {progress.epoch} of {progress.epochs}" if progress.epochs else ""
        left = "" if progress.seconds_left is None else f", {progress.seconds_left:.0f} s left"
        self._bar.set_description_str(progress.stage + epoch + left, refresh=False)
        self._bar.n = progress.fraction
        self._bar.refresh()


def _experiment(spec: ExperimentSpec, args: argparse.Namespace, bar: _Bar) -> Experiment:
    home: Home = args.home
    where, store = home.folders(args.data_dir), home.store()
    if args.data_dir is not None:  # a folder that was named here has to hold the data, also where a download has them
        SOURCES[spec.data.dataset].require(where)
    return Experiment(resolve(spec, where), store, where, bar, download_progress=True)


def _result(spec: ExperimentSpec, args: argparse.Namespace, bar: _Bar) -> RunResult:
    """Return the run's result and write it down as asked for, so that the dashboard shows it too."""
    experiment = _experiment(spec, args, bar)
    result = experiment.result_with_controls()
    _note(experiment)
    args.home.remember(result.key, experiment.spec)
    return result


def _note(experiment: Experiment) -> None:
    """Say so on stderr where the data are not the published ones, or hold what had to be settled."""
    data, split = experiment.spec.data, experiment.split
    published = SOURCES[data.dataset].note(data.fingerprint) if data.fingerprint else ""
    implicit = experiment.spec.feedback == "implicit"
    fewer = wording.fewer_negatives(experiment.negatives.test) if implicit else ""
    for note in filter(None, [kernels.why_slow(), published, fewer, *wording.notes(split, experiment.spec)]):
        tqdm.write(note, file=sys.stderr)


def _run(args: argparse.Namespace) -> None:
    spec = _spec(args)
    with _Bar() as bar:
        result = _result(spec, args, bar)
    document = json.dumps(result.to_json(), indent=2)
    if args.json is None:
        print(document)
    else:
        _save(args.json, lambda path: path.write_text(document + "\n"))


def _select(args: argparse.Namespace) -> None:
    with _Bar() as bar:
        experiment = _experiment(_spec(args), args, bar)
        frame = coreset_frame(experiment)
        _note(experiment)
    _save(args.out, lambda path: frame.to_parquet(path, index=False))


def _save(path: Path, write: Any) -> None:
    try:
        write(path)
    except OSError as error:
        raise CorelensError(
            f"'{path}' could not be written ({reason(error)}); name a file in a folder that exists. "
            "The result is kept, so the same command answers at once."
        ) from error


def _methods(args: argparse.Namespace) -> None:
    for name, method in METHODS.items():
        proxy = " Needs a proxy." if method.needs_proxy else ""
        settings = "".join(f" method.{field}: {offer.title}." for field, offer in offers(method).items())
        print(f"{name:<12} {method.summary}{proxy}{settings}")


def _tables(args: argparse.Namespace) -> None:
    def run(spec: ExperimentSpec) -> RunResult:
        return _result(_with_settings(spec, args.set), args, bar)

    with _Bar() as bar:
        for number in [args.number] if args.number else sorted(report.TABLES):
            table = report.TABLES[number]
            frame = report.build(table, args.seeds, {"data": {"dataset": args.dataset}}, run)
            print(report.render(table, frame, args.format))
