"""Keep the rows whose loss pulls hardest on the user's embedding (as GraNd; Paul et al., 2021, arXiv 2107.07075).

For a matrix factorisation the gradient has a closed form: with ŷ = u·v (+ biases), the gradient of the loss with
respect to u is (∂L/∂ŷ)·v, so its norm is |∂L/∂ŷ|·‖v‖. For the squared error ∂L/∂ŷ = 2(ŷ − r); for binary
cross-entropy on the logit of a positive it is σ(ŷ) − 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rec_core.models import simple_mf
from rec_core.selection.base import Candidates, Method, Rows, Scores

_CHUNK = 1 << 15  # rows at a time: both gathered tables stay in the processor's cache


def norms(candidates: Candidates) -> Scores:
    """Return the norm of each row's loss gradient with respect to the user's embedding, (n,) float32."""
    train, proxy = candidates.train, candidates.proxy
    length = np.linalg.norm(simple_mf.embeddings(proxy, "item"), axis=1)
    out = np.empty(len(train), dtype=np.float32)
    for begin in range(0, len(train), _CHUNK):
        rows = slice(begin, begin + _CHUNK)
        item = train.item[rows]
        score = simple_mf.predict(proxy, proxy["user"].take(train.user[rows], 0), proxy["item"].take(item, 0))
        out[rows] = np.abs(_slope(score, train.rating[rows], candidates.feedback)) * length[item]
    return out


def _slope(score: Scores, rating: Scores, feedback: str) -> Scores:
    """Return ∂L/∂ŷ per row."""
    if feedback == "explicit":
        return (2 * (score - rating)).astype(np.float32)
    with np.errstate(over="ignore"):  # exp of a large score is inf, and the slope rightly 0
        return (-1 / (1 + np.exp(score))).astype(np.float32)


def select(candidates: Candidates, budget: int, rng: np.random.Generator, params: Mapping[str, Any]) -> Rows:
    """Return the ``budget`` rows with the largest gradient norms."""
    assert candidates.scores is not None
    return np.sort(np.argpartition(candidates.scores, -budget)[-budget:])


METHOD = Method(
    "gradient",
    "Gradient",
    "Keeps the ratings that pull hardest on the user's embedding.",
    select,
    needs_proxy=True,
    score=norms,
)
