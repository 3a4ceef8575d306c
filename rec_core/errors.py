"""Errors that people read: one sentence that says what is wrong and what to do."""

from __future__ import annotations


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
