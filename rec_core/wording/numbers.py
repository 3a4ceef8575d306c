"""Numbers as people read them: three significant digits, thousands separators, units always. And names as they are."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable

UNKNOWN = "–"  # what is not a number, or not known


def number(value: float) -> str:
    """Return a count with thousands separators, or a measurement with three significant digits.

    >>> number(197506), number(0.38061), number(12.345), number(1234.5), number(5e-7), number(float("nan"))
    ('197,506', '0.381', '12.3', '1,234', '5.0e-07', '–')
    """
    if not math.isfinite(value):
        return UNKNOWN
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value + 0:,.0f}"  # -0 is 0
    if abs(value) < 1e-5:
        return f"{value:.1e}"
    digits = 2 - math.floor(math.log10(abs(value)))
    return f"{value:.{min(max(digits, 0), 5)}f}"


def column(values: Iterable[float]) -> list[str]:
    """Return a column's numbers, which share their decimals: four digits of the largest, or all that they have.

    >>> column([0.5, 12.3456, float("nan")]), column([0.1, 0.25])
    (['0.50', '12.35', '–'], ['0.10', '0.25'])
    """
    known = [float(value) for value in values]
    digits = decimals(known)
    return [f"{value:,.{digits}f}" if math.isfinite(value) else UNKNOWN for value in known]


def decimals(values: Iterable[float]) -> int:
    """Return how many decimals show four digits of the largest value, or all that the values have; 0 for whole ones.

    >>> decimals([0.5, 12.3456]), decimals([3.0, 4.0]), decimals([0.217, 0.2])
    (2, 0, 3)
    """
    known = [value for value in map(float, values) if math.isfinite(value)]
    largest = max(map(abs, known), default=0.0)
    if not largest:
        return 0
    digits = min(max(3 - math.floor(math.log10(largest)), 0), 6)
    return next(fewer for fewer in range(digits + 1) if fewer == digits or known == [round(v, fewer) for v in known])


def percent(share: float) -> str:
    """Return a share as a percentage, with a decimal only where it would be too coarse without.

    >>> percent(0.2), percent(0.005), percent(0.0616), percent(1.0), percent(0.9999), percent(-0.0004)
    ('20 %', '0.5 %', '6.2 %', '100 %', '99.9 %', '0 %')
    """
    if not math.isfinite(share):
        return UNKNOWN
    value = 100 * share
    if abs(value) < 0.05:
        value = 0.0
    if 99.5 <= value < 100:  # "100 %" would deny those who are left
        return f"{min(value, 99.9):.1f} %"
    coarse = abs(value) < 10 and not math.isclose(value, round(value), abs_tol=0.05)
    return f"{value:.1f} %" if coarse else f"{value:.0f} %"


def duration(seconds: float) -> str:
    """Return measured seconds in a unit that fits; ``about`` is for those that are estimated.

    >>> duration(0.034), duration(9.2), duration(75), duration(7300), duration(0.0)
    ('34 ms', '9.2 s', '1 min 15 s', '2 h 1 min', 'under 1 ms')
    """
    if not math.isfinite(seconds):
        return UNKNOWN
    if seconds < 0.00095:
        return "under 1 ms"
    if seconds < 0.0995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def about(seconds: float, at_most: bool = False) -> str:
    """Return estimated seconds, no more precise than an estimate is; or the most that something takes.

    >>> about(0.0), about(7.3), about(58.0), about(81.0), about(216.0), about(7300.0), about(33.0, at_most=True)
    ('less than a second', 'about 7 s', 'about 1 min', 'about 1 min 20 s', 'about 4 min', 'about 2 h', 'up to 35 s')
    """
    if not math.isfinite(seconds):
        return "an unknown time"
    if seconds < 0.95:
        return "less than a second"
    step = next(step for most, step in _STEPS if seconds < most)
    minutes, rest = divmod(round(seconds / step) * step, 60)
    whole = [(minutes // 60, "h"), (minutes % 60, "min"), (rest, "s")]
    return f"{'up to' if at_most else 'about'} {' '.join(f'{count} {unit}' for count, unit in whole if count)}"


_STEPS = ((10, 1), (60, 5), (150, 10), (3600, 60), (36_000, 600), (math.inf, 3600))  # seconds below which, and digits


def plain_markdown(text: str) -> str:
    r"""Return text that Markdown shows as it is; titles may hold anything.

    >>> print(plain_markdown("M*A*S*H :smile: <b>"))
    M\*A\*S\*H \:smile\: \<b\>
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def plain_label(text: str) -> str:
    """Return text that a figure shows as it is; plotly reads tags and entities in labels.

    >>> plain_label("<b>Alien</b> & co")
    '&lt;b&gt;Alien&lt;/b&gt; &amp; co'
    """
    return html.escape(text, quote=False)


def small(text: str) -> str:
    """Return text with a small letter at its beginning, and the rest as it is.

    >>> small("Untrained SVD")
    'untrained SVD'
    """
    return text[:1].lower() + text[1:]


def capital(text: str) -> str:
    """Return text with a capital at its beginning, and the rest as it is.

    >>> capital("long-tail MacGuffins")
    'Long-tail MacGuffins'
    """
    return text[:1].upper() + text[1:]


def indefinite(word: str) -> str:
    """Return a word with its article, by its first letter.

    >>> indefinite("film"), indefinite("item")
    ('a film', 'an item')
    """
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"


def counted(value: float, one: str, many: str) -> str:
    """Return a number with its unit.

    >>> counted(1, "star", "stars"), counted(3.5, "star", "stars")
    ('1 star', '3.5 stars')
    """
    return f"{value:g} {one if value == 1 else many}"
