"""An engineer's own log in a real Chromium: named, mended, run, taken away, and found again after a restart."""

from __future__ import annotations

import io
import re
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App

pytestmark = pytest.mark.browser
_WORDS = (
    "Café",
    "crème brûlée",
    "forêt",
    "garçon",
    "déjà vu",
    "maïs",
    "à côté",
    "hôtel",
    "été",
)  # French, and no other


def _log(folder: Path, n_rows: int) -> Path:
    """Text ids, semicolons, Latin-1 titles in quotation marks, repeated pairs, and fifty broken lines."""
    rng = np.random.default_rng(0)
    user = rng.integers(0, n_rows // 160, n_rows)
    item = (rng.random(n_rows) ** 3 * 1_500).astype(int)
    stars, when = rng.integers(1, 6, n_rows), rng.integers(950_000_000, 1_000_000_000, n_rows)
    lines = [
        f'c{u:05d};sku-{i};"{_WORDS[i % len(_WORDS)]} ""{i}""; fin";{r};{t}'
        for u, i, r, t in zip(user.tolist(), item.tolist(), stars.tolist(), when.tolist(), strict=True)
    ]
    broken = ("c1;sku-2;x", "c1;sku-2;x;good;5", "c1;sku-2;x;3;5;7;8", ";;;;", "c1;sku-2;x;5;yesterday")
    for number, at in enumerate(sorted(rng.choice(n_rows, 50, replace=False).tolist())):
        lines[at] = broken[number % len(broken)]
    path = folder / "shop.csv"
    path.write_bytes("\n".join(["customer;product;label;grade;at", *lines, ""]).encode("latin-1"))
    return path


def _choose(page: Page, role: str, column: str) -> None:
    page.get_by_role("combobox", name=re.compile(f"^{role}|{role}$")).first.click()
    page.get_by_role("option", name=column, exact=True).click()


@pytest.mark.parametrize("n_rows", [12_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_log_goes_in_and_its_coreset_out(page: Page, tmp_path: Path, n_rows: int) -> None:
    log, begin = _log(tmp_path, n_rows), time.monotonic()
    (tmp_path / "home").mkdir()
    app = App(tmp_path / "home")
    app.start()
    try:
        page.goto(app.link)
        expect(page.get_by_role("button", name=re.compile("^Run")).first).to_be_visible()  # the sidebar is whole
        assert "token" not in page.url
        page.get_by_role("link", name="Your own log").click()
        page.get_by_label("Path", exact=True).fill(str(log))
        page.get_by_label("Path", exact=True).press("Enter")
        expect(page.get_by_text("Read as Latin-1 text separated by semicolon")).to_be_visible()
        _choose(page, "Rating or count", "grade")
        page.get_by_role("button", name="Use this log").click()
        expect(page.locator("h1")).to_contain_text(f"shop.csv: {n_rows - 50:,} ratings by", timeout=60_000)
        expect(page.get_by_text(f"50 of {n_rows:,} lines cannot be read").first).to_be_visible()
        page.get_by_role("button", name="Leave them out").click()
        expect(page.get_by_text("50 rows were left out because they cannot be read").first).to_be_visible()
        assert time.monotonic() - begin < 60

        page.get_by_role("button", name=re.compile("^Run ·")).first.click()
        expect(page.get_by_text("Show result")).to_be_visible(timeout=300_000)
        page.get_by_text("Show result").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile("kept rows away")).click()
        _joins_back(Path(download.value.path()).read_bytes(), log)

        app.kill()
        app.start()
        page.goto(app.link)
        page.goto(f"{app.url}/data?data=shop.csv")
        expect(page.locator("h1")).to_contain_text("shop.csv: ")
        page.goto(f"{app.url}/?data=shop.csv&unreadable=Leave+them+out")
        expect(page.get_by_text("Show result")).to_be_visible()
    finally:
        app.kill()
        app.end_jobs()


def _joins_back(packed: bytes, log: Path) -> None:
    """Hold every row that was taken against the line that it came from."""
    lines = log.read_bytes().decode("latin-1").split("\n")[1:]
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        frame = pd.read_parquet(io.BytesIO(archive.read("coreset/coreset.parquet")))
        kept = np.load(io.BytesIO(archive.read("coreset/kept_rows.npy")))
    assert kept.tolist() == frame.loc[frame["split"] == "train", "row"].tolist()
    for row, user, item, rating in zip(frame["row"], frame["user_id"], frame["item_id"], frame["rating"], strict=True):
        fields = lines[row].split(";")
        assert fields[:2] == [user, item]
        assert float(fields[-2]) == rating


def _open_the_card(page: Page) -> None:
    expect(page.get_by_label("Path", exact=True)).to_be_attached()  # drawn, in view or not
    if not page.get_by_label("Path", exact=True).is_visible():
        page.get_by_text("A log of your own", exact=True).click()


def test_two_logs_of_one_name_stay_apart(page: Page, tmp_path: Path, app: App) -> None:
    page.goto(app.link)
    for n_users in (10, 20):
        (tmp_path / f"shop {n_users}").mkdir()
        lines = [f"u{n % n_users},i{n % 7 + n // 100},{n * 7919 // 13 % 5},{10**9 + n}" for n in range(40 * n_users)]
        path = tmp_path / f"shop {n_users}" / "events.csv"
        path.write_text("\n".join(["user,item,rating,time", *lines, ""]))
        page.goto(f"{app.url}/data")
        expect(page.get_by_text("Where they come from")).to_be_visible()  # the page is whole
        _open_the_card(page)
        page.get_by_label("Path", exact=True).fill(str(path))
        page.get_by_label("Path", exact=True).press("Enter")
        page.get_by_role("button", name="Use this log").click()
        expect(page.locator("h1")).to_contain_text(f"{40 * n_users} ratings by {n_users} users")
    expect(page).to_have_url(re.compile("data=log-[0-9a-f]{12}"))
    second = page.url
    expect(page.get_by_test_id("stSidebar").get_by_label("Data in the address")).to_be_hidden()

    _open_the_card(page)
    page.locator("[class*=st-key-show-log-] button").first.click()
    expect(page.locator("h1")).to_contain_text("events.csv (shop 10): 400 ratings by 10 users")
    page.get_by_text("Ratings", exact=True).first.click()
    expect(page).to_have_url(re.compile("feedback=Ratings"))
    expect(page.locator("h1")).to_contain_text("400 ratings by 10 users")
    page.reload()
    expect(page.locator("h1")).to_contain_text("400 ratings by 10 users")

    page.get_by_test_id("stSidebar").get_by_role("combobox", name="Data").click()
    page.get_by_role("option", name="events.csv (shop 20)", exact=True).click()
    expect(page.locator("h1")).to_contain_text("800 ratings by 20 users")
    page.go_back()
    expect(page.locator("h1")).to_contain_text("400 ratings by 10 users")
    page.goto(second)
    expect(page.locator("h1")).to_contain_text("800 ratings by 20 users")
    page.get_by_test_id("stSidebar").get_by_role("combobox", name="Data").click()
    page.get_by_role("option", name="Synthetic, 10,000 ratings", exact=True).click()
    expect(page).to_have_url(re.compile("data=synthetic-10k"))
