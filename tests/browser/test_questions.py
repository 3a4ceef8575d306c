"""The question pages in a real Chromium: exploring, presenting, taking away."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from pages.ui import nav
from tests.browser.conftest import App
from tests.browser.test_main_paths import DATA, _open, _settle
from tests.conftest import quick
from tests.pages.conftest import finish

pytestmark = pytest.mark.browser

# Cold deep links of all pages are tested without a browser too, and one in test_main_paths with it.
PATHS = [pytest.param(name, marks=pytest.mark.slow) for name in nav.NAMES]
# Gradient with an untrained proxy: on MovieLens 1M where it is, nothing needs training first.
LINK = f"?data={DATA.replace(' ', '+')}&method=Gradient&pretrain=false&ratio=20"
SMALL = (
    "?data=Synthetic%2C+10%2C000+ratings&preset=As+in+the+report&epochs=2&patience=0&proxy_epochs=1"
    "&method=Gradient&pretrain=false"
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server whose home folder has a finished comparison on small data."""
    home = tmp_path_factory.mktemp("filled")
    finish(home, quick("full"), quick("random"), quick("gradient", pretrain=False))
    app = App(home)
    app.start()
    yield app
    app.kill()
    app.end_jobs()


def _lasso(page: Page, chart: int, radius: float = 60) -> None:
    """Draw a circle around the middle of a chart."""
    area = page.locator(".nsewdrag").nth(chart)
    area.scroll_into_view_if_needed()
    box = _at_rest(area)
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x + radius, y)
    page.mouse.down()
    for step in range(1, 31):
        angle = 2 * math.pi * step / 30
        page.mouse.move(x + radius * math.cos(angle), y + radius * math.sin(angle))
    page.mouse.up()


def _lassoed(page: Page, chart: int) -> set[str]:
    """Return the ids of the users that plotly itself says are inside the lasso."""
    script = """chart => {
        const drawn = document.querySelectorAll('.js-plotly-plot')[chart];
        return drawn._fullData.flatMap(trace => Array.from(trace.selectedpoints || [])
            .map(point => String(Array.from(trace.customdata[point])[1])));
    }"""
    return set(page.evaluate(script, chart))


@pytest.mark.parametrize("path", PATHS)
def test_a_deep_link_on_a_cold_server_shows_the_page_with_its_settings(
    path: str, page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    app = App(tmp_path_factory.mktemp("cold"))
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    try:
        app.start()
        _open(page, app, f"/{path}{LINK.replace('20', '35')}")
        expect(page.get_by_text(re.compile("train ratings ·")).first).to_be_visible()
        expect(page.locator(".st-key-ratio")).to_contain_text("35 %")
        expect(page.get_by_test_id("stException")).to_have_count(0)
    finally:
        app.kill()
    assert [text for text in problems if "404" not in text] == []  # Streamlit looks for its own files below the path


def test_a_lasso_changes_the_panel_and_the_download_to_exactly_those_users(
    page: Page, app: App, tmp_path: Path
) -> None:
    _open(page, app, f"/user_map{LINK}&projection=PCA&maps=Methods")
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    _lasso(page, 0)
    title = page.get_by_role("heading", name=re.compile("users chosen"))
    expect(title).to_be_visible()
    inside = _lassoed(page, 0)
    assert len(inside) > 10
    assert title.inner_text() == f"{len(inside):,} users chosen"
    assert _lassoed(page, 1) == inside  # the other map shows the same users
    assert _download(page, tmp_path) == inside

    _lasso(page, 1, radius=30)
    expect(title).not_to_have_text(f"{len(inside):,} users chosen")
    _settle(page)
    fewer = _lassoed(page, 1)
    assert title.inner_text() == f"{len(fewer):,} users chosen"
    assert _download(page, tmp_path) == fewer

    slider = page.locator(".st-key-ratio input")
    slider.focus()
    slider.press("ArrowRight")
    expect(page.locator("h1")).to_contain_text("20.5")
    _settle(page)
    assert title.inner_text() == f"{len(fewer):,} users chosen"  # who was chosen stays; how much is kept follows
    assert _lassoed(page, 0) == _lassoed(page, 1) == fewer
    page.get_by_role("button", name="Clear selection").click()
    expect(title).to_have_count(0)
    expect(page.locator(".selectionlayer path")).to_have_count(0)
    assert _lassoed(page, 0) == _lassoed(page, 1) == set()


@pytest.mark.slow
def test_the_coreset_downloads_with_original_ids(page: Page, app: App, tmp_path: Path) -> None:
    _open(page, app, f"/coverage{LINK}")
    button = page.locator(".st-key-csv-coreset button")
    kept = re.search(r"[\d,]+", button.inner_text())
    assert kept is not None
    with page.expect_download() as download:
        button.click()
    download.value.save_as(tmp_path / "coreset.csv")
    with (tmp_path / "coreset.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["user_id", "item_id", "rating", "time", "weight"]
    assert f"{len(rows):,}" == kept.group()


@pytest.mark.slow
def test_a_click_on_the_map_chooses_one_user(page: Page, app: App) -> None:
    _open(page, app, f"/user_map{LINK}&projection=PCA&maps=Methods&choose=By+a+click")
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    x, y = page.evaluate("""() => {
        const chart = document.querySelector('.js-plotly-plot'), box = chart.getBoundingClientRect();
        const {xaxis, yaxis} = chart._fullLayout, {x, y} = chart._fullData[0];
        return [box.left + xaxis._offset + xaxis.l2p(x[0]), box.top + yaxis._offset + yaxis.l2p(y[0])];
    }""")
    page.mouse.move(x, y, steps=3)
    page.locator(".hoverlayer .hovertext").first.wait_for()
    page.wait_for_timeout(300)  # plotly takes what is hovered over a moment after it says so
    page.mouse.click(x, y, delay=50)
    expect(page.get_by_role("heading", name="1 user chosen")).to_be_visible()
    expect(page.get_by_text("What would they see?")).to_be_visible()


def _download(page: Page, folder: Path) -> set[str]:
    with page.expect_download() as download:
        page.locator(".st-key-csv-chosen-users button").click()
    path = folder / "users.csv"
    download.value.save_as(path)
    with path.open() as file:
        return {row["User id"] for row in csv.DictReader(file)}


def _at_rest(element: Locator) -> FloatRect | None:
    """Return where an element is once it stays there: on a busy machine a page is put together for seconds."""
    element.page.evaluate("document.fonts.ready")  # text is set in other lines before
    places = [element.bounding_box()]
    for _ in range(100):
        element.page.wait_for_timeout(250)
        places.append(element.bounding_box())
        if all(place == places[-1] for place in places[-3:-1]) and len(places) > 2:
            break
    return places[-1]


@pytest.mark.slow
def test_figures_do_not_jump_while_the_ratio_moves(page: Page, app: App) -> None:
    """What is below a figure stays where it is under what is above; only the words on top may need another line."""
    _open(page, app, f"/activity{LINK}")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    above, below = page.locator(".st-key-show"), page.get_by_text("How to read this")
    _at_rest(below)
    height = _between(above, below)
    slider = page.locator(".st-key-ratio input")
    slider.focus()
    for ratio in ("20.5", "21", "21.5"):
        slider.press("ArrowRight")
        expect(page.locator("h1")).to_contain_text(ratio)
        for _ in range(10):  # also while the chart is drawn anew
            assert _between(above, below) == height
    _settle(page)
    assert _between(above, below) == height


def _between(above: Locator, below: Locator) -> float:
    """Return how many pixels one element begins below another, both at one moment."""
    handles = [one.element_handle() for one in (above, below)]
    tops = "elements => elements.map(element => element.getBoundingClientRect().top)"
    first, second = above.page.evaluate(tops, handles)
    return float(second - first)


@pytest.mark.slow
def test_the_summary_is_presented_with_the_keyboard(page: Page, filled: App) -> None:
    _open(page, filled, f"/summary{SMALL}")
    expect(page.get_by_text("Decide", exact=True)).to_be_visible()
    page.get_by_role("button", name="Present").click()
    expect(page.get_by_text(re.compile("^1 of"))).to_be_visible()
    assert "present=true" in page.url
    expect(page.get_by_text("Decide", exact=True)).to_have_count(0)
    expect(page.get_by_test_id("stSidebar")).not_to_be_visible()
    first = page.locator("h1").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text(re.compile("^2 of"))).to_be_visible()
    expect(page.locator("h1")).not_to_have_text(first)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("h1")).to_have_text(first)
    _open(page, filled, f"/summary{SMALL}&present=true&embed=true")
    expect(page.locator("h1")).to_have_text(first)
    page.wait_for_timeout(1000)  # a page that was just loaded does not listen to keys yet
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Present")).to_be_visible()


@pytest.mark.slow
def test_the_exported_file_works_offline(page: Page, filled: App, browser: Browser, tmp_path: Path) -> None:
    _open(page, filled, f"/summary{SMALL}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as one HTML file").click()
    path = tmp_path / "summary.html"
    download.value.save_as(path)
    charts = page.locator(".js-plotly-plot").count()

    alone = browser.new_context(offline=True)
    requests: list[str] = []
    problems: list[str] = []
    opened = alone.new_page()
    opened.on("request", lambda request: requests.append(request.url))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.goto(path.as_uri())
    expect(opened.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    assert opened.locator(".js-plotly-plot").count() == charts > 0
    for index in range(charts):
        chart = opened.locator(".js-plotly-plot").nth(index)
        chart.scroll_into_view_if_needed()
        chart.hover()
        expect(chart.locator(".modebar")).to_be_visible()
        assert chart.locator('[data-title*="Cloud"], [data-title*="Share"]').count() == 0
        assert opened.evaluate(_ZOOM, index) == [1.0, 2.0]
    opened.get_by_text("How to read this").first.click()
    alone.close()
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert problems == []


# A figure is live when its axes can be moved.
_ZOOM = """async index => {
    const chart = document.querySelectorAll('.js-plotly-plot')[index];
    const axis = chart._fullLayout.xaxis;
    axis.type === 'category' || await Plotly.relayout(chart, {'xaxis.range': [1, 2]});
    return chart._fullLayout.xaxis.range.map(Number);
}"""


@pytest.mark.slow
def test_ticked_runs_are_compared(page: Page, filled: App) -> None:
    _open(page, filled, f"/{SMALL}")
    table = page.locator('[data-testid="stDataFrame"]').first
    table.scroll_into_view_if_needed()
    for row in (1, 2):
        box = table.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 18, box["y"] + 35 * row + 18)
        _settle(page)
    page.get_by_text("Compare 2 runs").click()
    expect(page.get_by_text("What differs in the settings")).to_be_visible()
    expect(page.get_by_test_id("stMultiSelect").first).to_contain_text("Full data")


_CROSSING = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(plot => {
    const seen = [...plot.querySelectorAll('svg text')].filter(text =>
        text.textContent.trim() && text.getBoundingClientRect().width && !text.closest('.hoverlayer, .modebar'));
    const boxes = seen.map(text => [text.textContent, text.getBoundingClientRect()]);
    const around = plot.getBoundingClientRect(), found = [];
    boxes.forEach(([name, box], place) => {
        if (box.left < around.left - 2 || box.right > around.right + 2) found.push(`${name} is cut`);
        for (const [other, beside] of boxes.slice(place + 1)) {
            const wide = Math.min(box.right, beside.right) - Math.max(box.left, beside.left);
            const high = Math.min(box.bottom, beside.bottom) - Math.max(box.top, beside.top);
            if (wide > 1 && high > 2) found.push(`${name} crosses ${other}`);
        }
    });
    return found;
})"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [1440, 800])
def test_no_text_of_a_figure_crosses_another(page: Page, filled: App, width: int) -> None:
    """Labels of lines, legends, names of slices, titles of panels."""
    for name in ("results", "compare", "gradient_norms"):
        page.set_viewport_size({"width": width, "height": 1100})
        _open(page, filled, f"/{name}{SMALL}")
        page.set_viewport_size({"width": width, "height": 4000})  # figures are drawn when they come into view
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        _settle(page)
        page.wait_for_timeout(700)
        assert page.evaluate(_CROSSING) == [], name
