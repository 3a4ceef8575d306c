from __future__ import annotations

import numpy as np
import pytest

from rec_core.analysis import groups, recommend
from rec_core.analysis.votes import MOST, votes
from rec_core.data.sources import Folders
from rec_core.wording import serving
from tests.conftest import experiment, quick


@pytest.mark.parametrize("model", ["co-occurrence", "ease", "svd", "next-item", "mf-fold-in"])
def test_votes_are_the_largest_parts_of_a_score(model: str, folders: Folders) -> None:
    made = experiment(quick("users", "implicit", model), folders)
    fitted, split = made.model, made.split
    top = recommend.top_list(fitted, split, 3)
    found = votes(fitted, 3, top.items)
    assert [one.item for one in found] == top.items.tolist()
    own = fitted.profiles.of(3)
    assert fitted.served is not None
    for one in found:
        each = fitted.served.votes(fitted.params, fitted.profiles.take(np.array([3])), np.array([one.item]))[:, 0]
        positive = np.maximum(each, 0)
        assert one.shares == pytest.approx(sorted(positive / positive.sum(), reverse=True)[: len(one.shares)])
        assert set(one.voters) <= set(own.tolist())
        assert 1 <= len(one.voters) <= MOST
        assert one.serving == (np.abs(each) > 0).sum() or one.serving <= len(own)
    table = serving.reasons(found, split.catalogue.titles)
    assert table["because"].str.contains("%").all()


def test_a_model_with_an_embedding_per_user_has_no_votes(folders: Folders) -> None:
    assert votes(experiment(quick(), folders).model, 0, np.array([1])) == []


def test_users_without_kept_rows_are_served_or_not() -> None:
    history = groups.KeptHistories(np.array([5, 5, 5, 5]), np.array([0, 0, 3, 0]))
    assert groups.served(history, np.array([1.0, 40.0, 2.0, np.nan])) == 0.5
    assert groups.served(history, None) is None
    assert groups.served(groups.KeptHistories(np.ones(2, np.int64), np.ones(2, np.int64)), np.array([1.0, 2.0])) is None
