"""UMAP of the users by their embeddings in the proxy or in the trained model. A proxy has one map, whatever is kept."""

from __future__ import annotations

from rec_core import projection
from rec_core.projection import UserMap
from rec_core.randomness import generator
from rec_core.stages.evaluate import fitted_model
from rec_core.stages.graph import Graph
from rec_core.stages.proxy import PROXY, fitted_proxy
from rec_core.stages.stage import Stage
from rec_core.stages.train import TRAIN


def _of_proxy(work: Graph) -> UserMap:
    return projection.umap(fitted_proxy(work).embeddings("user"), generator(work.spec.seed, "map"))


def _of_model(work: Graph) -> UserMap:
    return projection.umap(fitted_model(work).embeddings("user"), generator(work.spec.seed, "map"))


# UMAP's own library is imported first: that and compiling it takes longer than most maps.
PROXY_MAP = Stage(
    "map",
    1,
    UserMap,
    lambda spec: {"proxy": PROXY.within(spec)},
    _of_proxy,
    "Drawing the map",
    needs=lambda spec: (PROXY,),
    libraries=lambda spec: ("umap",),
    live=lambda spec: False,
)
MODEL_MAP = Stage(
    "map",
    1,
    UserMap,
    lambda spec: {"run": TRAIN.within(spec)},
    _of_model,
    "Drawing the map",
    needs=lambda spec: (TRAIN,),
    libraries=lambda spec: ("umap",),
    live=lambda spec: False,
)
