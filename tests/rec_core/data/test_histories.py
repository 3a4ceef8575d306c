from __future__ import annotations

import numpy as np

from rec_core.data.histories import Histories, histories, joined, positions
from rec_core.data.interactions import Interactions
from tests.conftest import interactions


def _rows(user: list[int], item: list[int], time: list[int] | None) -> Interactions:
    when = None if time is None else np.array(time, np.int64)
    return Interactions(np.array(user, np.int32), np.array(item, np.int32), None, when)


def _lists(found: Histories) -> list[list[int]]:
    return [found.of(user).tolist() for user in range(len(found.first) - 1)]


def test_histories_are_in_order_of_time_and_of_equal_times_later_parts_are_newer() -> None:
    train = _rows([2, 0, 0, 2], [7, 5, 4, 8], [30, 20, 10, 30])
    later = _rows([0, 2], [9, 6], [20, 5])
    assert _lists(histories([train, later], 4)) == [[4, 5, 9], [], [6, 7, 8], []]
    assert histories([train, later], 4).age.tolist() == [2, 1, 0, 2, 1, 0]
    assert histories([train, later], 4).user.tolist() == [0, 0, 0, 2, 2, 2]


def test_without_times_rows_stand_as_they_come_one_part_after_the_other() -> None:
    parts = [_rows([1, 0, 1], [3, 2, 1], None), _rows([1], [9], None), Interactions.none()]
    assert _lists(histories(parts, 2)) == [[2], [3, 1, 9]]
    assert _lists(histories([Interactions.none()], 2)) == [[], []]


def test_ratings_are_kept_where_all_rows_have_one() -> None:
    rated = interactions([0, 1], [1, 2], [3.0, 4.0])
    assert joined([rated, rated]).rated.tolist() == [3, 4, 3, 4]
    assert joined([rated, _rows([0], [0], None)]).rating is None
    assert joined([rated, Interactions.none()]).rated.tolist() == [3, 4]


def test_positions_say_where_a_row_stands_in_its_history() -> None:
    rows = _rows([1, 0, 1, 1, 1], [5, 6, 7, 8, 9], [40, 1, 10, 30, 20])
    item, before, place = positions(rows, 2)
    assert item.tolist() == [6, 7, 9, 8, 5]
    assert before.tolist() == [0, 0, 1, 2, 2]
    assert item[place].tolist() == rows.item.tolist()
