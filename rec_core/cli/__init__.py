"""The pipeline from the command line: ``python -m rec_core COMMAND``.

Commands: ``run | select | export | screen | sweep | find | tune | methods | tables``.

Where results are kept is told by the entry point, ``rec_core.__main__``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import pandas as pd

import rec_core
from rec_core import report
from rec_core.cli import brought, logs, screening, sweeps, tuning
from rec_core.cli.common import (
    Bar,
    Home,
    at_least_one,
    data_options,
    experiment_of,
    experiment_options,
    keeps_rows,
    metric_named,
    metric_option,
    note,
    result_of,
    save,
    say,
    say_what_was_read,
    spec_of,
    talking,
    tell,
    with_settings,
)
from rec_core.cli.usage import (
    PROGRAM,
    ROW_FORMS,
    STDOUT,
    Parser,
    UsageError,
    common_options,
    file_in,
    folder_or_zip,
    require_data,
    tell_usage,
    usage_errors,
)
from rec_core.data.databases import hidden
from rec_core.data.sources import SOURCES
from rec_core.errors import CorelensError
from rec_core.experiment import Stages, stored_per_user
from rec_core.export import bundle
from rec_core.export.rows import coreset_frame
from rec_core.export.tables import FORMS, render
from rec_core.published import TABLES
from rec_core.selection import METHODS
from rec_core.settings import offers
from rec_core.specs import ExperimentSpec

__all__ = ["Home", "main"]


def main(arguments: list[str] | None, home: Home) -> int:
    """Run one command; return 0, or after one sentence on stderr 1, and 2 if the command itself is wrong."""
    typed = sys.argv[1:] if arguments is None else arguments
    try:
        args = _parser().parse_args(typed, argparse.Namespace(home=home, typed=[hidden(one) for one in typed]))
    except SystemExit as ended:  # a usage error, or --help and --version
        return int(ended.code or 0)
    try:
        with talking(args.quiet):
            with usage_errors():
                brought.take(args)
                logs.take(args)
            require_data(args, SOURCES)
            args.command(args)
            say_what_was_read(args)
    except UsageError as error:
        tell_usage(str(error), f"{PROGRAM} {args.name_of_command}")
        return 2
    except CorelensError as error:
        print(f"corelens: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # who read the output has seen enough, as ``head`` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description="Select a coreset, train on it, compare.")
    parser.add_argument("--version", action="version", version=f"corelens {rec_core.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="name_of_command")
    run = commands.add_parser("run", help="run one experiment")
    experiment_options(run)
    metric_option(run, "further metrics to print, after those that are always printed", action="append", default=[])
    run.set_defaults(command=_run)
    select = commands.add_parser("select", help="choose a coreset and save its rows with original ids")
    experiment_options(select)
    select.add_argument(
        "--out", metavar="FILE", type=file_in(*ROW_FORMS), required=True, help=f"file to write: {', '.join(ROW_FORMS)}"
    )
    _all_rows_option(select)
    select.set_defaults(command=_select)
    export = commands.add_parser("export", help="take a coreset away, in the forms that other libraries read")
    experiment_options(export)
    export.add_argument(
        "--out", metavar="DIR", type=folder_or_zip, required=True, help="a new folder, or a file that ends in .zip"
    )
    _all_rows_option(export)
    export.add_argument("--dropped", action="store_true", help="with the train rows that are not kept")
    export.add_argument("--with-model", action="store_true", help="with the model, trained on the coreset")
    export.add_argument("--top", metavar="N", type=at_least_one, help="with the model, and its N items for every user")
    export.add_argument(
        "--spreadsheet", action="store_true", help="with copies of CSV files in which no text starts a formula"
    )
    export.set_defaults(command=_export)
    screening.add_command(commands)
    sweeps.add_commands(commands)
    tuning.add_command(commands)
    methods = commands.add_parser("methods", help="list the selection methods")
    methods.set_defaults(command=_methods)
    tables = commands.add_parser("tables", help="make the report's tables, with its figures beside ours")
    tables.add_argument("number", nargs="?", type=int, choices=sorted(TABLES), help="one table (default: all)")
    tables.add_argument("--seeds", type=at_least_one, default=1, help="average over this many seeds")
    tables.add_argument("--format", choices=FORMS, default="md")
    data_options(tables)
    tables.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="change a setting")
    tables.set_defaults(command=_tables)
    for command in parser.commands().values():
        common_options(command)
    return parser


def _all_rows_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--all-rows", action="store_true", help="for production: select from all rows, and hold nothing out"
    )


def _selection_of(args: argparse.Namespace) -> ExperimentSpec:
    """Return the experiment that the options describe, without a split where all rows are asked for.

    Raises:
        UsageError: if its method keeps no rows.
    """
    spec = keeps_rows(spec_of(args))
    return spec.with_(split=spec.split.model_copy(update={"all_rows": True})) if args.all_rows else spec


def _run(args: argparse.Namespace) -> None:
    spec = spec_of(args)
    with Bar() as bar:
        result = result_of(spec, args, bar)
    document = result.to_json([metric_named(name, spec) for name in args.metric])
    tell(args, json.dumps(document, indent=2) if args.json is None else "", document)


def _select(args: argparse.Namespace) -> None:
    spec = _selection_of(args)
    with Bar() as bar:
        experiment = experiment_of(spec, args, bar)
        frame = coreset_frame(experiment)
        note(experiment)
    save(args.out, lambda path: _write(frame, path, args.out.suffix.lower()))
    _tell_of_rows(experiment, args)


def _write(frame: pd.DataFrame, path: Path, form: str) -> None:
    """Write rows in the form that the file's name says."""
    if form == ".csv":
        frame.to_csv(path, index=False, lineterminator="\n")
    elif form == ".json":
        path.write_text(frame.to_json(orient="records"), encoding="utf-8")
    else:
        frame.to_parquet(path, index=False)


def _tell_of_rows(experiment: Stages, args: argparse.Namespace) -> None:
    kept, total = len(experiment.coreset.rows), len(experiment.split.train)
    which = "rows" if experiment.spec.split.all_rows else "train rows"
    say(f"{kept:,} of {total:,} {which} are in {args.out}.")
    facts = {"kept": kept, which.replace(" ", "_"): total, "spec": experiment.spec.model_dump()}
    tell(args, "", {"out": str(args.out), **facts})


def _export(args: argparse.Namespace) -> None:
    wanted = bundle.Wanted(args.dropped, args.with_model or bool(args.top), args.top or 0, args.spreadsheet)
    spec = _selection_of(args)
    with Bar() as bar:
        experiment = experiment_of(spec, args, bar)
        if args.out.suffix == ".zip":
            packed = bundle.zipped(experiment, wanted)
            save(args.out, lambda path: path.write_bytes(packed))
        else:
            bundle.write(experiment, args.out, wanted)
        note(experiment)
    _tell_of_rows(experiment, args)


def _methods(args: argparse.Namespace) -> None:
    lines, document = [], []
    for name, method in METHODS.items():
        summary = method.summary.format(row="row", rows="rows")
        proxy = " Needs a proxy." if method.needs_proxy else ""
        settings = "".join(f" method.{field}: {offer.title}." for field, offer in offers(method).items())
        lines.append(f"{name:<12} {summary}{proxy}{settings}")
        own = {f"method.{field}": offer.title for field, offer in offers(method).items()}
        document.append({"name": name, "summary": summary, "needs_proxy": method.needs_proxy, "settings": own})
    tell(args, "\n".join(lines), document)


def _tables(args: argparse.Namespace) -> None:
    store, document = args.home.store(), []
    with Bar() as bar:
        for number in [args.number] if args.number else sorted(TABLES):
            table = TABLES[number]
            wanted = report.wanted(table, args.seeds, {"data": {"dataset": args.dataset}})
            first = wanted[0][0]
            results = [
                [result_of(with_settings(spec, args.set), args, bar, is_first=spec is first) for spec in row]
                for row in wanted
            ]
            cells = report.build(table, results, lambda result: stored_per_user(result, store))
            rows = cells.to_dict("records")
            document.append(
                {"number": number, "title": report.title(table), "rows": rows, "notes": report.footnotes(table)}
            )
            if args.json != STDOUT:
                print(render(report.title(table), cells, report.footnotes(table), args.format))
    tell(args, "", document)
