"""Plans: which cells a sweep has, and in which order they are run."""

from __future__ import annotations

import pytest

from rec_core.replicates import group_key
from rec_core.selection import METHODS
from rec_core.selection.random import Random
from rec_core.selection.recent import Recent
from rec_core.stages import RUN
from rec_core.sweeps.plan import Plan, in_order, left_out
from tests.conftest import quick


def plan(**more: object) -> Plan:
    fields: dict[str, object] = {
        "base": quick(),
        "methods": (Random(), Recent()),
        "models": ("ncf",),
        "feedbacks": ("implicit",),
        "ratios": (0.1, 0.2, 1.0),
        "seeds": (0, 1),
    }
    return Plan(**(fields | more))


def test_each_cell_is_there_once_and_full_data_beside_them() -> None:
    cells = plan().cells
    assert len({RUN.key(cell) for cell in cells}) == len(cells) == 2 * (2 * 2 + 1)
    assert [cell.seed for cell in cells if cell.keeps_everything] == [0, 1]


def test_full_data_come_first_then_the_cheapest_and_a_second_seed_last() -> None:
    ordered = in_order(plan().cells, lambda cell: cell.ratio + (cell.method.name == "recent"))
    assert [cell.seed for cell in ordered] == [0] * 5 + [1] * 5
    assert [(cell.method.name, cell.ratio) for cell in ordered[1:5]] == [
        ("random", 0.1),
        ("random", 0.2),
        ("recent", 0.1),
        ("recent", 0.2),
    ]
    assert ordered[0].keeps_everything
    assert ordered[5].keeps_everything


def test_what_does_not_go_together_is_left_out_with_the_reason() -> None:
    both = plan(models=("mf", "next-item"), methods=(Random(), METHODS["rs2"]()), feedbacks=("explicit", "implicit"))
    assert {(cell.model.name, cell.feedback) for cell in both.cells} == {
        ("mf", "explicit"),
        ("mf", "implicit"),
        ("next-item", "implicit"),
    }
    assert not [cell for cell in both.cells if cell.model.name == "next-item" and cell.method.name == "rs2"]
    reasons = left_out(both)
    assert len(reasons) == 2
    assert any("clicks" in reason for reason in reasons)
    assert left_out(plan()) == []


def test_a_plan_under_another_model_has_the_settings_that_are_usual_there() -> None:
    cells = plan(models=("ncf", "mf")).cells
    assert {cell.train.epochs for cell in cells if cell.model.name == "ncf"} == {quick().train.epochs}
    assert len({group_key(cell) for cell in cells}) == 2 * 5


def test_extending_adds_what_is_new_and_keeps_what_is_there() -> None:
    first = plan()
    more = first.extended(plan(ratios=(0.2, 0.5), seeds=(2,)))
    assert set(first.cells) < set(more.cells)
    assert more.ratios == (0.1, 0.2, 1.0, 0.5)
    assert more.seeds == (0, 1, 2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"models": ("gru",)}, "unknown model 'gru'"),
        ({"seeds": tuple(range(5000))}, "30,000 cells are more than"),
        ({"ratios": ()}, "at least 1"),
        ({"ratios": (0.0,)}, "greater than or equal"),
    ],
)
def test_a_plan_that_cannot_be_run_says_why(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plan(**change)


def test_a_plan_survives_being_written_down() -> None:
    one = plan()
    assert Plan.model_validate_json(one.model_dump_json()) == one
