"""The kinds of jobs: which stage each of them makes."""

from __future__ import annotations

from typing import Any, Literal, get_args

from rec_core.export.packed import PACKED, PACKED_WITH_MODEL
from rec_core.stages import CONTROLS, KEPT_CONTROLS, MODEL_MAP, PROXY, PROXY_MAP, RUN, SCREEN, SPLIT, Stage

# A run; data to read and split, where that takes long; a proxy to pretrain; a map of the users of a proxy, or of a
# run's trained model; a screen of what to keep; a bundle to take away, of the coreset or with the model too; controls
# of a split, or of a coreset, which a run asks for and nobody follows.
Kind = Literal[
    "run", "split", "prepare", "map-proxy", "map-run", "screen", "pack", "pack-model", "controls", "controls-kept"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
STAGES: dict[Kind, Stage[Any]] = {
    "run": RUN,
    "split": SPLIT,
    "prepare": PROXY,
    "map-proxy": PROXY_MAP,
    "map-run": MODEL_MAP,
    "screen": SCREEN,
    "pack": PACKED,
    "pack-model": PACKED_WITH_MODEL,
    "controls": CONTROLS,
    "controls-kept": KEPT_CONTROLS,
}
