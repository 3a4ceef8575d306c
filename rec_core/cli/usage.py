"""What a wrong command is answered with: one sentence with the nearest match, one line of usage, exit code 2."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import rec_core
from rec_core.data.sources.table.source import PREFIX
from rec_core.errors import SpecError, nearest

PROGRAM = "python -m rec_core"
_FILES = (
    ".csv",
    ".tsv",
    ".json",
    ".parquet",
    ".npy",
    ".xlsx",
    ".txt",
    ".gz",
    ".tgz",
    ".tar",
    ".7z",
    ".feather",
    ".pkl",
)


class UsageError(SpecError):
    """The command itself is wrong: an option is missing, unknown, or says what cannot be."""


@contextmanager
def usage_errors() -> Iterator[None]:
    """Answer a wrong setting as any wrong option."""
    try:
        yield
    except SpecError as error:
        raise UsageError(str(error)) from error


class Parser(argparse.ArgumentParser):
    """A parser whose errors are two lines: what is wrong with the nearest match, and how the command is used."""

    def error(self, message: str) -> NoReturn:
        """Report the usage error, and end with exit code 2."""
        tell_usage(
            message.removeprefix("argument ").replace("the following arguments are required", "missing"), self.prog
        )
        raise SystemExit(2)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Return the options; one that no command has is refused with the nearest that there is."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            parser = self.commands().get(getattr(found, "name_of_command", ""), self)
            options = [option for option in parser._option_string_actions if option.startswith("--")]
            parser.error(f"there is no option '{unknown[0]}'{nearest(unknown[0].partition('=')[0], options)}")
        return found

    def commands(self) -> dict[str, Parser]:
        """Return the parsers of commands, by name."""
        groups = [action for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        return {name: parser for group in groups for name, parser in group.choices.items()}

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse what is none of an option's choices, with the nearest one and all of them."""
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            near = nearest(str(value), known) or f"; choose from {', '.join(known)}"
            raise argparse.ArgumentError(action, f"'{value}' is not known{near}")


def tell_usage(message: str, program: str) -> None:
    """Write what is wrong with a command to stderr, and below it how the command is used."""
    sentence = message if message.endswith((".", "?")) else f"{message}."
    print(f"corelens: {sentence}", file=sys.stderr)
    print(f"Usage: {program} …; `{program} --help` lists the options.", file=sys.stderr)


def common_options(parser: argparse.ArgumentParser) -> None:
    """Add what every command has."""
    group = parser.add_argument_group("output")
    group.add_argument("--version", action="version", version=f"corelens {rec_core.__version__}")
    group.add_argument("--quiet", action="store_true", help="write results and errors only: no progress, no notes")
    group.add_argument(
        "--json",
        metavar="FILE",
        nargs="?",
        const=STDOUT,
        type=_json_file,
        help="print the result as one JSON document, or write it to FILE",
    )


STDOUT = Path("-")  # what ``--json`` without a file writes to


def _json_file(text: str) -> Path:
    path = Path(text)
    if path != STDOUT and path.suffix != ".json":
        raise argparse.ArgumentTypeError(f"writes JSON; name a file that ends in .json instead of '{text}'")
    return path


def share(text: str) -> float:
    """Return a share as a number: ``0.2`` and ``20%`` are the same.

    >>> share("0.2"), share("20%"), share("2.5 %")
    (0.2, 0.2, 0.025)
    """
    number = text.strip().removesuffix("%").strip()
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"'{text}' is not a share; write for example 0.2 or 20%")
    value = round(value / 100, 9) if text.strip().endswith("%") else value
    if value > 1 and not text.strip().endswith("%") and value <= 100:
        raise argparse.ArgumentTypeError(f"'{text}' is more than all; did you mean {value / 100:g} or {value:g}%?")
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not between 0 and 1; write for example 0.2 or 20%")
    return value


def shares(text: str) -> tuple[float, ...]:
    """Return several shares, separated by commas."""
    found = tuple(share(part) for part in text.split(",") if part.strip())
    if not found:
        raise argparse.ArgumentTypeError("names no share; write for example 0.05,0.2 or 5%,20%")
    return found


def file_in(*endings: str) -> Any:
    """Return a parser for the name of a file to write, whose ending gives its format."""

    def read(text: str) -> Path:
        path = Path(text)
        if path.suffix.lower() not in endings:
            raise argparse.ArgumentTypeError(
                f"'{text}' does not say its form; name a file that ends in {' or '.join(endings)}"
            )
        return path

    return read


def folder_or_zip(text: str) -> Path:
    """Return where a bundle goes: a new folder, or a zip."""
    path = Path(text)
    if path.suffix.lower() in _FILES:
        raise argparse.ArgumentTypeError(
            f"'{text}' is neither a folder nor a .zip; `{PROGRAM} select --out {text}` writes the rows as a file"
            if path.suffix.lower() in ROW_FORMS
            else f"'{text}' is neither a folder nor a .zip; name one of these"
        )
    return path


ROW_FORMS = (".parquet", ".csv", ".json")


def require_data(args: argparse.Namespace, known: Iterable[str]) -> None:
    """Refuse a command that needs data and names none.

    Raises:
        UsageError: with the data sets that can be named.
    """
    asks = hasattr(args, "dataset") and args.dataset is None
    if asks and not (getattr(args, "spec", None) or getattr(args, "resume", None)):
        sets = ", ".join(name for name in known if not name.startswith(PREFIX))
        raise UsageError(f"Name the data: --dataset NAME (one of {sets}), or --data PATH for a log of your own.")
