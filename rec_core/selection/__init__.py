"""Selection methods: one per file, all of them listed here, in the order in which lists show them."""

from rec_core.selection.after_date import AfterDate
from rec_core.selection.base import Candidates, Coreset, Mark, Method, budget
from rec_core.selection.ccs import CCS
from rec_core.selection.clustering import Clustering
from rec_core.selection.easy import Easy
from rec_core.selection.full import Full
from rec_core.selection.gradient import Gradient
from rec_core.selection.greedy import Greedy
from rec_core.selection.info_batch import InfoBatch
from rec_core.selection.leverage import Leverage
from rec_core.selection.mixed import Mixed
from rec_core.selection.quota import Quota
from rec_core.selection.random import Random
from rec_core.selection.recent import Recent
from rec_core.selection.reselected import Reselected
from rec_core.selection.rs2 import RS2
from rec_core.selection.whole_users import WholeUsers
from rec_core.selection.window import Window

METHODS: dict[str, type[Method]] = {
    method.model_fields["name"].default: method
    for method in (
        Full,
        Random,
        Recent,
        Mixed,
        AfterDate,
        Quota,
        Easy,
        WholeUsers,
        Clustering,
        Gradient,
        Greedy,
        Window,
        CCS,
        Leverage,
        RS2,
        Reselected,
        InfoBatch,
    )
}

__all__ = ["METHODS", "Candidates", "Coreset", "Full", "Mark", "Method", "WholeUsers", "budget"]
