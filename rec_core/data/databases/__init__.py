"""Logs that a database holds: the rows that one query returns, taken once into a Parquet file.

Everything else then reads that file as it reads any other: in pieces, from any process, again after a stop, with rows
that have numbers. Reading from the database every time would give none of that: it promises no order without ORDER BY,
its rows change while an experiment runs, and every worker would need the password. So a log is *what a query returned*
when it was asked: the query and a hash of its rows, in the order in which they came, are what it is found again by.
Asking again gives the same log where the rows are the same, and another one where they changed.

``address`` reads addresses and keeps passwords out, ``statement`` lets single SELECTs pass, ``sqlite``, ``duck`` and
``postgres`` ask, and ``snapshot`` writes what they return.
"""

from rec_core.data.databases.address import Database, hidden, is_database, path_in
from rec_core.data.databases.asking import ask, proposed, tables, what_to_ask
from rec_core.data.databases.statement import has_order

__all__ = ["Database", "ask", "has_order", "hidden", "is_database", "path_in", "proposed", "tables", "what_to_ask"]
