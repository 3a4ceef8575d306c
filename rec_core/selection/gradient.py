"""Keep the rows whose loss pulls hardest on the user's embedding (as GraNd; Paul et al., 2021, arXiv 2107.07075).

For a matrix factorisation the gradient has a closed form: with ŷ = u·v (+ biases), the gradient of the loss with
respect to u is (∂L/∂ŷ)·v, so its norm is |∂L/∂ŷ|·‖v‖. For the squared error ∂L/∂ŷ = 2(ŷ − r); for binary
cross-entropy on the logit of a positive it is σ(ŷ) − 1.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from rec_core.selection.base import Candidates, Coreset, Mark, Method, Scores

_CHUNK = 1 << 15  # rows at a time: both gathered tables stay in the processor's cache


class Gradient(Method):
    """The rows with the largest gradient norms."""

    title: ClassVar = "Gradient"
    summary: ClassVar = "Keeps the {rows} that pull hardest on the user's embedding."
    mark: ClassVar = Mark("#d55e00", "diamond")
    needs_proxy: ClassVar = True
    ranks: ClassVar = True

    name: Literal["gradient"] = "gradient"

    def score(self, candidates: Candidates) -> Scores:
        """Return the rows' gradient norms."""
        return norms(candidates)

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return the ``budget`` rows with the largest norms."""
        return Coreset(np.sort(np.argpartition(candidates.scores, -budget)[-budget:]))


def norms(candidates: Candidates) -> Scores:
    """Return the norm of each row's loss gradient with respect to the user's embedding, (n,) float32."""
    train, proxy = candidates.train, candidates.proxy
    length = np.linalg.norm(proxy.embeddings("item"), axis=1)
    rated = train.rated if candidates.feedback == "explicit" else None
    out = np.empty(len(train), dtype=np.float32)
    for begin in range(0, len(train), _CHUNK):
        rows = slice(begin, begin + _CHUNK)
        item = train.item[rows]
        score = proxy.predict(train.user[rows], item)
        out[rows] = np.abs(slope(score, None if rated is None else rated[rows])) * length[item]
    return out


def slope(score: Scores, rated: Scores | None) -> Scores:
    """Return ∂L/∂ŷ of each row, (n,), for predictions ``score`` of its rating ``rated``, or of a click (None)."""
    if rated is not None:
        return (2 * (score - rated)).astype(np.float32)
    with np.errstate(over="ignore"):  # exp of a large score is inf, and the slope rightly 0
        return (-1 / (1 + np.exp(score))).astype(np.float32)
