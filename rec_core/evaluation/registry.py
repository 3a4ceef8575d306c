"""The metrics by name: those that tables list, and every further K of those that are cut at one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping

from rec_core.evaluation.metric import Metric
from rec_core.evaluation.ranking import metric_named


class Registry(MutableMapping[str, Metric]):
    """Metrics by name. Its list is what tables show; a name with another K, as ``recall@7``, is known without it."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._listed = {metric.name: metric for metric in metrics}

    def __getitem__(self, name: str) -> Metric:
        found = self._listed.get(name) or metric_named(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)

    def __setitem__(self, name: str, metric: Metric) -> None:
        self._listed[name] = metric

    def __delitem__(self, name: str) -> None:
        del self._listed[name]
