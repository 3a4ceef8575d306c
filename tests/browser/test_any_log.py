"""Ten kinds of logs on the page in a real Chromium: each is read, or asked about, as on the command line."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rec_core.__main__ import main
from tests.browser.conftest import App

pytestmark = pytest.mark.browser
_ROWS = 600


def _table(separator: str, header: str, fields: Callable[[int, str, str, int, int], str]) -> str:
    """Return rows of 30 users and 101 items; ``fields`` gets the row, user, item, stars and seconds since 1970."""
    rows = [
        fields(n, f"u{n * 7919 % 30}", f"i{n * 31 % 101}", n * 7919 // 13 % 5 + 1, 1_500_000_000 + 40_000 * n)
        for n in range(_ROWS)
    ]
    return "\n".join([*([header] if header else []), *(row.replace("|", separator) for row in rows), ""])


def _day(seconds: int, form: str) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(form)


def _zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner.csv", text)
    return packed.getvalue()


def _german() -> bytes:
    text = _table(
        ";", "Kunde;Artikel;Bewertung;Datum", lambda n, u, i, r, t: f"{u}|{i}|{r - 1},5|{_day(t, '%d.%m.%Y %H:%M')}"
    )
    return "\ufeff".encode() + text.replace("\n", "\r\n").encode()


def _russian() -> bytes:
    header = "пользователь,товар,оценка,дата"
    text = _table(
        ",", header, lambda n, u, i, r, t: f"покупатель {u[1:]}|книга {i[1:]}|{r}|{_day(t, '%Y-%m-%d %H:%M:%S')}"
    )
    return text.encode("cp1251")


_INPUTS: dict[str, bytes] = {
    "bewertungen.csv": _german(),
    "events.csv": _table(
        ",",
        "timestamp,visitorid,event,itemid,transactionid",
        lambda n, u, i, r, t: (
            f"{t * 1000}|{u[1:]}|{('view', 'view', 'addtocart', 'transaction')[n % 4]}|{i[1:]}|"
            + (f"{90_000 + n}" if n % 4 == 3 else "")
        ),
    ).encode(),
    "index.csv": _table(
        ",", ",user_id,item_id,rating,timestamp", lambda n, u, i, r, t: f"{n}|{u}|{i}|{r}|{t}"
    ).encode(),
    "unclear.csv": _table(
        ",", "user,item,rating,date", lambda n, u, i, r, t: f"{u}|{i}|{r}|{n % 12 + 1:02}/{n // 12 % 12 + 1:02}/2019"
    ).encode(),
    "stray.csv": _table(
        ",",
        "user_id,item_id,stars,ts,text",
        lambda n, u, i, r, t: f"{u}|{i}|{r}|{t}|" + ('"great 7' if n == 100 else 'a 12"' if n == 500 else "fine"),
    ).encode(),
    "cp1251.csv": _russian(),
    "nested.jsonl": _table(
        "|",
        "",
        lambda n, u, i, r, t: (
            f'{{"userId": "{u}", "timestamp": "{_day(t, "%Y-%m-%dT%H:%M:%SZ")}", '
            f'"properties": {{"product_id": "{i}", "price": {r}}}}}'
        ),
    ).encode(),
    "packed.zip": _zipped(_table("\t", "user\titem\trating\ttime", lambda n, u, i, r, t: f"{u}|{i}|{r}|{t}")),
    "lists.txt": "\n".join(
        f"{user} " + " ".join(f"{(user * 13 + k * k) % 211}" for k in range(5 + user % 17)) for user in range(40)
    ).encode(),
    "prices.csv": _table(
        ",",
        "customer_id,article_id,price,t_dat",
        lambda n, u, i, r, t: f"{u}|0{i[1:].zfill(8)}|{int(i[1:]) * 0.37 + 1:.2f}|{_day(t, '%Y-%m-%d')}",
    ).encode(),
}


def _on_the_command_line(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Return what the command line says it read, or asks, without what pages say elsewhere."""
    capsys.readouterr()
    out = path.with_name("rows.csv")
    code = main(["select", "--data", str(path), "--ratio", "50%", "--method", "random", "--out", str(out)])
    lines = capsys.readouterr().err.splitlines()
    if code == 2:
        return "asked", " ".join(re.sub(r"^  \S+: ", "", line) for line in lines if re.match(r"^  \S", line))
    said = [line for line in lines if line.startswith("Read ")]
    return ("read", said[0].partition(": ")[2]) if said else ("refused", lines[-1])


def _open(page: Page, app: App) -> None:
    page.goto(app.link)
    expect(page.locator("h1")).to_be_visible(timeout=60_000)


def _on_the_page(page: Page, app: App, path: Path) -> tuple[str, str]:
    page.goto(f"{app.url}/data")
    expect(page.get_by_text("Where they come from")).to_be_visible(timeout=60_000)
    field = page.get_by_label("Path", exact=True)
    expect(field).to_be_attached(timeout=60_000)
    if page.locator("details[open]").filter(has=field).count() == 0:
        page.get_by_text("A log of your own", exact=True).click()
    field.fill(str(path))
    field.press("Enter")
    card = page.locator("[data-testid=stExpander]").filter(has_text="A log of your own").first
    answer = card.get_by_role("button", name=re.compile("^(Use this log|Answer the|Say which)"))
    refusal = card.get_by_test_id("stAlert")
    expect(answer.or_(refusal).first).to_be_visible(timeout=60_000)
    if not answer.is_visible() or answer.inner_text().startswith("Say which"):
        return "refused", ""
    if answer.inner_text().startswith("Answer"):
        asked = card.locator("[class*=st-key-own-ask-] [data-testid=stWidgetLabel]").all_inner_texts()
        return "asked", " ".join(text.strip() for text in asked)
    said = card.locator("[data-testid=stMarkdown]")
    columns = said.filter(has_text=re.compile("^Columns:")).inner_text().removeprefix("Columns:").strip()
    rows = said.filter(has_text=re.compile("^Rows:")).inner_text().removeprefix("Rows:").strip()
    return "read", f"{columns}. {rows}"


def _plain(text: str) -> str:
    return " ".join(text.split())


def test_ten_kinds_of_logs_are_read_or_asked_about_on_the_page_as_on_the_command_line(
    page: Page, app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    _open(page, app)
    kinds = {}
    for name, contents in _INPUTS.items():
        path = tmp_path / name
        path.write_bytes(contents)
        kind, said = _on_the_command_line(path, capsys)
        kinds[name], said_there = _on_the_page(page, app, path)
        assert kinds[name] == kind, name
        assert _plain(said).startswith(_plain(said_there)), name
    assert kinds["unclear.csv"] == "asked"
    assert list(kinds.values()).count("read") >= 7


def test_what_was_chosen_survives_a_reload(page: Page, app: App, tmp_path: Path) -> None:
    _open(page, app)
    path = tmp_path / "unclear.csv"
    path.write_bytes(_INPUTS["unclear.csv"])
    assert _on_the_page(page, app, path)[0] == "asked"
    page.get_by_text("Month first").click()
    expect(page.get_by_role("button", name="Use this log")).to_be_enabled()
    page.get_by_label("What to call it").first.fill("Our shop")
    page.get_by_label("What to call it").first.press("Enter")
    expect(page).to_have_url(re.compile("draft=[0-9a-f]{16}"))
    assert "unclear" not in page.url
    page.reload()
    expect(page.get_by_label("Path", exact=True)).to_have_value(str(path))
    expect(page.get_by_role("radio", name="Month first")).to_be_checked()
    expect(page.get_by_label("What to call it").first).to_have_value("Our shop")
    page.get_by_role("button", name="Use this log").click()
    expect(page.locator("h1")).to_contain_text(f"Our shop: {_ROWS} ratings by 30 users")
