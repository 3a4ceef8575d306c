"""Models: how parameters start and how they predict. Training them is in ``rec_core.training``."""

from __future__ import annotations

from types import ModuleType
from typing import Literal

from rec_core.models import ncf, simple_mf

ModelName = Literal["mf", "ncf"]
MODELS: dict[str, ModuleType] = {"mf": simple_mf, "ncf": ncf}
TITLES: dict[ModelName, str] = {"mf": "SimpleMF", "ncf": "NCF"}

__all__ = ["MODELS", "TITLES"]
