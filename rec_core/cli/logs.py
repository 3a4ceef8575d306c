"""``--data PATH``: people's own logs, with what their columns are where that cannot be guessed."""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

from rec_core import specs
from rec_core.cli import log_options, queries
from rec_core.cli.usage import UsageError
from rec_core.data.sources import SOURCES, Folders
from rec_core.data.sources.table import ROLES, Columns, Layout, Reading, Table
from rec_core.data.sources.table.answering import Said, answered
from rec_core.data.sources.table.places import absolute, name_of
from rec_core.data.sources.table.source import PREFIX
from rec_core.errors import SpecError, reason
from rec_core.specs import ExperimentSpec, checked
from rec_core.wording import log_read


def options(parser: argparse.ArgumentParser) -> None:
    """Add a log of one's own: where it is, and how it is read."""
    own = parser.add_argument_group("a log of your own")
    own.add_argument("--data", metavar="PATH", help=f"{log_read.FORMS}; or a database")
    own.add_argument("--query", metavar="SQL", help="what to ask the database that --data names: one SELECT")
    own.add_argument("--columns", metavar="user=A,item=B", help=", ".join(ROLES))
    log_options.add(own)
    own.add_argument("--items", metavar="PATH", help="a second file, with titles and categories of items")
    own.add_argument("--item-columns", metavar="item=A,title=B", help="which column of that file is what")
    own.add_argument("--title", help="what to call the log (default: its file's name)")


def take(args: argparse.Namespace) -> None:
    """Make the log that the options name the data set, and write it down, so that pages have it too.

    Raises:
        UsageError: with all questions that its file leaves open.
        CorelensError: if it cannot be read so.
    """
    if getattr(args, "data", None) is None:
        queries.require_data(args)
        return
    said = said_in_spec(args)
    path, queried = queries.taken(args, said)
    items_path = absolute(args.items) if args.items else ""
    reading = as_said(said) if said else reading_of(path, items_path, args)
    keep(Table.of(path, reading.model_copy(update={"queried": queried}), args.title or "", items_path), args)


def said_in_spec(args: argparse.Namespace) -> dict[str, Any]:
    """Return what a bundle's ``spec.toml`` says of its log; nothing where none is named."""
    found: dict[str, Any] = _toml(args.spec).get("log", {}) if getattr(args, "spec", None) is not None else {}
    return found


def reading_of(path: str, items_path: str, args: argparse.Namespace) -> Reading:
    """Return how a log is read: as its file looks, with what the options say of it.

    Raises:
        UsageError: with all questions that its file leaves open.
        CorelensError: if what they say does not go with the file.
    """
    said = Said(log_options.said(args, Layout), _named(args.columns or ""), log_options.said(args, Columns))
    found = answered(path, said)
    reading: dict[str, Any] = {"layout": found.layout, "columns": found.columns}
    asked = [log_read.Asked(name_of(path), found.questions)]
    if items_path:
        items = answered(items_path, Said(roles=_named(args.item_columns or "")), of_items=True)
        reading |= {"items_layout": items.layout, "items": items.columns}
        asked.append(log_read.Asked(name_of(items_path), items.questions, "--item-columns"))
    if any(one.questions for one in asked):
        raise UsageError(log_read.unanswered(asked))
    return Reading(**reading)


def as_said(log: dict[str, Any]) -> Reading:
    """Return how a bundle's log was read."""
    return checked(Reading, {name: value for name, value in log.items() if name in Reading.model_fields})


def keep(log: Table, args: argparse.Namespace) -> None:
    """Write a log down, and make it the data set."""
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
            raise SpecError(
                f"'{file.name}' is about a log: name its file with --data PATH (of a split: --train, --test)."
            )
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


def _named(text: str) -> dict[str, str]:
    """Return the columns of roles that a text such as ``user=A,item=B,rating=`` names.

    Raises:
        SpecError: if it says something else.
    """
    named: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        role, equals, column = part.partition("=")
        if not equals:
            raise SpecError(f"'{part}' does not say what a column is: write for example user=customer,item=sku.")
        named[role.strip()] = column.strip()
    return named
