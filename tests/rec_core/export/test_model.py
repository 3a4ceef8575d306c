"""The model that is taken away gives the scores that it had, and every user's first items are those of the ranking."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from rec_core.analysis.recommend import top_list
from rec_core.data.sources import Folders
from rec_core.errors import CancelledError, CorelensError
from rec_core.experiment import Experiment
from rec_core.export import bundle, model
from rec_core.export.model import top_items
from rec_core.models import Fitted
from rec_core.progress import Progress
from rec_core.stages import MemoryStore
from tests.conftest import quick

_FOLDERS = Folders(None, Path("no-downloads"))


@pytest.mark.parametrize(("name", "feedback"), [("ncf", "implicit"), ("mf", "explicit"), ("co-occurrence", "implicit")])
def test_everybodys_first_items_are_those_of_one_user_at_a_time(name: str, feedback: str) -> None:
    experiment = Experiment(quick("random", feedback, name), MemoryStore(), _FOLDERS)
    frame, split = top_items(experiment, 5), experiment.split
    assert frame["user_id"].nunique() == split.catalogue.n_users
    assert (frame.groupby("user_id")["rank"].apply(list).map(lambda ranks: ranks == [1, 2, 3, 4, 5])).all()
    for user in (0, 7, 149):
        wanted = top_list(experiment.model, split, user, 5).items
        ours = frame[frame["user_id"] == split.catalogue.user_ids[user]]
        scores = experiment.model.predict(np.array([user]), wanted)
        assert ours["score"].to_numpy() == pytest.approx(scores, rel=1e-4, abs=1e-5)
        if len(set(np.round(scores, 5))) == 5:  # no ties that another order of additions could break otherwise
            assert ours["item_id"].tolist() == split.catalogue.item_ids[wanted].tolist()


def test_parameters_come_back_and_the_script_loads_them(tmp_path: Path) -> None:
    experiment = Experiment(quick("random"), MemoryStore(), _FOLDERS)
    bundle.write(experiment, tmp_path / "out", bundle.Wanted(model=True, top=3))
    folder = tmp_path / "out" / "model"
    params = load_file(folder / "model.safetensors")
    users, items = np.arange(50), np.arange(50)
    again = Fitted(experiment.model.model, params).predict(users, items)
    assert again.tolist() == experiment.model.predict(users, items).tolist()
    ids = pd.read_parquet(folder / "users.parquet")
    assert ids["user_id"].tolist() == experiment.split.catalogue.user_ids.tolist()
    assert len(pd.read_csv(folder / "top_3.csv")) == len(pd.read_parquet(folder / "top_3.parquet")) == 3 * len(ids)
    said = subprocess.run([sys.executable, "load.py"], cwd=folder, capture_output=True, text=True, check=True).stdout
    assert "'feedback': 'implicit'" in said
    assert f"{len(ids)} users" in said


@pytest.mark.parametrize("count", [0, 10_000])
def test_a_number_of_items_that_is_not_there_is_said(count: int) -> None:
    with pytest.raises(CorelensError, match="items to recommend; ask for 1 to that many"):
        top_items(Experiment(quick("random"), MemoryStore(), _FOLDERS), count)


def test_recommending_to_everybody_is_followed_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker looks whether it is cancelled where it tells how far it is."""
    monkeypatch.setattr(model, "_PAIRS", 400 * 10)
    told: list[float] = []

    def listen(progress: Progress) -> None:
        if progress.stage == "Recommending":
            told.append(progress.fraction)
            if len(told) == 3:
                raise CancelledError("Cancelled.")

    experiment = Experiment(quick("random"), MemoryStore(), _FOLDERS, listen)
    with pytest.raises(CancelledError):
        top_items(experiment, 5)
    assert told == pytest.approx([10 / 150, 20 / 150, 30 / 150], rel=0.1)
