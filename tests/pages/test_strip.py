"""The strip above every page: run, follow, cancel, what went wrong; and where the reader is."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from cache.jobs import Job, Jobs
from cache.ledger import Ledger
from cache.listed import SweepList
from cache.outcomes import Outcome, save_outcome
from cache.store import DiskStore
from cache.sweeps import Sweeps
from pages.ui import estimates, nav
from rec_core.errors import CorelensError
from rec_core.estimate import rates_here
from rec_core.progress import Progress
from rec_core.selection.random import Random
from rec_core.selection.recent import Recent
from rec_core.specs import ExperimentSpec
from rec_core.sweeps import Plan
from rec_core.training import kernels
from tests.conftest import key, quick
from tests.pages.conftest import QUICK, Open, errors, finish, healthy, texts

PAGES = nav.NAMES


def test_run_asks_for_the_spec_that_the_sidebar_describes(
    open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    app = open_page(**QUICK, method="Gradient", feedback="Ratings", ratio="12.5", seed="3")
    assert app.button(key="run").label.startswith("Run · about")
    app.button(key="run").click().run()
    (kind, spec) = asked[0]
    expected = quick("gradient", "explicit", ratio=0.125, seed=3)
    assert kind == "run"
    assert key(spec) == key(expected)


def test_several_seeds_are_asked_for_with_one_click(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    app = open_page(**QUICK, method="Random", seeds="3", seed="4")
    assert app.button(key="run").label.startswith("Run 3 seeds · about")
    app.button(key="run").click().run()
    assert [key(spec) for _, spec in asked] == [key(quick("random", seed=seed)) for seed in (4, 5, 6)]
    finish(home, quick("random", seed=5))
    app = open_page(**QUICK, method="Random", seeds="3", seed="4")
    assert app.button(key="run").label.startswith("Run 2 more seeds · about")
    for seed in (4, 6):
        finish(home, quick("random", seed=seed))
    app = open_page(**QUICK, method="Random", seeds="3", seed="4")
    assert "run" not in [b.key for b in app.button]


def test_seeds_that_run_together_have_one_bar_and_one_cancel(
    home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = [quick("random", seed=seed) for seed in range(3)]
    for spec in specs:
        Ledger(home).ask(key(spec), "run", spec)
    finish(home, specs[0])
    progress = Progress("Training", 0.5, 1, 2, 1.0)
    active = [
        Job(key(specs[1]), "run", specs[1], "running", progress=progress),
        Job(key(specs[2]), "run", specs[2], "waiting"),
    ]
    cancelled: list[str] = []
    monkeypatch.setattr(Jobs, "active", lambda self: active)
    monkeypatch.setattr(Jobs, "asked_with", lambda self, job: [Job(key(specs[0]), "run", specs[0], "done"), *active])
    monkeypatch.setattr(Jobs, "cancel", lambda self, key: cancelled.append(key))
    app = open_page(**QUICK, method="Random", seeds="3")
    (bar,) = app.get("progress")
    assert "1 of 3 seeds done, training, epoch 1 of 2" in bar.proto.text
    assert 33 < bar.proto.value < 67
    assert not any(caption.value.startswith("Waiting") for caption in app.caption)
    next(b for b in app.button if b.label == "Cancel").click().run()
    assert cancelled == [key(spec) for spec in specs[1:]]


def test_several_runs_have_one_bar_in_all(home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run had a bar of its own, and nothing said when all would be done."""
    specs = [quick("random"), quick("greedy"), quick("recent"), quick("users")]
    for spec in specs:
        Ledger(home).ask(key(spec), "run", spec)
    finish(home, quick("full"))  # so that the data are split
    progress = Progress("Training", 0.5, 1, 2, 1.0)
    going = [
        Job(key(specs[1]), "run", specs[1], "running", progress=progress),
        *(Job(key(spec), "run", spec, "waiting") for spec in specs[2:]),
    ]
    monkeypatch.setattr(Jobs, "active", lambda self: going)
    monkeypatch.setattr(Jobs, "batch", lambda self, active: [Job(key(specs[0]), "run", specs[0], "done"), *going])
    bars = [bar.proto for bar in open_page(**QUICK, method="Random").get("progress")]
    assert len(bars) == 2
    assert re.fullmatch(r"\*\*All runs\*\* · 1 of 4 runs done · (about|less than) .* left", bars[0].text)
    assert 20 < bars[0].value < 60


def test_a_sweep_has_one_bar_with_its_name(home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan.of(quick(), [Random(), Recent()], ("ncf",), ("implicit",), (0.1, 0.2), (0,))
    SweepList(Ledger(home)).keep("Small *one*", plan, paused="")
    finish(home, plan.cells[0])
    running = Job(key(plan.cells[1]), "run", plan.cells[1], "running", progress=Progress("Selecting", 0.5))
    monkeypatch.setattr(Jobs, "active", lambda self: [running])
    monkeypatch.setattr(Sweeps, "go_on", lambda self: None)
    bar = open_page(**QUICK, method="Random").get("progress")[0].proto
    assert bar.text.startswith("**Small \\*one\\*** · 1 of 5 runs done · ")
    assert bar.text.endswith(" left")


def test_what_happens_while_workers_start_is_said(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = quick("random")
    starting = Job(key(spec), "run", spec, "waiting", "Starting 2 worker processes.")
    monkeypatch.setattr(Jobs, "active", lambda self: [starting])
    monkeypatch.setattr(Jobs, "are_starting", True)
    monkeypatch.setattr(Jobs, "has_workers", True)  # their command runs, and they are not ready
    (status,) = open_page(**QUICK, method="Random").status
    assert re.fullmatch(r"Starting 2 worker processes\. About \d.*\.", status.label)
    assert status.state == "running"


def test_preparing_takes_as_long_whatever_the_method_is(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A map of users needs the proxy also where the method does not: that was foretold as "about 0 ms"."""
    monkeypatch.setattr(Jobs, "has_workers", True)
    monkeypatch.setattr(kernels, "compiling_for", lambda: None)
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    rates = rates_here({})
    monkeypatch.setattr(estimates, "rates_here", lambda measured: dict.fromkeys(rates, 1e-3))
    labels = {
        button.label
        for method in ("Random", "Gradient")
        for button in open_page("user_map", **QUICK, pretrain="true", method=method).button
        if button.label.startswith("Prepare")
    }
    (label,) = labels
    assert re.fullmatch(r"Prepare · about \d+ .*", label)


def test_results_offer_the_run_that_was_chosen(open_page: Open, asked: list[tuple[str, ExperimentSpec]]) -> None:
    app = open_page(**QUICK, method="Gradient")
    assert "**NCF · Gradient at 20 %** · Synthetic, 10,000 ratings, clicks" in texts(app)
    app.button(key="run").click().run()
    assert [(kind, key(spec)) for kind, spec in asked] == [("run", key(quick("gradient")))]


def test_a_finished_run_is_not_offered_again(home: Path, open_page: Open) -> None:
    finish(home, quick("random"))
    app = open_page(**QUICK, method="Random", pretrain="false")
    assert "run" not in [b.key for b in app.button]


@pytest.mark.parametrize("state", ["failed", "cancelled", "interrupted"])
def test_a_run_without_result_says_why_and_can_be_repeated(state: str, home: Path, open_page: Open) -> None:
    spec = quick("random")
    Ledger(home).ask(key(spec), "run", spec)
    if state != "interrupted":
        save_outcome(DiskStore(home), key(spec), Outcome(state, f"It {state}."))  # type: ignore[arg-type]
    app = open_page(**QUICK, method="Random")
    healthy(app)
    expected = "There is no result in the store" if state == "interrupted" else f"It {state}."
    said = texts(app).replace("\\", "")
    assert expected in said
    assert app.button(key="run").label.startswith("Run again")


def test_a_job_of_other_data_says_which(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    own, other = quick("random"), quick("random", feedback="explicit")
    waiting = [Job(key(spec), "run", spec, "waiting") for spec in (own, other)]
    monkeypatch.setattr(Jobs, "active", lambda self: waiting)
    said = next(c.value for c in open_page(**QUICK).caption if c.value.startswith("Waiting"))
    assert said.startswith("Waiting: NCF · Random at 20 %, NCF · Random at 20 % (Synthetic, 10,000 ratings, ratings).")


def test_a_download_that_fails_is_said_in_a_sentence(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rec_core.data.sources.movielens._PUBLISHER", "http://127.0.0.1:9/")
    app = open_page(data="MovieLens 100K")
    next(b for b in app.button if b.label == "Download MovieLens 100K").click().run()
    assert [e.message for e in app.exception] == []
    assert "could not be downloaded from its publisher" in errors(app)[0]
    assert "Nothing was changed" in errors(app)[0]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_where_the_reader_is(page: str, open_page: Open) -> None:
    """Titles are answers, so the page's name would vanish."""
    captions = [caption.value for caption in open_page(page).main.caption]
    title = next(one.title for group in nav.PAGES.values() for one in group if one.name == page)
    assert any(caption.endswith(f" · {title}") for caption in captions)


def test_what_went_wrong_is_listed_whatever_is_chosen_until_it_is_read(home: Path, open_page: Open) -> None:
    for seed in (1, 2):
        spec = quick("greedy", seed=seed)
        Ledger(home).ask(key(spec), "run", spec)
        save_outcome(DiskStore(home), key(spec), Outcome("failed", f"It failed with seed {seed}."))
    app = open_page("activity", **QUICK, method="Random")
    assert [w.value for w in app.main.warning] == [
        f"**NCF · Greedy k-center at 20 %** · It failed with seed {seed}\\." for seed in (2, 1)
    ]
    next(b for b in app.button if b.label == "Dismiss").click().run()
    assert len(app.main.warning) == 1
    assert len(open_page("activity", **QUICK, method="Random").main.warning) == 1


def test_settings_that_differ_from_the_preset_are_counted_and_can_be_reset(open_page: Open) -> None:
    app = open_page(**QUICK)
    assert "**Custom: 3 changes** from “As in the report”" in texts(app)
    app.button(key="reset").click().run()
    assert "Custom" not in texts(app)
    assert app.sidebar.number_input(key="epochs").value is None
    assert "reset" not in [b.key for b in app.button]


def test_one_bar_is_for_the_whole_run(home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the training is not half of the run: what comes before and after counts too."""
    spec = quick("random")
    finish(home, quick("full"))
    progress = Progress("Training", 0.5, 1, 2, 1.0)
    monkeypatch.setattr(Jobs, "active", lambda self: [Job(key(spec), "run", spec, "running", progress=progress)])
    bar = open_page(**QUICK, method="Random").get("progress")[0].proto
    assert 0 < bar.value < 100
    assert bar.value != 50
    assert "training, epoch 1 of 2 · about" in bar.text


def test_a_failure_that_cannot_be_dismissed_is_said_in_a_sentence(
    home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = quick("greedy")
    Ledger(home).ask(key(spec), "run", spec)
    app = open_page("activity", **QUICK, method="Random")

    def full(*_: object) -> None:
        raise CorelensError("The disk is full.")

    monkeypatch.setattr(Ledger, "forget", full)
    next(b for b in app.button if b.label == "Dismiss").click().run()
    assert [e.message for e in app.exception] == []
    assert errors(app) == ["The disk is full."]


def test_the_bar_does_not_fall_back_when_the_proxy_is_there(
    home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = quick("gradient", train={"epochs": 2}, proxy={"epochs": 100})
    finish(home, spec)  # so that its proxy is in the store
    shown = []
    for steps in (frozenset({"Pretraining the proxy"}), frozenset[str]()):
        running = Job(key(spec), "run", spec, "running", progress=Progress("Selecting"), steps=steps)
        monkeypatch.setattr(Jobs, "active", lambda self, running=running: [running])
        shown.append(open_page(**QUICK, method="Gradient").get("progress")[0].proto.value)
    assert shown[0] > shown[1]  # the proxy that this job made is a part of it


def test_why_training_is_slow_here_is_said(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "why_slow", lambda: "Training takes longer here, because.")
    assert "Training takes longer here, because." in texts(open_page(**QUICK))
