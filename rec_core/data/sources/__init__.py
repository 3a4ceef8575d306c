"""Sources of data: one kind per file, all of them listed here, in the order in which lists show them.

People's own logs come after what is always there; whoever keeps a list of them (``cache.logs``) registers it.
"""

from collections.abc import Iterable

from rec_core.data.sources import movielens, pairs, synthetic
from rec_core.data.sources.base import Folders, Source, Words
from rec_core.data.sources.registry import Registry
from rec_core.data.sources.table import Table
from rec_core.data.sources.table.source import told_apart

SOURCES = Registry(
    (
        *movielens.RELEASES,
        *pairs.KNOWN,
        *synthetic.SIZES,
    )
)


def register(logs: Iterable[Table]) -> None:
    """Replace people's own logs among the sources by ``logs``."""
    SOURCES.replace(lambda source: isinstance(source, Table), logs)


def distinct(logs: Iterable[Table]) -> list[Table]:
    """Return logs under titles that differ from each other and from those of all other sources."""
    others = [source.title for source in SOURCES.values() if not isinstance(source, Table)]
    return told_apart(list(logs), others)


__all__ = ["SOURCES", "Folders", "Source", "Words", "distinct", "register"]
