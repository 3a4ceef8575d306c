"""What a run leaves behind."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version

import rec_core
from rec_core.canonical import Json
from rec_core.evaluation import Metrics

CHOOSING = ("pretrain", "select")  # of ``RunResult.seconds``: what choosing rows costs, as the report counts it
COST = (*CHOOSING, "train")  # and what training on them costs; loading and evaluating are the same for every run
_COUNT = ("torch", "numpy", "scipy", "scikit-learn", "umap-learn")  # libraries whose arithmetic is in a result


@dataclass(frozen=True)
class RunResult:
    """One experiment with its result; every part is a plain JSON value.

    ``seconds`` is what each stage cost when it was computed, also where it came from a store this time.
    ``stage_keys`` names the stored arrays: kept rows (``select``), parameters (``train``), per-user results
    (``evaluate``).
    """

    spec: dict[str, Json]
    key: str
    n_train: int
    n_selected: int
    metrics: Metrics
    controls: dict[str, Metrics]
    history: list[dict[str, float | None]]
    best_epoch: int
    seconds: dict[str, float]
    stage_keys: dict[str, str]
    versions: dict[str, str]

    def cost(self, parts: Sequence[str] = COST) -> float:
        """Return the seconds that choosing and training took, or some parts of them."""
        return sum(self.seconds[part] for part in parts)

    def to_json(self) -> dict[str, Json]:
        """Return the result as a JSON document."""
        return asdict(self)


@cache
def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    return {
        "corelens": rec_core.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in _COUNT},
    }
