"""``--train A --validation B --test C``: a log that comes with its split."""

from __future__ import annotations

import argparse

from rec_core.cli import log_options, logs
from rec_core.cli.usage import UsageError
from rec_core.data.sources.table import Brought, Layout
from rec_core.data.sources.table.places import absolute


def options(parser: argparse.ArgumentParser) -> None:
    """Add where the files of a split are; how they are read is said as of a log in one file."""
    own = parser.add_argument_group("a log that comes with its split, read as one in a file (any number of test rows)")
    own.add_argument("--train", metavar="PATH", help="the rows to train on")
    own.add_argument("--validation", metavar="PATH", help="the rows to choose on; without it, nothing is chosen")
    own.add_argument("--test", metavar="PATH", help="the rows to measure on")


def take(args: argparse.Namespace) -> None:
    """Make the split that the options name the data set, and write it down, so that pages have it too.

    Raises:
        CorelensError: if it cannot be read so.
    """
    train, validation, test = (getattr(args, name, None) for name in ("train", "validation", "test"))
    if train is None and validation is None and test is None:
        return
    if train is None or test is None:
        raise UsageError(f"A split needs --train and --test; name the {'test' if train else 'train'} file too.")
    if args.data is not None:
        raise UsageError("--data names a log in one file, and --train, --test a split; name either.")
    path, items_path = absolute(train), absolute(args.items) if args.items else ""
    chosen_on, measured_on = (absolute(one) if one else "" for one in (validation, test))
    told = logs.said_in_spec(args)
    reading = logs.as_said(told) if told else logs.reading_of(path, items_path, args)
    said = log_options.said(args, Layout).get("header") is not None
    logs.keep(Brought.of_files(path, chosen_on, measured_on, reading, args.title or "", items_path, said), args)
