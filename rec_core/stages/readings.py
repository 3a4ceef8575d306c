"""Metrics of finished runs, worked out on reading: a metric that was added after a run speaks of that run too."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from rec_core.data.interactions import Split
from rec_core.evaluation import Metric, controls
from rec_core.evaluation import cut as of_cut_histories
from rec_core.evaluation.controls import KEPT
from rec_core.evaluation.ranking import ALL_ITEMS, SAMPLED
from rec_core.stages.codec import unpacked
from rec_core.stages.evaluate import EVALUATE
from rec_core.stages.negatives import NEGATIVES
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Stage
from rec_core.stages.store import Artifact, StageStore

P = TypeVar("P")
# What was worked out of an artifact, for as long as its store keeps it in memory: pages ask at every move.
_KNOWN: WeakKeyDictionary[Artifact, dict[tuple[Any, ...], float]] = WeakKeyDictionary()


@dataclass(frozen=True)
class StoredReadings:
    """What each test user of one run got, as ``store`` has it; ``keys`` are the run's ``stage_keys``.

    Controls beside a model that ``has_histories`` serve users from the same rows. A run with ``among_some``
    ranked only some users among all items.
    """

    keys: Mapping[str, str]
    store: StageStore
    has_histories: bool
    among_some: bool

    def value(self, metric: Metric, cut: bool = False) -> float:
        """Return a metric of the model over all users; nan where its part was not kept, or is gone.

        ``cut`` asks for what users' histories give that are cut to train rows.
        """
        found = self._artifact(EVALUATE)
        if found is None:
            return math.nan
        known = _KNOWN.setdefault(found, {})
        if (metric, cut) not in known:
            evaluated = unpacked(EVALUATE.product, found)
            per_user = {} if evaluated is None else evaluated.per_user
            known[metric, cut] = metric.value(of_cut_histories(per_user) if cut else per_user)
        return known[metric, cut]

    def control(self, name: str, metric: Metric, cut: bool = False) -> float:
        """Return a metric of a control on the full train split, which all runs of a split share.

        ``cut`` asks for histories that are cut to train rows; none of these controls serves users from theirs, but for
        the biases of ratings.

        nan for controls on kept rows: each run has its own, and ranking takes longer than a list of runs may wait; and
        among all items where some users alone were ranked.
        """
        found = self._artifact(SPLIT)
        if found is None or name not in controls.names(metric.feedback) or name.endswith(KEPT):
            return math.nan
        if self.among_some and metric.part == ALL_ITEMS:
            return math.nan
        known = _KNOWN.setdefault(found, {})
        place = name, metric, self.keys.get(NEGATIVES.name), self.has_histories, cut
        if place not in known:
            split = unpacked(SPLIT.product, found)
            known[place] = math.nan if split is None else self._of_control(name, metric, split, cut)
        return known[place]

    def _of_control(self, name: str, metric: Metric, split: Split, cut: bool) -> float:
        drawn = self._artifact(NEGATIVES)
        read = unpacked(NEGATIVES.product, drawn)
        negatives = None if read is None else read.test
        if negatives is None and metric.part == SAMPLED:
            return math.nan
        histories = (split.known[:1] if cut else split.known) if self.has_histories else None
        found = controls.per_user(name, split, split.train, negatives, [metric.part], histories)
        return metric.value(found) if found else math.nan

    def _artifact(self, stage: Stage[Any]) -> Artifact | None:
        key = self.keys.get(stage.name)
        return None if key is None else self.store.get(key)
