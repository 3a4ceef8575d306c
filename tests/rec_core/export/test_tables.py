"""Tables as papers, spreadsheets and notes take them."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from rec_core.export.tables import render

CELLS = pd.DataFrame({"Way": ["A & B †", "C_1", "50 %"], "Recall": ["0.10 ± 0.02", "0.30", "0.30"]})


def test_latex_has_nothing_that_latex_would_take_for_a_command() -> None:
    text = render("Title\nof two", CELLS, ["A note."], "latex", bold={"Recall": [1, 2]})
    assert text.splitlines()[:2] == ["% Title of two", "% A note."]
    assert r"A \& B $\dagger$ & 0.10 $\pm$ 0.02 \\" in text
    assert r"C\_1 & \textbf{0.30} \\" in text
    assert r"50 \% & \textbf{0.30} \\" in text
    assert all(rule in text for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
    assert text.isascii()


def test_markdown_has_a_line_per_row() -> None:
    lines = render("T", CELLS, ["N."], "md", bold={"Recall": [0]}).splitlines()
    assert lines[0] == "**T**"
    assert lines[2] == "| Way | Recall |"
    assert "| A & B † | **0.10 ± 0.02** |" in lines


def test_csv_reads_back_as_it_was() -> None:
    text = render("T", CELLS, ["N."], "csv", bold={"Recall": [0]})
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(text), comment="#", dtype=str), CELLS)


@pytest.mark.parametrize("sign", ["½", "é"])
def test_what_latex_has_no_sign_for_stays(sign: str) -> None:
    assert sign in render("T", pd.DataFrame({"a": [sign]}), [], "latex")
