"""Who looks at a page, and what they may read.

The folder ``CORELENS_DATA`` is for all who reach the app. Any other file, and other machines, are for the person who
started it: at this machine, or by a tunnel to it, and with the link that the start printed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from cache import private
from cache.home import folders
from pages.ui.gate import NEAR, OWNER, RIGHTS, STARTER
from rec_core.data.databases import path_in
from rec_core.data.sources.table import addresses
from rec_core.data.sources.table.places import absolute, parts, require
from rec_core.data.sources.table.source import PREFIX
from rec_core.errors import DataError

_USABLE = "_usable_logs"
TRUST, EVERYONE = "CORELENS_TRUST", "everyone"
_INSTEAD = (
    "put the file in the folder CORELENS_DATA and name it by its place there, or start the app with "
    f"{TRUST}={EVERYONE}, which lets all who reach it read every file that you can read."
)


@dataclass(frozen=True)
class Visitor:
    """Somebody who looks at pages.

    ``owner`` is what their logs are kept under, empty for the account that keeps the home folder. A starter came by
    the link of the app's start; one who is near came without a proxy, to an app that only this machine reaches.
    """

    owner: str
    is_starter: bool
    is_near: bool


def visitor() -> Visitor:
    """Return who looks at this page, as the gate found out; without a gate, somebody without rights."""
    headers: Mapping[str, str] = st.context.headers
    rights = (headers.get(RIGHTS) or "").split()
    is_starter = STARTER in rights
    return Visitor("" if is_starter else headers.get(OWNER) or "nobody", is_starter, NEAR in rights)


def is_without_link() -> bool:
    """Return True if the visitor may be the one who started the app, and did not open its link."""
    who = visitor()
    return who.is_near and not who.is_starter


def know(usable: set[str]) -> None:
    """Remember which logs the visitor may use: their own, and those that others share."""
    st.session_state[_USABLE] = usable


def may_use(dataset: str) -> bool:
    """Return True if a data set is for the visitor: their log, one that is shared, or what everybody has."""
    return not dataset.startswith(PREFIX) or dataset in st.session_state.get(_USABLE, ())


def allowed(path: str) -> str:
    """Return the whole path of a file that the visitor may read, or the address of one elsewhere.

    Raises:
        DataError: if they may not, with what to do.
    """
    require(path)
    why = _why_not_everything()
    if addresses.is_elsewhere(path):
        _require_address(path)
        if why:
            raise DataError(why)
        return path
    local = folders().local
    named = path if path.startswith("~") or local is None else str(local / path)
    whole = Path(absolute(named))
    _require_readable(whole, why)
    for part in parts(str(whole)) if whole.is_dir() else ():
        if Path(part).is_symlink():
            _require_readable(Path(absolute(part)), why)
    return str(whole)


def _require_readable(whole: Path, why: str) -> None:
    """Refuse a file or folder that the visitor may not read: ``why`` they may not read everything, if so."""
    local = folders().local
    if why and (local is None or not whole.is_relative_to(local)):
        raise DataError(why)
    _require_foreign(whole)


def allowed_database(address: str) -> str:
    """Return the whole path of a database's file that the visitor may read, or the address of one that a server has.

    Raises:
        DataError: if they may not, with what to do.
    """
    if path := path_in(address):
        return allowed(path)
    who = visitor()
    if not (who.is_starter and who.is_near):
        raise DataError(
            "Only the person who started this app, at this machine, may ask a database's server. If that is you, open "
            "the link that the terminal printed at the start. Otherwise, have the rows written to a file in the folder "
            "CORELENS_DATA."
        )
    return address


def _require_foreign(whole: Path) -> None:
    """Refuse what Corelens keeps to everybody, wherever it lies: it holds what others sent, and the starter's link."""
    if private.is_kept(whole):
        raise DataError("Corelens keeps files of its own there (CORELENS_HOME). Name another file or folder.")


def _require_address(path: str) -> None:
    """Refuse addresses that a page does not read, for anybody.

    A web address may lead to this machine or its neighbours: by its name, by a name that resolves to something else a
    moment later, or by being sent on. Object stores are reached by names of their own.
    """
    if addresses.scheme_of(path) in addresses.WEB:
        raise DataError(
            "Pages do not read web addresses: they may lead to servers that only this machine reaches. Download the "
            "file and name its path, or use the command line."
        )
    addresses.require_allowed(path, addresses.STORES)


def _why_not_everything() -> str:
    """Return why the visitor may read ``CORELENS_DATA`` alone, and what to do; nothing where they may read all."""
    who = visitor()
    if os.environ.get(TRUST) == EVERYONE or (who.is_starter and who.is_near):
        return ""
    if not who.is_near:
        return f"This app is served to others, so it reads the folder CORELENS_DATA alone: {_INSTEAD}"
    return (
        "Only the person who started this app may read files outside the folder CORELENS_DATA. If that is you, open "
        f"the link that the terminal printed at the start. Otherwise, {_INSTEAD}"
    )
