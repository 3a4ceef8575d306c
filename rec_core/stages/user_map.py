"""UMAP of the users by their embeddings in the proxy or in the trained model. A proxy has one map, whatever is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rec_core import projection
from rec_core.models import Fitted
from rec_core.projection import UserMap
from rec_core.randomness import generator
from rec_core.stages.evaluate import fitted_model
from rec_core.stages.proxy import PROXY, fitted_proxy
from rec_core.stages.stage import Stage, Work
from rec_core.stages.train import TRAIN


def _map(name: str, of: Stage[Any], fitted: Callable[[Work], Fitted]) -> Stage[UserMap]:
    """Return the stage that maps the users of what ``of`` gives; ``name`` is what its inputs are called."""
    return Stage(
        "map",
        1,
        UserMap,
        lambda spec: {name: of.within(spec)},
        lambda work: projection.umap(fitted(work).embeddings("user"), generator(work.spec.seed, "map")),
        "Drawing the map",
        needs=lambda spec: (of,),
        libraries=lambda spec: ("umap",),  # importing and compiling it takes longer than most maps
        live=lambda spec: False,
    )


PROXY_MAP = _map("proxy", PROXY, fitted_proxy)
MODEL_MAP = _map("run", TRAIN, fitted_model)
