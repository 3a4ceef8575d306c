"""What a person does with Corelens, in a real Chromium."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rec_core.data.sources import SOURCES, Folders
from tests.browser.conftest import App
from tests.conftest import workers

pytestmark = pytest.mark.browser

_FOLDERS = Folders(Path(os.environ.get("CORELENS_DATA") or ".").resolve(), Path("no-downloads"))
HAS_MOVIELENS = SOURCES["ml-1m"].is_here(_FOLDERS)
# NCF on ratings, random 20 %, as in the report: on MovieLens 1M where it is, otherwise on synthetic data.
DATA = "MovieLens 1M" if HAS_MOVIELENS else "Synthetic, 100,000 ratings"
TRAIN, KEPT, HALF = ("987,531", "197,506", "493,766") if HAS_MOVIELENS else ("98,", "19,", "49,")
LINK = f"/?data={DATA.replace(' ', '+')}&feedback=Ratings&preset=As+in+the+report"


def _open(page: Page, app: App, path: str) -> None:
    page.goto(app.url + path)
    expect(page.locator("h1")).to_be_visible()
    _settle(page)


def _settle(page: Page) -> None:
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def _run(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Run (·|again)")).first.click()


@pytest.mark.alone
def test_the_first_start_is_usable_within_ten_seconds_and_stays_on_this_machine(
    page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    app = App(tmp_path_factory.mktemp("first"))
    requests: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    try:
        begin = time.monotonic()
        app.start()
        page.goto(app.url)
        expect(page.get_by_role("button", name=re.compile("Run the comparison"))).to_be_enabled()
        assert time.monotonic() - begin < 10
        _settle(page)
    finally:
        app.kill()
    assert [url for url in requests if not url.startswith((app.url, "data:", "blob:"))] == []
    assert problems == []


def test_run_progress_result_reload_restart_deep_link(page: Page, app: App) -> None:
    _open(page, app, LINK)
    expect(page.get_by_text(f"{TRAIN}").first).to_be_visible()
    _run(page)
    expect(page.get_by_text(re.compile(r"training, epoch \d+ of 20"))).to_be_visible(timeout=90_000)
    cancel = page.get_by_role("button", name="Cancel", exact=True).bounding_box()
    assert cancel is not None
    assert cancel["y"] < 300  # in view without scrolling, however small the window
    expect(page.get_by_text("Show result")).to_be_visible(timeout=180_000)
    expect(page.get_by_text("is finished.")).to_be_visible()
    expect(page.locator("h1")).to_have_text(re.compile(r"Random at 20\s% gives RMSE [01]\.\d+"))
    title = page.locator("h1").inner_text()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()

    page.reload()
    expect(page.locator("h1")).to_have_text(title)
    expect(page.get_by_role("radio", name="As in the report")).to_be_checked()

    app.kill()
    app.start()
    _open(page, app, LINK)
    expect(page.locator("h1")).to_have_text(title)  # a second Run is not even offered: the store answers
    expect(page.get_by_text("Show result")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Run ·"))).to_have_count(0)


def test_a_deep_link_on_a_cold_server_has_its_sidebar_and_settings(page: Page, app: App) -> None:
    app.kill()
    app.start()
    _open(page, app, f"/activity{LINK[1:]}&ratio=35")
    expect(page.locator("h1")).to_contain_text("Random at 35 % takes light and heavy users alike.")
    expect(page.locator(".st-key-ratio")).to_contain_text("35 %")
    expect(page.get_by_role("radio", name="As in the report")).to_be_checked()
    assert "ratio=35" in page.url


@pytest.mark.slow
def test_activity_follows_the_ratio_slider(page: Page, app: App) -> None:
    _open(page, app, f"/activity{LINK[1:]}&method=Gradient&pretrain=false&ratio=20")
    expect(page.get_by_text(f"keeps {KEPT}")).to_be_visible()
    before = page.locator(".scatterlayer .js-line").last.get_attribute("d")
    slider = page.locator(".st-key-ratio input")
    slider.focus()
    for _ in range(60):
        slider.press("ArrowRight")
    expect(page.locator("h1")).to_contain_text("at 50 %", timeout=60_000)
    expect(page.get_by_text(f"keeps {HALF}")).to_be_visible()
    expect(page.locator(".scatterlayer .js-line").last).not_to_have_attribute("d", before or "")
    assert "ratio=50" in page.url
    page.get_by_text("Decide", exact=True).click()
    page.get_by_text("Results", exact=True).click()
    expect(page.locator(".st-key-ratio")).to_contain_text("50 %")


@pytest.mark.slow
def test_moving_a_control_is_undone_by_going_back(page: Page, app: App) -> None:
    _open(page, app, "/activity?data=Synthetic,+10,000+ratings&method=Random")
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="SimpleMF", exact=True).click()
    expect(page.get_by_text("SimpleMF · Random at 20 %")).to_be_visible()
    assert "model=SimpleMF" in page.url
    page.go_back()
    expect(page.get_by_text("NCF · Random at 20 %", exact=True)).to_be_visible()
    assert "model=SimpleMF" not in page.url


@pytest.mark.slow
def test_a_link_that_cannot_be_read_is_said_in_a_real_browser(page: Page, app: App) -> None:
    _open(page, app, "/activity?data=synthetic-10k&seed=inf&method=magic")
    expect(page.get_by_text("The link asks for Seed “inf”")).to_be_visible()
    expect(page.get_by_text("The link asks for method “magic”")).to_be_visible()
    expect(page.get_by_text("150 users").first).to_be_visible()
    page.locator(".st-key-ratio input").press("ArrowRight")
    expect(page.get_by_text("The link asks for")).to_have_count(0)  # said until something else is chosen
    page.reload()
    expect(page.locator("h1")).to_contain_text(re.compile(r"Random at 20\.5\s%"))


def test_prepare_makes_a_method_live(page: Page, app: App) -> None:
    _open(page, app, "/activity?data=Synthetic,+10,000+ratings&method=Greedy+k-center")
    expect(page.locator("h1")).to_contain_text("Does Greedy k-center at 20 % prefer heavy users?")
    page.get_by_role("button", name=re.compile("^Prepare · about")).click()
    expect(page.get_by_text("Half of the kept ratings come from users with")).to_be_visible(timeout=90_000)


LONG = "/?data=Synthetic,+100,000+ratings&preset=As+in+the+report&epochs=400&patience=0"


@pytest.mark.alone
def test_cancel_takes_about_a_second_and_offers_run_again(page: Page, app: App) -> None:
    _open(page, app, LONG)
    _run(page)
    expect(page.get_by_text(re.compile(r"training, epoch \d+ of 400"))).to_be_visible(timeout=90_000)
    begin = time.monotonic()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("Cancelled. Finished steps are kept.")).to_be_visible()
    assert time.monotonic() - begin < 3  # less than one second, one for the next look, one for drawing
    expect(page.get_by_role("button", name=re.compile("^Run again"))).to_be_enabled()


def test_a_worker_killed_by_hand_is_explained_and_its_run_goes_on(page: Page, app: App) -> None:
    _open(page, app, f"{LONG}&seed=1")
    _run(page)
    expect(page.get_by_text(re.compile(r"training, epoch \d+ of 400"))).to_be_visible(timeout=90_000)
    for worker in workers(app.home):
        worker.kill()
    expect(page.get_by_text("The scheduler or a worker stopped; this starts again by itself.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"training, epoch \d+ of 400"))).to_be_visible(timeout=90_000)
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("Cancelled. Finished steps are kept.")).to_be_visible()


@pytest.mark.slow
def test_the_first_comparison_takes_less_than_a_minute(page: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    app = App(tmp_path_factory.mktemp("comparison"))
    app.start()
    try:
        _open(page, app, "/")
        begin = time.monotonic()
        page.get_by_role("button", name=re.compile("Run the comparison")).click()
        expect(page.get_by_role("button", name=re.compile("^Cancel"))).not_to_have_count(0)
        expect(page.get_by_role("button", name=re.compile("^Cancel"))).to_have_count(0, timeout=120_000)
        assert time.monotonic() - begin < 60
        expect(page.locator("h1")).to_contain_text("Random at 20 % keeps")
        expect(page.get_by_role("heading", name="Both kinds of models")).to_be_visible()
        expect(page.get_by_text("Next item · served from the profile")).to_be_visible()
    finally:
        app.kill()
        app.end_jobs()
