"""Addresses of databases: which kind of database, where it lies, and nothing of its password."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from rec_core.data.sources.table.addresses import scheme_of
from rec_core.data.sources.table.places import absolute, name_of, opened_here
from rec_core.errors import DataError

Kind = Literal["sqlite", "duckdb", "postgresql"]
TITLES: dict[Kind, str] = {"sqlite": "SQLite", "duckdb": "DuckDB", "postgresql": "PostgreSQL"}
_SCHEMES: dict[str, Kind] = {
    "sqlite": "sqlite",
    "duckdb": "duckdb",
    "postgresql": "postgresql",
    "postgres": "postgresql",
}
_OTHERS = ("mysql", "mariadb", "mssql", "oracle", "snowflake", "bigquery", "clickhouse", "redshift", "mongodb")
_SQLITE, _DUCKDB = b"SQLite format 3\0", b"DUCK"
_AT_DUCKDB = 8  # bytes before its signature
# What an address may say besides; what is left out could read files or undo that nothing is written.
_PARAMETERS = ("host", "port", "user", "sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "gssencmode")
_SAID = re.compile(r"(\b\w+(?:\+\w+)?://[^\s:/@]*):[^\s'\"]*@")
_PARAMETER = re.compile(r"(?i)((?:password|passwd|pwd)\s*=\s*)[^\s&'\"]+")
WHERE = "Put it in the environment variable PGPASSWORD or in the file ~/.pgpass"
_FORM = "Write postgresql://user@host:5432/database, without a password."


@dataclass(frozen=True)
class Database:
    """A database: its ``kind``, and its file, or the parameters to connect with.

    ``address`` says where it is and is fit to be kept; a password that came with it is only in ``password``.
    """

    kind: Kind
    address: str
    path: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, address: str) -> Database:
        """Return the database at an address, or in a file of SQLite or DuckDB.

        Raises:
            DataError: one sentence without the password, if it can be none.
        """
        address = address.strip()
        kind = _kind_said(address)
        if not kind:
            return _in_file(address, "")
        return _served(address) if kind == "postgresql" else _in_file(_path_after_scheme(address), kind)

    @property
    def name(self) -> str:
        """The name of the database: of its file, or as its server has it."""
        return Path(self.path).stem if self.path else self.parameters.get("dbname", "")


def is_database(address: str) -> bool:
    """Return True for an address of a database, and for a file of SQLite or DuckDB."""
    if "://" in address:
        scheme = scheme_of(address).partition("+")[0]
        return scheme in _SCHEMES or scheme in _OTHERS
    try:
        return bool(_kind_of(absolute(address)))
    except (DataError, OSError):
        return False


def _kind_said(address: str) -> Kind | Literal[""]:
    """Return the kind that an address begins with; "" for a path."""
    if "://" not in address:
        return ""
    scheme = scheme_of(address).partition("+")[0]
    if scheme not in _SCHEMES:
        raise DataError(
            f"Databases that begin with '{scheme[:20]}://' are not asked here. Use sqlite:///PATH, duckdb:///PATH "
            "or postgresql://user@host/database, or write the rows to a Parquet file and name that."
        )
    return _SCHEMES[scheme]


def hidden(text: str) -> str:
    """Return a text in which addresses have no passwords.

    >>> hidden("run --data postgresql://ann:s3cret@db/shop --query 'SELECT 1'")
    "run --data postgresql://ann:…@db/shop --query 'SELECT 1'"
    """
    return _PARAMETER.sub(r"\1…", _SAID.sub(r"\1:…@", text))


def path_in(address: str) -> str:
    """Return the path of a database's file; "" for a database that a server has.

    >>> path_in("sqlite:///shop.db"), path_in("duckdb:////data/shop.duckdb"), path_in("postgresql://host/shop")
    ('shop.db', '/data/shop.duckdb', '')

    Raises:
        DataError: for an address of another kind.
    """
    kind = _kind_said(address)
    return address.strip() if not kind else "" if kind == "postgresql" else _path_after_scheme(address.strip())


def _path_after_scheme(address: str) -> str:
    """Return the path in an address: three slashes before one from here, four before a whole one."""
    place = address.partition("://")[2]
    if not place.startswith("/"):
        raise DataError(f"'{name_of(address)}': write three slashes before a path, as in sqlite:///shop.db.")
    return unquote(place[1:].partition("?")[0])


def _in_file(path: str, said: Kind | Literal[""]) -> Database:
    whole = absolute(path)
    try:
        kind = _kind_of(whole)
    except FileNotFoundError as error:
        slash = "" if path.startswith(("/", "~")) or not said else f" A whole path takes four slashes: {said}:////…"
        raise DataError(f"There is no file '{name_of(path)}' at that place.{slash}") from error
    except OSError as error:
        raise DataError(f"'{name_of(path)}' cannot be read ({error.strerror}). Make it readable.") from error
    if not kind:
        raise DataError(
            f"'{name_of(path)}' is no database of SQLite or DuckDB. Name such a file, or leave out the query to read "
            "it as a table."
        )
    if said and kind != said:
        raise DataError(f"'{name_of(path)}' is a database of {TITLES[kind]}: write {kind}:/// before its path.")
    return Database(kind, f"{kind}:///{quote(whole)}", whole)


def _kind_of(path: str) -> Kind | Literal[""]:
    if Path(path).is_dir():
        return ""
    with opened_here(path) as file:
        start = file.read(len(_SQLITE))
    if start == _SQLITE:
        return "sqlite"
    return "duckdb" if start[_AT_DUCKDB:].startswith(_DUCKDB) else ""


def _served(address: str) -> Database:
    """Return the database that a server has; nothing of the address is in an error, it may hold a password anywhere."""
    try:
        split = urlsplit(address)
        port = split.port
        said = dict(parse_qsl(split.query, strict_parsing=bool(split.query)))
    except ValueError as error:
        raise DataError(f"The address of the database cannot be read. {_FORM}") from error
    # A password with a slash or a sharp in it would be taken for the host's port or the database's name.
    if split.fragment or "@" in split.path or "@" in split.query or split.path.count("/") > 1:
        raise DataError(f"The address of the database cannot be read. {_FORM} {WHERE}.")
    password = unquote(split.password or "") or said.pop("password", "")
    if unknown := [name for name in said if name not in _PARAMETERS]:
        raise DataError(
            f"The address of the database says '{unknown[0][:20]}', which is not taken from there; leave it out. What "
            f"it may say: {', '.join(_PARAMETERS)}."
        )
    given = {
        "host": unquote(split.hostname or ""),
        "port": str(port or ""),
        "user": unquote(split.username or ""),
        "dbname": unquote(split.path[1:]),
        **said,
    }
    parameters = {name: value for name, value in given.items() if value}
    return Database("postgresql", _kept(parameters), parameters=parameters, password=password)


def _kept(parameters: dict[str, str]) -> str:
    """Return the address of a server's database, made anew of what is known to be no password."""
    user, host = quote(parameters.get("user", ""), safe=""), parameters.get("host", "")
    in_query = {name: value for name, value in parameters.items() if name not in ("user", "port", "dbname", "host")}
    if host.startswith("/"):  # the folder of a socket
        in_query, host = {"host": host, **in_query}, ""
    place = f"[{host}]" if ":" in host else quote(host, safe=",")
    port = f":{parameters['port']}" if "port" in parameters else ""
    query = f"?{urlencode(in_query, safe='/')}" if in_query else ""
    at = "@" if user else ""
    return f"postgresql://{user}{at}{place}{port}/{quote(parameters.get('dbname', ''), safe='')}{query}"
