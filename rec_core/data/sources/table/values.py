"""Columns of somebody's table as ids and ratings; what is neither is marked, and says why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Ids
from rec_core.data.rejected import NOT_TEXT
from rec_core.data.texts import texts
from rec_core.errors import DataError

if TYPE_CHECKING:  # loaded when files are read
    import pyarrow as pa

Mask = NDArray[np.bool_]
_WHOLE = r"^(0|-?[1-9][0-9]{0,17})$"  # what a number of 64 bits is written as, and nothing else
_FRACTION = r"^[+-]?[0-9]*\.[0-9]*[1-9][0-9]*$"
_NUMBER = r"(?i)^[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|nan|inf|infinity)$"
_TORN = "a line break, as where a quotation mark is not closed"
_SPACES = "[ \u00a0\u202f]"  # plain and narrow ones that do not break
YES = frozenset("true t yes y ja oui si sí sim vrai wahr verdadero да".split())
NO = frozenset("false f no n nein non não faux falsch falso нет".split())
_DISTINCT = 1 << 21  # ids of single pieces that are held before they are made one


def as_texts(column: pa.Array) -> tuple[pa.Array, Mask]:
    """Return a column (n,) as texts, "" for what is missing, and which of them are no text at all (n,)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    broken = np.zeros(len(column), bool)
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), "|")
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        try:
            column = column.cast(pa.string())
        except pa.ArrowInvalid:
            decoded = [_decoded(value) for value in column.to_pylist()]
            broken = np.array([text is None for text in decoded])
            column = pa.array(["" if text is None else text for text in decoded], pa.string())
    return pc.fill_null(column.cast(pa.string()), ""), broken


def _decoded(value: bytes | None) -> str | None:
    try:
        return (value or b"").decode()
    except UnicodeDecodeError:
        return None


class Numbered:
    """Ids of any kind as they come, piece by piece, and in the end as positions among the distinct ones.

    Whole numbers of 64 bits are such numbers, in order; everything else stays the text that it is, the shorter first,
    so that ids that end in a number stand in its order. ``written`` says that a number and its text are one to the
    file, as in separated values; of a column of texts "7" stays one.
    """

    def __init__(self) -> None:
        self._new: list[Any] = []  # pieces, each with distinct ids of its own
        self._known: Any = None  # the distinct ids of those before, and which of them each row had
        self._codes: list[NDArray[np.int32]] = []
        self._written = True

    def add(self, column: pa.Array) -> dict[str, Mask]:
        """Take ids (n,); return which of them are none, by why."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            self._written = False
        ids, broken = as_texts(whole_numbers(column))
        chunk = ids.dictionary_encode()
        empty = mask_of(pc.equal(pc.utf8_trim_whitespace(chunk.dictionary), ""))
        torn = mask_of(pc.match_substring_regex(chunk.dictionary, r"[\r\n]"))
        code = chunk.indices.to_numpy(zero_copy_only=False)
        if sum(len(one.dictionary) for one in self._new) > _DISTINCT:
            self._unify()
        self._new.append(chunk)
        return {NOT_TEXT: broken, "nothing stands there": empty[code] & ~broken, _TORN: torn[code]}

    def keep(self, good: Mask) -> None:
        """Forget those of the last ids that are not ``good`` (n,)."""
        import pyarrow as pa

        self._new[-1] = self._new[-1].filter(pa.array(good))

    def last(self) -> tuple[list[str], NDArray[np.int32]]:
        """Return the distinct ids among the last ones, and which of them each is."""
        chunk = self._new[-1]
        return chunk.dictionary.to_pylist(), chunk.indices.to_numpy(zero_copy_only=False)

    def finish(self, good: Mask | None, texts_are_numbers: bool, column: str) -> tuple[Ids, NDArray[np.int32]]:
        """Return the distinct ids of ``good`` rows in order, and which of them each row has, (n,).

        Raises:
            DataError: if they are numbers with fractions.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        self._unify()
        used = np.zeros(len(self._known), bool)
        for code, some in zip(self._codes, _cut(good, self._codes), strict=True):
            used[code[some]] = True
        ids = self._known.filter(pa.array(used))
        _no_fractions(ids, column)
        numbers = (self._written or texts_are_numbers) and pc.all(pc.match_substring_regex(ids, _WHOLE)).as_py()
        found: Ids = ids.cast(pa.int64()).to_numpy() if numbers else texts(ids.to_pylist())
        order = np.argsort(found) if numbers else _short_first(found.tolist())
        rank = np.empty(len(used), np.int32)
        rank[np.flatnonzero(used)[order]] = np.arange(len(order), dtype=np.int32)
        return found[order], self._ranked(rank, good)

    def _unify(self) -> None:
        """Have the pieces' ids among those that are known, whose numbers stay; each piece's own take more memory."""
        import pyarrow as pa

        ids = pa.array([], pa.string()) if self._known is None else self._known
        known = pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), ids)
        first, *others = pa.chunked_array([known, *self._new]).unify_dictionaries().chunks
        self._known, self._new = first.dictionary, []
        self._codes += [chunk.indices.to_numpy(zero_copy_only=False) for chunk in others]

    def _ranked(self, rank: NDArray[np.int32], good: Mask | None) -> NDArray[np.int32]:
        """Return the rank of each row's id, piece by piece, each of which is forgotten then."""
        found = np.empty(sum(map(len, self._codes)) if good is None else int(np.count_nonzero(good)), np.int32)
        done = 0
        for some in _cut(good, self._codes):
            ranks = rank[self._codes.pop(0)[some]]
            found[done : done + len(ranks)] = ranks
            done += len(ranks)
        return found


def _cut(good: Mask | None, pieces: Sequence[NDArray[Any]]) -> list[Any]:
    """Return which rows of each piece are ``good``: all of them where that is None."""
    if good is None:
        return [slice(None)] * len(pieces)
    return np.split(good, np.cumsum([len(piece) for piece in pieces])[:-1])


def _short_first(ids: list[str]) -> NDArray[np.int64]:
    return np.array(sorted(range(len(ids)), key=lambda place: (len(ids[place]), ids[place])), np.int64)


def whole_numbers(column: pa.Array) -> pa.Array:
    """Return floats that are whole as whole numbers: Parquet has them where one was missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        exact = pc.all(pc.less(pc.abs(column), 2.0**53)).as_py() is not False
        if exact and pc.all(pc.equal(pc.floor(column), column)).as_py() is not False:
            return column.cast(pa.int64())
    return column


def _no_fractions(ids: pa.Array, column: str) -> None:
    import pyarrow.compute as pc

    fractions = pc.match_substring_regex(ids, _FRACTION)
    if len(ids) and pc.any(fractions).as_py() and _all_numbers(ids):
        example = ids.filter(fractions)[0].as_py()
        raise DataError(
            f"The column '{column}' holds numbers with fractions, such as {example}, which are no ids: say which other "
            "column names users or items."
        )


def _all_numbers(ids: pa.Array) -> bool:
    import pyarrow as pa

    try:
        ids.cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def ratings(column: pa.Array, decimal: str, thousands: str = "") -> tuple[NDArray[np.float32], dict[str, Mask]]:
    """Return ratings (n,), and which of them are none, by why; what stands in their places is of no account."""
    numbers, why = _rated(column, decimal, thousands)
    with np.errstate(over="ignore"):
        rated = numbers.astype(np.float32)
    return rated, why | {"not finite": ~np.isfinite(rated)}


def exact_ratings(column: pa.Array, decimal: str, thousands: str = "") -> NDArray[np.float64]:
    """Return ratings (n,) in double precision; what is no number is of no account."""
    return _rated(column, decimal, thousands)[0].astype(np.float64)


def _rated(column: pa.Array, decimal: str, thousands: str) -> tuple[NDArray[Any], dict[str, Mask]]:
    """Return ratings (n,), and which are none, by why: numbers, or yes and no as 1 and 0."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(column.type):
        return _truths(pc.cast(column, pa.string()))
    numbers, why = numbers_of(column, decimal, thousands)
    wrong = why.get("not a number")
    if wrong is None or not wrong.any() or not np.isin(numbers[np.isfinite(numbers)], (0, 1)).all():
        return numbers, why
    truths, others = _truths(as_texts(column)[0])  # among other numbers, a "yes" would be none
    known = ~others["not a number"] & wrong
    return np.where(known, truths, numbers), why | {"not a number": wrong & ~known}


def _truths(text: pa.Array) -> tuple[NDArray[np.float64], dict[str, Mask]]:
    """Return 1 for yes (n,), 0 for no, and which texts are neither, by why."""
    import pyarrow.compute as pc

    distinct = pc.fill_null(text, "").dictionary_encode()
    words = [word.strip().casefold() for word in distinct.dictionary.to_pylist()]
    code = distinct.indices.to_numpy(zero_copy_only=False)
    missing = np.array([not word for word in words], bool)[code]
    numbers = np.array([float(word in YES) if word in YES or word in NO else np.nan for word in words])[code]
    return numbers, {"nothing stands there": missing, "not a number": np.isnan(numbers) & ~missing}


def numbers_of(column: pa.Array, decimal: str = ".", thousands: str = "") -> tuple[NDArray[Any], dict[str, Mask]]:
    """Return numbers (n,), whole ones where all of them are, and which are none, by why."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(column.type) and not column.null_count and column.type != pa.uint64():
        return column.cast(pa.int64()).to_numpy(), {}
    if pa.types.is_floating(column.type) and not column.null_count:
        return column.cast(pa.float64()).to_numpy(), {}
    text, broken = as_texts(column)
    text = _without(thousands, decimal, text) if thousands else text
    text = text if decimal == "." else pc.replace_substring(text, decimal, ".")
    for kind in (pa.int64(), pa.float64()):
        try:
            return text.cast(kind).to_numpy(), {}
        except pa.ArrowInvalid:
            continue
    text = pc.utf8_trim_whitespace(text)
    said = pc.match_substring_regex(text, _NUMBER)
    numbers = pc.if_else(said, text, "nan").cast(pa.float64()).to_numpy()
    missing = mask_of(pc.equal(text, "")) & ~broken
    return numbers, {"nothing stands there": missing, "not a number": ~mask_of(said) & ~missing}


def _without(thousands: str, decimal: str, text: pa.Array) -> pa.Array:
    """Return texts (n,) without the sign that parts thousands; what it parts otherwise is no number."""
    import pyarrow.compute as pc

    sign = _SPACES if thousands == " " else re.escape(thousands)
    whole = rf"^\s*[+-]?[0-9]{{1,3}}({sign}[0-9]{{3}})+({re.escape(decimal)}[0-9]*)?\s*$"
    held = pc.match_substring_regex(text, sign)
    plain = pc.if_else(pc.match_substring_regex(text, whole), pc.replace_substring_regex(text, sign, ""), "?")
    return pc.if_else(held, plain, text)


def mask_of(values: Any) -> Mask:
    """Return Arrow's truth values (n,) as a mask."""
    found: Mask = values.to_numpy(zero_copy_only=False)
    return found
