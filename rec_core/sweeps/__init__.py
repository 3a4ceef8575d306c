"""Sweeps: many runs that answer one question, and what to run next, from what is finished.

``plan`` says which cells a sweep has and in which order; ``search`` finds the smallest part that keeps enough;
``tuning`` tries configurations of training on a part and on everything, which ``space`` proposes.
"""

from rec_core.sweeps.plan import RATIOS, SAME, Cells, Plan, in_order, left_out
from rec_core.sweeps.search import Answer, Question
from rec_core.sweeps.tuning import Tuning

__all__ = ["RATIOS", "SAME", "Answer", "Cells", "Plan", "Question", "Tuning", "in_order", "left_out"]
