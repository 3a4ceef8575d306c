"""``--data PATH``: people's own logs, with what their columns are where that cannot be guessed."""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rec_core import specs
from rec_core.cli import log_options, queries
from rec_core.cli.usage import UsageError
from rec_core.data.sources import SOURCES, Folders
from rec_core.data.sources.table import ROLES, Columns, Layout, Reading, Sniffed, Table, layout_of, settle, sniff
from rec_core.data.sources.table.asking import Question
from rec_core.data.sources.table.places import absolute, name_of
from rec_core.data.sources.table.source import PREFIX
from rec_core.errors import DataError, SpecError, reason
from rec_core.specs import ExperimentSpec, checked
from rec_core.wording import log_read

# What is guessed of a column is of no use for another one.
_OF_ROLE = {"time": ("time_of_day",), "event": ("events",), "rating": ("at_least", "unrated")}


def options(parser: argparse.ArgumentParser) -> None:
    """Add a log of one's own: where it is, and how it is read."""
    own = parser.add_argument_group("a log of your own")
    own.add_argument("--data", metavar="PATH", help=f"{log_read.FORMS}")
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
    said = _toml(args.spec).get("log", {}) if getattr(args, "spec", None) is not None else {}
    path, queried = queries.taken(args, said)
    items_path = absolute(args.items) if args.items else ""
    reading = _as_said(said) if said else reading_of(path, items_path, args)
    keep(Table.of(path, reading.model_copy(update={"queried": queried}), args.title or "", items_path), args)


def reading_of(path: str, items_path: str, args: argparse.Namespace) -> Reading:
    """Return how a log is read: as its file looks, with what the options say of it.

    Raises:
        UsageError: with all questions that its file leaves open.
        CorelensError: if what they say does not go with the file.
    """
    found = _settled(path, args)
    reading: dict[str, Any] = {"layout": found.layout, "columns": found.columns}
    asked = [log_read.Asked(name_of(path), found.questions)]
    if items_path:
        items = sniff(items_path, of_items=True)
        named = _columns(args.item_columns, items, items_path) if args.item_columns else items.columns
        reading |= {"items_layout": items.layout, "items": named}
        open_ = [one for one in items.questions if not _is_answered(one, args.item_columns, {})]
        asked.append(log_read.Asked(name_of(items_path), open_, "--item-columns"))
    if any(one.questions for one in asked):
        raise UsageError(log_read.unanswered(asked))
    return Reading(**reading)


def _as_said(log: dict[str, Any]) -> Reading:
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


def _settled(path: str, args: argparse.Namespace) -> Sniffed:
    """Return how a file is read: as it looks, but for what options say; its questions are those still open."""
    layout, columns = log_options.said(args, Layout), log_options.said(args, Columns)
    found = _sniffed(path, layout)
    named = _columns(args.columns or "", found, path, columns)
    found = settle(path, replace(found, columns=named), layout)
    asked = [one for one in found.questions if not _is_answered(one, args.columns, layout | columns)]
    return replace(found, questions=tuple(asked))


def _sniffed(path: str, said: dict[str, Any]) -> Sniffed:
    """Return what the file seems to be, with what was ``said`` of its layout in place of the guess."""
    if not said:
        return sniff(path)
    if "separator" in said:
        checked(Layout, {"separator": said["separator"]})
    found = sniff(path, checked(Layout, layout_of(path, said.get("separator", "")).model_dump() | said))
    asked = {one.about for one in found.questions}
    return replace(found, questions=(*found.questions, *(one for one in _of_layout(path) if one.about not in asked)))


def _of_layout(path: str) -> Sequence[Question]:
    """Return the questions about how a file is written; a layout that is given leaves none."""
    try:
        return [one for one in sniff(path).questions if one.about in Layout.model_fields]
    except DataError:  # it can be read as it is said to be, not as it looks
        return []


def _is_answered(question: Question, columns: str | None, said: dict[str, Any]) -> bool:
    """Return True if an option answers a question: one of its own, or ``--columns`` that names its role."""
    roles = {part.partition("=")[0].strip() for part in (columns or "").split(",")}
    return question.about in roles or question.about in said


def _columns(text: str, found: Sniffed, path: str, said: dict[str, Any] | None = None) -> Columns:
    """Return the columns as guessed, but for those that a text such as ``user=A,item=B,rating=`` says otherwise.

    A role whose column is taken by another one gets the column that the other had. Settings that are ``said`` stay.

    Raises:
        SpecError: if a column is not there, or a role is none.
    """
    named: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        role, equals, column = part.partition("=")
        if not equals:
            raise SpecError(f"'{part}' does not say what a column is: write for example user=customer,item=sku.")
        named[role.strip()] = column.strip()
    if missing := [column for column in named.values() if column and column not in found.names]:
        raise SpecError(f"There is no column '{missing[0]}' in '{name_of(path)}'; it has {', '.join(found.names)}.")
    values = found.columns.model_dump()
    for role in named:
        values |= {name: Columns.model_fields[name].get_default() for name in _OF_ROLE.get(role, ())}
    return checked(Columns, _swapped(values, found, named) | (said or {}))


def _swapped(values: dict[str, Any], found: Sniffed, named: dict[str, str]) -> dict[str, Any]:
    """Return settings with the columns that were ``named``, each of them for one role alone."""
    free = {found.columns.named.get(role, "") for role in named} - set(named.values())  # type: ignore[call-overload]
    for role, column in found.columns.named.items():
        if role in named or column not in named.values():
            continue
        other = next(name for name, taken in named.items() if taken == column)
        left = values.get(other, "") if role in ("user", "item") and other in ("user", "item") else ""
        values[role] = left if left in free else ""
    return values | named
