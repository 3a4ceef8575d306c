"""Texts and names as SQL has them, and the error of a file that has no recipe."""

from __future__ import annotations


class NoRecipeError(Exception):
    """DuckDB does not read a file as Corelens does; the message ends a sentence that says why, with the remedy."""


def quoted(text: str) -> str:
    """Return a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def named(column: str) -> str:
    """Return the name of a column as SQL has it."""
    return '"' + column.replace('"', '""') + '"'
