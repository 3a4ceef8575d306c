"""Logs whose ids or times other libraries stumble over, with what each holds in truth."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rec_core.data.sources.table import Columns, Layout, Reading, Table

BEGIN = 1_600_000_000
_USERS, _EACH, _ITEMS = 30, 22, 50


@dataclass(frozen=True)
class Log:
    """Records in the order of a file's lines: user, item and time, as they are written there."""

    users: list[str]
    items: list[str]
    times: list[str]
    quoted: bool = True

    def write(self, path: Path) -> Table:
        """Write the log as a table separated by commas, or by tabs without quotation marks, and return it."""
        separator, name = (",", "log.csv") if self.quoted else ("\t", "log.tsv")
        rows = [("user", "item", "time"), *zip(self.users, self.items, self.times, strict=True)]
        with (path / name).open("w", encoding="utf-8", newline="") as file:
            if self.quoted:
                csv.writer(file).writerows(rows)
            else:
                file.writelines("\t".join(row) + "\n" for row in rows)
        layout = Layout(separator=separator, quoted=self.quoted)
        return Table.of(
            str(path / name), Reading(layout=layout, columns=Columns(user="user", item="item", time="time"))
        )

    def sequences(self) -> dict[str, list[str]]:
        """Return each user's items in the order of times, and of lines where times are alike."""
        found: dict[str, list[str]] = {}
        for row in sorted(range(len(self.times)), key=lambda row: (float(self.times[row]), row)):
            found.setdefault(self.users[row], []).append(self.items[row])
        return found


def _made(user: Callable[[int], str], item: Callable[[int], str], seed: int, quoted: bool = True) -> Log:
    """Return a log of users who have each item once, at times 1 to 19 seconds apart, with its lines shuffled."""
    rng = np.random.default_rng(seed)
    rows = []
    for one in range(_USERS):
        moment = BEGIN + int(rng.integers(0, 10_000_000))
        for what in rng.choice(_ITEMS, _EACH, replace=False).tolist():
            moment += int(rng.integers(1, 20))
            rows.append((user(one), item(what), str(moment)))
    order = rng.permutation(len(rows))
    users, items, times = (list(column) for column in zip(*(rows[place] for place in order), strict=True))
    return Log(users, items, times, quoted)


def _of(odd: list[str], plain: str) -> Callable[[int], str]:
    """Return the names of numbers: the ``odd`` ones first, then ``plain`` ones."""
    return lambda number: odd[number] if number < len(odd) else f"{plain}{number}"


_QUOTES = ['7" mix', '"all of it"', "o'neil", 'a""b', '"', "'", 'ends "', '"begins']
_SIGNS = ["-5Y7U", "+49", "=SUM(A1)", "@me", "＝1", "-", "--", "=", "+1e5", "-1", "@", "-=x"]
_UNICODE = [
    "用户甲", "пользователь", "🎧🎉", "é", "e\u0301", "ß", "ẞ", "שלום", "\u3000前", "\u00a0x", "x\u00a0", "\ufeffbom",
    "👩‍👩‍👧", "a\u2028b", "a\x85b", "İ",
]  # fmt: skip
_ZEROS = ["007", "07", "7", "0", "00", "0000", "0x1F", "1e5", "1E5", "1_000", "1.0", "1.", "NaN", "inf", "True", "٣"]
_BLANKS = ["a b", " a", "a ", "a", "  a", " b c ", "b  c"]
_SEPARATORS = ["a,b", "a;b", "a\tb", "a b", " a", "a ", "|", "a|b", "::", "a:token", ",", " b c ", "\ta", "#x", "\\n"]


def _whole_but_one() -> Log:
    """Whole numbers, and one id with a quotation mark, which five users had first, so that it is never held out."""
    log = _made(str, str, 6, quoted=False)
    for user in "12345":
        rows = [row for row in range(len(log.users)) if log.users[row] == user]
        log.items[min(rows, key=lambda row: float(log.times[row]))] = '7" mix'
    return log


def _within_seconds() -> Log:
    """Bursts: up to five rows of a user within one second, told apart by milliseconds alone."""
    log, rng = _made(str, "i{}".format, 7), np.random.default_rng(7)
    for user in set(log.users):
        rows = [row for row in range(len(log.users)) if log.users[row] == user]
        moments = np.sort(rng.choice(5000, len(rows), replace=False)).tolist()
        by_time = sorted(rows, key=lambda row: float(log.times[row]))
        for row, moment in zip(by_time, moments, strict=True):
            log.times[row] = f"{BEGIN + moment // 1000}.{moment % 1000:03}"
    return log


LOGS: dict[str, Callable[[], Log]] = {
    "quotation marks": lambda: _made(_of(_QUOTES, "u"), _of(_QUOTES, "i"), 1),
    "unicode": lambda: _made(_of(_UNICODE, "用户"), _of(_UNICODE, "歌"), 2),
    "leading zeros": lambda: _made(_of(_ZEROS, "0"), _of(_ZEROS, "00"), 3),
    "seconds apart": lambda: _made(str, str, 4),
    "signs": lambda: _made(_of(_SIGNS, "-u"), _of(_SIGNS, "@i"), 5),
    "separators": lambda: _made(_of(_SEPARATORS, "u"), _of(_SEPARATORS, "i"), 8),
    "blanks": lambda: _made(_of(_BLANKS, "u "), _of(_BLANKS, "i "), 9),
    "whole numbers but one": _whole_but_one,
    "within seconds": _within_seconds,
}
