"""From a spec to its result, stage by stage, each remembered under its own inputs.

    load → filter → split → proxy → score → select → train → evaluate
                              └→ map (UMAP)              └→ map

Everything up to the coreset is NumPy and quick, so pages can ask for it live; only training imports torch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from rec_core import selection, specs
from rec_core.analysis import projection
from rec_core.analysis.projection import UserMap
from rec_core.data import filtering, negatives, sources, splits
from rec_core.data.interactions import Dataset, Split
from rec_core.errors import SelectionError
from rec_core.evaluation import evaluate as evaluation
from rec_core.evaluation.ranking import ranking_metrics, sampled_ranks
from rec_core.evaluation.rating import rating_metrics
from rec_core.models import MODELS, simple_mf
from rec_core.products import Coreset, Listener, Negatives, Params, Progress, Proxy, Scores, TrainedModel
from rec_core.randomness import generator
from rec_core.results import RunResult, versions
from rec_core.specs import ExperimentSpec
from rec_core.stages import Json, Remembered, StageStore, remember, stage_key, unpack

T = TypeVar("T")


def resolve(spec: ExperimentSpec, folders: sources.Folders) -> ExperimentSpec:
    """Return ``spec`` with the fingerprint of the copy of its data that ``folders`` hold."""
    mark = sources.fingerprint(sources.SOURCES[spec.data.dataset], folders)
    return spec.with_(data=spec.data.model_copy(update={"fingerprint": mark}))


def stored_result(key: str, store: StageStore) -> RunResult | None:
    """Return the result of the run called ``key``, or None if it has not been made."""
    found = store.get(key)
    return None if found is None else unpack(RunResult, found)


class Experiment:
    """One spec and its stages, computed on demand and remembered in ``store``."""

    def __init__(
        self,
        spec: ExperimentSpec,
        store: StageStore,
        folders: sources.Folders,
        listen: Listener = lambda progress: None,
        download_progress: Any = None,
    ) -> None:
        self.spec = resolve(spec, folders)
        self.method = selection.METHODS[self.spec.method.name]
        self._store, self._folders, self._listen = store, folders, listen
        self._download_progress = download_progress
        self._done: dict[str, Remembered] = {}

    @cached_property
    def dataset(self) -> Dataset:
        """All interactions as the source has them."""
        return self._stage(
            "load",
            specs.load_inputs(self.spec),
            Dataset,
            lambda: sources.load(self.spec.data.dataset, self._folders, self._download_progress or False),
        )

    @cached_property
    def split(self) -> Split:
        """Train, validation and test after the filter."""

        def compute() -> Split:
            filtered = filtering.k_core(self.dataset, self.spec.data.min_interactions)
            rules = self.spec.split
            return splits.leave_one_out(filtered, rules.test, rules.validation, generator(self.spec.data_seed, "split"))

        return self._stage("split", specs.split_inputs(self.spec), Split, compute, needs=("dataset",))

    @cached_property
    def negatives(self) -> Negatives:
        """Test and validation negatives."""
        count = self.spec.evaluation.negatives

        def compute() -> Negatives:
            test, validation = (
                negatives.sample_negatives(self.split, count, generator(self.spec.data_seed, f"{part} negatives"))
                for part in ("test", "validation")
            )
            return Negatives(test, validation)

        return self._stage("negatives", specs.negative_inputs(self.spec), Negatives, compute, needs=("split",))

    @property
    def _uses_proxy(self) -> bool:
        return self.method.needs_proxy and not specs.keeps_everything(self.spec)

    @property
    def proxy_key(self) -> str:
        """The proxy's name in the store."""
        return stage_key("proxy", specs.proxy_inputs(self.spec))

    @property
    def proxy_is_ready(self) -> bool:
        """Whether the coreset can be had without training: no proxy needed, an untrained one, or a stored one."""
        return not (self._uses_proxy and self.spec.pretrain) or self.has_proxy

    @property
    def has_proxy(self) -> bool:
        """Whether the proxy is in the store, used or not."""
        return self._store.has(self.proxy_key)

    @property
    def is_selected(self) -> bool:
        """Whether the coreset is in the store."""
        return self._store.has(stage_key("select", specs.selection_inputs(self.spec)))

    @property
    def is_trained(self) -> bool:
        """Whether the trained model is in the store."""
        return self._store.has(stage_key("train", specs.canonical(self.spec)))

    @property
    def is_evaluated(self) -> bool:
        """Whether the metrics of each user are in the store."""
        return self._store.has(stage_key("evaluate", specs.canonical(self.spec)))

    @cached_property
    def proxy(self) -> Proxy:
        """The proxy: pretrained on all train rows, or its random start."""
        needs = ("split", "_loop") if self.spec.pretrain else ("split",)
        return self._stage("proxy", specs.proxy_inputs(self.spec), Proxy, self._make_proxy, needs)

    def _make_proxy(self) -> Proxy:
        spec, train = self.spec.proxy, self.split.train
        start = simple_mf.start(
            self.split.catalogue.n_users,
            self.split.catalogue.n_items,
            dim=spec.dim,
            init_std=spec.init_std,
            bias=spec.bias and self.spec.feedback == "explicit",
            mean=float(train.rating.mean(dtype=np.float64)),
            rng=generator(self.spec.seed, "proxy start"),
        )
        if not self.spec.pretrain:
            return Proxy(start)
        loop = self._loop
        watch = loop.Watch(report=self._report("Pretraining the proxy", spec.epochs))
        rng = generator(self.spec.seed, "proxy training")
        return Proxy(loop.train("mf", start, train, self.spec.feedback, spec, rng, watch).params)

    @cached_property
    def candidates(self) -> selection.Candidates:
        """What the method chooses from."""
        return self._unscored if self.method.score is None else replace(self._unscored, scores=self.scores)

    @cached_property
    def _unscored(self) -> selection.Candidates:
        proxy = self.proxy.params if self.method.needs_proxy else {}
        return selection.Candidates(self.split.train, self.split.catalogue.n_users, self.spec.feedback, proxy)

    @cached_property
    def scores(self) -> NDArray[np.float32]:
        """The values by which the method ranks train rows, (n,).

        Raises:
            SelectionError: if the method ranks by none.
        """
        score = self.method.score
        if score is None:
            raise SelectionError(f"{self.method.title} does not score ratings; choose a method that does.")
        inputs = {"proxy": specs.proxy_inputs(self.spec), "method": self.method.name}
        return self._stage("score", inputs, Scores, lambda: Scores(score(self._unscored)), ("_unscored",)).values

    @cached_property
    def coreset(self) -> Coreset:
        """The kept rows."""

        def compute() -> Coreset:
            n = len(self.split.train)
            if specs.keeps_everything(self.spec):
                return Coreset(np.arange(n))
            rng = generator(self.spec.seed, "selection")
            count = selection.budget(self.spec.ratio, n)
            return Coreset(self.method.select(self.candidates, count, rng, self.spec.method.params))

        needs = ("split",) if specs.keeps_everything(self.spec) else ("candidates", "_method_library")
        return self._stage("select", specs.selection_inputs(self.spec), Coreset, compute, needs)

    @cached_property
    def trained(self) -> TrainedModel:
        """The model, trained on the coreset."""
        negatives = ("negatives",) if self.spec.feedback == "implicit" else ()
        needs = ("_loop", "_scoring", "coreset", *negatives)
        return self._stage("train", specs.canonical(self.spec), TrainedModel, self._train, needs)

    def _train(self) -> TrainedModel:
        loop = self._loop
        spec, kept = self.spec.train, self.split.train.take(self.coreset.rows)
        start = MODELS[self.spec.model.name].start(
            self.split.catalogue.n_users,
            self.split.catalogue.n_items,
            dim=self.spec.model.dim,
            init_std=self.spec.model.init_std,
            bias=self.spec.model.bias and self.spec.feedback == "explicit",
            mean=float(kept.rating.mean(dtype=np.float64)),
            rng=generator(self.spec.seed, "start"),
        )
        watch = loop.Watch(self._validate, spec.patience, self._report("Training", spec.epochs))
        rng = generator(self.spec.seed, "training")
        trained = loop.train(
            self.spec.model.name, start, kept, self.spec.feedback, spec, rng, watch, self.coreset.weights
        )
        return TrainedModel(trained.params, [self._history_row(row) for row in trained.history], trained.best_epoch)

    def _validate(self, params: Params) -> float:
        """Return Recall@10, or minus the RMSE, on the validation split."""
        score = self._scoring.scorer(self.spec.model.name, params)
        if self.spec.feedback == "explicit":
            return -rating_metrics(evaluation.rating_errors(score, self.split.validation))["rmse"]
        return ranking_metrics(sampled_ranks(score, self.split.validation, self.negatives.validation))["recall@10"]

    def _history_row(self, row: dict[str, float | None]) -> dict[str, float | None]:
        score = row.pop("validation") or 0.0
        metric = {"rmse": -score} if self.spec.feedback == "explicit" else {"recall@10": score}
        return {**row, **{f"validation_{name}": value for name, value in metric.items()}}

    @cached_property
    def evaluated(self) -> evaluation.Evaluation:
        """Metrics of the model and of the controls."""

        def compute() -> evaluation.Evaluation:
            kept = self.split.train.take(self.coreset.rows)
            score = self._scoring.scorer(self.spec.model.name, self.trained.params)
            if self.spec.feedback == "explicit":
                return evaluation.evaluate_ratings(score, self.split, kept)
            report = self._report("Evaluating")
            return evaluation.evaluate_ranking(score, self.split, kept, self.negatives.test, report)

        inputs = specs.canonical(self.spec)
        return self._stage("evaluate", inputs, evaluation.Evaluation, compute, needs=("_scoring", "coreset", "trained"))

    def user_embeddings(self, of_proxy: bool) -> NDArray[np.float32]:
        """Return the user embeddings (n_users x d) of the proxy or of the trained model."""
        if of_proxy:
            return projection.trained_users("mf", self.proxy.params)
        return projection.trained_users(self.spec.model.name, self.trained.params)

    def map_key(self, of_proxy: bool) -> str:
        """Return the name in the store of the user map of the proxy or of the trained model."""
        return stage_key("map", self._map_inputs(of_proxy))

    def user_map(self, of_proxy: bool) -> UserMap:
        """Return the UMAP of the users; whatever method is chosen, a proxy has one."""
        needs = ("proxy" if of_proxy else "trained", "_umap")

        def compute() -> UserMap:
            rng = generator(self.spec.seed, "map")
            self._listen(Progress("Drawing the map"))
            return projection.umap(self.user_embeddings(of_proxy), rng)

        return self._stage("map", self._map_inputs(of_proxy), UserMap, compute, needs)

    def _map_inputs(self, of_proxy: bool) -> dict[str, Json]:
        return {"proxy": specs.proxy_inputs(self.spec)} if of_proxy else {"run": specs.canonical(self.spec)}

    def result(self) -> RunResult:
        """Return the run's result, from the store if it is there.

        Raises:
            CorelensError: one sentence, if data or settings do not allow the run.
        """
        found = stored_result(self.spec.key, self._store)
        if found is not None:
            return found
        for stage, doing in self._plan():
            self._listen(Progress(doing))
            getattr(self, stage)
        result = RunResult(
            spec=self.spec.model_dump(),
            key=self.spec.key,
            n_train=len(self.split.train),
            n_selected=len(self.coreset.rows),
            metrics=self.evaluated.metrics,
            controls=self.evaluated.controls,
            history=self.trained.history,
            best_epoch=self.trained.best_epoch,
            seconds=self._seconds(),
            stage_keys={stage: done.key for stage, done in self._done.items()},
            versions=versions(),
        )
        remember(self._store, "run", specs.canonical(self.spec), RunResult, lambda: result)
        return result

    def _plan(self) -> list[tuple[str, str]]:
        """Return the stages that count towards the run's cost, each also when a later one is in the store already."""
        chosen = [("candidates", "Scoring")] if self._uses_proxy else []
        negatives = [("negatives", "Drawing negatives")] if self.spec.feedback == "implicit" else []
        return [
            ("dataset", "Loading the data"),
            ("split", "Splitting"),
            *negatives,
            *chosen,
            ("coreset", "Selecting"),
            ("trained", "Training"),
            ("evaluated", "Evaluating"),
        ]

    def _seconds(self) -> dict[str, float]:
        def cost(*stages: str) -> float:
            return sum(self._done[stage].seconds for stage in stages if stage in self._done)

        # Drawing an untrained proxy is no pretraining; it is part of selecting.
        pretrains = self.spec.pretrain
        seconds = {
            "load": cost("load", "split", "negatives"),
            "pretrain": cost("proxy") if pretrains else 0.0,
            "select": cost("score", "select") + (0.0 if pretrains else cost("proxy")),
            "train": cost("train"),
            "evaluate": cost("evaluate"),
        }
        return seconds | {"total": sum(seconds.values())}

    def _stage(
        self,
        stage: str,
        inputs: dict[str, Json],
        cls: type[T],
        compute: Callable[[], T],
        needs: tuple[str, ...] = (),
    ) -> T:
        """Return a stage's value; what it ``needs`` is computed first, so that its seconds are its own."""
        if not self._store.has(stage_key(stage, inputs)):
            for name in needs:
                getattr(self, name)
        # One thread everywhere: how many cores are free must not change a result's last digits.
        with threadpool_limits(1):
            done = remember(self._store, stage, inputs, cls, compute)
        self._done[stage] = done
        value: T = done.value
        return value

    @cached_property
    def _scoring(self) -> ModuleType:
        return import_module("rec_core.training.scoring")

    @cached_property
    def _loop(self) -> ModuleType:
        """The training module: it brings torch, a second that is no stage's cost and that pages never spend."""
        return import_module("rec_core.training.loop")

    @cached_property
    def _umap(self) -> ModuleType:
        """UMAP's own library: importing and compiling it takes longer than most maps."""
        return import_module("umap")

    @cached_property
    def _method_library(self) -> ModuleType | None:
        """The library that only this method needs, imported before its clock starts."""
        return import_module(self.method.library) if self.method.library else None

    def _report(self, stage: str, epochs: int = 0) -> Callable[..., None]:
        """Return a function of (fraction done, epoch) that tells the listener, with the seconds left."""
        begin = time.perf_counter()

        def report(fraction: float, epoch: int = 0) -> None:
            spent = time.perf_counter() - begin
            left = spent * (1 - fraction) / fraction if fraction > 0 else None
            self._listen(Progress(stage, fraction, epoch, epochs, left))

        return report
