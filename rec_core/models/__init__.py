"""Models: one per file, all of them listed here. Training them is in ``rec_core.training``."""

from rec_core.models.base import Fitted, Model, Numbers, Params, Score, Served, Shape, Table
from rec_core.models.co_occurrence import CoOccurrence
from rec_core.models.ease import EASE
from rec_core.models.fold_in import FoldIn
from rec_core.models.ncf import NCF
from rec_core.models.next_item import NextItem
from rec_core.models.served import Counted
from rec_core.models.simple_mf import SimpleMF
from rec_core.models.svd import ItemSVD

MODELS: dict[str, type[Model]] = {
    model.model_fields["name"].default: model
    for model in (
        SimpleMF,
        NCF,
        CoOccurrence,
        ItemSVD,
        EASE,
        NextItem,
        FoldIn,
    )
}

__all__ = [
    "EASE",
    "MODELS",
    "NCF",
    "CoOccurrence",
    "Counted",
    "Fitted",
    "FoldIn",
    "ItemSVD",
    "Model",
    "NextItem",
    "Numbers",
    "Params",
    "Score",
    "Served",
    "Shape",
    "SimpleMF",
    "Table",
]
