from __future__ import annotations

from rec_core.analysis.comparison import UNKNOWN
from rec_core.analysis.finished import Finished
from rec_core.data.sources import Folders
from rec_core.evaluation import METRICS
from rec_core.figures.both_kinds import quality_against_cost
from tests.conftest import experiment, quick


def test_runs_of_every_model_stand_on_one_figure(folders: Folders) -> None:
    specs = [quick("full"), quick("random"), quick("users", model="svd"), quick("full", model="svd")]
    other = quick("random", data={"dataset": "synthetic-10k", "min_interactions": 6})  # tested on others
    runs = tuple((spec, experiment(spec, folders).result()) for spec in [*specs, other])
    compared = Finished(runs).under_any_model(specs[0], METRICS["recall@10_all"])
    assert len(compared) == 4
    exhibit = quality_against_cost(compared, "Two models.", UNKNOWN)
    assert [trace.name for trace in exhibit.figure.data] == [
        "NCF · one embedding per user",
        "Item SVD · served from the profile",
    ]
    ncf, svd = exhibit.figure.data
    assert list(ncf.text) == ["Full data", "Random 20 %"]
    assert list(svd.marker.symbol) == ["triangle-up", "triangle-up-open"]
    assert list(svd.y) == [compared[place].value for place in (2, 3)]
    assert list(svd.x) == [compared[place].seconds for place in (2, 3)]
    assert exhibit.figure.layout.xaxis.type == "log"
    found = {(row["model"], row["recall@10_all"]) for _, row in exhibit.table.iterrows()}
    assert found == {("NCF", compared[place].value) for place in (0, 1)} | {
        ("Item SVD", compared[place].value) for place in (2, 3)
    }
