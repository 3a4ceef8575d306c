"""UMAP of the users by their embeddings in the proxy or in the trained model. A proxy has one map, whatever is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rec_core import projection
from rec_core.models import Fitted
from rec_core.progress import Progress
from rec_core.projection import UserMap
from rec_core.randomness import generator
from rec_core.stages.evaluate import fitted_model
from rec_core.stages.proxy import PROXY, fitted_proxy
from rec_core.stages.stage import Stage, Work
from rec_core.stages.train import TRAIN

_DRAWING = "Drawing the map"


def _map(name: str, of: Stage[Any], fitted: Callable[[Work], Fitted]) -> Stage[UserMap]:
    """Return the stage that maps the users of what ``of`` gives; ``name`` is what its inputs are called."""

    def compute(work: Work) -> UserMap:
        points, rng = fitted(work).embeddings("user"), generator(work.spec.seed, "map")
        return projection.umap(points, rng, lambda: work.listen(Progress(_DRAWING)))

    return Stage(
        "map",
        4,  # 1 had umap-learn find neighbours, approximately; 2 took 500 steps, 3 took 300
        UserMap,
        lambda spec: {name: of.within(spec)},
        compute,
        _DRAWING,
        needs=lambda spec: (of,),
        live=lambda spec: False,
    )


PROXY_MAP = _map("proxy", PROXY, fitted_proxy)
MODEL_MAP = _map("run", TRAIN, fitted_model)
