"""The kinds of jobs: which stage each of them makes."""

from __future__ import annotations

from typing import Any, Literal, get_args

from rec_core.stages import MODEL_MAP, PROXY, PROXY_MAP, RUN, Stage

# A run; a proxy to pretrain; a map of the users of a proxy, or of a run's trained model.
Kind = Literal["run", "prepare", "map-proxy", "map-run"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STAGES: dict[Kind, Stage[Any]] = {"run": RUN, "prepare": PROXY, "map-proxy": PROXY_MAP, "map-run": MODEL_MAP}
