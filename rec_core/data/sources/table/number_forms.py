"""Whether a comma parts thousands or decimals, told by all numbers of a column together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rec_core.data.sources.table.values import NO, YES

Signs = tuple[str, str]  # of decimals and of thousands
_NUMBER = re.compile(r"[+-]?[\d.,' \u00a0\u202f]*\d[\d.,]*([eE][+-]?\d+)?")
_NEARLY = 0.9  # of the values that are looked at
_FEW_POINTS = 20  # a file in which points part thousands is rarer than one in which they part decimals


def number_forms(values: Sequence[str]) -> tuple[Signs, ...]:
    """Return the signs of decimals and of thousands that a column's numbers may have, the likeliest first.

    Two pairs read the numbers differently, and nothing in them decides; () for a column of no numbers.

    >>> number_forms(["1,200", "800"]), number_forms(["3,5", "1,250"]), number_forms(["1.200,5", "800"])
    ((('.', ','),), ((',', ''),), ((',', '.'),))
    >>> number_forms(["1,234", "2,345"])
    (('.', ','), (',', ''))
    >>> number_forms(["1.5", "3"]), number_forms(["u1"])
    ((('.', ''),), ())
    """
    some = [text for value in values if (text := value.strip())]
    numbers = [text for text in some if _NUMBER.fullmatch(text)]
    if not numbers or len(numbers) < _NEARLY * len(some):
        return ()
    written = "".join(numbers)
    if gap := next((sign for sign in "' \u00a0\u202f" if sign in written), ""):
        return (("," if "," in written else ".", "'" if gap == "'" else " "),)
    if "," in written and "." in written:
        pairs: list[Signs] = [(".", ","), (",", ".")]
        found: tuple[Signs, ...] = (max(pairs, key=lambda pair: _fitting(numbers, pair)),)
    else:
        sign, other = (",", ".") if "," in written else (".", ",")
        found = _of_one_sign(numbers, sign, other) if sign in written else ((".", ""),)
    return found if _fitting(numbers, found[0]) >= _NEARLY * len(some) else ()


def _of_one_sign(numbers: Sequence[str], sign: str, other: str) -> tuple[Signs, ...]:
    """Return whether a ``sign`` that numbers hold parts decimals or thousands, or both where nothing decides."""
    decimals, thousands = (sign, ""), (other, sign)
    as_decimals, as_thousands = _fitting(numbers, decimals), _fitting(numbers, thousands)
    whole = [number for number in numbers if number.lstrip("+-").isdigit()]
    if as_decimals > as_thousands or any(len(number.lstrip("+-")) > 3 for number in whole):
        return (decimals,)
    needed = 1 if sign == "," else _FEW_POINTS
    if as_thousands > as_decimals or (whole and len(numbers) - len(whole) >= needed):
        return (thousands,)  # decimals of which all have three digits would be "2,000", not "2"
    return (thousands, decimals) if sign == "," else (decimals, thousands)


def _fitting(numbers: Sequence[str], signs: Signs) -> int:
    """Return how many numbers are written with these signs."""
    decimal, thousands = map(re.escape, signs)
    parted = rf"|[1-9]\d{{0,2}}({thousands}\d{{3}})+({decimal}\d*)?" if thousands else ""
    one = re.compile(rf"[+-]?(\d+({decimal}\d*)?|{decimal}\d+{parted})([eE][+-]?\d+)?")
    return sum(bool(one.fullmatch(number)) for number in numbers)


def are_truths(values: Sequence[str]) -> bool:
    """Return True if nearly all values say yes or no, in words."""
    some = [text for value in values if (text := value.strip().casefold())]
    return bool(some) and sum(text in YES or text in NO for text in some) >= _NEARLY * len(some)
