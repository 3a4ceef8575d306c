"""The link of the start in a real Chromium, opened as the server opens it: by a file that only its owner can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import App
from tests.conftest import log_csv

pytestmark = pytest.mark.browser


def test_the_file_that_the_server_opens_makes_a_browser_the_starters(
    app: App, page: Page, context: BrowserContext, tmp_path: Path
) -> None:
    log = log_csv(tmp_path)
    page.goto(f"{app.url}/data")
    page.get_by_label("Path", exact=True).fill(str(log))
    page.get_by_label("Path", exact=True).press("Enter")
    expect(page.get_by_text("Only the person who started this app may read files")).to_be_visible()

    token = app.link.partition("token=")[2]
    page.goto((app.home / "servers" / f"{app.port}.html").as_uri())
    expect(page.get_by_role("link", name="Your own log")).to_be_visible()
    assert page.url.startswith(app.url)
    assert token not in page.url
    page.get_by_role("link", name="Your own log").click()
    page.get_by_label("Path", exact=True).fill(str(log))
    page.get_by_label("Path", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Use this log")).to_be_visible()
    assert token not in page.content()
    assert page.evaluate("document.cookie").find("corelens") == -1  # no script reads it
    (cookie,) = [one for one in context.cookies() if one["value"] == token]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
