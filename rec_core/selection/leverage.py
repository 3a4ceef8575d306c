"""Draw rows by how much they say that others do not, and weigh them so that sums over them stay what they were.

With x = u ∘ v, the product of the proxy's embeddings of a row, ŷ is linear in x, and the leverage of a row is
ℓ = xᵀ (XᵀX)⁻¹ x (Drineas, Mahoney and Muthukrishnan, 2006, doi:10.1145/1109557.1109682). Rows are drawn with
probability π = min(1, c (1/n + ℓ/Σℓ)), half of it uniform so that no weight explodes, and weigh 1/π (sensitivity
sampling; Langberg and Schulman, 2010).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.selection.base import Candidates, Coreset, Mark, Method, Rows, Scores
from rec_core.selection.quotas import poured

_CHUNK = 1 << 15  # rows at a time: both gathered tables stay in the processor's cache
_RIDGE = 1e-6  # of the mean of the diagonal, where embeddings are not of full rank


class Leverage(Method):
    """Rows drawn by leverage, each with a weight."""

    title: ClassVar = "Leverage"
    summary: ClassVar = (
        "Draws {rows} by how much they say that others do not, with weights. Choose it to see theory; a comparator."
    )
    mark: ClassVar = Mark("#009e73", "cross")
    weighs: ClassVar = True
    needs_proxy: ClassVar = True
    ranks: ClassVar = True

    name: Literal["leverage"] = "leverage"

    def score(self, candidates: Candidates) -> Scores:
        """Return each row's leverage."""
        return leverages(candidates)

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return rows with weights of mean 1."""
        scores = candidates.scores.astype(np.float64)
        total, n = float(scores.sum()), len(scores)
        wanted = 1 / n + (scores / total if total > 0 else 0)
        chance = poured(np.ones(n), np.broadcast_to(wanted, n).copy(), budget)
        rows = _drawn(chance, budget, rng)
        weights = 1 / chance[rows]
        return Coreset(rows, (weights / weights.mean()).astype(np.float32))


def leverages(candidates: Candidates) -> Scores:
    """Return xᵀ (XᵀX)⁻¹ x of each row, (n,)."""
    train, proxy = candidates.train, candidates.proxy
    user, item = proxy.embeddings("user"), proxy.embeddings("item")
    dim = user.shape[1]
    chunks = [slice(begin, begin + _CHUNK) for begin in range(0, len(train), _CHUNK)]

    def product(rows: slice) -> NDArray[np.float64]:
        return (user.take(train.user[rows], 0) * item.take(train.item[rows], 0)).astype(np.float64)

    gram = np.zeros((dim, dim))
    for rows in chunks:
        gram += product(rows).T @ product(rows)
    gram += np.eye(dim) * max(_RIDGE * float(np.trace(gram)) / dim, np.finfo(np.float64).tiny)
    inverse, out = np.linalg.inv(gram), np.empty(len(train), np.float32)
    for rows in chunks:
        x = product(rows)
        out[rows] = np.einsum("ij,jk,ik->i", x, inverse, x, optimize=True)
    return out


def _drawn(chance: NDArray[np.float64], budget: int, rng: np.random.Generator) -> Rows:
    """Return ``budget`` rows, each with its ``chance`` (n,) of being there; they add up to ``budget``.

    Rows are laid end to end in random order, each as long as its chance, and met at every whole step from a random
    beginning (systematic sampling; Madow, 1949).
    """
    order = rng.permutation(len(chance))
    ends = np.cumsum(chance[order])
    ends *= budget / ends[-1]  # rounding must not cost a row
    met = np.searchsorted(ends, rng.random() + np.arange(budget), side="right").clip(max=len(chance) - 1)
    return np.sort(order[met])
