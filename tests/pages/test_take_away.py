"""The kept rows leave by a click; what takes long to pack is packed by a worker first."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cache.store import DiskStore
from rec_core.data.sources import SOURCES, Folders
from rec_core.data.sources.synthetic import Synthetic
from rec_core.experiment import Experiment
from rec_core.export.packed import PACKED, PACKED_WITH_MODEL, Packed
from rec_core.specs import ExperimentSpec
from rec_core.stages import SPLIT, Stage
from rec_core.wording.labels import ALL_ROWS
from tests.conftest import quick
from tests.pages.conftest import QUICK, Open, finish, healthy

_CHOSEN = {**QUICK, "method": "Random"}


def _labels(app: AppTest) -> list[str]:
    return [one.proto.label for one in app.get("download_button") if "away" in one.proto.label]


def _pack(home: Path, spec: ExperimentSpec, stage: Stage[Packed]) -> set[str]:
    """Do the worker's part; return the names of the files."""
    made = Experiment(spec, DiskStore(home), Folders(None, home / "data")).graph.get(stage)
    packed = zipfile.ZipFile(io.BytesIO(made.zip.tobytes()))
    return {name.removeprefix("coreset/") for name in packed.namelist()}


def test_the_model_is_packed_with_the_rows_once_it_is_trained(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    spec = quick("random")
    app = open_page("results", **_CHOSEN)
    assert len(_labels(app)) == 1
    assert "pack-model" not in [button.key for button in app.button]
    finish(home, spec)
    app = open_page("results", **_CHOSEN)
    app.button(key="pack-model").click().run()
    healthy(app)
    assert [kind for kind, _ in asked] == ["pack-model"]
    files = _pack(home, asked[0][1], PACKED_WITH_MODEL)
    assert files >= {"coreset.parquet", "dropped.parquet", "model/model.safetensors", "model/top_10.csv", "use.py"}
    assert _labels(open_page("results", **_CHOSEN)) == [
        "Take the 1,939 kept rows away",
        "Take them away with the model",
    ]


def test_of_large_data_the_rows_are_packed_by_a_worker(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = quick("random")
    Experiment(spec, DiskStore(home), Folders(None, home / "data")).graph.get(SPLIT)
    monkeypatch.setattr(Synthetic, "seconds", 60.0)
    assert SOURCES["synthetic-10k"].seconds
    app = open_page("results", **_CHOSEN)
    assert not _labels(app)
    app.button(key="pack").click().run()
    healthy(app)
    assert [kind for kind, _ in asked] == ["pack"]
    assert "dropped.parquet" not in _pack(home, spec, PACKED)
    (button,) = [one for one in open_page("results", **_CHOSEN).get("download_button") if "away" in one.proto.label]
    assert button.proto.id.endswith("take-away-pack")  # from the store: the page packs nothing itself
    assert "dropped.parquet" not in _pack(home, spec, PACKED_WITH_MODEL)


def test_the_same_rule_over_all_rows_is_offered_and_called_so(open_page: Open) -> None:
    app = open_page("results", **_CHOSEN)
    healthy(app)
    assert ALL_ROWS in [one.proto.label for one in app.get("download_button")]


def test_where_a_proxy_has_to_be_trained_on_all_rows_a_worker_prepares_them(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    spec = quick("gradient")
    finish(home, spec)
    app = open_page("results", **{**QUICK, "method": "Gradient"})
    app.button(key="pack-all-rows").click().run()
    healthy(app)
    ((kind, wanted),) = asked
    assert kind == "pack"
    assert wanted == spec.with_(split=spec.split.model_copy(update={"all_rows": True}))
    assert "recbole/coreset/coreset.inter" in _pack(home, wanted, PACKED)
    assert ALL_ROWS in [
        one.proto.label for one in open_page("results", **{**QUICK, "method": "Gradient"}).get("download_button")
    ]
