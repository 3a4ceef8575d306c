"""People's own logs: any table of who chose what, by its path.

``opening`` gives the bytes, ``sniffing`` guesses how they are to be read (``reading``), ``pieces`` reads columns,
``settling`` tells how their numbers and times are written (``number_forms``, ``time_forms``),
``values`` makes ids and ratings of them, ``times`` times (``formats``, ``clock``), ``assembling`` a data set, and
``source`` is what others see; ``given`` is a log in several files, which are a split.
"""

from rec_core.data.sources.table.given import Brought
from rec_core.data.sources.table.reading import ROLES, Columns, Layout, Queried, Reading, Role
from rec_core.data.sources.table.settling import settle, sniff
from rec_core.data.sources.table.sniffing import Sniffed, layout_of
from rec_core.data.sources.table.source import Table, titled

__all__ = [
    "ROLES",
    "Brought",
    "Columns",
    "Layout",
    "Queried",
    "Reading",
    "Role",
    "Sniffed",
    "Table",
    "layout_of",
    "settle",
    "sniff",
    "titled",
]
