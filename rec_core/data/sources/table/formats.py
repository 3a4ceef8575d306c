"""Written dates by a pattern as ``strptime`` takes it, many at a time.

``strptime`` of Python takes some 5 µs a date and pandas' knows no month names but English ones; here a pattern becomes
one regular expression, whose groups are numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # loaded when files are read
    import pyarrow as pa

Mask = NDArray[np.bool_]
COMPACT = {"yyyymmdd": "%Y%m%d", "yyyymmddHHMM": "%Y%m%d%H%M", "yyyymmddHHMMSS": "%Y%m%d%H%M%S"}
_LETTERS = r"[\pL\pM]+\.?"
_ZONE = r"Z|(?:UTC|GMT)?[+-][0-9]{2}(?::?[0-9]{2})?|UTC|GMT"
_ZONE_NAME = r"(?:\s*\(\pL[^)]*\))?"  # of JavaScript, after the offset
_NUMBERS = {"d": r"[0-9]{1,2}", "m": r"[0-9]{1,2}", "Y": r"[0-9]{4}", "y": r"[0-9]{2}", "H": r"[0-9]{1,2}"}
_NUMBERS |= {"I": r"[0-9]{1,2}", "M": r"[0-9]{1,2}", "S": r"[0-9]{1,2}"}
_WORDS = {"b": _LETTERS, "p": r"[AaPp]\.?[Mm]\.?", "z": _ZONE, "f": r"[0-9]{1,9}"}
_SAME = {"B": "b", "Z": "z", "e": "d"}  # directives that are read alike
_ORDINAL = "(?:st|nd|rd|th)?"  # after an English day
_MONTHS = (  # English, German, French, Spanish, Portuguese, Italian, Russian
    "january januar jänner janvier enero janeiro gennaio январь января",
    "february februar février fevrier febrero fevereiro febbraio февраль февраля",
    "march märz mrz maerz mars marzo março marco март марта",
    "april april avril abril aprile апрель апреля",
    "may mai mayo maio maggio май мая",
    "june juni juin junio junho giugno июнь июня",
    "july juli juillet julio julho luglio июль июля",
    "august août aout agosto август августа",
    "september septembre septiembre setembro settembre сентябрь сентября",
    "october oktober octobre octubre outubro ottobre октябрь октября",
    "november novembre noviembre novembro ноябрь ноября",
    "december dezember décembre decembre diciembre dezembro dicembre декабрь декабря",
)
_DAYS = (
    "monday montag lundi lunes segunda lunedì понедельник tuesday dienstag mardi martes terça martedì вторник "
    "wednesday mittwoch mercredi miércoles quarta mercoledì среда thursday donnerstag jeudi jueves quinta giovedì "
    "четверг friday freitag vendredi viernes sexta venerdì пятница saturday samstag sonnabend samedi sábado sabato "
    "суббота sunday sonntag dimanche domingo domenica воскресенье пн вт ср чт пт сб вс"
)
_FIRST_YEAR = 69  # of two digits that are of the 20th century, as POSIX has it


def _prefixes() -> dict[str, int]:
    """Return the month of each name, and of each beginning of three letters and more that only one month has."""
    found: dict[str, int] = {}
    for month, names in enumerate(_MONTHS, 1):
        for name in names.split():
            for length in range(3, len(name) + 1):
                part = name[:length]
                found[part] = month if found.get(part, month) == month else 0
    whole = {name: month for month, names in enumerate(_MONTHS, 1) for name in names.split()}
    return {name: month for name, month in found.items() if month} | whole


_MONTH_OF = _prefixes()


def month_of(word: str) -> int:
    """Return which month a word names, from 1, in whole or by three letters and more; 0 for other words.

    >>> [month_of(word) for word in ("Mär.", "SEPT", "августа", "Monday")]
    [3, 9, 8, 0]
    """
    return _MONTH_OF.get(word.casefold().rstrip("."), 0)


def is_weekday(word: str) -> bool:
    """Return True for a name of a day of the week, or its first two letters and more."""
    key = word.casefold().rstrip(".")
    return len(key) > 1 and any(day.startswith(key) for day in _DAYS.split())


def fault(pattern: str) -> str:
    """Return why a pattern gives no day, or "" where it does.

    >>> fault("%d/%m/%Y %H:%M"), fault("%d/%m")
    ('', 'it has no year (%Y)')
    """
    kinds = set()
    for kind in re.findall("%(.?)", pattern.replace("%%", "")):
        plain = _SAME.get(kind, kind)
        if plain not in _NUMBERS and plain not in _WORDS and plain not in ("a", "A"):
            return f"'%{kind}' is not known; known are %Y %y %m %b %d %a %H %I %p %M %S %f %z"
        if plain in kinds:
            return f"'%{kind}' comes twice"
        kinds.add(plain)
    for name, some in (("year (%Y)", {"Y", "y"}), ("month (%m)", {"m", "b"}), ("day (%d)", {"d"})):
        if not kinds & some:
            return f"it has no {name}"
    return ""


@lru_cache(maxsize=256)
def _expression(pattern: str) -> tuple[str, tuple[str, ...]]:
    """Return a pattern as a regular expression of RE2, and the names of its groups.

    A fraction may follow seconds, as where Python and Go write one only if it is not 0. Numbers that no sign parts
    have two digits each.
    """
    tokens = re.findall("%.|[^%]+", pattern)
    found, groups = [], []
    for place, token in enumerate(tokens):
        kind = _SAME.get(token[1:], token[1:]) if token.startswith("%") else ""
        others = *tokens[max(place - 1, 0) : place], *tokens[place + 1 : place + 2]
        beside = [other[:1] == "%" and other[1:] in _NUMBERS for other in others]
        if not kind or kind == "%":
            text = "%" if kind else token
            found.append(r"\s+".join(map(re.escape, re.split(r"\s+", text))))
        elif kind in ("a", "A"):
            found.append(_LETTERS)
        else:
            groups.append(kind)
            digits = _NUMBERS.get(kind, _WORDS.get(kind, "")).replace("{1,2}", "{2}" if any(beside) else "{1,2}")
            found.append(f"(?P<{kind}>{digits})" + (_ORDINAL if kind == "d" and not any(beside) else ""))
            if kind == "S" and tokens[place + 2 : place + 3] != ["%f"]:
                groups.append("f")
                found.append(r"(?:\.(?P<f>[0-9]{1,9}))?")
    named = _ZONE_NAME if "z" in groups else ""
    return rf"^\s*{''.join(found)}{named}\s*$", tuple(groups)


def parsed(text: pa.Array, pattern: str) -> tuple[NDArray[np.int64], NDArray[np.int32], Mask]:
    """Return seconds since 1970 (n,), the nanoseconds within them (n,), and which texts fit the pattern (n,)."""
    distinct = text.dictionary_encode()  # dates without a time of day are few
    code = distinct.indices.to_numpy(zero_copy_only=False)
    seconds, fine, fits = _of_distinct(distinct.dictionary, pattern)
    return seconds[code], fine[code], fits[code]


def _of_distinct(text: pa.Array, pattern: str) -> tuple[NDArray[np.int64], NDArray[np.int32], Mask]:
    import pyarrow.compute as pc

    expression, groups = _expression(pattern)
    found = pc.extract_regex(text, expression)
    fits = ~found.is_null().to_numpy(zero_copy_only=False)
    part = dict(zip(groups, found.flatten(), strict=True))
    day, day_fits = _days(part, len(text))
    fits &= day_fits
    second = np.zeros(len(text), np.int64)
    for kind, worth, end in (("H", 3600, 24), ("I", 3600, 13), ("M", 60, 60), ("S", 1, 60)):
        if kind in part:
            number = _number(part[kind])
            fits &= number < end
            second += (number % 12 if kind == "I" else number) * worth
            if kind == "I":
                fits &= number > 0
    if "p" in part:
        second += _mapped(part["p"], lambda sign: 43_200 if sign[:1] in "pP" else 0) * ("I" in part)
    if "z" in part:
        second -= _mapped(part["z"], offset)
    fine = np.zeros(len(text), np.int32)
    if "f" in part:
        fine = _number(pc.utf8_rpad(part["f"], 9, "0")).astype(np.int32)
    return day * 86_400 + second, fine, fits


def _days(part: dict[str, Any], n: int) -> tuple[NDArray[np.int64], Mask]:
    """Return days since 1970 (n,), and which of them the calendar has."""
    if "Y" in part:
        year = _number(part["Y"])
    else:
        year = _number(part["y"])
        year += np.where(year >= _FIRST_YEAR, 1900, 2000)
    month = _number(part["m"]) if "m" in part else _mapped(part["b"], month_of)
    day = _number(part["d"])
    fits = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = (year - 1970) * 12 + np.where(fits, month, 1) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    found = first + np.where(fits, day, 1) - 1
    fits &= found.astype("datetime64[M]") == first.astype("datetime64[M]")
    return found.astype(np.int64), fits


def _number(digits: pa.Array) -> NDArray[np.int64]:
    """Return digits (n,) as numbers; 0 where there are none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.if_else(pc.equal(pc.fill_null(digits, ""), ""), "0", digits)
    return pc.cast(plain, pa.int64()).to_numpy(zero_copy_only=False).copy()


def _mapped(words: pa.Array, number: Callable[[str], int]) -> NDArray[np.int64]:
    """Return a ``number`` for each word (n,), of which there are few."""
    distinct = words.fill_null("").dictionary_encode()
    found = np.array([number(word) for word in distinct.dictionary.to_pylist()], np.int64)
    return found[distinct.indices.to_numpy(zero_copy_only=False)] if len(found) else np.zeros(len(words), np.int64)


def offset(zone: str) -> int:
    """Return the seconds that a zone is ahead of UTC.

    >>> offset("+02:30"), offset("GMT-0500"), offset("UTC")
    (9000, -18000, 0)
    """
    zone = zone.removeprefix("UTC").removeprefix("GMT")
    if zone[:1] not in ("+", "-") or not zone:
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[0] == "-" else 1)
