"""The stages of an experiment (``rec_core.stages``), listed: for those who compute it, and for those who only look.

Everything up to the coreset is NumPy and quick, so a ``View`` computes it on the spot; only training imports torch.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Dataset, Split
from rec_core.data.sources import SOURCES, Folders
from rec_core.data.sources.table.summing import WasRead
from rec_core.evaluation import Metric, PerUser, controls, free
from rec_core.evaluation.evaluate import Evaluation
from rec_core.evaluation.ranking import ALL_ITEMS
from rec_core.models import MODELS, Fitted
from rec_core.models.served import Profile
from rec_core.progress import Listener
from rec_core.projection import UserMap
from rec_core.results import RunResult
from rec_core.selection import Candidates, Coreset
from rec_core.selection.screen import Screen
from rec_core.specs import ExperimentSpec
from rec_core.stages import (
    EVALUATE,
    LOAD,
    MODEL_MAP,
    NEGATIVES,
    PLACES,
    PROFILE,
    PROXY,
    PROXY_MAP,
    READ,
    RUN,
    SCORE,
    SCREEN,
    SELECT,
    SPLIT,
    TRAIN,
    Graph,
    Stage,
    StageStore,
    StoredReadings,
    unpacked,
)
from rec_core.stages import controls as controls_of
from rec_core.stages.evaluate import fitted_model, ranked_among_all
from rec_core.stages.negatives import Negatives
from rec_core.stages.places import Places
from rec_core.stages.profile import is_chosen
from rec_core.stages.proxy import fitted_proxy
from rec_core.stages.select import candidates
from rec_core.stages.train import TrainedModel


class Stages:
    """The results of one experiment's stages, each had when it is asked for."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.spec = graph.spec

    @property
    def dataset(self) -> Dataset:
        """All interactions as the source has them."""
        return self.graph.get(LOAD)

    @property
    def read(self) -> WasRead:
        """What was read of somebody's own log; empty for other data."""
        return self.graph.get(READ)

    @property
    def split(self) -> Split:
        """Train, validation and test after the filter."""
        return self.graph.get(SPLIT)

    @property
    def places(self) -> Places:
        """Which records of the source the rows of the split are."""
        return self.graph.get(PLACES)

    @property
    def negatives(self) -> Negatives:
        """Test and validation negatives."""
        return self.graph.get(NEGATIVES)

    @property
    def proxy(self) -> Fitted:
        """The proxy: pretrained on all train rows, or its random start."""
        return fitted_proxy(self.graph)

    @property
    def candidates(self) -> Candidates:
        """What the method chooses from."""
        return candidates(self.graph)

    @property
    def scores(self) -> NDArray[np.float32]:
        """The values by which the method ranks train rows, (n,)."""
        return self.graph.get(SCORE).values

    @property
    def coreset(self) -> Coreset:
        """The kept rows."""
        return self.graph.get(SELECT)

    @property
    def screened(self) -> Screen:
        """Which rows the screen would keep."""
        return self.graph.get(SCREEN)

    @property
    def profile(self) -> Profile | None:
        """What of their history serves users, where the model is served from it and that was chosen; else None."""
        return self.graph.get(PROFILE).profile if is_chosen(self.spec) else None

    @property
    def trained(self) -> TrainedModel:
        """Parameters and history of the model."""
        return self.graph.get(TRAIN)

    @property
    def model(self) -> Fitted:
        """The trained model."""
        return fitted_model(self.graph)

    @property
    def evaluated(self) -> Evaluation:
        """Metrics of the model and of the controls."""
        return self.graph.get(EVALUATE)

    def control_values(self, control: str, metric: Metric) -> NDArray[np.float64]:
        """Return the value of ``metric`` that a control gives each test user, (n_users,)."""
        some = ranked_among_all(self.spec, self.split) if metric.part == ALL_ITEMS else None
        among = slice(None) if some is None else some
        for stage in controls_of.stages(self.spec):
            if control in free.NAMES and control in (found := self.graph.get(stage).per_user):
                return metric.values(found[control])[among]
        kept = self.split.train.take(self.coreset.rows)
        negatives = self.negatives.test if self.spec.feedback == "implicit" else None
        histories = self.split.known if self.spec.model.is_served else None
        own = controls.per_user(control, self.split, kept, negatives, [metric.part], histories)
        return metric.values(own)[among] if own else np.full(len(self.split.tested), np.nan)

    def embedded(self, of_proxy: bool) -> Fitted:
        """Return what a user map is of: the proxy, or the trained model."""
        return self.proxy if of_proxy else self.model

    def user_map(self, of_proxy: bool) -> UserMap:
        """Return the UMAP of the users."""
        return self.graph.get(PROXY_MAP if of_proxy else MODEL_MAP)


class Experiment(Stages):
    """One spec, whose stages are computed where they are not in ``store``."""

    def __init__(
        self,
        spec: ExperimentSpec,
        store: StageStore,
        folders: Folders,
        listen: Listener = lambda progress: None,
        download_progress: Any = False,
    ) -> None:
        super().__init__(Graph(spec, store, folders, listen, download_progress))
        self._store = store

    def result(self) -> RunResult:
        """Return the run's result.

        Raises:
            CorelensError: one sentence, if data or settings do not allow the run.
        """
        return _readable(self.graph.get(RUN), self._store)

    def result_with_controls(self) -> RunResult:
        """Return the run's result with every control that belongs beside it; the errors are the same."""
        result = self.result()
        for stage in controls_of.stages(self.spec):
            result = self.graph.get(stage).beside(result)
        return result


class View(Stages):
    """One spec, looked at: what is in ``store`` and what is live. It can neither train nor download.

    Of a finished run its ``result`` says where its parts are, also where an older version made it.
    """

    def __init__(
        self, spec: ExperimentSpec, store: StageStore, folders: Folders, result: RunResult | None = None
    ) -> None:
        here = SOURCES[spec.data.dataset].is_here(folders)

        def may(stage: Stage[Any]) -> bool:
            return stage.live(spec) and (stage != LOAD or here)

        super().__init__(Graph(spec, store, folders, may=may, made=result.stage_keys if result else None))

    def can(self, stage: Stage[Any]) -> bool:
        """Say whether the result of ``stage`` can be shown: it is stored, or can be computed on the spot."""
        return self.graph.can(stage)

    def has(self, stage: Stage[Any]) -> bool:
        """Say whether the result of ``stage`` is in the store, whole."""
        return self.graph.finds(stage)

    def has_control(self, control: str) -> bool:
        """Say whether what a control gives each user is in the store, or is worked out in no time."""
        measured = [stage for stage in controls_of.stages(self.spec) if self.has(stage)]
        return control not in free.NAMES or any(control in self.graph.get(stage).per_user for stage in measured)

    @property
    def proxy_is_ready(self) -> bool:
        """Whether nothing has to be pretrained before the method can select."""
        return not self.spec.uses_proxy or self.can(PROXY)


def stored_per_user(result: RunResult, store: StageStore) -> PerUser | None:
    """Return the results of each test user in a finished run, or None if they are gone."""
    found = unpacked(Evaluation, store.get(result.stage_keys.get(EVALUATE.name, "")))
    return None if found is None else found.per_user


def stored_result(key: str, store: StageStore) -> RunResult | None:
    """Return the result of the run called ``key``, or None if it has not been made."""
    found = unpacked(RunResult, store.get(key))
    return None if found is None else _readable(found, store)


def _readable(result: RunResult, store: StageStore) -> RunResult:
    """Return a result that works out metrics which it did not store, from what each user got."""
    model = MODELS.get(result.spec["model"]["name"])  # None of a model that this version lacks
    has_histories = model is not None and model.is_served
    among_some = bool(result.spec["evaluation"].get("users"))
    return replace(result, readings=StoredReadings(result.stage_keys, store, has_histories, among_some))
