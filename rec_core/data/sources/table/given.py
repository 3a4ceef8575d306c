"""A split that people bring: a log in two or three files, one to train on, one for the test, one for validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.canonical import digest
from rec_core.data.histories import joined
from rec_core.data.interactions import Catalogue, Dataset, Ids
from rec_core.data.rejected import LISTED, Rejected
from rec_core.data.sources.base import Folders, Words
from rec_core.data.sources.table.opening import exists, name_of, size_of
from rec_core.data.sources.table.reading import Reading
from rec_core.data.sources.table.settling import sniff
from rec_core.data.sources.table.sniffing import layout_of
from rec_core.data.sources.table.source import PREFIX, Table, titled
from rec_core.data.texts import texts
from rec_core.errors import DataError

TRAIN, VALIDATION, TEST = range(3)  # of ``Dataset.part``


@dataclass(frozen=True)
class Brought(Table):
    """A log that comes with its split: ``path`` is the train file, and all files are read alike.

    ``validation_path`` is "" where there is no validation file: nothing is held out in its place, so that the train
    file counts as a whole. Training then goes on to its last epoch, and what is otherwise chosen on validation is not.
    """

    validation_path: str = ""
    test_path: str = ""

    @classmethod
    def of_files(
        cls,
        train: str,
        validation: str,
        test: str,
        reading: Reading,
        title: str = "",
        items_path: str = "",
        header_is_said: bool = False,
    ) -> Brought:
        """Return the split in these files, read so; ``header_is_said`` is not looked at again.

        Raises:
            DataError: if no column names users, or items, or if two of the files do not have the same columns.
        """
        called = title or name_of(str(Path(train).parent)) or name_of(train)
        log = Table.of(train, reading, called, items_path)
        brought = cls.of_log(log, validation, test)
        for path in filter(None, (validation, test)):
            _require_alike(train, path, reading, header_is_said)
        return replace(brought, name=f"{PREFIX}{brought._mark()[:12]}")

    @classmethod
    def of_log(cls, log: Table, validation: str, test: str) -> Brought:
        """Return a log with the files that are held out beside it."""
        words: Words = log.words
        own = (log.name, log.title, log.path, log.reading, log.items_path, words, log.download_mb)
        return cls(*own, validation, test)

    @property
    def has_split(self) -> bool:
        """Whether the data come with a split: they do."""
        return True

    @property
    def has_validation(self) -> bool:
        """Whether there is a validation file."""
        return bool(self.validation_path)

    @property
    def files(self) -> dict[str, str]:
        """The paths of the files by what they are for."""
        every = {"train": self.path, "validation": self.validation_path, "test": self.test_path}
        return {part: path for part, path in every.items() if path}

    @property
    def held_out(self) -> dict[str, str]:
        """The paths of the files that are not trained on."""
        return {part: path for part, path in self.files.items() if part != "train"}

    @property
    def is_titled(self) -> bool:
        """Whether it is called otherwise than its folder."""
        return self.given_title != titled(name_of(str(Path(self.path).parent)) or name_of(self.path))

    @property
    def seconds(self) -> float:
        """About how long it takes to read the files; 0 where a page may wait for it."""
        return max(part.seconds for part in self._parts())

    def is_here(self, folders: Folders) -> bool:
        """Return True if all files are where they were."""
        return all(map(exists, self.files.values()))

    def require(self, folders: Folders) -> None:
        """Refuse a split of which a file has gone.

        Raises:
            DataError: naming what is missing.
        """
        for part in self._parts():
            part.require(folders)

    def fingerprint(self, folders: Folders) -> str:
        """Return what tells these files, read so, from others."""
        return self._mark()[:16]

    def load(self, folders: Folders, progress: Any = False) -> Dataset:
        """Return the rows of all files, those of the train file first, and which file each is of.

        Raises:
            DataError: one sentence, if a file cannot be read as it is said to be.
        """
        sizes = [max(size_of(part.path)[0], 1) for part in self._parts()]
        loaded = []
        for place, part in enumerate(self._parts()):
            before, size = sum(sizes[:place]) / sum(sizes), sizes[place] / sum(sizes)

            def told(share: float, before: float = before, size: float = size) -> None:
                if callable(progress):
                    progress(before + size * share)

            loaded.append(part.load(folders, told))
        return _together(loaded, list(self.files), list(map(name_of, self.files.values())))

    def exact_ratings(self) -> NDArray[np.float64]:
        """Return the rating of each record in double precision, those of the train file first."""
        nowhere = Folders(None, Path())
        found = []
        for part in self._parts():
            ratings, count = part.exact_ratings(), _records(part.load(nowhere))
            found.append(np.append(ratings, np.full(max(count - len(ratings), 0), np.nan))[:count])
        return np.concatenate(found)

    def _parts(self) -> list[Table]:
        """Return each file as a log; items are described beside the train file."""
        return [
            replace(Table.called(self.name, f"{self.title}, {part}", path, self.reading, ""), items_path=items)
            for (part, path), items in zip(self.files.items(), [self.items_path, "", ""], strict=False)
        ]

    def _mark(self) -> str:
        """Return 64 hex digits that say which bytes are read, and how."""
        nowhere = Folders(None, Path())
        marks = [part.fingerprint(nowhere) for part in self._parts()]
        return digest({"split": dict(zip(self.files, marks, strict=True))})


def _require_alike(train: str, path: str, reading: Reading, header_is_said: bool) -> None:
    """Refuse a file that does not have the train file's columns."""
    layout, names = reading.layout, [name_of(one) for one in (path, train)]
    if layout.form == "text" and not header_is_said and layout_of(path, layout.separator).header != layout.header:
        first = names[::-1] if layout.header else names
        raise DataError(
            f"The first line of '{first[0]}' seems to name columns and that of '{first[1]}' does not; write the files "
            "of a split alike, or say what holds for all of them (--header or --no-header)."
        )
    own = sniff(path, layout).names
    if missing := [column for column in reading.columns.named.values() if column not in own]:
        raise DataError(
            f"'{names[0]}' has no column '{missing[0]}', which '{names[1]}' has; it has {', '.join(own)}. The files of "
            "a split need the same columns."
        )


def _together(loaded: Sequence[Dataset], parts: Sequence[str], files: Sequence[str]) -> Dataset:
    """Return the rows of several files as one data set, ids alike in all of them."""
    users, user = _numbered([one.catalogue.user_ids for one in loaded])
    items, item = _numbered([one.catalogue.item_ids for one in loaded])
    rows = [
        replace(one.interactions, user=of_user[one.interactions.user], item=of_item[one.interactions.item])
        for one, of_user, of_item in zip(loaded, user, item, strict=True)
    ]
    first = np.cumsum([0, *(_records(one) for one in loaded)])[:-1]
    place = [
        begin + (np.arange(len(one.interactions)) if one.places is None else one.places)
        for begin, one in zip(first, loaded, strict=True)
    ]
    which = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
    part = [np.full(len(one), which[name], np.int8) for one, name in zip(rows, parts, strict=True)]
    return Dataset(
        joined(rows),
        _catalogue(loaded, users, items, item),
        np.concatenate(place),
        _rejected(loaded, files),
        np.concatenate(part),
        np.array([first[parts.index(name)] if name in parts else 0 for name in which]),
    )


def _records(one: Dataset) -> int:
    """Return how many records a file has, up to the last that counts."""
    return len(one.interactions) if one.places is None else int(one.places[-1]) + 1


def _numbered(ids: Sequence[Ids]) -> tuple[Ids, list[NDArray[np.int32]]]:
    """Return the distinct ids of all files, and where those of each file are among them.

    Where one file's are whole numbers and another's are texts, they are texts: 12 is the same user in both.
    """
    if len({one.dtype.kind for one in ids}) > 1:
        ids = [one if one.dtype.kind == "T" else texts(list(map(str, one.tolist()))) for one in ids]
    every, place = np.unique(np.concatenate(ids), return_inverse=True)
    ends = np.cumsum([len(one) for one in ids])[:-1]
    return every, np.split(place.astype(np.int32), ends)


def _catalogue(loaded: Sequence[Dataset], users: Ids, items: Ids, places: Sequence[NDArray[np.int32]]) -> Catalogue:
    """Return the catalogue of all files; an item is described as by the first file that holds it."""
    at = np.concatenate(places)
    _, first = np.unique(at, return_index=True)
    titles, genres = (
        np.concatenate([getattr(one.catalogue, name) for one in loaded])[first] for name in ("titles", "genres")
    )
    notes = dict.fromkeys(note for one in loaded for note in one.catalogue.notes)
    return Catalogue(users, items, titles, genres, tuple(notes))


def _rejected(loaded: Sequence[Dataset], files: Sequence[str]) -> Rejected:
    """Return what of any file cannot be read, with the file's name."""
    bad = [(one.rejected, file) for one, file in zip(loaded, files, strict=True) if one.rejected.count]
    if not bad:
        return Rejected()
    wrong = [f"{text} (in {file})" for one, file in bad for text in one.wrong.tolist()]
    column, value = ([text for one, _ in bad for text in getattr(one, name).tolist()] for name in ("column", "value"))
    return Rejected(
        sum(one.count for one, _ in bad),
        {f"{kind} (in {file})": count for one, file in bad for kind, count in one.kinds.items()},
        np.concatenate([one.line for one, _ in bad])[:LISTED],
        texts(column[:LISTED]),
        texts(wrong[:LISTED]),
        texts(value[:LISTED]),
        bad[0][0].unit,
    )
