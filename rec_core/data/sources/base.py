"""What a source of data is: found in a folder or fetched, told apart from other copies, loaded; and its words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rec_core.data.interactions import Dataset


@dataclass(frozen=True)
class Words:
    """What the things of a data set are called: its items, the unit of its ratings, the kinds of items, and its rows.

    A row is a rating where somebody gave one.
    """

    item: str = "item"
    items: str = "items"
    unit: str = "point"
    units: str = "points"
    kind: str = "category"
    kinds: str = "categories"
    row: str = "row"
    rows: str = "rows"


@dataclass(frozen=True)
class Folders:
    """Where to look for data files: the user's folder first, then what was downloaded before."""

    local: Path | None
    downloads: Path


class Source(ABC):
    """Data that can be asked for by name.

    ``download_mb`` is the size of what has to be fetched where no folder has it; 0 for data that cannot be. Published
    data have terms of use, in a sentence, and a citation.
    """

    name: str
    title: str
    words: Words
    download_mb: float
    terms: str = ""
    citation: str = ""

    @property
    def seconds(self) -> float:
        """About how long it takes to read and to split it, where that is longer than a page may take; else 0."""
        return 0.0

    @property
    def has_order(self) -> bool:
        """Whether it is known which of a user's rows came first: by times, or by the order of the source."""
        return True

    @property
    def has_split(self) -> bool:
        """Whether the data come with a split: which rows are for training, for validation and for the test."""
        return False

    @property
    def has_validation(self) -> bool:
        """Whether there are rows to choose on: some are held out, unless the data come with a split that has none."""
        return True

    @abstractmethod
    def locate(self, folders: Folders) -> Path | None:
        """Return the folder or file that holds the data, or None."""

    @abstractmethod
    def fingerprint(self, folders: Folders) -> str:
        """Return what tells this copy from the one that is meant by the name, 16 hex digits; "" if it is that one."""

    @abstractmethod
    def load(self, folders: Folders, progress: Any = False) -> Dataset:
        """Return the data, fetched first where no folder has them.

        Args:
            folders: where to look, and where a download is kept.
            progress: of a download: True for a bar on stderr, False for none, or an object with tqdm's interface. Of a
                log that is read: a function that is told the share that was.

        Raises:
            DataError: one sentence on what to do.
        """

    def fetch(self, folders: Folders, progress: Any = False) -> None:  # noqa: B027
        """Bring the data here, where they have to be downloaded; arguments and errors as of ``load``."""

    def require(self, folders: Folders) -> None:  # noqa: B027
        """Refuse a folder of the user's that does not hold the data; nothing to do for those that are always here.

        Raises:
            DataError: naming what is missing.
        """

    def is_here(self, folders: Folders) -> bool:
        """Say whether ``load`` needs no download."""
        return self.download_mb == 0 or self.locate(folders) is not None

    def is_offered(self, folders: Folders) -> bool:
        """Say whether it is here or can be downloaded."""
        return self.download_mb > 0 or self.is_here(folders)

    def note(self, fingerprint: str) -> str:
        """Return the sentence to show beside a copy with this fingerprint; "" if there is nothing to say."""
        if not fingerprint:
            return ""
        return f"Not the published files byte for byte (fingerprint {fingerprint}); results count for this copy."
