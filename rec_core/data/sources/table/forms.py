"""Forms of text that are no table of separated fields: told by their beginning, and read record by record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

from rec_core.data.sources.table import blocks, lists, objects
from rec_core.data.sources.table.folders import Rows
from rec_core.data.sources.table.objects import Entry
from rec_core.data.sources.table.opening import HELD
from rec_core.data.sources.table.reading import Form, Layout
from rec_core.errors import DataError

OBJECTS: tuple[Form, ...] = ("json", "values", "dicts")
ENTRIES: tuple[Form, ...] = (*OBJECTS, "lists")  # read by ``entries``
OTHERS: tuple[Form, ...] = (*ENTRIES, "blocks")
_SEPARATORS = (",", "\t", ";", "|")
_KINDS = {"json": "JSON object", "values": "JSON object", "dicts": "Python dictionary"}


def layout_of(text: str, encoding: str, name: str, is_whole: bool) -> Layout | None:
    """Return the layout of a text that is no table of separated fields, None for one that may be.

    Raises:
        DataError: if it is JSON that holds no rows.
    """
    if text.lstrip().startswith(("{", "[")):
        return Layout(form=objects.form_of(text, name), encoding=encoding)
    if lists.are_lists(text, is_whole):
        return Layout(form="lists", encoding=encoding, separator=" ", header=False, quoted=False)
    below = None if encoding.startswith("utf-16") else blocks.lines_below(text)
    if below:
        separator = max(_SEPARATORS, key=lambda sign: sum(sign in line for line in below))
        return Layout(form="blocks", encoding=encoding, separator=separator, header=False, quoted=False)
    return None


def rows_of(text: str, layout: Layout, name: str, most: int) -> Rows:
    """Return the names of the columns of such a text, and its first records.

    Raises:
        DataError: if it is not of this form.
    """
    if layout.form == "lists":
        if not all(one.isdigit() for one in text.split(maxsplit=most)[:most]):
            raise DataError(f"'{name}': these are no lines of a user and their items. Name another file.")
        return list(lists.NAMES), lists.sampled(text, most)
    if layout.form == "blocks":
        below = blocks.lines_below(text)
        if below is None:
            raise DataError(f"'{name}': these are no blocks under the id of an item. Name another file.")
        return blocks.sampled(text, layout.separator, most)
    return _objects(text, layout, name, most)


def _objects(text: str, layout: Layout, name: str, most: int) -> Rows:
    what = _KINDS[layout.form]
    found = objects.sampled(text, layout, most)
    if not found and "\n" not in text and len(text) >= HELD:
        raise DataError(
            f"'{name}', line 1 is longer than {HELD >> 20} MB. Write one object of one interaction a line, or name "
            "another file."
        )
    names = objects.names_of(found)
    if len(names) < 2:
        raise DataError(
            f"'{name}', line 1: no {what} with two fields or more stands there. Write one object a line, such as "
            '{"user": 1, "item": 2}, or name another file.'
        )
    return names, objects.records_of(found, names)


def entries(text: IO[str], layout: Layout, wanted: Sequence[str], path: str) -> Iterator[Entry]:
    """Yield the ``wanted`` fields of each record, or why it cannot be read; broken bytes of the text are escaped."""
    if layout.form == "lists":
        return lists.entries(text, wanted)
    return objects.entries(text, layout, wanted, path)


def lines(text: IO[str], layout: Layout, path: str) -> Iterator[int]:
    """Yield the line on which each record begins."""
    if layout.form == "lists":
        return lists.lines(text)
    return blocks.lines(text) if layout.form == "blocks" else objects.lines(text, layout, path)


def n_rows(start: bytes, layout: Layout) -> int:
    """Return about how many records the beginning of a text holds."""
    if layout.form == "lists":
        return lists.n_pairs(start)
    return start.count(b"}") if layout.form == "values" else start.count(b"\n") or start.count(b"\r")
