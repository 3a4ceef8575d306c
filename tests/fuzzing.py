"""Files and links that nobody would write: made from good ones by a seed, the same every time."""

from __future__ import annotations

import gzip
import io
import json
import threading
import zipfile
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd

from pages.ui import nav

T = TypeVar("T")
_PIECES = [
    *(b"\0", b"\r", b"\n", b'"', b",", b";", b"::", b"\t", b" ", b"'", b"\\", b"\x1f", b"{", b"}", b"[" * 2000),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud83d", b"nan", b"inf", b"1e999", b"-1", b"9" * 40, b"null"),
    *(b"=1+1", b"<b>", b"user"),
]
_KEYS = (
    "data feedback model method pretrain ratio seeds preset metric error seed epochs dim rate min repeats test "
    "validation unreadable alpha clusters keep minutes among figures beside runs show cumulative log user group maps "
    "choose projection of which compare least share curve overlap by proxy table_seeds configurations trainings "
    "present embed nothing"
).split()
_VALUES = [
    *("", "inf", "-inf", "nan", "-1", "0", "1e999", "9" * 400, "0.5", "1,5", "20", "50", "true", "null", "None"),
    *("x" * 3000, "\0", "\n", "%00", "é\u202e", "\ud7ff", "🙂", "[]", "{}", "zzz", "Recall@10", "gradient", "Random"),
    *("<script>alert(1)</script>", "'; DROP TABLE jobs; --", "../../etc/passwd", "![x](http://127.0.0.1/x.png)"),
    *("log-000000000000", "synthetic-10k"),
]


def within(seconds: float, work: Callable[[], T]) -> T:
    """Return the result of ``work``, or raise its error; fail if it takes longer."""
    found: list[T] = []
    raised: list[BaseException] = []

    def do() -> None:
        try:
            found.append(work())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    assert found, f"it takes longer than {seconds} seconds"
    return found[0]


def _frame(rng: np.random.Generator) -> pd.DataFrame:
    n_rows = int(rng.integers(1, 120))
    return pd.DataFrame(
        {
            "user_id": [f"u{n}" for n in rng.integers(0, 12, n_rows)],
            "item_id": rng.integers(0, 20, n_rows),
            "rating": rng.integers(1, 6, n_rows) / 2,
            "timestamp": rng.integers(10**9, 2 * 10**9, n_rows),
        }
    )


def _good(kind: int, rng: np.random.Generator) -> tuple[str, bytes]:
    """Return the name and the bytes of a good file."""
    frame = _frame(rng)
    text = frame.to_csv(index=False)
    lines = frame.to_json(orient="records", lines=True)
    inter = frame.rename(columns={"user_id": "user_id:token", "item_id": "item_id:token"}).to_csv(index=False, sep="\t")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", text)
    table = io.BytesIO()
    frame.to_parquet(table)
    every: list[tuple[str, bytes]] = [
        ("log.csv", text.encode()),
        ("ratings.dat", text.replace(",", "::").encode()),
        ("log.inter", inter.encode()),
        ("log.jsonl", lines.encode()),
        ("log.parquet", table.getvalue()),
        ("log.csv.gz", gzip.compress(text.encode())),
        ("log.zip", packed.getvalue()),
        ("utf16.csv", text.encode("utf-16")),
        ("latin.csv", text.replace("u1", "é").encode("latin-1")),
        ("semicolons.csv", text.replace(",", ";").replace(".", ",").encode()),
    ]
    return every[kind % len(every)]


def file_of(number: int) -> tuple[str, bytes]:
    """Return the name and the bytes of a file that was good once."""
    rng = np.random.default_rng([7, number])
    name, good = _good(number, rng)
    broken = bytearray(good)
    for _ in range(int(rng.integers(1, 12))):
        at, what = int(rng.integers(0, len(broken) + 1)), int(rng.integers(5))
        if what == 0 and broken:
            broken[at % len(broken)] ^= 1 << int(rng.integers(8))
        elif what == 1:
            broken[at:at] = _PIECES[int(rng.integers(len(_PIECES)))]
        elif what == 2:
            del broken[at : at + int(rng.integers(1, 30))]
        elif what == 3:
            broken[at:at] = broken[: int(rng.integers(1, 200))]
        elif rng.random() < 0.1:
            del broken[at:]
    return name, bytes(broken)


def link_of(number: int) -> tuple[str, dict[str, str]]:
    """Return a page and what a link to it asks for."""
    rng = np.random.default_rng([8, number])
    keys = rng.choice(_KEYS, int(rng.integers(1, 6)), replace=False)
    asked = {str(key): _VALUES[int(rng.integers(len(_VALUES)))] for key in keys}
    if rng.random() < 0.8:
        asked["data"] = "synthetic-10k"
    return nav.NAMES[number % len(nav.NAMES)], asked


def described(name: str, contents: bytes) -> str:
    """Return a test's description of a file that breaks something."""
    return f"{name}: {json.dumps(contents[:300].decode('latin-1'))}"
