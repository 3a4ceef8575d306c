"""``--data PATH``: people's own logs, with what their columns are where that cannot be guessed."""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

from rec_core import specs
from rec_core.data.sources import SOURCES, Folders
from rec_core.data.sources.table import Columns, Layout, Reading, Sniffed, Table, layout_of, sniff
from rec_core.data.sources.table.places import absolute, name_of
from rec_core.data.sources.table.reading import ENCODINGS
from rec_core.data.sources.table.source import PREFIX
from rec_core.errors import SpecError, reason
from rec_core.specs import ExperimentSpec, checked

_NAMED = {"tab": "\t", "\\t": "\t", "space": " ", "\\x01": "\x01"}


def options(parser: argparse.ArgumentParser) -> None:
    """Add a log of one's own: where it is, and how it is read."""
    own = parser.add_argument_group("a log of your own")
    own.add_argument("--data", metavar="PATH", help="CSV, JSON lines, Parquet (a file or a folder), .inter; gzip, zip")
    own.add_argument("--columns", metavar="user=A,item=B", help="user, item, rating, time, title, categories")
    own.add_argument("--separator", metavar="SIGN", help="what separates fields: one or two characters, tab or space")
    own.add_argument("--encoding", choices=list(ENCODINGS), help="how text is written")
    own.add_argument("--header", action=argparse.BooleanOptionalAction, help="whether line 1 names the columns")
    own.add_argument(
        "--quotes", "--quoted", action=argparse.BooleanOptionalAction, help="whether quotation marks enclose fields"
    )
    own.add_argument(
        "--multiline",
        action=argparse.BooleanOptionalAction,
        help="whether fields in quotation marks may have line breaks",
    )
    own.add_argument("--escape", choices=["", "\\"], help="the sign before a quotation mark within a field, if any")
    own.add_argument("--spaces", action=argparse.BooleanOptionalAction, help="drop spaces after separators")
    own.add_argument("--skip", type=int, metavar="N", help="lines above the column names, or the first row, to skip")
    own.add_argument("--comment", metavar="SIGN", help="skip lines that begin with this sign")
    own.add_argument("--decimal", choices=[".", ","], help="the sign in 3.5")
    own.add_argument("--in-order", action="store_true", help="without times: lines are in order of time")
    own.add_argument("--items", metavar="PATH", help="a second file, with titles and categories of items")
    own.add_argument("--item-columns", metavar="item=A,title=B", help="what is what there")
    own.add_argument("--title", help="what to call the log (default: its file's name)")


def take(args: argparse.Namespace) -> None:
    """Make the log that the options name the data set, and write it down, so that pages have it too.

    Raises:
        CorelensError: if it cannot be read so.
    """
    if getattr(args, "data", None) is None:
        return
    path = _whole(args.data)
    if getattr(args, "spec", None) is not None and "log" in (said := _toml(args.spec)):
        _keep(path, _as_said(said["log"]), args, _whole(args.items) if args.items else "")
        return
    found = _sniffed(path, args)
    columns = _columns(args.columns, found, path) if args.columns else found.columns
    columns = columns.model_copy(update={"in_order": args.in_order and not columns.time})
    reading = {"layout": found.layout, "columns": columns}
    items_path = _whole(args.items) if args.items else ""
    if items_path:
        items = sniff(items_path, of_items=True)
        named = _columns(args.item_columns, items, items_path) if args.item_columns else items.columns
        reading |= {"items_layout": items.layout, "items": named}
    _keep(path, Reading(**reading), args, items_path)


def _as_said(log: dict[str, Any]) -> Reading:
    """Return how a bundle's log was read."""
    return checked(Reading, {name: value for name, value in log.items() if name in Reading.model_fields})


def _keep(path: str, reading: Reading, args: argparse.Namespace, items_path: str) -> None:
    """Write the log down, and make it the data set."""
    log = Table.of(path, reading, args.title or "", items_path)
    log.require(Folders(None, args.home.folders(None).downloads))
    args.home.logs.keep(log)
    args.dataset = log.name


def spec_in(file: Path, dataset: str) -> ExperimentSpec:
    """Return the experiment that a bundle's ``spec.toml`` describes, on the log that was named, if one was.

    Raises:
        SpecError: if it cannot be read, or no log is named where it asks for one.
    """
    values = _toml(file)
    asked = values.get("data", {}).get("dataset", "")
    if values.pop("log", None) is not None:
        if dataset not in SOURCES or not dataset.startswith(PREFIX):
            raise SpecError(f"'{file.name}' is about a log: name its file with --data PATH.")
        if asked != dataset:
            print("This file is not the one that the spec was made from, or is read otherwise.", file=sys.stderr)
        values["data"] |= {"dataset": dataset}
    elif asked not in SOURCES:
        raise SpecError(f"'{file.name}' is about the data set '{asked}', which is not known here.")
    values.setdefault("data", {})["fingerprint"] = ""
    return specs.parse(values)


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"'{file}' cannot be read ({reason(error)}); name the spec.toml of a bundle.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"'{file.name}' is no TOML ({error}); name the spec.toml of a bundle.") from error


def _whole(path: str) -> str:
    return absolute(path)


def _sniffed(path: str, args: argparse.Namespace) -> Sniffed:
    """Return what the file seems to be, with what was said of it in place of the guess."""
    separator = _NAMED.get(args.separator, args.separator or "")
    if separator:
        checked(Layout, {"separator": separator})
    said: dict[str, Any] = {
        "encoding": args.encoding,
        "header": args.header,
        "quoted": args.quotes,
        "decimal": args.decimal,
        "multiline": args.multiline,
        "escape": args.escape,
        "spaces": args.spaces,
        "skip": args.skip,
        "comment": args.comment,
    }
    changed = {name: value for name, value in said.items() if value is not None}
    return sniff(path, checked(Layout, layout_of(path, separator).model_dump() | changed))


def _columns(text: str, found: Sniffed, path: str) -> Columns:
    """Return the columns as guessed, but for those that a text such as ``user=A,item=B,rating=`` says otherwise.

    Raises:
        SpecError: if a column is not there, or a role is none.
    """
    named: dict[str, str] = {}
    for part in text.split(","):
        role, equals, column = part.partition("=")
        if not equals:
            raise SpecError(f"'{part}' does not say what a column is: write for example user=customer,item=sku.")
        named[role.strip()] = column.strip()
    if missing := [column for column in named.values() if column and column not in found.names]:
        raise SpecError(f"There is no column '{missing[0]}' in '{name_of(path)}'; it has {', '.join(found.names)}.")
    guessed = {role: column for role, column in found.columns.named.items() if column not in named.values()}
    return checked(Columns, guessed | named)
