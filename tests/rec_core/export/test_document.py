"""The summary and its HTML file."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from scipy import stats

from rec_core.analysis.comparison import Compared
from rec_core.analysis.evidence import Evidence
from rec_core.data.sources import Folders
from rec_core.export.document import Document, to_html
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import config, enlarge
from rec_core.replicates import Estimate, Group, over_seeds
from rec_core.wording import comparison, summary
from rec_core.wording.comparison import how_sure
from tests.conftest import experiment, quick

AWKWARD = "<b>Bold</b> \"quoted\" 'single' =1+1 $x$ 🎬 </script><img src=x onerror=alert(1)>"


def _exhibit() -> Exhibit:
    figure = go.Figure().add_scatter(x=[1, 2], y=[3, 4], text=[AWKWARD, "plain"])
    table = pd.DataFrame({"Film": [AWKWARD], "Share": [0.25]})
    return Exhibit("name", "Title", figure, AWKWARD, table, AWKWARD, AWKWARD, formula=r"a<b", source=AWKWARD)


@pytest.fixture
def document() -> Document:
    return Document(
        AWKWARD, AWKWARD, AWKWARD, AWKWARD, {AWKWARD: (AWKWARD, AWKWARD)}, [_exhibit(), _exhibit()],
        pd.DataFrame({"Kept": [AWKWARD]}), [AWKWARD], [AWKWARD], {"key": AWKWARD},
    )  # fmt: skip


def test_awkward_titles_are_text_in_the_file(document: Document) -> None:
    page = to_html(document)
    body = page[page.index("<body>") :]
    assert "<b>Bold" not in body
    assert "<img" not in body
    assert "&lt;b&gt;Bold" in body
    assert body.count("</script>") == len(re.findall(r"<script", body))


def test_the_file_brings_plotly_once_and_asks_for_nothing(document: Document) -> None:
    page = to_html(document)
    assert page.count("Plotly.newPlot(") == 2
    assert len(re.findall(r"<script>/\*\*\n\* plotly", page)) == 1
    assert _addresses(page) == []
    assert '"showSendToCloud": false' in page
    assert "default-src 'none'" in page


def _addresses(page: str) -> list[str]:
    """Return what a browser would fetch for the page."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            found.extend(str(value) for name, value in attributes if name in ("src", "href", "data", "action"))

    Reader().feed(page)
    return found


def test_no_figure_can_be_sent_away() -> None:
    assert config("x")["showSendToCloud"] is False
    assert config("x")["toImageButtonOptions"] == {"format": "svg", "filename": "corelens-x"}
    assert "lasso2d" in config("x")["modeBarButtonsToRemove"]
    assert "lasso2d" not in config("x", lasso=True)["modeBarButtonsToRemove"]


def test_slides_have_large_type_and_leave_the_figure_alone() -> None:
    figure = _exhibit().figure
    assert enlarge(figure, 20).layout.legend.font.size == 20
    assert figure.layout.legend.font.size is None


def test_intervals_over_seeds_are_students() -> None:
    values = [0.70, 0.74, 0.72]
    expected = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    found = over_seeds(values)
    assert (found.low, found.high) == pytest.approx(expected)
    assert how_sure(over_seeds([0.7])) == "70 % (interval unknown, one seed)"
    assert how_sure(found) == "72 % (67 % to 77 %, 3 seeds)"


def test_the_decision_follows_from_quality_time_and_controls(folders: Folders) -> None:
    full = experiment(quick("full"), folders).result()
    metrics = {"recall@10": 0.60, "ndcg@10": 0.3, "recall@10_all": 0.1, "ndcg@10_all": 0.05}
    seconds = full.seconds | {"pretrain": 0.0, "select": 0.0, "train": 100.0}
    controls = dict.fromkeys(("most_popular", "recent_popular", "svd_kept"), metrics | {"recall@10": 0.4})
    full = replace(full, metrics=metrics, controls=controls, seconds=seconds, cpu_seconds=seconds)

    def judge(*recalls: float, train: float = 20.0) -> Compared:
        seeds = range(len(recalls))
        took = seconds | {"train": train}
        own = [metrics | {"recall@10": recall} for recall in recalls]
        made = tuple(replace(full, metrics=one, seconds=took, cpu_seconds=took) for one in own)
        ours = Group(tuple(quick("random", seed=seed) for seed in seeds), made)
        return Compared(ours, Group(tuple(quick("full", seed=seed) for seed in seeds), (full,) * len(recalls)))

    def weigh(one: Compared, error: float) -> Evidence:
        """As if each user's difference from full data and from the control had this error."""
        count, kept = len(one.group.results), one.value / 0.6
        return Evidence(Estimate(one.value - 0.4, 0.6 * error, 1000, count), Estimate(kept, error, 1000, count))

    def decide(*recalls: float, train: float = 20.0, error: float = 0.004) -> str:
        one = judge(*recalls, train=train)
        return summary.decision(one, weigh(one, error))

    assert decide(0.597, 0.599).startswith(
        "Train on Random at 20 %: it loses no more than 2 %, and saves 80 % of the CPU"
    )
    for recall in (0.598, 0.50):  # one seed decides nothing, neither for nor against
        assert decide(recall).startswith("Run more seeds before you decide: Random at 20 % keeps ")
    assert decide(0.597, 0.599, error=0.02).startswith("Random at 20 % may be enough. Run")  # the interval is wide
    assert decide(0.50, 0.50) == "Train on everything, unless 80 % of the CPU time is worth 17 % of Recall@10."
    assert decide(0.401) == (
        "Do not train on Random at 20 %: the control “most popular” needs no training, and there is no clear "
        "difference from it (one seed)."
    )
    assert decide(0.3).endswith("the control “most popular” needs no training, and does better (one seed).")
    assert decide(0.3, 0.3).endswith("the control “most popular” needs no training, and does better.")
    assert decide(0.59, train=200) == "Train on everything: Random at 20 % saves no time."
    one = judge(0.54)
    assert "again before you decide" in summary.decision(one, None)
    (result,) = one.group.results
    waited = replace(result, seconds=result.seconds | {"train": 90.0})  # by the clock; 20 of them on a core
    for other, why in ((replace(result, cpu_seconds={}), "before CPU time was measured"), (waited, "shared its core")):
        assert why in summary.decision(Compared(Group(one.group.specs, (other,)), one.baseline), weigh(one, 0.004))
    alike = judge(0.599, 0.599, train=99)
    assert summary.decision(alike, weigh(alike, 0.001)).endswith("saves no time.")  # 1 % is the machine's
    said = "Random at 20 % keeps 90 % (89 % to 91 %, one seed) of Recall@10 and saves 80 % of the CPU time."
    assert summary.headline(one, weigh(one, 0.004)) == said
    limits = " ".join(summary.limits(one, weigh(one, 0.004), 600))
    assert "mean over 600 users" in limits
    assert "gain over the best control is +0.140 (+0.135 to +0.145, one seed)" in limits
    assert "One seed" in limits
    two = judge(0.54, 0.55)
    assert "One seed" not in " ".join(summary.limits(two, weigh(two, 0.004), 600))
    assert any("2 epochs" in line for line in summary.method_notes(quick("random")))


def test_nothing_is_decided_before_all_controls_are_measured(folders: Folders) -> None:
    """A random walk may do better than what was measured with the run; the page said "Train on" for ten seconds."""
    specs = {method: quick(method) for method in ("full", "random")}
    groups = {m: Group((s,), (experiment(s, folders).result(),)) for m, s in specs.items()}
    one = Compared(groups["random"], groups["full"])
    sure = Evidence(Estimate(0.1, 0.001, 1000, 3), Estimate(0.999, 0.001, 1000, 3))
    assert not one.is_controlled
    assert "Stronger controls, such as an untrained SVD, are not measured yet." in comparison.headline(one, sure)[1]
    assert summary.decision(one, sure).startswith(
        ("Do not decide yet: stronger controls", "Run Random at 20 % and full")
    )
    whole = Compared(Group((specs["random"],), (experiment(specs["random"], folders).result_with_controls(),)), None)
    assert whole.is_controlled
    assert "not measured yet" not in comparison.headline(whole, sure)[1]
