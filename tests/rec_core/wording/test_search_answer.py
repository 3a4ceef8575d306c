"""What a search found, in words."""

from __future__ import annotations

import pytest

from rec_core.replicates import Estimate
from rec_core.sweeps import Answer, Question
from rec_core.sweeps.search import Tried
from rec_core.wording.frontier import search_answer, tried
from tests.conftest import quick

BASE = quick("recent", ratio=0.2)
QUESTION = Question(base=BASE, metric="recall@10", keep=0.95)
CHOSEN = Tried(BASE, Estimate(0.99, 0.01, 1e9, 1))


def on_fresh_seeds(ratio: float, kept: float) -> Tried:
    return Tried(BASE.with_(ratio=ratio), Estimate(kept, 0.01, 1e9, 25))


def test_an_answer_says_at_least_and_never_what_the_seed_of_the_search_found() -> None:
    found = on_fresh_seeds(0.3, 0.975)
    first, second = search_answer(Answer("confirmed", CHOSEN, found, (CHOSEN,), (found,)), QUESTION)
    assert first == "With Recent, 30 % of the ratings reliably keep at least 95 % of Recall@10."
    assert second.startswith("Confirmed on 25 new seeds: it keeps at most 99 %.")
    assert "0.99" not in second


@pytest.mark.parametrize(
    ("checked", "said"),
    [
        ((on_fresh_seeds(0.8, 0.98), on_fresh_seeds(0.5, 0.96)), "Recent at 50 % may be enough: it kept 96 %"),
        ((on_fresh_seeds(0.8, 0.93), on_fresh_seeds(0.5, 0.91)), "Recent at 80 % is not enough: it kept 93 %"),
        ((on_fresh_seeds(0.8, 0.949),), "Recent at 80 % may not be enough: it kept 95 % (93 % to 97 %, 25 seeds)"),
        ((), "Recent at 20 % may be enough: it kept 99 % (97 % to 101 %, one seed)"),
    ],
)
def test_where_nothing_is_confirmed_what_is_likely_is_said(checked: tuple[Tried, ...], said: str) -> None:
    first, second = search_answer(Answer("not confirmed", CHOSEN, None, (CHOSEN,), checked), QUESTION)
    assert first == "No subset is confirmed to keep 95 % of Recall@10."
    assert second.startswith(said)


def test_how_many_users_a_search_ranked_is_said() -> None:
    some = Tried(BASE.with_(evaluation={"users": 1666}), CHOSEN.kept)
    strict = Question(base=BASE, metric="recall@10_all", keep=0.95)
    found = Answer("not confirmed", some, None, (some,))
    assert (
        "1 subset tried on one seed, with 1,666 users ranked; seeds that confirm rank everybody."
        in search_answer(found, strict)[1]
    )
    assert "users ranked" not in search_answer(found, QUESTION)[1]


def test_the_table_says_which_seeds_a_number_is_of() -> None:
    table = tried(Answer("confirmed", CHOSEN, None, (CHOSEN,), (on_fresh_seeds(0.5, 0.96),)))
    assert list(table["On"]) == ["the seed of the search", "25 fresh seeds"]


@pytest.mark.parametrize(
    ("lacking", "said"), [(0.0, ""), (61.0, "Allow about 12 minutes. "), (7200.0, "Allow about 130 ")]
)
def test_a_search_that_ran_out_of_time_says_how_much_it_needs(lacking: float, said: str) -> None:
    likely = search_answer(Answer("time", CHOSEN, None, (CHOSEN,), lacking=lacking), QUESTION)
    assert likely[0].startswith("Recent at 20 % may be enough")
    assert likely[1].startswith(f"The time ended before new seeds confirmed it. {said}")
    nothing = search_answer(Answer("time", None, None, (), lacking=lacking), QUESTION)
    assert nothing[0] == "10 min 0 s were too short to find out."
    assert nothing[1].startswith(said)
