"""Roles are told by names and by what columns hold over the whole file; what neither tells is asked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rec_core.data.sources.table import Columns, Sniffed, sniff
from rec_core.data.sources.table.evidence import Sample
from rec_core.data.sources.table.guessing import answered, guess
from rec_core.data.sources.table.names import meanings
from rec_core.data.sources.table.opening import HELD

_ROWS = 600


def _base(seed: int = 0) -> pd.DataFrame:
    """Return who chose what and when, in random order, without bursts: nothing but names tells users from items."""
    rng = np.random.default_rng(seed)
    user, item = rng.integers(0, 40, _ROWS), rng.integers(0, 55, _ROWS)
    times = rng.integers(1_500_000_000, 1_560_000_000, _ROWS)
    ratings = rng.choice(5, _ROWS, p=[0.1, 0.1, 0.2, 0.35, 0.25])
    return pd.DataFrame({"u": user, "i": item, "t": times, "r": ratings + 1})


def _sniffed(folder: Path, frame: pd.DataFrame, header: bool = True, index: bool = False) -> Sniffed:
    frame.to_csv(folder / "log.csv", index=index, header=header)
    return sniff(str(folder / "log.csv"))


def _asked(found: Sniffed) -> dict[str, list[str]]:
    return {question.about: [choice.value for choice in question.choices] for question in found.questions}


@pytest.mark.parametrize(
    ("user", "item", "rating", "time"),
    [
        ("visitorid", "parent_asin", "watch_ratio", "time_ms"),
        ("Kunden-Nr", "Artikelnummer", "Bewertung", "Datum"),
        ("id_client", "produit", "évaluation", "horodatage"),
        ("ID do usuário", "código_produto", "avaliação", "data"),
        ("utente", "prodotto", "valutazione", "data_ora"),
        ("usuario", "película", "calificación", "fecha"),
        ("id_клиента", "товар", "оценка", "дата"),
        ("用户ID", "商品编号", "评分", "时间戳"),
        ("customer_unique_id", "StockCode", "qty", "InvoiceDate"),
    ],
)
def test_names_of_eight_languages_tell_roles_in_any_order(
    tmp_path: Path, user: str, item: str, rating: str, time: str
) -> None:
    rows = _base()
    frame = pd.DataFrame({rating: rows.r, time: rows.t, item: rows.i, user: rows.u})
    found = _sniffed(tmp_path, frame)
    assert found.columns == Columns(user=user, item=item, rating=rating, time=time)
    assert not found.questions
    assert set(found.reasons) == {"user", "item", "rating", "time"}


@pytest.mark.parametrize(
    "name",
    "price category_id order_id transactionid sessionId latitude PIN_CODE hourmin index page Preis prix precio цена "
    "价格 age_group sales_channel_id helpful_votes days_since_prior_order add_to_cart_order is_read avg_rating".split(),
)
def test_a_name_that_speaks_against_it_is_no_rating(tmp_path: Path, name: str) -> None:
    """Whatever it holds: here 1 to 5, as ratings would."""
    rows = _base()
    frame = pd.DataFrame({"user_id": rows.u, "item_id": rows.i, name: rows.r})
    found = _sniffed(tmp_path, frame)
    assert found.columns == Columns(user="user_id", item="item_id")
    assert not found.questions


def test_what_depends_on_items_or_users_is_no_rating_and_no_other_title(tmp_path: Path) -> None:
    rows = _base()
    frame = pd.DataFrame(
        {
            "user_id": rows.u,
            "gmap_id": rows.i,
            "weird": rows.i % 7 * 3.25,  # of the item
            "odd": rows.u % 11,  # of the user
            "name": "Jane " + rows.u.astype(str),
            "title": [f"Great, number {row}" for row in range(_ROWS)],  # of the review
            "rating": rows.r,
        }
    )
    assert _sniffed(tmp_path, frame).columns == Columns(user="user_id", item="gmap_id", rating="rating")
    assert _sniffed(tmp_path, frame.drop(columns="rating")).columns == Columns(user="user_id", item="gmap_id")
    frame["title"] = "Film " + rows.i.astype(str)
    assert _sniffed(tmp_path, frame).columns.title == "title"


def test_several_columns_that_may_be_ratings_are_asked_about(tmp_path: Path) -> None:
    rng, rows = np.random.default_rng(2), _base()
    frame = pd.DataFrame({"user": rows.u, "item": rows.i, "x1": rng.zipf(1.8, _ROWS), "x2": rng.zipf(1.9, _ROWS)})
    found = _sniffed(tmp_path, frame)
    assert set(_asked(found)) == {"rating"}
    assert set(_asked(found)["rating"]) == {"", "x1", "x2"}
    meanings_said = {choice.value: choice.meaning for choice in found.questions[0].choices}
    assert meanings_said["x1"] == f"1 to {frame.x1.max():,}"


def test_alike_columns_without_names_are_asked_about_and_the_answer_swaps_them(tmp_path: Path) -> None:
    rows = _base()
    found = _sniffed(tmp_path, rows[["i", "u", "t"]], header=False)
    assert _asked(found) == {"user": ["column 1", "column 2"]}
    columns = answered(found.columns, "user", "column 2")
    assert columns == Columns(user="column 2", item="column 1", time="column 3")


def test_bursts_prefixes_and_dependence_tell_users_from_items_without_names(tmp_path: Path) -> None:
    rows = _base()
    bursts = rows.assign(t=1_500_000_000 + rows.u * 900_000 + rows.index % 60)
    found = _sniffed(tmp_path, bursts[["i", "u", "t"]], header=False)
    assert (found.columns.user, found.columns.item, found.questions) == ("column 2", "column 1", ())
    prefixes = pd.DataFrame({"i": "i" + rows.i.astype(str), "u": "u" + rows.u.astype(str)})
    found = _sniffed(tmp_path, prefixes, header=False)
    assert (found.columns.user, found.columns.item, found.questions) == ("column 2", "column 1", ())
    places = pd.DataFrame({"i": rows.i, "latitude": 30.5 + rows.i / 97.0, "u": rows.u})
    found = _sniffed(tmp_path, places, header=False)
    assert (found.columns.user, found.columns.item, found.columns.rating) == ("column 3", "column 1", "")
    assert not found.questions
    assert "depends on" in found.reasons["user"]


def test_a_user_column_that_is_mostly_empty_is_asked_about_beside_sessions(tmp_path: Path) -> None:
    rows = _base()
    users = rows.u.astype(str).where(rows.index % 4 == 0, "NA")
    frame = pd.DataFrame(
        {"sessionId": rows.u + rows.t % 3 * 100, "userId": users, "itemId": rows.i, "eventdate": rows.t}
    )
    found = _sniffed(tmp_path, frame)
    assert _asked(found) == {"user": ["sessionId", "userId"]}


def test_small_numbers_are_no_times_without_asking_and_a_date_does_not_beat_milliseconds(tmp_path: Path) -> None:
    rows = _base()
    ids = pd.DataFrame({"user": rows.u + 151_603_700, "item": rows.i})
    assert _sniffed(tmp_path, ids).columns.time == ""
    frame = pd.DataFrame({"user": rows.u, "item": rows.i, "timestamp": range(1, _ROWS + 1)})
    assert _asked(_sniffed(tmp_path, frame)) == {"time": ["timestamp", ""]}
    days = pd.to_datetime(rows.t, unit="s").dt.strftime("%Y%m%d")
    frame = pd.DataFrame({"user": rows.u, "item": rows.i, "date": days, "hourmin": 1203, "time_ms": rows.t * 1000})
    found = _sniffed(tmp_path, frame)
    assert (found.columns.time, found.columns.rating, found.questions) == ("time_ms", "", ())


def test_the_whole_file_is_looked_at_and_not_its_first_lines_alone(tmp_path: Path) -> None:
    """The first megabyte is of one day, on which prices did not differ from stars."""
    rng = np.random.default_rng(3)
    n = 200_000
    item, first = rng.integers(0, 500, n), np.arange(n) < 90_000
    unknown = np.where(first, rng.integers(1, 6, n), item * 31 % 9_001)
    frame = pd.DataFrame({"user_id": rng.integers(0, 400, n), "item_id": item, "val": unknown})
    found = _sniffed(tmp_path, frame)
    assert (tmp_path / "log.csv").stat().st_size > 2 * HELD
    assert all(1 <= float(record[2]) <= 5 for record in found.records)
    assert found.columns.rating == ""


def test_groups_of_rows_of_parquet_are_spread_over_the_file(tmp_path: Path) -> None:
    rows = _base()
    stars = np.where(rows.index < 100, 3, rows.i * 31 % 9_001)
    frame = pd.DataFrame({"user_id": rows.u, "item_id": rows.i, "val": stars})
    frame.to_parquet(tmp_path / "log.parquet", row_group_size=100)
    assert sniff(str(tmp_path / "log.parquet")).columns.rating == ""


def test_json_is_guessed_by_all_lines_of_its_beginning(tmp_path: Path) -> None:
    rows = _base()
    lines = [
        {"user_id": f"A{u}", "text": None if n < 300 else f"Nice {n}", "rating": n % 5 + 1, "gmap_id": f"0x{i:x}:0x1"}
        for n, (u, i) in enumerate(zip(rows.u, rows.i, strict=True))
    ]
    (tmp_path / "log.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = sniff(str(tmp_path / "log.json"))
    assert found.columns == Columns(user="user_id", item="gmap_id", rating="rating")
    assert len(found.records) == 200


def test_events_are_told_by_their_name_or_values_and_all_count(tmp_path: Path) -> None:
    rows = _base()
    kinds = np.random.default_rng(4).choice(["pv", "cart", "buy"], _ROWS, p=[0.8, 0.1, 0.1])
    frame = pd.DataFrame({"u": rows.u, "i": rows.i, "event": kinds, "t": rows.t})
    assert _sniffed(tmp_path, frame.set_axis(["visitorid", "itemid", "event", "timestamp"], axis=1)).columns.event == (
        "event"
    )
    found = _sniffed(tmp_path, frame, header=False)
    assert (found.columns.event, found.columns.events) == ("column 3", ())
    assert "all count" in found.reasons["event"]


@pytest.mark.parametrize(("noise", "least", "most"), [(0.0, 1.0, 1.0), (0.3, 0.5, 0.85), (1.0, 0.0, 0.1)])
def test_dependence_is_what_pandas_counts(noise: float, least: float, most: float) -> None:
    rng = np.random.default_rng(5)
    by, other = rng.integers(0, 30, 2_000), rng.integers(0, 12, 2_000)
    follows = np.where(rng.random(2_000) < noise, other, by % 12)
    sample = Sample(["a", "b"], [[str(one), str(two)] for one, two in zip(follows, by, strict=True)])
    agreed = sample.agreement("a", "b")
    assert agreed is not None
    assert least <= agreed <= most
    frame = pd.DataFrame({"a": follows, "b": by})
    share = frame.groupby("b")["a"].agg(lambda one: one.value_counts().iloc[0]).sum() / len(frame)
    shuffled = frame.assign(a=rng.permutation(follows))
    chance = shuffled.groupby("b")["a"].agg(lambda one: one.value_counts().iloc[0]).sum() / len(frame)
    assert agreed == pytest.approx(max(share - chance, 0) / (1 - chance), abs=0.03)


def test_bursts_are_gaps_relative_to_chance() -> None:
    rng = np.random.default_rng(6)
    user, time = np.repeat(np.arange(50), 20), np.repeat(rng.integers(0, 10**7, 50), 20) + np.tile(np.arange(20), 50)
    item = rng.integers(0, 60, 1_000)
    sample = Sample(["u", "i"], [[str(one), str(two)] for one, two in zip(user, item, strict=True)])
    assert sample.burst("u", time.astype(float)) < 0.001
    assert 0.5 < sample.burst("i", time.astype(float)) < 2


def test_a_name_is_read_by_its_words() -> None:
    assert "user" in meanings("customerNumber")
    assert set(meanings("release_date")) == {"against"}
    assert "rating" not in meanings("avg_rating")
    assert "user" not in meanings("user_age")
    assert not meanings("kasutaja")
    assert not meanings("") | meanings("--")


def test_an_index_without_a_name_is_no_role(tmp_path: Path) -> None:
    rows = _base()
    frame = pd.DataFrame({"item_id": rows.i, "user_id": rows.u, "rating": rows.r, "timestamp": rows.t})
    found = _sniffed(tmp_path, frame, index=True)
    assert found.columns == Columns(user="user_id", item="item_id", rating="rating", time="timestamp")
    assert not found.questions


def test_a_file_about_items_has_items_titles_and_categories_alone() -> None:
    sample = Sample(["movieId", "title", "genres"], [["1", "One", "Drama"], ["2", "Two", "War"]])
    assert guess(sample, of_items=True).columns == Columns(item="movieId", title="title", categories="genres")


def test_a_table_of_films_has_no_users(tmp_path: Path) -> None:
    """Its genres are none, though no other column is left: nothing is taken, and the log is refused for that."""
    films = pd.DataFrame({"movieId": range(300), "title": [f"Film {n} (1999)" for n in range(300)]})
    films["genres"] = [f"Drama|Kind {n % 23}" for n in range(300)]
    assert _sniffed(tmp_path, films).columns.named == {"item": "movieId", "title": "title", "categories": "genres"}
    assert _sniffed(tmp_path, films.rename(columns={"genres": "who"})).columns.user == "who"
