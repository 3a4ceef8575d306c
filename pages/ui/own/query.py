"""A log in a database: an address, a query, and then the rows that it returned, read as a file's are."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cache.home import uploads_limit
from pages.ui import access, net, state
from pages.ui.own import file, returned
from rec_core.data.databases import Database, has_order, what_to_ask
from rec_core.data.sources.table import Queried, Table
from rec_core.errors import CorelensError, DataError

_WANTED = "_own_wanted"
_ORDER = (
    "The query has no ORDER BY: rows with equal times follow each other as the database returned them. Add one to have "
    "the same log whenever you ask again."
)
_PASSWORD = (
    "Leave the password out of the address: pages do not take it. Put it in PGPASSWORD or ~/.pgpass of the account "
    "that runs this app."
)


def show() -> None:
    """Draw the fields for an address and a query, and below them how the rows are read."""
    st.markdown(
        "A file of SQLite or DuckDB, or a PostgreSQL server. Nothing in it is changed. The rows that the query returns "
        "are copied once; runs read the copy."
    )
    address = st.text_input("Address", key="own-database", placeholder="/data/shop.db or postgresql://user@host/shop")
    query = st.text_area("Query", key="own-query", placeholder="SELECT user_id, item_id, time FROM events")
    typed = address.strip(), query.strip()
    st.button("Run the query", key="own-run", disabled=not typed[0], on_click=_want)
    if st.session_state.pop(_WANTED, False):
        returned.forget()
        with st.spinner("Asking the database"):
            path, queried = _ask(*typed)
        returned.keep(typed, path, queried)
    if (path := returned.to(typed)) and Path(path).exists():
        if not has_order(typed[1]):
            st.caption(_ORDER)
        file.take(path)


@net.callback
def _want() -> None:
    """Have the query run where the card is drawn, however often the page starts over until then."""
    st.session_state[_WANTED] = True


def _ask(address: str, query: str) -> tuple[str, Queried]:
    """Ask a database that the visitor may ask, and return the path of the file with the rows, and what was asked."""
    allowed = access.allowed_database(address)
    database = Database.of(allowed)
    if database.password:
        raise DataError(_PASSWORD)
    if not query:
        raise DataError(what_to_ask(database))
    return state.logs().ask(allowed, query, uploads_limit())


def again(log: Table) -> None:
    """Draw the button that asks the database of a log again, where it has one."""
    if log.reading.queried.query:
        said = "Run the query of this log again. If it returns other rows, they are another log."
        st.button("Ask again", key=f"again-{log.name}", on_click=_again, args=[log], help=said)


@net.callback
def _again(log: Table) -> None:
    """Ask again, and take what is returned as another log where it is not the same."""
    before = log.reading.queried
    try:
        path, queried = _ask(before.address, before.query)
        title = log.given_title if log.is_titled else ""
        found = Table.of(path, log.reading.model_copy(update={"queried": queried}), title, log.items_path)
        state.logs().keep(found)
    except CorelensError as error:
        state.complain(str(error))
        return
    st.session_state["data"] = found.name
    same = queried.returned == before.returned
    st.toast("The query returns the same rows." if same else "The query returns other rows: they are another log.")
