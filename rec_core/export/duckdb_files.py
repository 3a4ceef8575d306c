"""How DuckDB reads the file of a log: what it is called, how it is written, and the plain copy where it needs one."""

from __future__ import annotations

import codecs
import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rec_core.data.sources.table import Table, sniff
from rec_core.data.sources.table.folders import first_of, is_one, keys_of
from rec_core.data.sources.table.opening import exists, name_of, opened, packing_of, parts, start_of, tables
from rec_core.data.sources.table.sniffing import header_lines

_ENCODINGS = ("utf-8", "latin-1", "utf-16")  # that DuckDB reads without an extension
_PACKINGS = ("", "gzip", "zstd")  # that it unpacks itself
_UNPACKING = {
    "gzip": "gzip -dc",
    "bz2": "bzip2 -dc",
    "xz": "xz -dc",
    "zstd": "zstd -dc",
    "lz4": "lz4 -dc",
    "zip": "unzip -p",
    "tar": "tar -xOf",
}
_BLOCK, _LISTED = 1 << 22, 50


class NoRecipeError(Exception):
    """DuckDB does not read a file as Corelens does; the message ends a sentence that says why, with the remedy."""


@dataclass(frozen=True)
class Copy:
    """The copy of a file that DuckDB reads in its place, unpacked and in UTF-8; ``command`` makes it in a shell."""

    name: str
    command: str
    encoding: str

    def make(self, source: Table, folder: Path) -> Path:
        """Write the copy into a folder, as the command does.

        Raises:
            NoRecipeError: if the file is not of the encoding that it is read with.
        """
        path = folder / "copy"
        with opened(source.path) as raw, path.open("wb") as file:
            if self.encoding == "utf-8":
                while block := raw.read(_BLOCK):
                    file.write(block)
                return path
            reader = codecs.getreader(self.encoding)(raw)
            try:
                while text := reader.read(_BLOCK):
                    file.write(text.encode())
            except UnicodeError as error:
                raise NoRecipeError("the file holds bytes that are not of its encoding") from error
        return path


def copy_of(source: Table) -> Copy | None:
    """Return the copy that DuckDB needs of a log's file; None where it reads the file itself.

    Raises:
        NoRecipeError: if it needs a copy of several files.
    """
    layout, name = source.reading.layout, name_of(source.path)
    if not exists(source.path):
        raise NoRecipeError("the file is no longer where it was")
    if layout.form == "parquet":
        return None
    if layout.form not in ("text", "json"):
        raise NoRecipeError("it has no reader for this form of file; write the log as CSV or Parquet and export again")
    packing = packing_of(source.path)
    # DuckDB reads JSON in UTF-8 alone.
    is_read = layout.encoding in (_ENCODINGS if layout.form == "text" else _ENCODINGS[:1])
    if packing in _PACKINGS and is_read:
        return None
    if not is_one(source.path):
        what = f"{packing} files of several tables" if packing else "the encoding of these files"
        raise NoRecipeError(f"it does not read {what}; write one plain file in UTF-8 and export again")
    unpack = [f"{_UNPACKING[packing]} {shlex.quote(name)}"] if packing else []
    convert = [] if layout.encoding == "utf-8" else [f"iconv -f {_known_to_iconv(layout.encoding)} -t UTF-8"]
    convert = convert if unpack else [f"{convert[0]} {shlex.quote(name)}"]
    stem = name.removesuffix(Path(name).suffix) if packing else name
    plain = (
        f"{stem.removesuffix('.csv').removesuffix('.json') or 'log'}.utf-8.{'json' if layout.form == 'json' else 'csv'}"
    )
    return Copy(plain, f"{' | '.join([*unpack, *convert])} > {shlex.quote(plain)}", layout.encoding)


def _known_to_iconv(encoding: str) -> str:
    with suppress(LookupError):
        encoding = codecs.lookup(encoding).name
    return encoding.upper().replace("_", "-")


def read(source: Table, path: str, is_copy: bool) -> str:
    """Return the call that reads a log's file, or its copy, at ``path``: every column as text, or as Parquet has it."""
    return {"text": _text, "json": _json, "parquet": _parquet}[source.reading.layout.form](source, path, is_copy)


def _text(source: Table, path: str, is_copy: bool) -> str:
    layout, keys = source.reading.layout, _keys(source)
    names = sniff(source.path, layout).names
    typed = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names if name not in keys)
    skipped = header_lines(start_of(first_of(source.path)), layout) if layout.header else 0
    quote = '"' if layout.quoted else ""
    encoding = "utf-8" if is_copy else layout.encoding
    return (
        f"read_csv({_places(source, path)}, auto_detect = false, header = false, skip = {skipped},\n"
        f"    delim = {quoted(layout.separator)}, quote = '{quote}', escape = '{quote}', "
        f"encoding = '{encoding}'{_packed(source, is_copy)}{_partitioned(keys)},\n    columns = {{{typed}}})"
    )


def _json(source: Table, path: str, is_copy: bool) -> str:
    keys = _keys(source)
    wanted = [name for name in source.reading.columns.named.values() if name not in keys]
    typed = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in wanted)
    how = f"format = 'newline_delimited'{_packed(source, is_copy)}{_partitioned(keys)}"
    return f"read_json({_places(source, path)}, {how},\n    columns = {{{typed}}})"


def _parquet(source: Table, path: str, is_copy: bool) -> str:
    return f"read_parquet({_places(source, path)}{_partitioned(_keys(source))})"


def _places(source: Table, path: str) -> str:
    """Return the files of a log: one, those of a folder whose names end alike, or a list."""
    found = tables(source.path)
    if found == [source.path]:
        return quoted(path)
    ending = Path(found[0]).suffix
    if ending and all(part.endswith(ending) for part in found):
        return quoted(f"{path}/**/*{ending}")
    if len(found) > _LISTED:
        raise NoRecipeError("it would have to be told each file of the folder; give their names one ending")
    return f"[{', '.join(quoted(path + part.removeprefix(source.path)) for part in found)}]"


def _keys(source: Table) -> set[str]:
    """Return the columns that the names of folders hold, and files do not."""
    found = [part for part in tables(source.path) if part != source.path]
    keys = {key for part in found for key in keys_of(source.path, part)}
    if not keys or source.reading.layout.form == "json":
        return keys
    own = sniff(found[0], source.reading.layout).names
    return keys - set(own)


def _partitioned(keys: set[str]) -> str:
    return f",\n    hive_partitioning = {'true, hive_types_autocast = false' if keys else 'false'}"


def identified(source: Table, column: str) -> str:
    """Return the expression of an id: of Parquet's floating numbers, as where one was missing, whole ones."""
    if source.reading.layout.form != "parquet":
        return named(column)
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(parts(source.path)[0])
    is_floating = column in schema.names and pa.types.is_floating(schema.field(column).type)
    return f"CAST({named(column)} AS BIGINT)" if is_floating else named(column)


def _packed(source: Table, is_copy: bool) -> str:
    packing = "" if is_copy or not is_one(source.path) else packing_of(source.path)
    return f", compression = '{packing}'" if packing else ""


def quoted(text: str) -> str:
    """Return a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def named(column: str) -> str:
    """Return the name of a column as SQL has it."""
    return '"' + column.replace('"', '""') + '"'
