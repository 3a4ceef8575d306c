"""How the numbers and times of the chosen columns are written: told by all values, asked where nothing decides."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from rec_core.data.rejected import Rejects
from rec_core.data.sources.table import sniffing
from rec_core.data.sources.table.asking import MOST, Choice, Question
from rec_core.data.sources.table.number_forms import Signs, number_forms
from rec_core.data.sources.table.pieces import pieces
from rec_core.data.sources.table.reading import Columns, Layout
from rec_core.data.sources.table.sniffing import Sniffed
from rec_core.data.sources.table.time_forms import TOLD_ALONE, are_days, are_times_of_day, forms, read_by, rivals
from rec_core.data.sources.table.values import as_texts
from rec_core.errors import DataError

if TYPE_CHECKING:  # loaded when files are read
    import pyarrow as pa

_ROWS = 5_000_000  # that are read to decide between two forms
_CLOCKS = {
    "hour",
    "hourmin",
    "hhmm",
    "time",
    "timeofday",
    "orderhourofday",
    "uhrzeit",
    "stunde",
    "heure",
    "hora",
    "ora",
}
_MANY, _ENOUGH = 100, 20  # values that were looked at, and those of them that tell how all are written
_SETTLED = ("time_format", "decimal")  # what questions of this module are about


def sniff(path: str, layout: Layout | None = None, of_items: bool = False) -> Sniffed:
    """Return what a file's columns are and how they are written; a ``layout`` that is given is taken as it is.

    Raises:
        DataError: one sentence, if it cannot be read, or is no table.
    """
    found = sniffing.sniff(path, layout, of_items)
    if of_items:
        return found
    found = replace(found, columns=with_time_of_day(found))
    return settle(path, found) if layout is None else found


def with_time_of_day(found: Sniffed) -> Columns:
    """Return the columns with the time of day, where the date has a column of its own."""
    columns, taken = found.columns, found.columns.named.values()
    free = [name for name in found.names if name not in taken]
    if not columns.time or columns.time_of_day:
        return columns
    if are_times_of_day(_values(found, columns.time)):
        day = next((name for name in free if are_days(_values(found, name))), "")
        return columns.model_copy(update={"time": day, "time_of_day": columns.time}) if day else columns
    if not are_days(_values(found, columns.time)):
        return columns
    some = [name for name in (*free, columns.rating) if name]
    clock = next(
        (one for one in some if are_times_of_day(_values(found, one)) or _is_hour(one, _values(found, one))), ""
    )
    rating = "" if clock == columns.rating else columns.rating
    return columns.model_copy(update={"time_of_day": clock, "rating": rating})


def _is_hour(name: str, values: Sequence[str]) -> bool:
    """Return True for numbers up to 2359 in a column whose name says that they are times of day."""
    some = [text for value in values if (text := value.strip())]
    return _plain_name(name) in _CLOCKS and all(text.isdigit() and int(text) < 2400 for text in some)


def _plain_name(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def settle(path: str, found: Sniffed, said: Collection[str] = ()) -> Sniffed:
    """Return ``found`` with the layout that the values of its columns have, and questions where they leave it open.

    Fields of the layout that were ``said`` stay. Call it again where other columns are chosen.
    """
    layout = found.layout if "time_format" in said else found.layout.model_copy(update={"time_format": ""})
    asked = [question for question in found.questions if question.about not in _SETTLED]
    layout, question = _numbers(path, replace(found, layout=layout), said)
    asked += [question] if question else []
    if "time_format" not in said and found.columns.time:
        values = _sampled(path, found, found.columns.time)
        possible = forms(values)
        if len(possible) > 1:
            possible = _decided(path, replace(found, layout=layout), found.columns.time, possible)
        form = possible[0] if possible else ""
        layout = layout.model_copy(update={"time_format": "" if form in TOLD_ALONE else form})
        asked += [_time_question(found.columns.time, values, possible)] if len(possible) > 1 else []
    return replace(found, layout=layout, questions=tuple(asked))


def _numbers(path: str, found: Sniffed, said: Collection[str]) -> tuple[Layout, Question | None]:
    """Return the layout with the signs of the rating's numbers, or else the time's, and a question about them."""
    layout = found.layout
    for column in (found.columns.rating, found.columns.time):
        values = _sampled(path, found, column) if column else []
        possible = _but_for(number_forms(values), layout, said)
        if len(possible) > 1:
            for piece in _column(path, found, column):
                decided = _but_for(number_forms(piece.to_pylist()), layout, said)
                if len(decided) == 1:
                    possible = decided
                    break
        if not possible or possible[0] == (".", ""):
            continue
        question = _number_question(column, values, len(possible)) if len(possible) > 1 else None
        decimal, thousands = possible[0]
        return Layout.model_validate(layout.model_dump() | {"decimal": decimal, "thousands": thousands}), question
    return layout, None


def _but_for(possible: Sequence[Signs], layout: Layout, said: Collection[str]) -> list[Signs]:
    """Return the signs that are possible beside what was ``said``, and in files whose numbers have points anyway."""
    return [
        (decimal, thousands)
        for decimal, thousands in possible
        if not ("decimal" in said and decimal != layout.decimal)
        and not ("thousands" in said and thousands != layout.thousands)
        and not (layout.form != "text" and thousands == ".")
    ]


def _number_question(column: str, values: Sequence[str], count: int) -> Question:
    example = next(text for value in values if not (text := value.strip()).lstrip("+-").isdigit() and text)
    sign = "," if "," in example else "."
    name = "comma" if sign == "," else "point"
    whole, parted = example.replace(sign, ""), example.replace(sign, ".")
    thousands = Choice("." if sign == "," else ",", "Thousands", f"“{example}” is {whole}")
    decimals = Choice(sign, "Decimals", f"“{example}” is {parted}")
    choices = (thousands, decimals) if sign == "," else (decimals, thousands)
    return Question("decimal", f"What does the {name} in '{column}' separate?", choices[:count])


def _decided(path: str, found: Sniffed, column: str, possible: tuple[str, ...]) -> tuple[str, ...]:
    """Return the time forms that are possible by the whole column."""
    alone = np.zeros(len(possible), np.int64)
    for distinct in _column(path, found, column):
        fits = np.array([read_by(distinct, form)[1] for form in possible])
        alone += (fits & ~fits.all(axis=0)).sum(axis=1)
        if rivals(alone).sum() == 1:
            break
    return tuple(form for form, holds in zip(possible, rivals(alone), strict=True) if holds)


def _column(path: str, found: Sniffed, column: str) -> Iterator[pa.Array]:
    """Yield the distinct texts of a column, piece by piece of its file, until enough rows were seen."""
    rows = 0
    try:
        for piece in pieces(path, found.layout, found.names, [column], Rejects()):
            yield as_texts(piece.columns[column])[0].unique()
            rows += len(piece.rows)
            if rows > _ROWS:
                return
    except DataError:  # reading says so
        return


def _time_question(column: str, values: Sequence[str], possible: Sequence[str]) -> Question:
    """Return which of several forms a column has, with a value that they read differently."""
    some = list(dict.fromkeys(text for value in values if (text := value.strip())))
    read = [read_by(some, form) for form in possible]
    both = np.logical_and.reduce([fits for _, fits in read])
    differ = np.flatnonzero(both & (np.ptp([seconds for seconds, _ in read], axis=0) > 0))
    choices = []
    for form, (seconds, fits) in zip(possible, read, strict=True):
        place = int(differ[0]) if len(differ) else int(fits.argmax())
        day = datetime.fromtimestamp(int(seconds[place]), UTC)
        order = {"d": "Day", "m": "Month", "b": "Month"}.get(form.lstrip("%a, ")[:1], "Year")
        choices.append(Choice(form, f"{order} first", f"“{some[place]}” is {day:%-d %B %Y}"))
    text = f"Which comes first in the dates of '{column}', the day or the month?"
    return Question("time_format", text, tuple(choices[:MOST]))


def _sampled(path: str, found: Sniffed, column: str) -> list[str]:
    """Return values of a column: those that were looked at, or where nearly all of these are empty, the first ones."""
    values = _values(found, column)
    if len(values) < _MANY or sum(bool(value.strip()) for value in values) >= _ENOUGH:
        return values
    first = next(_column(path, found, column), None)
    return values if first is None else [*values, *first.to_pylist()]


def _values(found: Sniffed, column: str) -> list[str]:
    place = found.names.index(column)
    return [record[place] for record in found.records]
