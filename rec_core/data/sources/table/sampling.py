"""Parts of a whole file, not its beginning alone: logs are sorted, and their first rows are of one user or one day."""

from __future__ import annotations

from rec_core.data.sources.table.addresses import is_elsewhere
from rec_core.data.sources.table.opening import HELD, opened, size_of

SLICES, _SLICE = 12, 1 << 17  # how many beside the beginning, and bytes of each
ROWS = 1_000  # that are looked at in each
CELLS = 60_000  # of the beginning, and as many of all slices


def slices(path: str) -> list[bytes]:
    """Return some blocks of whole lines of a plain file that is longer than its beginning, in order."""
    if is_elsewhere(path):  # every byte is fetched
        return []
    size, packed = size_of(path)
    if packed or size <= HELD:
        return []
    found = []
    with opened(path) as stream:
        for number in range(1, SLICES + 1):
            stream.seek(HELD + (size - HELD) * number // (SLICES + 1))
            block = stream.read(_SLICE)
            found.append(block[block.find(b"\n") + 1 : block.rfind(b"\n") + 1])
    return found


def row_groups(n_groups: int) -> list[int]:
    """Return some groups of rows of a Parquet file, spread over it.

    >>> row_groups(3), row_groups(100)
    ([0, 1, 2], [0, 14, 28, 42, 56, 70, 84, 99])
    """
    most = 8
    return (
        list(range(n_groups)) if n_groups <= most else [place * (n_groups - 1) // (most - 1) for place in range(most)]
    )
