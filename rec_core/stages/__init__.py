"""Stages: what an experiment is computed from, one file each.

    load → split (after the filter) → proxy → score → select → train → evaluate → run
              └→ negatives                └→ map             └→ map
    load → places                         (where kept rows stand in the source: when they are taken away)
    load → read                           (what was read of somebody's own log: its first values, what is odd)
    negatives → controls, screen, profile (→ evaluate)        select → controls-kept

``stage`` says what a stage is, ``graph`` computes and remembers them, ``store`` and ``codec`` say how.
"""

from rec_core.stages.codec import pack, unpack, unpacked
from rec_core.stages.controls import CONTROLS, KEPT_CONTROLS
from rec_core.stages.evaluate import EVALUATE, measured_on
from rec_core.stages.graph import Graph
from rec_core.stages.load import LOAD, resolve
from rec_core.stages.negatives import NEGATIVES
from rec_core.stages.places import PLACES
from rec_core.stages.profile import PROFILE
from rec_core.stages.proxy import PROXY
from rec_core.stages.read import READ
from rec_core.stages.readings import StoredReadings
from rec_core.stages.run import RUN
from rec_core.stages.score import SCORE
from rec_core.stages.screen import SCREEN
from rec_core.stages.select import SELECT
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Stage
from rec_core.stages.store import Artifact, MemoryStore, StageStore
from rec_core.stages.train import TRAIN
from rec_core.stages.user_map import MODEL_MAP, PROXY_MAP

__all__ = [
    "CONTROLS",
    "EVALUATE",
    "KEPT_CONTROLS",
    "LOAD",
    "MODEL_MAP",
    "NEGATIVES",
    "PLACES",
    "PROFILE",
    "PROXY",
    "PROXY_MAP",
    "READ",
    "RUN",
    "SCORE",
    "SCREEN",
    "SELECT",
    "SPLIT",
    "TRAIN",
    "Artifact",
    "Graph",
    "MemoryStore",
    "Stage",
    "StageStore",
    "StoredReadings",
    "measured_on",
    "pack",
    "resolve",
    "unpack",
    "unpacked",
]
