"""A log's times in DuckDB's SQL: whole nanoseconds since 1970, of numbers, of dates, and of days with a time of day."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rec_core.data.checks import UNITS, units
from rec_core.data.sources.table import Table, sniff
from rec_core.data.sources.table.formats import COMPACT
from rec_core.data.sources.table.time_forms import EPOCHS, EXCEL, EXCEL_ZERO, ISO
from rec_core.export.duckdb_sql import NoRecipeError, named, quoted

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_OFFSET = r"(Z|[+-]\d\d(:?\d\d)?)$"
_UTC = r"\s?(UTC|GMT)$"
_DATE = re.compile(rf"\d{{4}}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d([.,]\d{{1,9}})?)?({_OFFSET}|{_UTC})?)?")
_PER_DAY, _NANO = 86_400, 10**9
_WHOLE_SECONDS, _EXACT = 5, 8  # decimal places of Excel's days that tell seconds, and milliseconds
_PLAIN = frozenset("YymdHIMSpfaz")  # directives that DuckDB's strptime has too
_ENGLISH = re.compile(r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)


def moment(source: Table) -> str:
    """Return the expression of a log's time.

    Raises:
        NoRecipeError: if DuckDB does not read such times.
    """
    columns, form = source.reading.columns, source.reading.layout.time_format
    text, seen = _text(columns.time), _seen(source, columns.time)
    found = _of_form(text, form, seen, source.reading.layout.decimal)
    return f"{found}\n    + {_of_day(source)}" if columns.time_of_day else found


def _text(column: str) -> str:
    return f"trim(CAST({named(column)} AS VARCHAR))"


def _of_form(text: str, form: str, seen: Sequence[str], decimal: str) -> str:
    plain = f"replace({text}, ',', '.')" if decimal == "," else text
    points = [value.replace(",", ".") if decimal == "," else value for value in seen]
    if form in EPOCHS:
        return _number(plain, list(EPOCHS).index(form))
    if form == EXCEL:
        return _excel(plain, points)
    if form in COMPACT:
        whole = rf"regexp_replace({text}, '\.0*$', '')"
        return f"epoch_ns(strptime({whole}, {quoted(COMPACT[form])}))"
    if form and form != ISO:
        return _written(text, form, seen)
    return _told(text, plain, seen, points)


def _told(text: str, plain: str, seen: Sequence[str], points: Sequence[str]) -> str:
    """Return the expression of numbers, whose unit they tell, or of ISO dates, or of both."""
    numbers = [value for value in points if _NUMBER.fullmatch(value)]
    others = [value for value, point in zip(seen, points, strict=True) if not _NUMBER.fullmatch(point)]
    if any(not _DATE.fullmatch(value) for value in others):
        raise NoRecipeError("it does not read the dates of this file; write them as 2026-01-31 12:00:00")
    number = _number(plain, _unit(numbers)) if numbers else ""
    if not others:
        return number
    dated = f"replace({text}, ',', '.')" if any("," in value for value in others) else text
    if any(re.search(_UTC, value) for value in others):
        dated = f"regexp_replace({dated}, '{_UTC}', 'Z')"
    date = (
        f"CASE WHEN regexp_matches({dated}, ':.*{_OFFSET}') THEN epoch_ns(CAST({dated} AS TIMESTAMPTZ))\n"
        f"    ELSE epoch_ns(CAST({dated} AS TIMESTAMP_NS)) END"
    )
    return f"CASE WHEN regexp_matches({text}, '^[0-9]{{4}}-') THEN {date} ELSE {number} END" if number else date


def _number(plain: str, unit: int) -> str:
    places = 9 - 3 * unit
    return f"CAST(CAST({plain} AS DECIMAL(28, {places})) * {10**places} AS BIGINT)"


def _excel(plain: str, seen: Sequence[str]) -> str:
    """Return the expression of days since 1899-12-30, as exact as their decimal places tell seconds."""
    places = max((len(value.partition(".")[2]) for value in seen), default=0)
    digits = min(max(places - _WHOLE_SECONDS, 0), _EXACT - _WHOLE_SECONDS)
    seconds = f"round((CAST({plain} AS DECIMAL(28, 15)) - {EXCEL_ZERO}) * {_PER_DAY}, {digits})"
    return f"CAST({seconds} * {_NANO} AS BIGINT)"


def _written(text: str, form: str, seen: Sequence[str]) -> str:
    """Return the expression of dates by a pattern of ``strptime``, which DuckDB has with fewer words and zones."""
    kinds = set(re.findall("%(.)", form))
    if "b" in kinds and not all(_ENGLISH.search(value) for value in seen):
        raise NoRecipeError("it does not read the names of months in this file; write dates as 2026-01-31 12:00:00")
    if kinds - _PLAIN - {"b"}:
        raise NoRecipeError("it does not read the dates of this file; write them as 2026-01-31 12:00:00")
    forms = [form]
    if "f" not in kinds and any("." in value for value in seen):
        forms.append(form.replace("%S", "%S.%f"))
    if "b" in kinds:
        forms += [one.replace("%b", "%B") for one in forms]
    if "a" in kinds:
        forms += [one.replace("%a", "%A") for one in forms]
    listed = quoted(form) if len(forms) == 1 else f"[{', '.join(map(quoted, forms))}]"
    zoned = f"regexp_replace({text}, '(Z|UTC|GMT)$', '+00')" if "z" in kinds else text
    return f"epoch_ns(strptime({zoned}, {listed}))"


def _of_day(source: Table) -> str:
    """Return the expression of the time of day that stands in a column of its own."""
    column = source.reading.columns.time_of_day
    text, seen = _text(column), _seen(source, column)
    if all(re.fullmatch(r"\d\d?:\d\d(:\d\d(\.\d+)?)?", value) for value in seen):
        return f"epoch_ns(CAST('1970-01-01 ' || {text} AS TIMESTAMP_NS))"
    if all(re.fullmatch(r"\d\d?:\d\d(:\d\d)? ?[APap][Mm]", value) for value in seen):
        forms = "['%Y %I:%M:%S %p', '%Y %I:%M %p', '%Y %I:%M:%S%p', '%Y %I:%M%p']"
        return f"epoch_ns(strptime('1970 ' || {text}, {forms}))"
    if all(re.fullmatch(r"\d{1,2}", value) and int(value) < 24 for value in seen):
        return f"CAST({text} AS BIGINT) * 3600 * {_NANO}"
    if all(re.fullmatch(r"\d{1,4}", value) for value in seen):
        minutes = f"(CAST({text} AS BIGINT) // 100 * 60 + CAST({text} AS BIGINT) % 100)"
        return f"{minutes} * 60 * {_NANO}"
    raise NoRecipeError("it does not read the times of day of this file; write them as 12:00:00")


def _unit(numbers: Sequence[str]) -> int:
    """Return in which of ``UNITS`` times count, as reading the file tells it: 0 for seconds."""
    known = np.array([float(text) for text in numbers if float(text)])
    return int(np.argmax(np.bincount(units(known), minlength=len(UNITS))))


def _seen(source: Table, column: str) -> list[str]:
    """Return the values of a column in the first rows, as they are written."""
    found = sniff(source.path, source.reading.layout)
    place = found.names.index(column)
    return [text for record in found.records if (text := record[place].strip())]
