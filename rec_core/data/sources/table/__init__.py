"""People's own logs: any table of who chose what, by its path.

``opening`` gives the bytes, ``sniffing`` guesses how they are to be read (``reading``), ``pieces`` reads columns,
``values`` makes ids and ratings of them, ``times`` times (``time_forms``, ``formats``), ``assembling`` a data set, and
``source`` is what others see.
"""

from rec_core.data.sources.table.reading import ROLES, Columns, Layout, Reading, Role
from rec_core.data.sources.table.sniffing import Sniffed, layout_of, sniff
from rec_core.data.sources.table.source import Table, titled

__all__ = ["ROLES", "Columns", "Layout", "Reading", "Role", "Sniffed", "Table", "layout_of", "sniff", "titled"]
