"""How a column writes its times: in which unit, as which dates, and whether its values tell the month from the day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.checks import UNITS
from rec_core.data.sources.table.formats import COMPACT, Mask, fault, is_weekday, month_of, parsed

EPOCHS = dict(zip(("s", "ms", "us", "ns"), UNITS, strict=True))
ISO, EXCEL = "iso", "excel"
TOLD_ALONE = (*EPOCHS, ISO)  # read without being named, as logs always were: ``time_format`` stays "" for them
NAMED = (*EPOCHS, ISO, *COMPACT, EXCEL)
END = 4_102_444_800  # seconds since 1970 at the beginning of 2100
_BEGIN = 631_152_000  # of 1990: smaller numbers are ids, counts or days more often than times
_AFTER_TICKS = 694_224_000  # of 1992: the ticks of .NET up to 2099 are smaller, as nanoseconds
EXCEL_ZERO = 25_569  # days from Excel's 1899-12-30 to 1970
_NEARLY = 0.9  # of the values that are looked at
_TRIED = 60  # values that forms are taken from
_UNORDERED = 0.2  # of the steps from line to line: as many back and as many on are in no order
_RIVAL = 1 / 3  # of the values that decide for one order: as many for the other leave it open
_NUMBER = re.compile(r"\d+([.,]\d*)?([eE]\+?\d+)?")
ISO_TEXT = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d(:?\d\d(:?\d\d([.,]\d{1,9})?)?)?\s?(Z|UTC|GMT|[+-]\d\d(:?\d\d)?)?)?"
    r"|\d{8}T\d{4}(\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?"
)
_CLOCK = re.compile(
    r"(?<!\d)\d{1,2}:\d\d(?P<second>:\d\d(?P<fraction>[.,]\d{1,9})?)?(?P<half>(?P<gap>\s?)[AaPp]\.?[Mm]\.?)?"
    r"(?P<zone>(?P<space>\s?)(?:Z|(?:UTC|GMT)?[+-]\d\d:?\d\d|UTC|GMT))?(?![\d:])"
)
_ZONE_NAME = re.compile(r"(?<=\d)\s*\([^\W\d][^)]*\)$")
_TOKEN = re.compile(r"\x00|[0-9]+(?:(?:st|nd|rd|th)\b)?|[^\W\d_]+\.?|\s+|.", re.DOTALL)
_SAID = {
    "t",
    "de",
    "del",
    "um",
    "uhr",
    "at",
    "of",
    "à",
    "a",
    "às",
    "alle",
    "kl",
    "utc",
    "г",
    "года",
    "в",
}  # words of a date that say nothing of it
_ASIAN = tuple(zip("年月日时時点分秒년월일시분초", "%Y %m %d %H %H %H %M %S %Y %m %d %H %M %S".split(), strict=True))


def forms(values: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the time forms that nearly all values fit, the likeliest first; () for no times.

    A name is what ``Layout.time_format`` takes: a unit of numbers since 1970 ("s", "ms", "us", "ns"), "iso",
    "yyyymmdd", "excel", or a pattern of ``strptime``. Two names and more read the values differently, and nothing
    in them decides: day and month of which none is above 12. Numbers are times from 1990 to 2099 only; those of
    "excel" (32,874 to 73,050) and nine or ten digits are ids as often, which other evidence has to tell.

    >>> forms(["13/06/2019 22:21", "04/01/2019 20:13"])
    ('%d/%m/%Y %H:%M',)
    >>> forms(["05/06/2019", "04/01/2019"])
    ('%d/%m/%Y', '%m/%d/%Y')
    >>> forms(["1560464504", "1546632804"]), forms(["20190613", "20190104"]), forms(["43629.93"]), forms(["0613"])
    (('s',), ('yyyymmdd',), ('excel',), ())
    """
    some = [text for value in values if (text := value.strip())]
    if not some:
        return ()
    counts = Counter(some)
    distinct, count = list(counts), np.array(list(counts.values()), np.int64)
    if sum(count[[bool(_NUMBER.fullmatch(text)) for text in distinct]]) >= _NEARLY * len(some):
        return _of_numbers(distinct, count)
    if sum(count[[bool(ISO_TEXT.fullmatch(text)) for text in distinct]]) >= _NEARLY * len(some):
        return (ISO,)
    return _of_dates(distinct, count)


def are_times_of_day(values: Sequence[str]) -> bool:
    """Return True if nearly all values say a time of day and no date, as 22:21 or 10:21:44 PM does."""
    some = [text for value in values if (text := value.strip())]
    return bool(some) and sum(bool(_CLOCK.fullmatch(text)) for text in some) >= _NEARLY * len(some)


def are_days(values: Sequence[str]) -> bool:
    """Return True if nearly all values are dates without a time of day."""
    if not (found := forms(values)):
        return False
    if found[0] == ISO:
        return not any(":" in value or len(value.strip()) > len("2019-06-13") for value in values)
    if found[0] == EXCEL:
        return all(value.strip().isdigit() for value in values if value.strip())
    return found[0] not in EPOCHS and not re.search("H|%I", found[0])


def _of_numbers(distinct: Sequence[str], count: NDArray[np.int64]) -> tuple[str, ...]:
    plain = [text.replace(",", ".") if _NUMBER.fullmatch(text) else "nan" for text in distinct]
    numbers = np.array(plain, np.float64)
    needed = _NEARLY * count.sum()
    for name, per in EPOCHS.items():
        begin = _AFTER_TICKS if name == "ns" else _BEGIN
        if count[(numbers >= begin * per) & (numbers < END * per)].sum() >= needed:
            return (name,)
    whole = [text.removesuffix(".0") for text in plain]
    for name, pattern in {**COMPACT, "%d%m%Y": "%d%m%Y", "%m%d%Y": "%m%d%Y"}.items():
        seconds, fits = read_by(whole, pattern)
        if count[fits & (seconds >= _BEGIN)].sum() >= needed:
            return (name,)
    days = (numbers >= _BEGIN / 86_400 + EXCEL_ZERO) & (numbers < END / 86_400 + EXCEL_ZERO)
    return (EXCEL,) if count[days].sum() >= needed else ()


def read_by(texts: Any, pattern: str) -> tuple[NDArray[np.int64], Mask]:
    """Return seconds (n,), and which texts are dates of 1970 to 2099 by a pattern; ``texts`` may be Arrow's."""
    import pyarrow as pa

    texts = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
    seconds, _, fits = parsed(texts, pattern)
    return seconds, fits & (seconds >= -86_400) & (seconds < END + 86_400)


def _of_dates(distinct: Sequence[str], count: NDArray[np.int64]) -> tuple[str, ...]:
    """Return the patterns that most values fit, each of which reads them otherwise."""
    tried: Counter[str] = Counter()
    for text in distinct[:: max(len(distinct) // _TRIED, 1)]:
        tried.update(dict.fromkeys(patterns_of(text), 1))
    read = {pattern: read_by(distinct, pattern) for pattern, _ in tried.most_common(12)}
    held = {pattern: int(count[fits].sum()) for pattern, (_, fits) in read.items()}
    best = max(held.values(), default=0)
    if best < _NEARLY * count.sum():
        return _mixed(read, count)
    first = next(pattern for pattern in read if held[pattern] == best)
    found = [first]
    for pattern, (seconds, fits) in read.items():
        other, mine = read[first]
        against, alone = int(count[mine & ~fits].sum()), int(count[fits & ~mine].sum())
        differ = bool((seconds != other)[mine & fits].any())
        if pattern != first and differ and alone >= _RIVAL * against and held[pattern] >= _NEARLY * best:
            found.append(pattern)
    return tuple(sorted(_possible(found, distinct), key=lambda one: _unlikely(one, read[one], distinct)))[:3]


def _mixed(read: dict[str, tuple[NDArray[np.int64], Mask]], count: NDArray[np.int64]) -> tuple[str, ...]:
    """Return two orders of day and month that share the values between them, each with many that only it fits."""
    for one, (_, mine) in read.items():
        for other, (_, fits) in read.items():
            both = count[mine | fits].sum() >= _NEARLY * count.sum()
            alone = sorted((int(count[mine & ~fits].sum()), int(count[fits & ~mine].sum())))
            if both and one < other and _swapped(one) == other and alone[0] >= _RIVAL * alone[1]:
                return one, other
    return ()


def rivals(alone: NDArray[np.int64]) -> Mask:
    """Return which forms (n,) stay possible, of which ``alone`` (n,) values fit that do not fit all of them."""
    return alone >= _RIVAL * alone.max()


def _swapped(pattern: str) -> str:
    return pattern.translate(str.maketrans("dm", "md"))


def _possible(found: list[str], distinct: Sequence[str]) -> list[str]:
    """Return patterns whose year is not the number that differs most: of a log's dates that is the day."""
    if len(found) < 2 or not any(_first_is_year(pattern) for pattern in found):
        return found
    parts = [re.findall(r"\d+", text)[:3] for text in distinct]
    first, last = (len({part[place] for part in parts if len(part) == 3}) for place in (0, 2))
    kept = [one for one in found if (first <= last if _first_is_year(one) else last <= first)]
    return kept or found


def _first_is_year(pattern: str) -> bool:
    return pattern.startswith("%y")


def _unlikely(pattern: str, read: tuple[NDArray[np.int64], Mask], distinct: Sequence[str]) -> tuple[bool, bool]:
    """Return a key that the likelier of two patterns sorts before the other by.

    Lines in order of time, or nearly, tell it; else "/" without a leading zero and AM or PM are American.
    """
    seconds = read[0][read[1]]
    steps = np.diff(seconds[: len(distinct)])
    unordered = len(steps) > 1 and min(float((steps < 0).mean()), float((steps > 0).mean())) > _UNORDERED
    american = "%p" in pattern or ("/" in pattern and not any(text.startswith("0") for text in distinct))
    return unordered, (pattern.find("%m") < pattern.find("%d")) != american


def patterns_of(text: str) -> Iterator[str]:
    """Yield the patterns that may have written one date; its numbers alone leave their order open.

    >>> list(patterns_of("Tue Apr 03 18:00:09 +0000 2012")), list(patterns_of("3. März 2019"))
    (['%a %b %d %H:%M:%S %z %Y'], ['%d. %b %Y'])
    >>> list(patterns_of("6/13/2019 10:21:44 PM"))
    ['%d/%m/%Y %I:%M:%S %p', '%m/%d/%Y %I:%M:%S %p']
    """
    if "年" in text or "년" in text:
        yield from _asian(text)
        return
    text = _ZONE_NAME.sub("", text)
    clock = _CLOCK.search(text)
    rest = text if clock is None else f"{text[: clock.start()]}\0{text[clock.end() :]}"
    tokens = [" " if token.isspace() else token for token in _TOKEN.findall(rest.strip())]
    day = "" if clock is None else _clock_pattern(clock)
    places = [place for place, token in enumerate(tokens) if token[0].isdigit()]
    for kinds in _kinds([tokens[place] for place in places], [token for token in tokens if token[0].isalpha()]):
        named = dict(zip(places, kinds, strict=True))
        plain = [named.get(place, token) for place, token in enumerate(tokens)]
        pattern = _spelled(plain, tokens)
        if pattern and not fault(pattern):
            yield pattern.replace("\0", day)


def _asian(text: str) -> Iterator[str]:
    """Yield the pattern of a date whose numbers are followed by what they count, as 2019年6月13日."""
    for sign, kind in _ASIAN:
        text = re.sub(rf"\d+(?=\s?{sign})", kind, text)
    if clock := _CLOCK.search(text):
        text = text.replace(clock[0], _clock_pattern(clock))
    if not re.search(r"\d", text) and not fault(text):
        yield text


def _clock_pattern(clock: re.Match[str]) -> str:
    """Return the pattern of a time of day with what follows it."""
    hour = "%I" if clock["half"] else "%H"
    second = "" if not clock["second"] else ":%S,%f" if "," in (clock["fraction"] or "") else ":%S"
    half = f"{clock['gap']}%p" if clock["half"] else ""
    return f"{hour}:%M{second}{half}" + (f"{clock['space']}%z" if clock["zone"] else "")


def _kinds(digits: Sequence[str], words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield what the numbers of a date may be, in order; ``words`` beside them may name its month."""
    sizes = tuple(len(re.sub(r"\D", "", one)) for one in digits)
    small = [size <= 2 for size in sizes]
    if sizes in ((8,), (12,), (14,)):
        yield ("%Y%m%d%H%M%S"[: {8: 6, 12: 10, 14: 12}[sizes[0]]],)
    elif any(month_of(word) for word in words) and len(sizes) == 2:
        if small[0] and (sizes[1] == 4 or sizes[1] == 2):
            yield "%d", "%Y" if sizes[1] == 4 else "%y"
        elif sizes[0] == 4 and small[1]:
            yield "%Y", "%d"
    elif len(sizes) == 3 and small[1]:
        if sizes[0] == 4 and small[2]:
            yield "%Y", "%m", "%d"
        elif small[0] and sizes[2] in (2, 4):
            year = "%Y" if sizes[2] == 4 else "%y"
            yield from (("%d", "%m", year), ("%m", "%d", year))
            if sizes[0] == sizes[2] == 2:
                yield "%y", "%m", "%d"


def _spelled(plain: Sequence[str], tokens: Sequence[str]) -> str:
    """Return the pattern of a date's tokens, "" where a word says what no pattern does."""
    months = [place for place, token in enumerate(tokens) if month_of(token)]
    found = list(plain)
    for place, token in enumerate(tokens):
        if not token[0].isalpha() or token[0].isdigit():
            continue
        if place == 0 and is_weekday(token) and len(tokens) > 1 and (not month_of(token) or len(months) > 1):
            found[place] = "%a" + token[len(token.rstrip(".")) :]
        elif month_of(token):
            found[place] = "%b" + token[len(token.rstrip(".")) :]
        elif token.casefold().rstrip(".") not in _SAID:
            return ""
    return "".join(found).replace("%%", "%")
