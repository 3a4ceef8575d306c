"""Sources of data: one kind per file, all of them listed here, in the order in which lists show them.

People's own logs come after what is always there; whoever keeps a list of them (``cache.logs``) registers it.
"""

from collections.abc import Iterable

from rec_core.data.sources import movielens, pairs, synthetic
from rec_core.data.sources.base import Folders, Source, Words
from rec_core.data.sources.table import Table
from rec_core.errors import DataError


class _Sources(dict[str, Source]):
    """Sources by name; one that is gone is said to be, for somebody may be looking at it while another removes it."""

    def __missing__(self, name: str) -> Source:
        raise DataError(f"'{name}' is not on the list any more: choose other data, or bring it back on the page Data.")


SOURCES: dict[str, Source] = _Sources(
    (source.name, source)
    for source in (
        *movielens.RELEASES,
        *pairs.KNOWN,
        *synthetic.SIZES,
    )
)


def register(logs: Iterable[Table]) -> None:
    """Have ``logs`` among the sources, and no others of their kind."""
    wanted = {log.name: log for log in logs}
    for name in [name for name, source in SOURCES.items() if isinstance(source, Table) and name not in wanted]:
        SOURCES.pop(name, None)
    SOURCES.update(wanted)


__all__ = ["SOURCES", "Folders", "Source", "Words", "register"]
