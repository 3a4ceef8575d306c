"""Files and links that nobody would write, on the pages: never an exception, always a whole page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzzing import described, file_of, link_of
from tests.pages.conftest import Open, healthy


@pytest.mark.parametrize("begin", range(0, 30, 10))
def test_a_file_that_was_good_once_ends_no_page(open_page: Open, tmp_path: Path, begin: int) -> None:
    app = open_page("data")
    for number in range(begin, begin + 10):
        name, contents = file_of(number)
        path = tmp_path / f"{number} {name}"
        path.write_bytes(contents)
        app.text_input(key="own-path").set_value(str(path)).run(timeout=30)
        assert [e.message for e in app.exception] == [], described(name, contents)
        assert not [e for e in app.error if "inside Corelens" in str(e.value)], described(name, contents)
        taking = [button for button in app.button if button.key == "own-use" and not button.disabled]
        if taking:
            taking[0].click().run(timeout=30)
            assert [e.message for e in app.exception] == [], described(name, contents)
            assert not [e for e in app.error if "inside Corelens" in str(e.value)], described(name, contents)


@pytest.mark.parametrize("number", range(26))
def test_a_link_that_nobody_would_write_ends_no_page(open_page: Open, number: int) -> None:
    page, asked = link_of(number)
    app = open_page(page, **asked)
    if asked.get("present") != "true":
        healthy(app)
    assert [e.message for e in app.exception] == [], asked
    assert not [e for e in app.error if "inside Corelens" in str(e.value)], asked
