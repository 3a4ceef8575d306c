"""Sweeps: many runs that answer one question, and what to run next, from what is finished.

``plan`` says which cells a sweep has and in which order; ``search`` finds the smallest part that keeps enough.
"""

from rec_core.sweeps.plan import RATIOS, SAME, Plan, in_order, left_out
from rec_core.sweeps.search import Answer, Question

__all__ = ["RATIOS", "SAME", "Answer", "Plan", "Question", "in_order", "left_out"]
