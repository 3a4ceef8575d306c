"""No two series of a figure look alike, every colour stands out in both themes, and axes have ticks to read."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core.analysis import columns as col
from rec_core.analysis import coverage
from rec_core.analysis.activity import Activity, by_activity, edges, measure
from rec_core.analysis.comparison import UNKNOWN, Compared
from rec_core.analysis.gradient_norms import Norms
from rec_core.analysis.statistics import whole_bins
from rec_core.data.interactions import Split
from rec_core.data.sources.movielens import FILMS
from rec_core.figures import activity as activity_figures
from rec_core.figures import both_kinds, quality_time
from rec_core.figures import coverage as coverage_figures
from rec_core.figures import gradient_norms as norm_figures
from rec_core.figures.style import BACKGROUNDS, GREY, contrast, distinct, log_ticks, luminance, mark, readable
from rec_core.models import MODELS
from rec_core.replicates import Group
from rec_core.results import RunResult
from rec_core.selection import METHODS, Mark
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN
from tests.conftest import quick

THEMES = Path(__file__).parents[3] / ".streamlit" / "config.toml"


def test_the_backgrounds_are_those_of_the_themes() -> None:
    theme = tomllib.loads(THEMES.read_text())["theme"]
    assert (theme["light"]["backgroundColor"], theme["dark"]["backgroundColor"]) == BACKGROUNDS


def test_contrast_is_that_of_the_recommendation() -> None:
    """Values of WCAG's own examples."""
    assert contrast("#ffffff", "#000000") == 21
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert luminance("#ff0000") == pytest.approx(0.2126)


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_registered_colour_stands_out_in_both_themes(background: str) -> None:
    drawn = {name: mark(name).colour for name in METHODS}
    drawn |= {f"model {name}": readable(model.colour) for name, model in MODELS.items()} | {"grey": GREY}
    assert {name: one for name, one in drawn.items() if contrast(one, background) < 3} == {}


@given(st.from_regex(r"\A#[0-9a-f]{6}\Z"))
def test_any_colour_is_made_to_stand_out(colour: str) -> None:
    assert min(contrast(readable(colour), background) for background in BACKGROUNDS) >= 3


def test_registered_marks_are_of_one_method_each() -> None:
    marks = [mark(name, pretrain) for name in METHODS for pretrain in (True, False)]
    assert len(set(marks)) == len(marks)


@given(st.lists(st.tuples(st.sampled_from(list(METHODS)), st.booleans()), max_size=7))
def test_up_to_seven_series_have_colours_and_symbols_of_their_own(chosen: list[tuple[str, bool]]) -> None:
    marks = distinct(mark(name, pretrain) for name, pretrain in chosen)
    for one, other in combinations(marks, 2):
        twins = one.symbol.removesuffix("-open") == other.symbol.removesuffix("-open")
        assert one.symbol != other.symbol
        assert one.colour != other.colour or twins


def test_no_two_of_all_methods_look_alike() -> None:
    marks = distinct(map(mark, METHODS))
    assert len(set(marks)) == len(METHODS)
    assert marks[0] == mark(next(iter(METHODS)))


def _run(spec: ExperimentSpec, value: float, seconds: float) -> Compared:
    cost = {"pretrain": 0.0, "select": 0.0, "train": seconds}
    metrics, controls = {"recall@10": value}, {"most_popular": {"recall@10": 0.1}}
    key = RUN.key(spec)
    result = RunResult(spec.model_dump(), key, 1000, 200, metrics, controls, [], 0, cost, {}, {}, cost)
    return Compared(Group((spec,), (result,)), None)


def _runs(methods: Sequence[str] = ("recent", "quota", "random", "easy", "leverage")) -> list[Compared]:
    specs = [quick(name, ratio=ratio) for name in methods for ratio in (0.05, 0.2, 0.5)]
    parts = [_run(spec, 0.2 + spec.ratio / 3 + 0.004 * n, 1 + 9 * spec.ratio) for n, spec in enumerate(specs)]
    return [*parts, _run(quick("full"), 0.5, 10.0)]


def test_quality_against_time_says_the_ratio_of_each_point() -> None:
    runs = _runs(("recent", "random"))
    figure = quality_time.quality_against_time(runs, runs[0].group.key, "caption", UNKNOWN).figure
    by_name = {trace.name: trace for trace in figure.data}
    for title in ("Recent", "Random"):
        assert set(by_name[title].text) == {"5 %", "20 %", "50 %"}
        assert "text" in by_name[title].mode
        for said, hover in zip(by_name[title].text, by_name[title].hovertext, strict=True):
            assert f"at {said}" in hover
    assert set(by_name["Full data"].text) == {""}


def test_labels_of_ratios_do_not_stand_on_each_other() -> None:
    crowded = [_run(quick("random", seed=n, ratio=0.2), 0.3, 5.0) for n in range(12)]
    assert 1 <= len(quality_time.label_places(crowded)) <= 4


def test_recent_and_user_quota_never_share_a_colour() -> None:
    figure = quality_time.quality_against_time(_runs(), "", "caption", UNKNOWN).figure
    colours = {trace.name: trace.marker.color for trace in figure.data}
    assert len(set(colours.values())) == len(colours)
    assert colours["Recent"] == mark("recent").colour


def test_models_on_one_figure_do_not_share_a_colour() -> None:
    served = [name for name, model in MODELS.items() if "implicit" in model.feedbacks]
    runs = [_run(quick("random", model=name), 0.2 + n / 50, 1.0 + n) for n, name in enumerate(served)]
    figure = both_kinds.quality_against_cost(runs, "caption", UNKNOWN).figure
    looks = {trace.name: (trace.marker.color, trace.marker.symbol[0]) for trace in figure.data}
    assert len({colour for colour, _ in looks.values()}) == min(len(looks), 7)
    assert len({symbol for _, symbol in looks.values()}) == len(looks)


def test_coverage_and_activity_tell_two_coresets_apart(small_split: Split) -> None:
    rows = np.arange(0, len(small_split.train), 3)
    covered = coverage.measure(small_split, rows)
    kept = measure(small_split.train, rows, small_split.catalogue.n_users)
    alike = {"Recent": mark("recent"), "User quota": mark("quota")}
    drawn = [
        coverage_figures.reach({title: (covered, look) for title, look in alike.items()}, 1, "caption", FILMS),
        activity_figures.distribution({title: (kept, look) for title, look in alike.items()}, "users", "c", FILMS),
    ]
    for exhibit in drawn:
        traces = [trace for trace in exhibit.figure.data if trace.name in alike]
        assert len({trace.marker.color or trace.line.color for trace in traces}) == 2


@given(st.floats(1e-4, 1e4), st.floats(1.1, 1e6))
def test_a_logarithmic_axis_has_several_ticks(low: float, times: float) -> None:
    ticks = log_ticks(low, low * times)
    assert 5 <= len(ticks) <= 12
    assert all(low * 0.999 <= tick <= low * times * 1.001 for tick in ticks)
    assert ticks == sorted(set(ticks))
    assert all(float(f"{tick:.2e}") == pytest.approx(tick) for tick in ticks)  # round numbers


@pytest.mark.parametrize("spread", [0.05, 0.3, 1.5])
def test_gradient_norms_have_several_ticks_however_narrow(spread: float) -> None:
    values = (0.2 * np.exp(spread * np.random.default_rng(0).standard_normal(5000))).astype(np.float32)
    norms = {"Pretrained proxy": Norms(values, np.arange(1000))}
    axis = norm_figures.distribution(norms, mark("gradient"), "caption", FILMS).figure.layout.xaxis
    seen = [tick for tick in axis.tickvals if values.min() <= tick <= values.max()]
    assert len(seen) >= 3
    assert len(axis.ticktext) == len(axis.tickvals)


@given(st.integers(0, 50), st.integers(1, 5000), st.integers(2, 40))
def test_bins_of_whole_numbers_have_no_false_holes(low: int, more: int, bins: int) -> None:
    bounds = whole_bins(low, low + more, bins)
    width = np.diff(bounds)
    assert np.all(bounds % 1 == 0.5)
    assert width.min() >= 1
    assert np.all(np.diff(width) >= 0)  # so that shares per bin do not jump with the width
    every = np.arange(low, low + more + 1)
    assert np.histogram(every, bounds)[0].sum() == len(every)
    assert np.histogram(every, bounds)[0].min() >= 1


@pytest.mark.parametrize("view", ["ratings", "users"])
def test_activity_of_every_whole_number_leaves_no_bin_empty(view: activity_figures.View) -> None:
    """Users with 5 rows stood in a bin from 4.6 to 5.4, and none in the one from 5.4 to 5.9."""
    full = np.repeat(np.arange(5, 200), 3)
    exhibit = activity_figures.distribution({"X": (Activity(full, full), mark("random"))}, view, "c", FILMS)
    shares = exhibit.table["X"].to_numpy()
    first = int(np.argmax(shares > 0))
    last = len(shares) - int(np.argmax(shares[::-1] > 0))
    assert (shares[first:last] > 0).all()
    assert shares.sum() == pytest.approx(1)
    assert (exhibit.table["to"] >= exhibit.table.iloc[:, 0]).all()
    frame = by_activity(Activity(full, full), edges(Activity(full, full)))
    assert (frame[col.TO] >= frame[col.FROM]).all()


def test_open_and_filled_of_one_method_keep_its_colour() -> None:
    filled, open_one = distinct([mark("gradient"), mark("gradient", pretrain=False)])
    assert filled == mark("gradient")
    assert open_one == replace(Mark(filled.colour, filled.symbol), symbol="diamond-open")
