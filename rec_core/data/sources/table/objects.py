"""Objects as records: the fields that they have, nested ones by dotted names, and what a record holds of them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import IO, Any, NamedTuple

from rec_core.data.rejected import NOT_TEXT
from rec_core.data.sources.table import literals
from rec_core.data.sources.table.jsonvalues import values
from rec_core.data.sources.table.reading import Form, Layout
from rec_core.errors import DataError

NO_OBJECT, NO_DICTIONARY = "no JSON object", "no Python dictionary"
_BROKEN = re.compile("[\udc80-\udcff]")  # what stands for bytes that are not of the encoding
_HALF = re.compile("[\ud800-\udfff]")
_DEEPEST, _WIDEST = 6, 500  # levels of nested fields, and fields
_MOST = (50, 10, 0)  # fields of a nested object: one with more is a map, whose keys are values
_TRIED = 20  # lines that tell which notation a file has


class Unreadable(NamedTuple):
    """A record that cannot be read: why, and what it says."""

    why: str
    text: str


Entry = list[str] | Unreadable


def form_of(text: str, name: str) -> Form:
    """Return in which form a text that begins with a brace or a bracket holds objects: json, values or dicts.

    Raises:
        DataError: if it holds one object of all rows, or a list of something else.
    """
    if text.lstrip().startswith("["):
        first = _some(text, 1)
        if not first:
            raise DataError(
                f"'{name}' is one JSON list, whose values are no objects; write one object a line (JSON lines), and "
                "name that file."
            )
        return "values"
    lines = [line for line in islice(text.lstrip().split("\n"), _TRIED) if line.strip()]
    if any(isinstance(_json(line), dict) for line in lines):
        if len(lines) == 1:
            _require_rows(_json(lines[0]), name)
        return "json"
    if any(isinstance(_python(line), dict) for line in lines):
        return "dicts"
    found = _some(text, 2)
    if len(found) == 1:
        _require_rows(found[0], name)
    if re.match(r'\s*\{\s*"[^"]*"\s*:\s*[\[{]', text) and not found and len(lines) < _TRIED:
        raise _one_object(name)
    return "values" if found else "json"


def _some(text: str, most: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    with suppress(DataError):  # reading says so
        for _, one in islice(values(io.StringIO(text)), most):
            if isinstance(one, dict):
                found.append(one)
    return found


def _require_rows(one: object, name: str) -> None:
    """Refuse a file with one object that holds all rows, as pandas writes it by default."""
    if not isinstance(one, dict):
        return
    several = [value for value in one.values() if isinstance(value, dict | list) and len(value) > 1]
    if any(isinstance(value, list) and isinstance(value[0], dict) for value in several):
        raise _one_object(name)
    if len(several) > 1 and len({len(value) for value in several}) == 1 and len(several) == len(one):
        raise _one_object(name)


def _one_object(name: str) -> DataError:
    return DataError(
        f"'{name}' is one JSON object that holds all rows; write one object for each row, one a line, as pandas does "
        "by to_json(orient='records', lines=True), and name that file."
    )


def sampled(text: str, layout: Layout, most: int) -> list[dict[str, Any]]:
    """Return the first objects of a text."""
    if layout.form == "values":
        return _some(text, most)
    load = _python if layout.form == "dicts" else _json
    return [one for line in text.split("\n")[:most] if isinstance(one := load(line), dict)]


def entries(text: IO[str], layout: Layout, wanted: Sequence[str], path: str) -> Iterator[Entry]:
    """Yield the ``wanted`` fields of each object of a text whose broken bytes are escaped, or why there are none."""
    if layout.form == "values":
        for _, one in values(text, path):
            yield _fields(one, wanted) if isinstance(one, dict) else Unreadable(NO_OBJECT, plain(as_text(one)))
        return
    load, why = (_python, NO_DICTIONARY) if layout.form == "dicts" else (_json, NO_OBJECT)
    for line in filter(str.strip, text):
        if not is_text(line):
            yield Unreadable(NOT_TEXT, plain(line))
            continue
        one = load(line)
        yield _fields(one, wanted) if isinstance(one, dict) else Unreadable(why, line)


def lines(text: IO[str], layout: Layout, path: str) -> Iterator[int]:
    """Yield the line on which each object begins."""
    if layout.form == "values":
        return (line for line, _ in values(text, path))
    return (number for number, line in enumerate(text, 1) if line.strip())


def _json(line: str) -> object:
    try:
        found: object = json.loads(line, parse_float=str, parse_int=str)  # as they were written: 1.50 and 2^70 are ids
    except (ValueError, RecursionError):
        return None
    return found


def _python(line: str) -> object:
    try:
        return literals.loads(line)
    except ValueError:
        return None


def is_text(line: str) -> bool:
    """Return True if all bytes of a line are of the encoding."""
    return line.isascii() or not _BROKEN.search(line)


def plain(line: str) -> str:
    """Return a line that can be shown."""
    return _BROKEN.sub("\ufffd", line)


def _fields(one: dict[str, Any], wanted: Sequence[str]) -> Entry:
    fields = [as_text(looked_up(one, name)) for name in wanted]
    if all(text.isascii() or not _HALF.search(text) for text in fields):
        return fields
    return Unreadable(NOT_TEXT, plain(as_text(one)))


def looked_up(one: dict[str, Any], name: str) -> object:
    """Return a field by its name, which may be a path: a field that has the whole name goes before.

    >>> looked_up({"a": {"b": {"c": 1}}, "a.b": 2}, "a.b"), looked_up({"a": {"b": {"c": 1}}}, "a.b.c")
    (2, 1)
    """
    if name in one or "." not in name:
        return one.get(name)
    at = name.find(".")
    while at > 0:
        inner = one.get(name[:at])
        if isinstance(inner, dict) and (found := looked_up(inner, name[at + 1 :])) is not None:
            return found
        at = name.find(".", at + 1)
    return None


def names_of(found: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names of the fields of objects, in the order in which they come; nested ones are paths.

    >>> names_of([{"user": 1, "context": {"device": {"id": 2}}}, {"context": None, "when": 3}])
    ['user', 'context.device.id', 'when']
    """
    for most in _MOST:
        names = list(dict.fromkeys(_walked(found, "", _DEEPEST, most)))
        if len(names) <= _WIDEST:
            break
    return names


def _walked(found: Sequence[dict[str, Any]], above: str, depth: int, most: int) -> Iterator[str]:
    for key in dict.fromkeys(key for one in found for key in one):
        held = [one[key] for one in found if key in one]
        inner = [value for value in held if isinstance(value, dict)]
        n_fields = len({name for value in inner for name in value})
        if not 0 < n_fields <= most or depth == 1:
            yield above + key
            continue
        if any(value is not None and not isinstance(value, dict) for value in held):
            yield above + key
        yield from _walked(inner, f"{above}{key}.", depth - 1, most)


def as_text(value: object) -> str:
    """Return a value of JSON as a field of a table: numbers as they were written, lists joined, nothing for null."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "|".join(value)
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # nested as deeply as could just be read
        return ""


def records_of(found: Iterable[dict[str, Any]], names: Sequence[str]) -> list[list[str]]:
    """Return the fields of objects as records."""
    return [[as_text(looked_up(one, name)) for name in names] for one in found]
