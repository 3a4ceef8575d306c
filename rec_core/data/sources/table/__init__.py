"""People's own logs: any table of who chose what, by its path.

``opening`` gives the bytes, ``sniffing`` guesses how they are to be read (``reading``), ``pieces`` reads columns,
``values`` makes ids, ratings and times of them, ``assembling`` a data set, and ``source`` is what others see;
``given`` is a log in several files, which are a split.
"""

from rec_core.data.sources.table.given import Brought
from rec_core.data.sources.table.reading import ROLES, Columns, Layout, Reading, Role
from rec_core.data.sources.table.sniffing import Sniffed, layout_of, sniff
from rec_core.data.sources.table.source import Table, titled

__all__ = [
    "ROLES",
    "Brought",
    "Columns",
    "Layout",
    "Reading",
    "Role",
    "Sniffed",
    "Table",
    "layout_of",
    "sniff",
    "titled",
]
