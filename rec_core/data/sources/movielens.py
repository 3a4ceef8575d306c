"""MovieLens: from a local folder first, then from GroupLens, who publish it.

A checksum stands here only if two independent public sources agree on it. Hashes of unpacked files are taken with
Unix line ends, because unpacking may change those and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rec_core.data.interactions import Dataset
from rec_core.data.sources import movielens_files as files
from rec_core.data.sources.base import Folders, Source, Words
from rec_core.data.sources.files import hash_of, is_file
from rec_core.errors import DataError, reason

FILMS = Words("film", "films", "star", "stars", "genre", "genres", "rating", "ratings")
_TERMS = (
    "For research, with acknowledgement; not to be redistributed, nor used commercially, without the permission of "
    "GroupLens (the README of each release says what exactly)."
)
_CITATION = (
    "F. Maxwell Harper and Joseph A. Konstan, 2015. The MovieLens Datasets: History and Context. ACM Transactions on "
    "Interactive Intelligent Systems 5 (4), 19. doi:10.1145/2827872"
)
_PUBLISHER = "https://files.grouplens.org/datasets/movielens/"


@dataclass(frozen=True)
class MovieLens(Source):
    """A release of MovieLens."""

    name: str
    title: str
    files: files.Files
    sha256: str
    download_mb: float
    folder_names: tuple[str, ...]
    file_hashes: Mapping[str, str] = field(default_factory=dict)
    words: Words = FILMS
    terms: str = _TERMS
    citation: str = _CITATION

    @property
    def archive(self) -> str:
        """File name of the published archive."""
        return f"{self.name}.zip"

    def locate(self, folders: Folders) -> Path | None:
        """Return the folder or archive that holds the release, the user's folder first, or None."""
        for folder in filter(None, (folders.local, folders.downloads)):
            unpacked = [folder / name for name in self.folder_names]
            if folder.name in self.folder_names:
                unpacked.append(folder)
            for place in unpacked:
                if is_file(place / self.files.ratings):
                    return place
            if is_file(folder / self.archive):
                return folder / self.archive
        return None

    def fingerprint(self, folders: Folders) -> str:
        """Return "" for a copy whose checksum is the published one and for one that is yet to be downloaded."""
        place = self.locate(folders)
        if place is None:
            return ""
        zipped = is_file(place)
        names = [place] if zipped else [place / self.files.ratings, place / self.files.films]
        hashes = {path.name: hash_of(path) for path in names}
        if hashes == ({self.archive: self.sha256} if zipped else dict(self.file_hashes)):
            return ""
        mark = hashlib.sha256("".join(hashes[n] for n in sorted(hashes)).encode()).hexdigest()
        # Before, rows were ordered by whole seconds: what was made so of finer times is not used again.
        if files.has_fine_times(self.files, place, mark):
            mark = hashlib.sha256(f"{mark}, ordered by times finer than seconds".encode()).hexdigest()
        return mark[:16]

    def load(self, folders: Folders, progress: Any = False) -> Dataset:
        """Return the release's ratings in file order."""
        place = self.locate(folders)
        if place is None:
            self.require(folders)
        return files.read(self.files, place or self.download(folders, progress))

    def require(self, folders: Folders) -> None:
        """Refuse a folder of the user's that does not hold the release.

        Raises:
            DataError: naming what is missing.
        """
        folder = folders.local
        if folder is None or self.locate(Folders(folder, folder)) is not None:
            return
        places = f"'{self.folder_names[0]}/{self.files.ratings}'", f"'{self.archive}'"
        lacks = f"There is neither {places[0]} nor {places[1]} in the folder '{folder.name}'"
        if not folder.is_dir():
            lacks = f"There is no folder '{folder.name}', which should hold {places[0]} or {places[1]}"
        raise DataError(
            f"{lacks}, as {self.title} is kept. Put the files there, name another folder, or name none (neither "
            "--data-dir nor CORELENS_DATA) to download them."
        )

    def fetch(self, folders: Folders, progress: Any = False) -> None:
        """Download the release, unless a folder has it."""
        if self.locate(folders) is None:
            self.download(folders, progress)

    def download(self, folders: Folders, progress: Any = False) -> Path:
        """Fetch the published archive, verify its checksum, and return where it lies.

        Raises:
            DataError: if the publisher cannot be reached or sends something else.
        """
        import pooch
        import requests

        try:
            return Path(
                pooch.retrieve(
                    _PUBLISHER + self.archive,
                    known_hash=f"sha256:{self.sha256}",
                    fname=self.archive,
                    path=folders.downloads,
                    downloader=pooch.HTTPDownloader(progressbar=progress, timeout=30),
                )
            )
        except requests.RequestException as error:
            raise DataError(
                f"{self.title} could not be downloaded from its publisher ({type(error).__name__}). Nothing was "
                "changed. Try again, or choose a local folder that holds it with CORELENS_DATA or --data-dir."
            ) from error
        except ValueError as error:
            raise DataError(
                f"What the publisher sent as {self.archive} is not the file that is known under this name; it was not "
                "kept. Try again, or choose a local folder."
            ) from error
        except OSError as error:
            raise DataError(
                f"{self.title} could not be saved in the downloads folder ({reason(error)}); free some disk space, or "
                "start Corelens with another folder CORELENS_HOME."
            ) from error


RELEASES = (
    MovieLens(
        "ml-1m",
        "MovieLens 1M",
        files.ML_1M,
        "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
        5.9,
        ("ml-1m",),
        {
            "ratings.dat": "506d64ca44484487c11dc2d9a28de5c54948213e6b96285e298afe28d6ea4e0f",
            "movies.dat": "0140fc2356357c1a851d0f52e893a1e4d3696df632c4141cea8d5bc3d621f0b9",
        },
    ),
    MovieLens(
        "ml-100k",
        "MovieLens 100K",
        files.ML_100K,
        "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        4.9,
        ("ml-100k",),
        {
            "u.data": "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490",
            "u.item": "553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701",
        },
    ),
    MovieLens(
        "ml-latest-small",
        "MovieLens latest small",
        files.ML_CSV,
        "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
        1.0,
        ("ml-latest-small",),
        terms=_TERMS.replace(
            "not to be redistributed, nor used", "redistributed under the same terms only, and not used"
        ),
        file_hashes={
            "ratings.csv": "80da8b3393dae325bbba5a31f291a6ba55d8d4f4396de3c456f2c1635b1b70e8",
            "movies.csv": "c47b783f23eb304413307e1bb05335e427737da20ec8d3c0e96335567dd5f3dc",
        },
    ),
    MovieLens(
        "ml-10m",
        "MovieLens 10M",
        files.ML_10M,
        "813c411ccb6122564edfe752e7f80c4dcc5aa25fa94c93622f6877a7ba252862",
        65.6,
        ("ml-10m", "ml-10M100K"),
    ),
    MovieLens(
        "ml-20m",
        "MovieLens 20M",
        files.ML_CSV,
        "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
        198.7,
        ("ml-20m",),
    ),
    MovieLens(
        "ml-25m",
        "MovieLens 25M",
        files.ML_CSV,
        "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
        262.0,
        ("ml-25m",),
    ),
    MovieLens(
        "ml-32m",
        "MovieLens 32M",
        files.ML_CSV,
        "e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee",
        239.0,
        ("ml-32m",),
    ),
)
