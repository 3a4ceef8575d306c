"""The pipeline from the command line: ``python -m rec_core COMMAND``.

Commands: ``run | select | export | sweep | find | tune | methods | tables``.

Where results are kept is told by the entry point, ``rec_core.__main__``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rec_core import report
from rec_core.cli import logs, sweeps, tuning
from rec_core.cli.common import (
    Bar,
    Home,
    at_least_one,
    data_options,
    experiment_of,
    experiment_options,
    note,
    result_of,
    save,
    say,
    spec_of,
    with_settings,
)
from rec_core.errors import CorelensError
from rec_core.experiment import stored_per_user
from rec_core.export import bundle
from rec_core.export.rows import coreset_frame, require_rows, writer_of
from rec_core.export.tables import FORMS, render
from rec_core.published import TABLES
from rec_core.selection import METHODS
from rec_core.settings import offers
from rec_core.specs import ExperimentSpec

__all__ = ["Home", "main"]


def main(arguments: list[str] | None, home: Home) -> int:
    """Run one command; return 0, or 1 after one sentence on stderr."""
    args = _parser().parse_args(
        arguments, argparse.Namespace(home=home, typed=sys.argv[1:] if arguments is None else arguments)
    )
    try:
        logs.take(args)
        args.command(args)
    except CorelensError as error:
        print(f"corelens: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rec_core", description="Select a coreset, train on it, compare.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run one experiment")
    experiment_options(run)
    run.add_argument("--json", metavar="FILE", type=Path, help="write the result here (default: print it)")
    run.set_defaults(command=_run)
    select = commands.add_parser("select", help="choose a coreset and save its rows with original ids")
    experiment_options(select)
    _all_rows_option(select)
    select.add_argument("--out", metavar="FILE", type=Path, required=True, help="file to write: .csv or .parquet")
    select.set_defaults(command=_select)
    export = commands.add_parser("export", help="take a coreset away, in the forms that other libraries read")
    experiment_options(export)
    export.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="a new folder, or a file that ends in .zip"
    )
    _all_rows_option(export)
    export.add_argument("--dropped", action="store_true", help="with the train rows that are not kept")
    export.add_argument("--with-model", action="store_true", help="with the model, trained on the coreset")
    export.add_argument("--top", metavar="N", type=at_least_one, help="with the model, and its N items for every user")
    export.add_argument(
        "--spreadsheet", action="store_true", help="with copies of CSV files in which no text starts a formula"
    )
    export.set_defaults(command=_export)
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
    return parser


def _all_rows_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--all-rows", action="store_true", help="for production: select from all rows, and hold nothing out"
    )


def _selection_of(args: argparse.Namespace) -> ExperimentSpec:
    """Return the experiment that the options describe, without a split where all rows are asked for."""
    spec = spec_of(args)
    return spec.with_(split=spec.split.model_copy(update={"all_rows": True})) if args.all_rows else spec


def _run(args: argparse.Namespace) -> None:
    spec = spec_of(args)
    with Bar() as bar:
        result = result_of(spec, args, bar)
    document = json.dumps(result.to_json(), indent=2)
    if args.json is None:
        print(document)
    else:
        save(args.json, lambda path: path.write_text(document + "\n"))


def _select(args: argparse.Namespace) -> None:
    spec, write = _selection_of(args), writer_of(args.out)
    require_rows(spec)
    with Bar() as bar:
        experiment = experiment_of(spec, args, bar)
        frame = coreset_frame(experiment)
        note(experiment)
    save(args.out, lambda path: write(frame))


def _export(args: argparse.Namespace) -> None:
    wanted = bundle.Wanted(args.dropped, args.with_model or bool(args.top), args.top or 0, args.spreadsheet)
    spec = _selection_of(args)
    require_rows(spec)
    with Bar() as bar:
        experiment = experiment_of(spec, args, bar)
        if args.out.suffix == ".zip":
            packed = bundle.zipped(experiment, wanted)
            save(args.out, lambda path: path.write_bytes(packed))
        else:
            bundle.write(experiment, args.out, wanted)
        note(experiment)
    which = "rows" if experiment.spec.split.all_rows else "train rows"
    say(f"{len(experiment.coreset.rows):,} of {len(experiment.split.train):,} {which} are in {args.out}.")


def _methods(args: argparse.Namespace) -> None:
    for name, method in METHODS.items():
        proxy = " Needs a proxy." if method.needs_proxy else ""
        settings = "".join(f" method.{field}: {offer.title}." for field, offer in offers(method).items())
        print(f"{name:<12} {method.summary.format(row='row', rows='rows')}{proxy}{settings}")


def _tables(args: argparse.Namespace) -> None:
    store = args.home.store()
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
            print(render(report.title(table), cells, report.footnotes(table), args.format))
