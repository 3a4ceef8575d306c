"""What commands share: where results are kept, the options of an experiment, progress, files that are written."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from rec_core import specs
from rec_core.canonical import Json
from rec_core.cli import brought, logs
from rec_core.cli.usage import STDOUT, UsageError, share, usage_errors
from rec_core.data.sources import SOURCES, Folders
from rec_core.data.sources.table import Queried, Table
from rec_core.data.sources.table.summing import WasRead
from rec_core.errors import CorelensError, DataError, SelectionError, SpecError, nearest, reason
from rec_core.evaluation import METRICS, Metric
from rec_core.experiment import Experiment
from rec_core.export.rows import require_rows
from rec_core.models import MODELS
from rec_core.progress import Progress
from rec_core.results import RunResult
from rec_core.selection import METHODS
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN, StageStore, resolve
from rec_core.sweeps import Answer, Cells, Question
from rec_core.training import kernels
from rec_core.wording import data as wording
from rec_core.wording import log_read
from rec_core.wording.numbers import about

_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)


@contextmanager
def talking(quiet: bool) -> Iterator[None]:
    """Have the command write its progress and notes to stderr, or be ``quiet``."""
    before = _QUIET.set(quiet)
    try:
        yield
    finally:
        _QUIET.reset(before)


class SweepList(Protocol):
    """The sweeps that were asked for, by name; pages list them too."""

    def keep(self, name: str, asked: Cells | Question) -> None:
        """Write down a sweep that the command line runs, in place of the one of its name."""

    def asked(self, name: str) -> Cells | Question | None:
        """Return what was asked of a sweep."""

    def end(self, name: str, answer: Answer | None) -> None:
        """Write down that a plan is done, or what a search came to."""


class LogList(Protocol):
    """People's own logs; pages list them too."""

    def keep(self, log: Table) -> None:
        """Write a log down, in place of the one of its name, and have it among the sources of data."""


@dataclass(frozen=True)
class Home:
    """Where results are kept: the store, where data are looked for, how runs and sweeps are listed as asked for.

    ``ask`` asks the database at an address a query, and returns the path of a file with the rows, and what was asked.
    """

    store: Callable[[], StageStore]
    folders: Callable[[str | None], Folders]
    remember: Callable[[str, ExperimentSpec], None]
    sweeps: SweepList
    logs: LogList
    ask: Callable[[str, str], tuple[str, Queried]]


def data_options(parser: argparse.ArgumentParser) -> None:
    """Add which data."""
    parser.add_argument("--dataset", metavar="NAME", choices=list(SOURCES), help=f"one of {', '.join(SOURCES)}")
    parser.add_argument("--data-dir", metavar="DIR", help="folder that holds the data (default: $CORELENS_DATA)")
    logs.options(parser)
    brought.options(parser)


def experiment_options(parser: argparse.ArgumentParser) -> None:
    """Add what describes one experiment."""
    data_options(parser)
    parser.add_argument("--feedback", choices=["explicit", "implicit"], default="implicit")
    parser.add_argument("--model", choices=list(MODELS), default=ExperimentSpec().model.name)
    parser.add_argument("--method", choices=list(METHODS), default="random")
    ratio_option(parser, 0.2, "share of the train rows to keep")
    setting_options(parser, preset="report")
    parser.add_argument("--spec", metavar="FILE", type=Path, help="an experiment as a spec.toml has it; --set counts")


def ratio_option(parser: argparse.ArgumentParser, default: float, what: str) -> None:
    """Add how many rows are kept."""
    parser.add_argument("--ratio", metavar="SHARE", type=share, default=default, help=f"{what}: 0.2 or 20%% alike")


def setting_options(parser: argparse.ArgumentParser, preset: specs.Preset) -> None:
    """Add what one experiment and many have alike."""
    parser.add_argument("--pretrain", action=argparse.BooleanOptionalAction, default=True, help="pretrain the proxy")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data-seed", type=int, default=0, help="seed of the split and of the test negatives")
    parser.add_argument("--preset", choices=specs.PRESETS, default=preset)
    parser.add_argument("--split", metavar="TEST/VALIDATION", help="for example last/next-to-last, or global-time")
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="for example train.epochs=3")


def at_least_one(text: str) -> int:
    """Return a whole number from 1 on."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def spec_of(args: argparse.Namespace) -> ExperimentSpec:
    """Return the experiment that the options describe.

    Raises:
        UsageError: if a setting is unknown, or does not go with another one.
    """
    chosen: dict[str, Any] = {
        "data": {"dataset": args.dataset},
        "method": {"name": args.method},
        "pretrain": args.pretrain,
        "ratio": args.ratio,
        "seed": args.seed,
        "data_seed": args.data_seed,
    }
    if getattr(args, "spec", None) is not None:
        with usage_errors():
            found = logs.spec_in(args.spec, args.dataset)
        return with_settings(found, args.set)
    with usage_errors():
        spec = specs.preset(args.preset, args.feedback, args.model, **chosen)
    settings = list(args.set)
    if args.split:
        test, _, validation = args.split.partition("/")
        settings += [f"split.test={test}", *([f"split.validation={validation}"] if validation else [])]
    return with_settings(spec, settings)


def with_settings(spec: ExperimentSpec, settings: list[str]) -> ExperimentSpec:
    """Return ``spec`` changed by ``name=value`` texts, names dotted as in the spec's JSON.

    Raises:
        UsageError: if a setting is unknown, or does not go with another one.
    """
    with usage_errors():
        return _changed(spec, settings)


def _changed(spec: ExperimentSpec, settings: list[str]) -> ExperimentSpec:
    values = spec.model_dump()
    for setting in settings:
        name, equals, text = setting.partition("=")
        *path, last = name.split(".")
        place = values
        for part in path:
            place = place.get(part, {})
            if not isinstance(place, dict):
                raise SpecError(_no_setting(name, values))
        if last not in place and path != ["method"]:
            raise SpecError(_no_setting(name, values))
        if not equals:
            raise SpecError(f"'{setting}' has no value; write NAME=VALUE, for example {name}={_example(place, last)}.")
        if last == "name" and path in (["model"], ["method"]):
            place.clear()  # another one has other settings
        place[last] = _value(text)
    return specs.parse(values)


def _no_setting(name: str, values: Mapping[str, Json]) -> str:
    """Return that there is no setting of a name, and the nearest that there is."""
    near = nearest(name, _leaves("", values)) or "; write NAME=VALUE, for example train.epochs=3"
    return f"'{name}' is not a setting{near}{'' if near.endswith('?') else '.'}"


def _leaves(path: str, value: Json) -> Iterable[str]:
    if not isinstance(value, dict):
        return [path]
    return [leaf for name, inner in value.items() for leaf in _leaves(f"{path}.{name}" if path else name, inner)]


def _example(place: Mapping[str, Json], name: str) -> str:
    return json.dumps(place.get(name, 20)).strip('"')


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def is_watched() -> bool:
    """Return True if stderr is a terminal and output is not quiet: a bar that is redrawn has no place in a file."""
    return sys.stderr.isatty() and not _QUIET.get()


class Bar:
    """A progress bar on stderr that follows an experiment; in a file, a line for each step."""

    def __enter__(self) -> Bar:
        shape = "{desc:<48} {percentage:3.0f} % |{bar:30}|"
        self._bar = tqdm(total=1.0, file=sys.stderr, bar_format=shape, disable=not is_watched())
        self._stage = ""
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def __call__(self, progress: Progress) -> None:
        """Show how far it is."""
        if not is_watched():
            if progress.stage != self._stage:
                say(f"{progress.stage} …")
            self._stage = progress.stage
            return
        epoch = f", epoch {progress.epoch} of {progress.epochs}" if progress.epochs else ""
        left = "" if progress.seconds_left is None else f", {about(progress.seconds_left)} left"
        self._bar.set_description_str(progress.stage + epoch + left, refresh=False)
        self._bar.n = progress.fraction
        self._bar.refresh()


def experiment_of(spec: ExperimentSpec, args: argparse.Namespace, bar: Bar) -> Experiment:
    """Return an experiment with the home's store, on data that are here."""
    home: Home = args.home
    where, store = home.folders(args.data_dir), home.store()
    if args.data_dir is not None:  # a folder that was named here has to hold the data, also where a download has them
        SOURCES[spec.data.dataset].require(where)
    experiment = Experiment(resolve(spec, where), store, where, bar, download_progress=is_watched())
    _say_what_was_read(experiment, args)
    return experiment


def say_what_was_read(args: argparse.Namespace) -> None:
    """Write what was read of the command's log to stderr, where nothing of the command did: all may be in the store."""
    if isinstance(SOURCES.get(getattr(args, "dataset", None) or ""), Table) and not _is_said(args):
        with Bar() as bar:
            experiment_of(ExperimentSpec().with_(data={"dataset": args.dataset}), args, bar)


def _is_said(args: argparse.Namespace) -> bool:
    return bool(getattr(args, "what_was_read_is_said", False))


def _say_what_was_read(experiment: Experiment, args: argparse.Namespace) -> None:
    """Write what was read of a log to stderr, once per command and before anything is trained on it."""
    log = SOURCES[experiment.spec.data.dataset]
    if _QUIET.get() or not isinstance(log, Table) or _is_said(args):
        return
    args.what_was_read_is_said = True
    try:
        say(log_read.line(log.title, log.reading, experiment.read))
    except DataError:  # how it was read says why it cannot be
        say(log_read.line(log.title, log.reading, WasRead()))
        raise


def result_of(
    spec: ExperimentSpec, args: argparse.Namespace, bar: Bar, is_first: bool = True, with_controls: bool = True
) -> RunResult:
    """Return the run's result, ``with_controls`` for full data and the first of many.

    What there is to know of the data is said with the first.
    """
    experiment = experiment_of(spec, args, bar)
    controlled = with_controls and (is_first or spec.keeps_everything)
    result = experiment.result_with_controls() if controlled else experiment.result()
    if is_first:
        note(experiment)
    remember(experiment, args)
    return result


def remember(experiment: Experiment, args: argparse.Namespace) -> None:
    """Write a run down as asked for, so that the dashboard shows it too."""
    args.home.remember(RUN.key(experiment.spec), experiment.spec)


def note(experiment: Experiment) -> None:
    """Say so on stderr where the data are not the published ones, or hold what had to be settled."""
    data, split = experiment.spec.data, experiment.split
    published = SOURCES[data.dataset].note(data.fingerprint) if data.fingerprint else ""
    implicit = experiment.spec.feedback == "implicit" and not experiment.spec.split.all_rows
    fewer = wording.fewer_negatives(experiment.negatives.test) if implicit else ""
    for note in filter(None, [kernels.why_slow(), published, fewer, *wording.notes(split, experiment.spec)]):
        say(note)


def metric_option(parser: argparse.ArgumentParser, what: str, **how: Any) -> None:
    """Add a choice of metric, at any K."""
    said = f"{what}: {', '.join(METRICS)}, or another K as recall@7"
    parser.add_argument("--metric", metavar="NAME", type=_metric, help=said, **how)


def _metric(name: str) -> str:
    """Return a metric's name; papers write it in capitals, too."""
    if name.lower() in METRICS:
        return name.lower()
    near = nearest(name.lower(), METRICS) or f"; choose from {', '.join(METRICS)}, or name another K as recall@7"
    raise argparse.ArgumentTypeError(f"'{name}' is not known{near}")


def metric_named(name: str, spec: ExperimentSpec) -> Metric:
    """Return a metric as it is meant for an experiment: of a split that people bring, all items are ranked alone."""
    every = f"{name}_all"
    return METRICS[every if spec.split.is_given and every in METRICS else name]


def metric_of(args: argparse.Namespace, spec: ExperimentSpec) -> Metric:
    """Return by what runs are judged: the chosen metric, or the preset's."""
    chosen = metric_named(args.metric, spec) if args.metric else None
    if chosen is not None and chosen.feedback == spec.feedback:
        return chosen
    return specs.judged_by(args.preset, spec.feedback, spec.split.is_given)


def say(*sentences: str) -> None:
    """Write sentences to stderr, above a progress bar; not if the command is quiet."""
    for sentence in () if _QUIET.get() else sentences:
        tqdm.write(sentence, file=sys.stderr)


def tell(args: argparse.Namespace, text: str, document: Json) -> None:
    """Print the result of a command: as text for people, or with ``--json`` as one document.

    A document that goes to a file leaves the text where it is.
    """
    written = f"{json.dumps(document, indent=2, ensure_ascii=False)}\n"
    if args.json == STDOUT:
        print(written, end="")
        return
    if text:
        print(text)
    if args.json is not None:
        save(args.json, lambda path: path.write_text(written, encoding="utf-8"))


def keeps_rows(spec: ExperimentSpec) -> ExperimentSpec:
    """Return the experiment, if its method keeps rows that can be written down.

    Raises:
        UsageError: if it selects other rows in every epoch.
    """
    try:
        require_rows(spec)
    except SelectionError as error:
        raise UsageError(str(error)) from error
    return spec


def save(path: Path, write: Any) -> None:
    """Have ``write`` write a file, or say why it cannot."""
    try:
        write(path)
    except OSError as error:
        raise CorelensError(
            f"'{path}' could not be written ({reason(error)}); name a file in a folder that exists. "
            "The result is kept, so the same command answers at once."
        ) from error
