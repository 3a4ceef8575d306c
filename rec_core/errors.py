"""Errors that people read: one sentence that says what is wrong and what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from difflib import get_close_matches


def reason(error: OSError) -> str:
    """Return why a file could not be read or written, in words that say what to mend."""
    known = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk is full", errno.EROFS: "the disk is read-only"}
    return known.get(error.errno or 0) or error.strerror or type(error).__name__


def remedy(error: OSError) -> str:
    """Return the advice for a file or folder of the home that could not be written, as an order."""
    other = "start Corelens with another folder CORELENS_HOME"
    if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
        return f"a file has the name of a folder there: move it away, or {other}"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"make the folder writable, or {other}"
    if error.errno in (errno.ENOENT, errno.ELOOP):
        return f"put the folder back, or {other}"
    return f"free some disk space, or {other}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence about a name that nothing has: the name that was meant, if one is like it.

    >>> nearest("recnt", ["random", "recent"]), nearest("nothing", ["random", "recent"])
    ("; did you mean 'recent'?", '')
    """
    found = get_close_matches(name.casefold(), list(known), n=1, cutoff=0.6)
    return f"; did you mean '{found[0]}'?" if found else ""


class CorelensError(Exception):
    """Something a person can mend; the message is shown as it is, never with a stack trace."""


class SpecError(CorelensError):
    """A setting is unknown, out of range, or does not go with another one."""


class DataError(CorelensError):
    """The data cannot be found, read or split as asked."""


class SelectionError(CorelensError):
    """A method cannot choose what was asked of it."""


class TrainingError(CorelensError):
    """Training did not lead anywhere."""


class CancelledError(CorelensError):
    """The run was stopped on request."""
