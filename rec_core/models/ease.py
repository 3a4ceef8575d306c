"""EASE: a linear autoencoder without hidden layer, in closed form (Steck, 2019, arXiv 1905.03375).

    min ‖X − XB‖² + λ‖B‖², diag(B) = 0:      P = (XᵀX + λI)⁻¹      B_ij = −P_ij / P_jj, i ≠ j

X is binary (n_users x n_items). A user scores item j by Σ_i B_ij over the items of the profile (equation 8).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.random import Generator

from rec_core.data.interactions import Interactions
from rec_core.models.base import Params, Shape
from rec_core.models.counting import array, matrix
from rec_core.models.served import Counted
from rec_core.settings import LARGEST, offered


class EASE(Counted):
    """Every item is predicted from all others."""

    title: ClassVar = "EASE"
    summary: ClassVar = "EASE predicts every item from all others, in closed form"
    colour: ClassVar = "#cc79a7"
    symbol: ClassVar = "cross"
    libraries: ClassVar = ("scipy.linalg",)
    seconds_per_row: ClassVar = {"implicit": 4e-6}
    seconds_per_pair: ClassVar = 2e-8

    name: Literal["ease"] = "ease"
    penalty: float = offered(500.0, "Penalty of EASE", 1.0, 10_000.0, gt=0, le=LARGEST)

    @property
    def is_factored(self) -> bool:
        """Every two items have a number."""
        return False

    def counted_on(self, rows: Interactions, shape: Shape, rng: Generator) -> Params:
        """Return B."""
        from scipy.linalg import lapack

        x = matrix(rows, shape.n_users, shape.n_items)
        gram = array(x.T @ x).astype(np.float64)
        gram[np.diag_indices_from(gram)] += self.penalty
        # Of a positive definite matrix half is worked out, in place: Cholesky's factor, and the inverse from it.
        factor, _ = lapack.dpotrf(gram, lower=False, overwrite_a=True)
        upper, _ = lapack.dpotri(factor, lower=False, overwrite_c=True)
        inverse = np.triu(upper) + np.triu(upper, 1).T
        between = (-inverse / np.diag(inverse)).astype(np.float32)
        np.fill_diagonal(between, 0)
        return {"between": between}
