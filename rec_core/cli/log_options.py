"""The options that say how a log is read: one for each setting of its layout and of its columns, but for the roles."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from rec_core.data.sources.table import ROLES, Columns, Layout
from rec_core.data.sources.table.reading import ENCODINGS

_NAMED = {"tab": "\t", "\\t": "\t", "space": " ", "\\x01": "\x01"}
_HELP = {
    "separator": "what separates fields: one or two characters, tab or space",
    "encoding": "how text is written",
    "header": "whether line 1 names the columns",
    "quoted": "whether quotation marks enclose fields",
    "multiline": "whether fields in quotation marks may have line breaks",
    "escape": "the sign before a quotation mark within a field, if any",
    "spaces": "drop spaces after separators",
    "skip": "lines to skip above the column names, or above the first row",
    "comment": "skip lines that begin with this sign",
    "decimal": "the sign in 3.5",
    "thousands": "the sign in 1,200",
    "time_format": "how times are written, such as '%%d/%%m/%%Y', yyyymmdd, excel, s, ms, us, ns",
    "in_order": "without times: lines are in order of time",
    "events": "the events that count, such as view,cart",
    "at_least": "the lowest rating that counts as an interaction",
    "unrated": "ratings that mean “not rated”, such as 0,-1",
}
_OPTIONS = {"quoted": ("--quotes", "--quoted")}
_METAVARS = {"separator": "SIGN", "comment": "SIGN", "time_format": "FORM", "events": "A,B", "unrated": "A,B"}
_HERE = "said_"  # begins where the options' values are kept, apart from other options


def fields() -> dict[str, tuple[type[Layout | Columns], FieldInfo]]:
    """Return the settings that have an option, by name, each with the group it is of."""
    groups: tuple[type[Layout | Columns], ...] = Layout, Columns
    every = {name: (group, field) for group in groups for name, field in group.model_fields.items()}
    return {name: one for name, one in every.items() if name != "form" and name not in ROLES}


def option(name: str) -> str:
    """Return what the command line calls a setting.

    >>> option("time_format"), option("quoted")
    ('--time-format', '--quotes')
    """
    return _OPTIONS.get(name, (f"--{name.replace('_', '-')}",))[0]


def add(group: Any) -> None:
    """Add the options to a group of a parser."""
    for name, (_, field) in fields().items():
        spelled = _OPTIONS.get(name, (option(name),))
        how = _taken(name, field.annotation)
        group.add_argument(*spelled, dest=f"{_HERE}{name}", help=_HELP.get(name, name.replace("_", " ")), **how)


def said(args: argparse.Namespace, of: type[Layout | Columns]) -> dict[str, Any]:
    """Return the settings of a group that the options name, by name."""
    every = {name: getattr(args, f"{_HERE}{name}", None) for name, (group, _) in fields().items() if group is of}
    return {name: value for name, value in every.items() if value is not None}


def _taken(name: str, kind: Any) -> dict[str, Any]:
    """Return how ``argparse`` takes a setting of some type."""
    if get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if kind is bool:
        return {"action": argparse.BooleanOptionalAction}
    if get_origin(kind) is Literal:
        return {"choices": list(get_args(kind)), "type": _sign}
    if name == "encoding":
        return {"choices": list(ENCODINGS)}
    readers: dict[Any, Callable[[str], Any]] = {int: int, float: float, tuple: _several}
    return {"type": readers.get(get_origin(kind) or kind, _sign), "metavar": _METAVARS.get(name, "N")}


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _sign(text: str) -> str:
    r"""Return a text; signs that a terminal does not take have names.

    >>> _sign("tab"), _sign(";")
    ('\t', ';')
    """
    return _NAMED.get(text, text)
