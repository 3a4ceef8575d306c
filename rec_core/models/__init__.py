"""Models: one per file, all of them listed here. Training them is in ``rec_core.training``."""

from rec_core.models.base import Fitted, Model, Numbers, Params, Score, Shape, Table
from rec_core.models.ncf import NCF
from rec_core.models.simple_mf import SimpleMF

MODELS: dict[str, type[Model]] = {
    model.model_fields["name"].default: model
    for model in (
        SimpleMF,
        NCF,
    )
}

__all__ = ["MODELS", "NCF", "Fitted", "Model", "Numbers", "Params", "Score", "Shape", "SimpleMF", "Table"]
