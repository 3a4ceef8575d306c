"""The sources of data of a process, by name: read by many threads while one of them changes the list."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, MutableMapping, ValuesView
from threading import Lock
from typing import Any

from rec_core.data.sources.base import Source
from rec_core.errors import DataError


class Registry(MutableMapping[str, Source]):
    """Sources by name. Every change puts a new list in place of the old one.

    Who goes through the list therefore sees it as it was at the beginning, whatever other threads do meanwhile. A name
    that is not there any more is said in a sentence: another session may have removed that log.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self._lock = Lock()  # of changes; reading needs none
        self._now: dict[str, Source] = {source.name: source for source in sources}

    def __getitem__(self, name: str) -> Source:
        try:
            return self._now[name]
        except KeyError:
            raise DataError(
                f"'{name}' is not on the list any more: choose other data, or bring it back on the page Data."
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._now

    def __iter__(self) -> Iterator[str]:
        return iter(self._now)

    def __len__(self) -> int:
        return len(self._now)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a source, or ``default`` if there is none of that name."""
        return self._now.get(name, default)

    def items(self) -> ItemsView[str, Source]:
        """Return names and sources as they are now."""
        return self._now.items()

    def values(self) -> ValuesView[Source]:
        """Return the sources as they are now."""
        return self._now.values()

    def __setitem__(self, name: str, source: Source) -> None:
        with self._lock:
            self._now = self._now | {name: source}

    def __delitem__(self, name: str) -> None:
        with self._lock:
            self._now = {other: source for other, source in self._now.items() if other != name}

    def replace(self, are: Callable[[Source], bool], by: Iterable[Source]) -> None:
        """Replace all sources that ``are`` of a kind, in one step; the new ones come last."""
        wanted = {source.name: source for source in by}
        with self._lock:
            self._now = {name: one for name, one in self._now.items() if not are(one)} | wanted
