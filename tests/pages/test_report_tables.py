"""The report's tables on a page: the cells of the command line, why they differ, and one button for what is missing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from rec_core import report
from rec_core.__main__ import main
from rec_core.published import EVERYWHERE, TABLES
from rec_core.specs import ExperimentSpec
from tests.pages.conftest import Open, healthy, texts

DATA = "synthetic-10k"
LINK = {"data": "Synthetic, 10,000 ratings", "table_seeds": "2"}


def test_one_button_asks_for_every_run_of_the_three_tables(
    open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    app = open_page("report_tables", **LINK)
    healthy(app)
    assert app.title[0].value == report.QUESTION
    assert "0 of 36 runs are done." in [bar.proto.text for bar in app.get("progress")]
    app.button(key="run-tables").click().run()
    healthy(app)
    assert len({(spec.model.name, spec.feedback, spec.method.name, spec.pretrain) for _, spec in asked}) == 18
    assert {spec.seed for _, spec in asked} == {0, 1}
    assert all(spec.train.epochs == 20 for _, spec in asked)


def test_cells_are_those_of_the_command_line(home: Path, open_page: Open, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tables", "1", "--dataset", DATA, "--seeds", "2", "--format", "csv"]) == 0
    printed = [line for line in capsys.readouterr().out.splitlines() if line and not line.startswith("#")]
    app = open_page("report_tables", **LINK)
    healthy(app)
    drawn: pd.DataFrame = app.dataframe[0].value
    assert drawn.to_csv(index=False).splitlines() == printed
    assert app.title[0].value == "The report's figures come out on 0 of the 4 rows that were run."
    assert "14 rows are not run yet" in texts(app)


def test_every_difference_is_explained_and_other_data_are_said(open_page: Open) -> None:
    app = open_page("report_tables", **LINK)
    said = texts(app)
    for table in TABLES.values():
        assert all(why.text in said for _, why in report.causes(table))
    assert all(why.text in said for why in EVERYWHERE)
    assert said.count("*Not known:*") == 3 + 2  # each once
    assert said.count("As above.") == 2
    assert "The report's figures are of MovieLens 1M, ours here of" in said
    app.button(key="use-reports-data").click().run()
    assert app.sidebar.selectbox(key="data-choice").value == "ml-1m"


@pytest.mark.parametrize(("seeds", "expected"), [("0", 3), ("x", 3), ("2.5", 2)])
def test_a_number_of_seeds_that_cannot_be_is_not_taken(open_page: Open, seeds: str, expected: int) -> None:
    app = open_page("report_tables", data=LINK["data"], table_seeds=seeds)
    healthy(app)
    assert f"0 of {18 * expected} runs are done." in [bar.proto.text for bar in app.get("progress")]
