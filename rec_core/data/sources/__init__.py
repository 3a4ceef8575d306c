"""Sources of data: one kind per file, all of them listed here, in the order in which lists show them."""

from rec_core.data.sources import movielens, pairs, synthetic
from rec_core.data.sources.base import Folders, Source, Words

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        *movielens.RELEASES,
        *pairs.KNOWN,
        *synthetic.SIZES,
    )
}

__all__ = ["SOURCES", "Folders", "Source", "Words"]
