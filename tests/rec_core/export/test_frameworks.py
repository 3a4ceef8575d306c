"""A bundle loaded by the libraries that it is for, each in an environment of its own; and its rule run by Spark.

The environments are folders in ``CORELENS_PEERS``; one that is missing is skipped, with the commands that make it.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from rec_core import machine_code
from rec_core.data.sources import Folders
from rec_core.experiment import Experiment
from rec_core.export import bundle, sql
from rec_core.stages import MemoryStore
from tests.conftest import quick

_FOLDERS = Folders(None, Path("no-downloads"))
_OLD = "'numpy<2' 'pandas<2.3' 'pyarrow<20'"
NEEDS = {
    "plain": "cornac==3.0.1 implicit==0.7.3 pandas pyarrow",
    "rectools": f"rectools==0.19.0 {_OLD}",
    "lenskit": "lenskit==2025.8.1 pyarrow",
    "recbole": f"recbole==1.2.1 torch 'setuptools<80' {_OLD}",
    "spark": "pyspark==4.3.0 pandas pyarrow setuptools",
}
LIBRARIES = {
    "cornac": "plain",
    "implicit": "plain",
    "rectools": "rectools",
    "lenskit": "lenskit",
    "recbole": "recbole",
    "spark": "spark",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Experiment, Path]:
    """A coreset of synthetic data by a rule that SQL can write, and its bundle."""
    spec = quick("recent", split={"test": "last", "validation": "next-to-last"})
    experiment, folder = Experiment(spec, MemoryStore(), _FOLDERS), tmp_path_factory.mktemp("bundle")
    bundle.write(experiment, folder)
    return experiment, folder


def environment(name: str) -> Path:
    """Return the Python of a library's environment; the test is skipped where there is none."""
    place = Path(os.environ.get("CORELENS_PEERS") or machine_code.home() / "peers") / name
    if not (place / "bin" / "python").exists():
        pytest.skip(f"python -m venv {place} && {place}/bin/pip install {NEEDS[name]}")
    return place / "bin" / "python"


def _output(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("library", LIBRARIES)
def test_the_script_trains_an_epoch_with_the_library(library: str, made: tuple[Experiment, Path]) -> None:
    experiment, folder = made
    said = _output([str(environment(LIBRARIES[library])), "use.py", library], folder)
    (line,) = [line for line in said.splitlines() if line.startswith(f"{library}: ")]
    if library == "recbole":
        assert re.fullmatch(r"recbole: best 0\.\d+", line)
        return
    kept = experiment.split.train.take(experiment.coreset.rows)
    counts = [int(number) for number in re.findall(r"\d+", line)]
    assert counts[0] == len(kept)
    if len(counts) > 1:
        assert counts[1] in (len(set(kept.user.tolist())), experiment.split.catalogue.n_users)


@pytest.mark.slow
def test_recbole_finds_every_row_where_it_belongs(made: tuple[Experiment, Path]) -> None:
    experiment, folder = made
    script = (
        "from recbole.config import Config\\n"
        "from recbole.data import create_dataset, data_preparation\\n"
        "config = Config('BPR', 'coreset', ['recbole/coreset.yaml'], {'data_path': 'recbole'})\\n"
        "data = create_dataset(config)\\n"
        "parts = data.build()\\n"
        "print('rows', *[len(part.inter_feat) for part in parts], data.user_num - 1, data.item_num - 1)\\n"
    ).replace("\\n", "\n")
    said = _output([str(environment("recbole")), "-c", script], folder)
    frame = pd.read_parquet(folder / "coreset.parquet")
    counts = frame["split"].value_counts()
    wanted = [
        counts["train"],
        counts["validation"],
        counts["test"],
        frame["user_id"].nunique(),
        frame["item_id"].nunique(),
    ]
    assert f"rows {' '.join(map(str, wanted))}" in said
    assert counts["train"] == len(experiment.coreset.rows)


def test_elliot_reads_four_columns_without_names(made: tuple[Experiment, Path]) -> None:
    """As its loader does for the strategy ``fixed`` (elliot/dataset/dataset.py)."""
    experiment, folder = made
    names = ["userId", "itemId", "rating", "timestamp"]
    train, validation, test = (
        pd.read_csv(folder / "uirt" / f"{part}.tsv", sep="\t", header=None, names=names)
        for part in ("train", "validation", "test")
    )
    assert len(train) == len(experiment.coreset.rows)
    assert len(validation) == len(test) == experiment.split.catalogue.n_users
    assert not train.isna().to_numpy().any()


@pytest.mark.slow
@pytest.mark.parametrize(
    "method",
    [
        {"name": "recent"},
        {"name": "window-by-date"},
        {"name": "random", "draw": "hash"},
        {"name": "quota", "order": "popular"},
    ],
)
def test_spark_makes_the_rows_of_the_coreset(method: dict[str, str], tmp_path: Path) -> None:
    spec = quick("recent", split={"test": "last", "validation": "next-to-last"}).with_(method=method, ratio=0.2)
    experiment = Experiment(spec, MemoryStore(), _FOLDERS)
    rows, catalogue = experiment.dataset.interactions, experiment.dataset.catalogue
    columns = {"user_id": catalogue.user_ids[rows.user], "item_id": catalogue.item_ids[rows.item], "time": rows.time}
    pd.DataFrame({"row": range(len(rows)), **columns}).to_parquet(tmp_path / "log.parquet")
    (tmp_path / sql.NAME).write_text(sql.coreset_sql(experiment)[0])
    script = (
        "from pyspark.sql import SparkSession\n"
        "spark = SparkSession.builder.master('local[1]').getOrCreate()\n"
        "spark.read.parquet('log.parquet').createOrReplaceTempView('interactions')\n"
        f"query = open('{sql.NAME}').read().strip().rstrip(';')\n"
        "print('rows', *sorted(one.row for one in spark.sql(query).collect()))\n"
    )
    said = _output([str(environment("spark")), "-c", script], tmp_path)
    kept = experiment.places.train[experiment.coreset.rows].tolist()
    assert f"rows {' '.join(map(str, kept))}" in said
