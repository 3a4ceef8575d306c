"""What a new user waits for, by the clock, in a real Chromium: the first page, the first comparison, the first maps.

Every round has an empty home folder, and workers that are cold when the comparison is asked for; kernels and UMAP are
compiled, unless this is the first round on a machine. Maps are of MovieLens 1M, where CORELENS_DATA has it.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.measure import Line, line
from cache.home import folders
from rec_core.data.sources import SOURCES
from tests.browser.conftest import FLAGS, App

PATIENCE = 300_000  # milliseconds


def measure(rounds: int) -> Iterator[Line]:
    """Yield seconds."""
    took: dict[str, list[float]] = {}
    for _ in range(rounds):
        for what, seconds in _round().items():
            took.setdefault(what, []).append(seconds)
    for what, seconds_of in took.items():
        yield line(what, seconds_of, "s")


def _round() -> dict[str, float]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = App(Path(folder))
        app.start()
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE)
        try:
            took = _first_comparison(page, app)
            return took | (_maps(page, app) if SOURCES["ml-1m"].is_here(folders()) else {})
        finally:
            browser.close()
            app.kill()
            app.end_jobs()


def _first_comparison(page: Page, app: App) -> dict[str, float]:
    begin = time.monotonic()
    page.goto(app.url)
    button = page.get_by_role("button", name="Run the comparison")
    button.wait_for()
    usable, click = time.monotonic() - begin, time.monotonic()
    button.click()
    cancel = page.get_by_role("button", name="Cancel")
    cancel.first.wait_for()
    while cancel.count() or not page.get_by_role("heading", name="keeps").count():
        time.sleep(0.1)
    done = time.monotonic() - click
    return {"the first page of a cold server is usable": usable, "the first comparison, from the click": done}


def _maps(page: Page, app: App) -> dict[str, float]:
    took = {}
    for seed, what in ((0, "the first UMAP, from the click"), (1, "the next UMAP, from the click")):
        page.goto(f"{app.url}/user_map?data=MovieLens+1M&pretrain=false&seed={seed}")
        button = page.get_by_role("button", name="Draw the UMAP")
        button.wait_for()
        click = time.monotonic()
        button.click()
        page.get_by_text("UMAP, × nothing kept").first.wait_for()
        took[what] = time.monotonic() - click
    return took
