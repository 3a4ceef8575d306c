"""Take a coreset away: one folder, or zip, that plugs into the training that people already have.

``coreset.parquet`` and ``coreset.csv`` hold the kept train rows and what is held out; ``kept_rows.npy`` which records
of the source the kept rows are; then other libraries' files, the experiment as ``spec.toml``, and a manifest with the
hash of every file.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from rec_core.canonical import Json
from rec_core.data.sources import SOURCES, Folders
from rec_core.data.sources.base import Source
from rec_core.data.sources.table import Brought, Table
from rec_core.data.sources.table.opening import exists, hash_of, name_of
from rec_core.errors import CorelensError, reason
from rec_core.experiment import Stages
from rec_core.export import frameworks, safe_csv, sql
from rec_core.export.rows import TEST, TRAIN, dropped, ratings, require_rows, taken
from rec_core.export.toml import to_toml
from rec_core.results import versions
from rec_core.specs import ExperimentSpec
from rec_core.stages.split import require_held_out
from rec_core.wording.data import notes
from rec_core.wording.labels import ALL_ROWS, choice_title
from rec_core.wording.numbers import number

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Wanted:
    """What a bundle holds beside the coreset.

    The train rows that are not kept; the ``model`` trained on the coreset, and the ``top`` items it has for every user;
    a copy of each CSV for a ``spreadsheet``, in which no text starts a formula.
    """

    dropped: bool = False
    model: bool = False
    top: int = 0
    spreadsheet: bool = False


def write(stages: Stages, folder: Path, wanted: Wanted = Wanted()) -> None:
    """Write the bundle into ``folder``, which must be new or empty.

    Raises:
        CorelensError: if the folder holds something, or cannot be written.
    """
    require_rows(stages.spec)
    if wanted.model:
        require_held_out(stages.spec)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise CorelensError(f"The folder '{folder}' holds something already; name a new one, so nothing is lost.")
        _write(stages, folder, wanted)
    except OSError as error:
        raise CorelensError(
            f"The bundle could not be written ({reason(error)}); free some disk space, or name another folder."
        ) from error


def zipped(stages: Stages, wanted: Wanted = Wanted()) -> bytes:
    """Return the bundle as the bytes of a zip; the errors are those of ``write``."""
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "coreset"
        write(stages, place, wanted)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(place.rglob("*")):
                archive.write(file, file.relative_to(folder))
    return packed.getvalue()


def _write(stages: Stages, folder: Path, wanted: Wanted) -> None:
    rated, imprecise = ratings(stages)
    tables = taken(stages, rated)
    every = pd.concat(tables.values(), ignore_index=True)
    every.to_parquet(folder / "coreset.parquet", index=False)
    formulas = [safe_csv.write(every, folder / "coreset.csv", wanted.spreadsheet)]
    np.save(folder / "kept_rows.npy", tables[TRAIN]["row"].to_numpy(np.int64))
    np.save(folder / "weights.npy", tables[TRAIN]["weight"].to_numpy(np.float32))
    if wanted.model:
        from rec_core.export import model  # with the kernels, which a page never loads

        model.write(stages, folder / "model")
        if wanted.top:
            formulas.append(model.write_top(stages, folder / "model", wanted.top, wanted.spreadsheet))
    if wanted.dropped:
        dropped(stages, rated).to_parquet(folder / "dropped.parquet", index=False)
    numbered = [frameworks.recbole(tables, folder / "recbole"), frameworks.tables_of_four(tables, folder / "uirt")]
    if _is_of_sequences(stages, tables):
        numbered.append(frameworks.recbole_sequences(tables, folder / "recbole"))
    (folder / "spec.toml").write_bytes(_spec(stages).encode())
    query, without = sql.coreset_sql(stages)
    if query:
        (folder / sql.NAME).write_bytes(query.encode())
    for name in ("use.py", "README.md"):
        (folder / name).write_bytes(_filled(name, stages, tables).encode())
    said = [*filter(None, [*formulas, *numbered, imprecise, without])]
    manifest = _manifest(stages, tables, said) | {"files": _hashes(folder)}
    (folder / MANIFEST).write_bytes(f"{json.dumps(manifest, indent=2, ensure_ascii=False)}\n".encode())


def _is_of_sequences(stages: Stages, tables: Mapping[str, pd.DataFrame]) -> bool:
    """Return True if each user's last two rows are held out, by times that the tables have."""
    split = stages.spec.split
    return (
        TEST in tables and "time" in tables[TRAIN] and (split.test, split.validation_rule) == ("last", "next-to-last")
    )


def _spec(stages: Stages) -> str:
    """Return the experiment, and how its log is read, as the command line takes it (``--spec``)."""
    source = SOURCES[stages.spec.data.dataset]
    log: Mapping[str, Json] = {}
    if isinstance(source, Table):
        held_out = {f"{part}_file": name_of(path) for part, path in _held_out(source).items()}
        log = {"log": {"title": source.title, **held_out, **_whence(source)}}
    return to_toml({**stages.spec.model_dump(), **log}) + "\n"


def _whence(source: Table) -> dict[str, Json]:
    """Return how a log is read, and its file's name; of a query's log, the query and the database's address."""
    reading = source.reading
    if reading.queried.query:
        return reading.model_dump()
    return {"file": name_of(source.path), **reading.model_dump(exclude={"queried"})}


def _filled(name: str, stages: Stages, tables: Mapping[str, pd.DataFrame]) -> str:
    """Return one of the templates, about these rows."""
    templates = Environment(
        loader=PackageLoader("rec_core.export"), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    ratings = "rating" in tables[TRAIN]
    return templates.get_template(f"{name}.jinja").render(
        version=versions()["corelens"],
        title=SOURCES[stages.spec.data.dataset].title,
        kept=number(len(tables[TRAIN])),
        train=number(len(stages.split.train)),
        rows=_chosen_from(stages.spec),
        held_out=TEST in tables,
        place=f"place in {'its file of the split' if stages.spec.split.is_given else 'the source'} (from 0)",
        all_rows=ALL_ROWS,
        how=choice_title(stages.spec),
        value="rating" if ratings else "weight",
        ratings=ratings,
        times="time" in tables[TRAIN],
        sequences=_is_of_sequences(stages, tables),
        texts=repr([name for name in ("user_id", "item_id") if isinstance(tables[TRAIN][name].iloc[0], str)]),
    )


def _manifest(stages: Stages, tables: Mapping[str, pd.DataFrame], more: list[str]) -> dict[str, Json]:
    """Return what was taken from what, without a path of this machine."""
    spec, source = stages.spec, SOURCES[stages.spec.data.dataset]
    place = source.locate(Folders(None, Path()) if isinstance(source, Table) else stages.graph.folders)
    return {
        "made by": f"Corelens {versions()['corelens']}",
        "source": {
            "title": source.title,
            **_origin(source, place),
            "fingerprint": spec.data.fingerprint or None,
            "terms of use": source.terms or None,
        },
        "coreset": {
            "choice": choice_title(spec),
            _chosen_from(spec): len(stages.split.train),
            "kept": len(tables[TRAIN]),
            "sha256 of the kept rows": hashlib.sha256(tables[TRAIN]["row"].to_numpy("<i8").tobytes()).hexdigest(),
            **{f"{name} rows": len(table) for name, table in tables.items() if name != TRAIN},
            **({"held out": ALL_ROWS} if spec.split.all_rows else {}),
        },
        "notes": [*more, *notes(stages.split, spec)],
        "spec": spec.model_dump(),
        "versions": versions(),
    }


def _held_out(source: Source) -> Mapping[str, str]:
    """Return where the files of a split are that are not trained on."""
    return source.held_out if isinstance(source, Brought) else {}


def _origin(source: Source, place: Path | None) -> dict[str, Json]:
    """Return which file the rows are of, or what a query returned them."""
    if isinstance(source, Table) and (queried := source.reading.queried).query:
        return {"query": queried.query, "database": queried.address, "sha256 of the returned rows": queried.returned}
    return {
        "file": place.name if place else None,
        "sha256": hash_of(str(place)) if place and isinstance(source, Table) else None,
        **{
            f"{part} file": {"file": name_of(path), "sha256": hash_of(path) if exists(path) else None}
            for part, path in _held_out(source).items()
        },
    }


def _chosen_from(spec: ExperimentSpec) -> str:
    return "rows" if spec.split.all_rows else "train rows"


def _hashes(folder: Path) -> dict[str, Json]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {
        file.relative_to(folder).as_posix(): {
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "bytes": file.stat().st_size,
        }
        for file in files
    }
