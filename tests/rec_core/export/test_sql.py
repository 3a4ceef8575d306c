"""The rule as SQL, run by DuckDB over the log of that day and of later ones; and the lots that it draws by."""

from __future__ import annotations

from collections.abc import Callable
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
from rec_core.selection import Candidates, budget
from rec_core.selection.base import budget_sql
from rec_core.selection.lots import PRIME, lots
from rec_core.selection.quotas import last_of_each_sql, quotas, user_lots
from rec_core.selection.random import Random
from rec_core.specs import ExperimentSpec
from rec_core.stages import SELECT, MemoryStore, resolve
from tests.conftest import own, quick

_FOLDERS = Folders(None, Path("no-downloads"))
RULES: dict[str, dict[str, object]] = {
    "random": {"name": "random", "draw": "hash"},
    "recent": {"name": "recent"},
    "recent, alike": {"name": "recent", "alpha": 0.0},
    "recent, half": {"name": "recent", "alpha": 0.5},
    "recent, in proportion": {"name": "recent", "alpha": 1.0},
    "quota": {"name": "quota"},
    "quota, popular": {"name": "quota", "order": "popular", "alpha": 0.5},
    "quota, unpopular": {"name": "quota", "order": "unpopular"},
    "window by date": {"name": "window-by-date"},
}
LAST = {"test": "last", "validation": "next-to-last"}


DAY = 86_400


def _frame(seed: int, n_rows: int = 3000) -> pd.DataFrame:
    """A log with ties of time, repeated pairs, users and items that the filter drops, and quotes in ids."""
    rng = np.random.default_rng(seed)
    user, item = rng.integers(0, 70, n_rows) ** 2 // 70, rng.zipf(1.3, n_rows) % 90
    return pd.DataFrame({"user": [f"o'{u}" for u in user], "item": item, "time": rng.integers(0, 300, n_rows) + 10**9})


def _log(folder: Path, seed: int, timed: bool = True) -> Path:
    frame = _frame(seed)
    return _written(frame if timed else frame.drop(columns="time"), folder / f"log {seed}.csv")


def _written(frame: pd.DataFrame, path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    frame.to_csv(path, index=False)
    return path


def _later(rows: int, users: list[str], seed: int) -> pd.DataFrame:
    """Rows of the next day."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "user": rng.choice(users, rows),
            "item": rng.zipf(1.3, rows) % 95,
            "time": 10**9 + DAY + rng.integers(0, 300, rows),
        }
    )


def _everybody(frame: pd.DataFrame) -> list[str]:
    return sorted(frame["user"].unique())


def _heaviest(frame: pd.DataFrame) -> list[str]:
    return frame["user"].value_counts().index[:3].tolist()


GROWN: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "one day later": lambda log: _later(12, _everybody(log), 1),
    "a tenth more": lambda log: _later(300, _everybody(log), 2),
    "new users": lambda log: _later(200, [f"new {n}" for n in range(15)], 3),
    "heavier users": lambda log: _later(400, _heaviest(log), 4),
}


def _experiment(log: Path, method: dict[str, object], ratio: float, **more: object) -> Experiment:
    table = own(log, rating="", **({} if "time" in log.read_text()[:20] else {"in_order": True}))
    register([table])
    data = {"dataset": table.name, "repeats": more.pop("repeats", "latest"), "min_interactions": more.pop("minimum", 5)}
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


@pytest.mark.parametrize("grown", GROWN)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("split", [LAST, {"test": "global-time", "held_out": 0.2}])
def test_on_a_later_log_the_rule_selects_what_corelens_selects_there(
    tmp_path: Path, rule: str, grown: str, split: dict[str, object]
) -> None:
    frame = _frame(seed=11)
    if split != LAST:  # so that users come after the dates, too
        frame["time"] += np.arange(len(frame)) // 3
    log = _written(frame, tmp_path / "then" / "log.csv")
    query = sql.coreset_sql(_experiment(log, RULES[rule], 0.25, split=split))[0]
    bigger = pd.concat([frame, GROWN[grown](frame)], ignore_index=True)
    later = _written(bigger, tmp_path / "now" / "log.csv")
    experiment = _experiment(later, RULES[rule], 0.25, split=split)
    found = _by_duckdb(query, later)
    assert found == experiment.places.train[experiment.coreset.rows].tolist()
    if rule != "window by date":  # which may select no row of somebody who left
        users, train = bigger["user"].to_numpy(), experiment.places.train
        heavy = pd.Series(users[train]).value_counts().index[:10]
        assert set(heavy) <= set(users[found])


def test_the_filter_takes_as_many_rounds_as_the_day_needs_or_says_that_it_has_too_few(tmp_path: Path) -> None:
    """A chain of users and items, each of which keeps the next one above the minimum, until its end is missing."""
    dense = _frame(seed=13, n_rows=600)

    def chain(length: int) -> pd.DataFrame:
        rows = []
        for n in range(length):
            mates = [f"c{n}", f"c{n + 1}"] if n + 1 < length else [f"c{n}"]
            rows += [(mate, 1000 + n) for mate in mates] + [(f"c{n}", item) for item in (0, 1)]
            rows += [(f"o'{user}", 1000 + n) for user in (1, 2)]  # two of the four that an item needs
        return pd.DataFrame(rows, columns=["user", "item"]).assign(time=10**9 + 10)

    log = _written(dense, tmp_path / "then" / "log.csv")
    query = sql.coreset_sql(_experiment(log, RULES["recent"], 0.3, minimum=4))[0]
    short, long = (
        _written(pd.concat([dense, chain(n)], ignore_index=True), tmp_path / f"chain {n}" / "log.csv") for n in (3, 30)
    )
    experiment = _experiment(short, RULES["recent"], 0.3, minimum=4)
    assert _by_duckdb(query, short) == experiment.places.train[experiment.coreset.rows].tolist()
    with pytest.raises(duckdb.ConversionException, match=r"export coreset\.sql again"):
        _by_duckdb(query, long)


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
        ({"name": "random"}, LAST, "draw by a hash"),
        ({"name": "recent", "draw": "generator"}, LAST, "draw by a hash"),
        (
            {"name": "recent"},
            {"test": "last", "validation": "random"},
            "hold out the last and the next to last",
        ),
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


@pytest.mark.parametrize("ratio", [0.001, 0.145, 0.2, 0.5, 0.998])
def test_the_budget_is_rounded_as_corelens_rounds_it(ratio: float) -> None:
    with duckdb.connect() as database:
        for n in [*range(1, 60), 100, 500, 1500, 2500, 987_531]:
            counted = f"WITH train AS (SELECT 1 FROM range({n})) {budget_sql(ratio)}"
            assert database.execute(counted).fetchall() == [(budget(ratio, n),)]


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.333, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_quotas_in_sql_are_those_of_corelens(alpha: float, seed: int) -> None:
    """Also where many users are alike, so that remainders tie in exact arithmetic and nearly do in floats."""
    rng, drawn = np.random.default_rng(seed), [(48_271, 7), (16_807, 11)]
    n_rows = rng.integers(1, [6, 30, 400, 2000][seed], 300)
    user = rng.permutation(np.repeat(np.arange(300), n_rows))
    steps = {"budget": budget_sql(0.2), **last_of_each_sql("train", "place DESC", alpha, drawn)}
    named = ", ".join(f"{name} AS ({query})" for name, query in steps.items())
    with duckdb.connect() as database:
        database.register("train", pd.DataFrame({"row": range(len(user)), "place": range(len(user)), "user_id": user}))
        found = dict(database.execute(f"WITH {named} SELECT user_id, quota FROM quotas").fetchall())
    lot = user_lots(user, 300, drawn)
    wanted = quotas(n_rows, alpha, budget(0.2, len(user)), rng, lot)
    assert [found[one] for one in range(300)] == wanted.tolist()
    assert wanted.sum() == budget(0.2, len(user))


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


def test_only_quotas_whose_users_are_drawn_otherwise_than_before_are_other_runs() -> None:
    """Quota drew users by the generator also where rows are drawn by a hash; Recent had no such setting."""
    params = [SELECT.inputs(quick(data={"dataset": "synthetic-10k"}).with_(method=method))["params"] for method in (
        {"name": "recent", "draw": "generator"}, {"name": "recent"},
        {"name": "quota", "draw": "generator"}, {"name": "quota"},
    )]  # fmt: skip
    assert params[0] == {"alpha": 0.25}
    assert params[1] == {"alpha": 0.25, "draw": "hash"}
    assert params[2] == {"order": "random", "alpha": 0.0}
    assert params[3] == {"order": "random", "alpha": 0.0, "draw": "hash", "users drawn by": "hash"}
