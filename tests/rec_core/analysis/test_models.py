"""The same rows under other models."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core import specs
from rec_core.analysis.models import Carried, carried, kendall
from rec_core.evaluation import METRICS
from rec_core.models import MODELS, SimpleMF
from rec_core.replicates import Group
from rec_core.stages import RUN
from rec_core.wording import models as wording
from tests.conftest import quick
from tests.rec_core.analysis.test_comparison import _result


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=8))
def test_kendalls_tau_counts_pairs_in_order(values: list[tuple[int, int]]) -> None:
    agree = tied_full = tied_kept = pairs = 0
    for at, (a, b) in enumerate(values):
        for c, d in values[at + 1 :]:
            pairs += 1
            agree += (a > c) - (a < c) and ((a > c) - (a < c)) * ((b > d) - (b < d))
            tied_full += a == c
            tied_kept += b == d
    found = kendall([Carried(str(place), True, full, kept) for place, (full, kept) in enumerate(values)])
    if pairs in (tied_full, tied_kept):
        assert found is None
    else:
        assert found == pytest.approx(agree / ((pairs - tied_full) * (pairs - tied_kept)) ** 0.5)


def test_models_stand_in_the_order_of_all_rows_trained_ones_and_controls() -> None:
    spec = quick("random")
    runs = [Group((one,), (_result(one, value, 0.2, 1),)) for one, value in ((spec, 0.1), (quick("full"), 0.3))]
    models = carried({"NCF": (runs[1], runs[0]), "SimpleMF": (runs[1], None)}, runs[0], METRICS["recall@10"])
    assert [(one.name, one.is_trained, one.full) for one in models] == [
        ("NCF", True, 0.3),
        ("most_popular", False, 0.2),
    ]
    frame = wording.table(models, METRICS["recall@10"])
    assert frame[wording.MODEL].tolist() == ["NCF", "Most popular"]
    assert frame[wording.SHARE].tolist() == pytest.approx([100 / 3, 99.9])
    assert "Too few models" in wording.sentence(models, METRICS["recall@10"], 1)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ((0.3, 0.2, 0.1), "the order of all rows (Kendall's τ 1.00, one seed): A does best on both"),
        (
            (0.2, 0.3, 0.1),
            "an order that is loosely that of all rows (Kendall's τ 0.33, one seed): A does best there, B here",
        ),
        (
            (0.1, 0.2, 0.3),
            "an order that is not that of all rows (Kendall's τ −1.00, one seed): A does best there, C here",
        ),
    ],
)
def test_whether_a_coreset_carries_over_is_said(kept: tuple[float, ...], said: str) -> None:
    models = [Carried(name, True, full, one) for name, full, one in zip("ABC", (0.9, 0.8, 0.7), kept, strict=True)]
    assert said in wording.sentence(models, METRICS["recall@10"], 1)


@pytest.mark.parametrize("count", range(3, 14))
def test_equal_orders_are_said_to_be(count: int) -> None:
    """Of some numbers of models SciPy's τ falls short of 1 by rounding."""
    models = [Carried(str(place), True, float(place), place / 7) for place in range(count)]
    assert kendall(models) == 1
    assert "in the order of all rows" in wording.sentence(models, METRICS["recall@10"], 1)


@pytest.mark.parametrize("preset", specs.PRESETS)
def test_other_models_have_the_settings_of_the_same_preset(preset: specs.Preset) -> None:
    spec = specs.preset(preset, "implicit", "ncf", method={"name": "recent"})
    every = {one.model.called: one for one in specs.under_other_models(spec)}
    counted = ["Item co-occurrence", "Item SVD", "EASE"]
    assert list(every) == ["NCF", "SimpleMF", "SimpleMF (BPR)", *counted, "Next item", "SimpleMF, folded in"]
    for name in ("next-item", "co-occurrence"):
        alone = specs.preset(preset, "implicit", name, method={"name": "recent"})
        assert RUN.key(every[alone.model.called]) == RUN.key(alone)
        back = {one.model.called: one for one in specs.under_other_models(alone)}
        assert {title: RUN.key(one) for title, one in back.items()} == {t: RUN.key(one) for t, one in every.items()}
    assert RUN.key(every["SimpleMF"]) == RUN.key(specs.preset(preset, "implicit", "mf", method={"name": "recent"}))
    assert RUN.key(every["SimpleMF (BPR)"]) != RUN.key(every["SimpleMF"])
    own = spec.with_(model=spec.model.model_dump() | {"init_std": 0.02, "dim": 16})
    other = next(one for one in specs.under_other_models(own) if one.model.called == "SimpleMF")
    assert other.model.model_dump() == SimpleMF().model_dump() | {"dim": 16} | dict(SimpleMF.recommended)
    rated = specs.preset(preset, "explicit", "mf", method={"name": "recent"})
    assert [one.model.settled("explicit").called for one in specs.under_other_models(rated)] == [
        "SimpleMF",
        "NCF",
        "SimpleMF, folded in",
    ]
    in_pairs = rated.with_(model=dict(MODELS["mf"].recommended) | {"name": "mf", "loss": "bpr"})
    usual = rated.with_(model=dict(MODELS["mf"].recommended) | {"name": "mf"})
    assert RUN.key(in_pairs) == RUN.key(usual)  # of ratings there are no pairs
