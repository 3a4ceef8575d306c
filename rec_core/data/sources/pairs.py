"""Lists of who chose what: two numbers a line, oldest first within each user, without a header, ratings or times.

They are offered where the user's folder has them; nobody has to download one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rec_core.data import checks
from rec_core.data.interactions import Catalogue, Dataset, Interactions, compact
from rec_core.data.sources.base import Folders, Source, Words
from rec_core.data.sources.files import contents, hash_of, headless, is_file
from rec_core.data.texts import texts
from rec_core.errors import DataError

_COLUMNS = ["user", "item"]


@dataclass(frozen=True)
class Pairs(Source):
    """A list of pairs, in the folder ``name`` as ``file`` or right in the user's folder."""

    name: str
    title: str
    file: str
    words: Words
    download_mb: float = 0.0
    terms: str = ""
    citation: str = ""

    def locate(self, folders: Folders) -> Path | None:
        """Return the folder that holds the list, or None."""
        places = [] if folders.local is None else [folders.local / self.name, folders.local]
        return next((place for place in places if is_file(place / self.file)), None)

    def is_here(self, folders: Folders) -> bool:
        """Say whether the user's folder has it."""
        return self.locate(folders) is not None

    def fingerprint(self, folders: Folders) -> str:
        """Return what tells this list from others; there is no published one."""
        place = self.locate(folders)
        return "" if place is None else hash_of(place / self.file)[:16]

    def note(self, fingerprint: str) -> str:
        """Return nothing: a list is what it is."""
        return ""

    def require(self, folders: Folders) -> None:
        """Refuse a folder that does not hold the list.

        Raises:
            DataError: naming what is missing.
        """
        if self.locate(folders) is None:
            raise DataError(
                f"{self.title} is a list of pairs, '{self.name}/{self.file}', in a folder of yours. Put it there and "
                "name the folder with CORELENS_DATA or --data-dir."
            )

    def load(self, folders: Folders, progress: Any = False) -> Dataset:
        """Return the pairs in file order.

        Raises:
            DataError: if the list is not there, or naming the line that is wrong.
        """
        self.require(folders)
        place = self.locate(folders)
        assert place is not None
        table, lines = headless(self.file, lambda: contents(place, self.file), r"\s+", _COLUMNS)
        if not len(table):
            raise DataError(f"'{self.file}' in '{place.name}' is empty; choose another folder.")
        user, item = (checks.whole(table[column], lines) for column in _COLUMNS)
        user_ids, user_at, item_ids, item_at = compact(user, item)
        titles = texts([f"{self.words.item.capitalize()} {item}" for item in item_ids.tolist()])
        rows = Interactions(user_at.astype(np.int32), item_at.astype(np.int32), None, None)
        return Dataset(rows, Catalogue(user_ids, item_ids, titles, texts([""] * len(item_ids))))


KNOWN = (
    Pairs(
        "beauty",
        "Amazon Beauty",
        "beauty.txt",
        Words(item="product", items="products"),
        citation="J. McAuley, C. Targett, Q. Shi and A. van den Hengel, 2015. Image-based Recommendations on Styles "
        "and Substitutes. SIGIR. doi:10.1145/2766462.2767755",
    ),
)
