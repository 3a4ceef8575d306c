"""``use.py`` of a bundle says why a library does not work, and reads ``coreset.csv`` where Parquet cannot be read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from rec_core.__main__ import main

ODD = ["007", "NA", "=1+1", "-5", "O'Hara", "  @x"]


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a bundle of a log whose ids a reader of CSV may take for something else."""
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    users = ODD * 10
    rows = [(user, f"0{item % 8}", 1 + item % 5) for item, user in enumerate(users)]
    rows += [(user, f"0{item}", 3) for user in ODD for item in range(8)]
    log = tmp_path / "log.csv"
    pd.DataFrame(rows, columns=["user_id", "item_id", "rating"]).to_csv(log, index=False)
    out = tmp_path / "bundle"
    how = ["--feedback", "explicit", "--split", "random/random", "--ratio", "50%"]
    assert main(["export", "--data", str(log), *how, "--out", str(out)]) == 0
    return out


def _use(bundle: Path, *asked: str, broken: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``use.py`` where some modules, name → code, stand in for installed ones."""
    for name, code in (broken or {}).items():
        place = bundle.parent / "broken" / name
        place.mkdir(parents=True)
        (place / "__init__.py").write_text(code)
    environment = os.environ | {"PYTHONPATH": str(bundle.parent / "broken")}
    command = [sys.executable, "use.py", *asked]
    return subprocess.run(command, cwd=bundle, env=environment, capture_output=True, text=True, check=False)


NO_PARQUET = {"pyarrow": "raise ImportError('numpy.core.multiarray failed to import')"}


def test_rows_come_from_csv_where_parquet_cannot_be_read(bundle: Path) -> None:
    said = _use(bundle, "pandas", broken=NO_PARQUET)
    assert said.returncode == 0, said.stderr
    kept = pd.read_parquet(bundle / "coreset.parquet").query("split == 'train'")
    assert f"pandas: {len(kept)} rows of {kept['user_id'].nunique()} users" in said.stdout
    assert "coreset.csv is read instead" in said.stdout


def test_ids_from_csv_are_those_of_parquet(bundle: Path) -> None:
    code = "import use; print('\\n'.join(map(repr, use.read_rows()[['user_id', 'item_id']].itertuples(index=False))))"
    environment = os.environ | {"PYTHONPATH": str(bundle.parent / "broken")}
    command = [sys.executable, "-c", code]
    whole = subprocess.run(command, cwd=bundle, env=environment, capture_output=True, text=True, check=True).stdout
    _use(bundle, "pandas", broken=NO_PARQUET)
    without = subprocess.run(command, cwd=bundle, env=environment, capture_output=True, text=True, check=True).stdout
    head, _, rows = without.partition("\n")
    assert "cannot be read here" in head
    assert rows == whole
    assert all(repr(user) in rows for user in ODD)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise ImportError('libblas.so.3: no such file')", "failed (ImportError: libblas.so.3: no such file)"),
        ("import no_such_library", "needs no_such_library, which is not installed here"),
        ("raise RuntimeError('made for another numpy')", "failed (RuntimeError: made for another numpy)"),
    ],
)
def test_the_reason_of_a_failed_import_is_the_real_one(code: str, said: str, bundle: Path) -> None:
    done = _use(bundle, "implicit", broken={"implicit": code})
    assert done.returncode == 1
    assert said in done.stdout
    assert "pip install implicit" not in done.stdout
    assert "Traceback" not in done.stderr


def test_what_is_not_installed_is_said_to_be(bundle: Path) -> None:
    done = _use(bundle, "cornac")
    assert "cornac: not installed here; pip install cornac" in done.stdout
    assert "not known here; choose from pandas" in _use(bundle, "panda").stderr
