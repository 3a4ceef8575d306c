"""The rule as SQL, run by DuckDB over the source file, against the coreset; and the lots that it draws by."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core.data.interactions import Interactions
from rec_core.data.sources import Folders, register
from rec_core.experiment import Experiment
from rec_core.export import sql
from rec_core.selection import Candidates
from rec_core.selection.lots import PRIME, lots
from rec_core.selection.random import Random
from rec_core.specs import ExperimentSpec
from rec_core.stages import SELECT, MemoryStore, resolve
from tests.conftest import own, quick

_FOLDERS = Folders(None, Path("no-downloads"))
RULES: dict[str, dict[str, object]] = {
    "random": {"name": "random", "draw": "hash"},
    "recent": {"name": "recent"},
    "recent, alike": {"name": "recent", "alpha": 0.0},
    "quota": {"name": "quota", "draw": "hash"},
    "quota, popular": {"name": "quota", "draw": "hash", "order": "popular", "alpha": 0.5},
    "quota, unpopular": {"name": "quota", "draw": "hash", "order": "unpopular"},
    "window by date": {"name": "window-by-date"},
}
LAST = {"test": "last", "validation": "next-to-last"}


def _log(folder: Path, seed: int, timed: bool = True) -> Path:
    """A log with ties of time, repeated pairs, users and items that the filter drops, and quotes in ids."""
    rng = np.random.default_rng(seed)
    user, item = rng.integers(0, 70, 3000) ** 2 // 70, rng.zipf(1.3, 3000) % 90
    frame = pd.DataFrame({"user": [f"o'{u}" for u in user], "item": item, "time": rng.integers(0, 300, 3000) + 10**9})
    frame = frame if timed else frame.drop(columns="time")
    frame.to_csv(folder / f"log {seed}.csv", index=False)
    return folder / f"log {seed}.csv"


def _experiment(log: Path, method: dict[str, object], ratio: float, **more: object) -> Experiment:
    table = own(log, rating="", **({} if "time" in log.read_text()[:20] else {"in_order": True}))
    register([table])
    data = {"dataset": table.name, "repeats": more.pop("repeats", "latest")}
    spec = quick(data=data, split=more.pop("split", LAST)).with_(method=method, ratio=ratio, **more)
    return Experiment(resolve(spec, _FOLDERS), MemoryStore(), _FOLDERS)


def _by_duckdb(query: str, log: Path) -> list[int]:
    """Run what the file says in its comments, then the query."""
    view = query[query.index("CREATE VIEW") : query.index(";\n") + 1].replace("\n-- ", "\n")
    with duckdb.connect() as database:
        database.execute(view.replace(log.name, str(log)))
        return sorted(row for (row,) in database.execute(query).fetchall())


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("ratio", [0.05, 0.2, 0.7])
def test_the_query_makes_exactly_the_rows_of_the_coreset(tmp_path: Path, rule: str, ratio: float) -> None:
    log = _log(tmp_path, seed=7)
    experiment = _experiment(log, RULES[rule], ratio)
    kept = experiment.places.train[experiment.coreset.rows].tolist()
    assert _by_duckdb(sql.coreset_sql(experiment)[0], log) == kept


@pytest.mark.parametrize("repeats", ["kept", "first", "sum"])
@pytest.mark.parametrize("split", [LAST, {"test": "global-time"}])
def test_repeats_and_splits_are_as_the_experiment_has_them(tmp_path: Path, repeats: str, split: dict[str, str]) -> None:
    log = _log(tmp_path, seed=3)
    experiment = _experiment(log, RULES["recent"], 0.3, repeats=repeats, split=split)
    kept = experiment.places.train[experiment.coreset.rows].tolist()
    assert _by_duckdb(sql.coreset_sql(experiment)[0], log) == kept


def test_without_times_lines_are_in_order(tmp_path: Path) -> None:
    log = _log(tmp_path, seed=5, timed=False)
    experiment = _experiment(log, RULES["recent"], 0.3)
    kept = experiment.places.train[experiment.coreset.rows].tolist()
    assert _by_duckdb(sql.coreset_sql(experiment)[0], log) == kept


@pytest.mark.parametrize(
    ("method", "split", "said"),
    [
        ({"name": "random"}, LAST, "have rows drawn by a hash"),
        ({"name": "recent"}, {"test": "last", "validation": "random"}, "hold out the last and the next to last"),
        ({"name": "easy"}, LAST, "looks at more than users, items and times"),
        ({"name": "full"}, LAST, "every row is kept"),
    ],
)
def test_what_sql_cannot_do_is_said(
    tmp_path: Path, method: dict[str, object], split: dict[str, str], said: str
) -> None:
    query, why = sql.coreset_sql(_experiment(_log(tmp_path, seed=1), method, 0.3, split=split))
    assert query == ""
    assert said in why


@given(st.integers(0, 2**32 - 1), st.integers(1, 5000))
def test_no_two_rows_draw_one_lot(seed: int, n_rows: int) -> None:
    drawn = [(seed % (PRIME - 1) + 1, 7), (48_271, seed % PRIME), (16_807, 1)]
    lot = lots(n_rows, drawn)
    wanted = list(range(n_rows))
    for a, b in drawn:
        wanted = [pow(a * x + b, 5, PRIME) for x in wanted]
    assert lot.tolist() == wanted
    assert len(set(wanted)) == n_rows


def test_rows_drawn_by_hash_are_spread_as_chance_would() -> None:
    """Each row is kept as often as the others, and pairs of neighbours as often as independent ones."""
    n, ratio, draws = 400, 0.2, 2000
    rows = Interactions(np.zeros(n, np.int32), np.arange(n, dtype=np.int32), None, None)
    method, kept = Random(draw="hash"), np.zeros(n)
    neighbours = 0
    for seed in range(draws):
        chosen = method.select(Candidates(rows, 1, "implicit"), int(ratio * n), np.random.default_rng(seed)).rows
        mask = np.zeros(n, bool)
        mask[chosen] = True
        kept += mask
        neighbours += int((mask[1:] & mask[:-1]).sum())
    expected = draws * ratio
    chi = float(((kept - expected) ** 2).sum() / (expected * (1 - ratio)))
    assert abs(chi - n) < 5 * np.sqrt(2 * n)
    pairs = draws * (n - 1) * ratio * (ratio * n - 1) / (n - 1)
    assert abs(neighbours - pairs) < 5 * np.sqrt(pairs)


def test_keys_of_runs_that_were_made_before_are_the_same() -> None:
    plain, by_hash = quick("random"), ExperimentSpec(method=Random(draw="hash"))
    assert "draw" not in SELECT.inputs(plain)["params"]
    assert SELECT.inputs(by_hash)["params"] == {"draw": "hash"}
