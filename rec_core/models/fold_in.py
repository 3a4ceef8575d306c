"""SimpleMF, folded in: trained as SimpleMF is, but a user is fitted anew to their own history when they are served.

    ratings   u, b_u = argmin Σ_j w_j (r_j − μ − b_j − u·v_j − b_u)² + λ (|u|² + b_u²)
    clicks    u      = argmin Σ_j w_j (1 − u·v_j)² + ω Σ_i (u·v_i)² + λ |u|²

over the rows j of the profile with its weights w, and over all items i: ridge regression on the item table, for clicks
with all items as weak zeros (Hu, Koren and Volinsky, 2008, doi:10.1109/ICDM.2008.22, equation 4; for new users, section
4 of Rendle et al., 2021, arXiv 2110.14037). So that whole users can be a coreset for SimpleMF too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data.histories import Histories
from rec_core.models.base import Params, Score, Served, Shape, Table
from rec_core.models.served import CHOSEN, PROFILES, Profile, weights
from rec_core.models.simple_mf import SimpleMF
from rec_core.settings import LARGEST, Dim, Spread, choice, offered

# Fitting users anew for every profile that could be tried would take longer than training.
_PROFILES = {**PROFILES, CHOSEN: "All ratings, or the newest 20 clicks"}
_OF_CLICKS: Profile = "newest-20"
_OF_RATINGS: Profile = "all"


class FoldIn(Served):
    """SimpleMF whose users are fitted to their histories."""

    title: ClassVar = "SimpleMF, folded in"
    summary: ClassVar = "SimpleMF, folded in fits a user anew to what they have"
    colour: ClassVar = "#009e73"
    symbol: ClassVar = "hexagon"
    recommended: ClassVar = {"init_std": 0.05, "bias": True}
    recommended_training: ClassVar = {"start": "kept"}
    explicit_only: ClassVar = ("bias", "ridge")
    implicit_only: ClassVar = ("click_ridge", "unobserved")
    seconds_per_row: ClassVar = {"explicit": 1.4e-7, "implicit": 3.5e-7}

    name: Literal["mf-fold-in"] = "mf-fold-in"
    dim: Dim = offered(32, "Embedding size", 4, 256)
    init_std: Spread = offered(1.0, "Spread of starting embeddings", 0.0001, 10.0, link="std")
    bias: bool = False
    profile: Profile = choice(CHOSEN, "What of their history serves a user", _PROFILES, link="fold_profile")
    ridge: float = offered(10.0, "Penalty of a folded-in user", 0.01, 1000.0, gt=0, le=LARGEST)
    click_ridge: float = offered(1.0, "Penalty of a folded-in user", 0.01, 1000.0, gt=0, le=LARGEST)
    unobserved: float = offered(0.1, "Weight of all other items", 0.0001, 1.0, ge=0, le=LARGEST)

    @property
    def trained_as(self) -> SimpleMF:
        """The model that is trained."""
        return SimpleMF(dim=self.dim, init_std=self.init_std, bias=self.bias)

    def start(self, shape: Shape, rng: np.random.Generator) -> Params:
        """Return SimpleMF's start."""
        return self.trained_as.start(shape, rng)

    def users(self, params: Mapping[str, NDArray[np.float32]], histories: Histories) -> NDArray[np.float32]:
        """Return what is fitted to each history, in the form of SimpleMF's table of users; 0 without one.

        Histories without ratings are of clicks.
        """
        table = np.zeros((len(histories.first) - 1, params["item"].shape[1]), np.float32)
        fit, weight = self._fit(params, histories), self._weights(histories)
        for user in np.flatnonzero(histories.counts):
            own = slice(histories.first[user], histories.first[user + 1])
            rating = None if histories.rating is None else histories.rating[own]
            table[user] = fit.pulls(histories.item[own], weight[own], rating).sum(axis=0)
        return table

    def scorer(self, params: Mapping[str, NDArray[np.float32]], histories: Histories) -> Score:
        """Return SimpleMF's scores of users (B,) against items (B, C), or (1, M)."""
        of_users = self.users(params, histories)
        return lambda users, items: self.predict(params, of_users[users][:, None], params["item"][items])

    def votes(
        self, params: Mapping[str, NDArray[np.float32]], profile: Histories, items: NDArray[np.integer]
    ) -> NDArray[np.float32]:
        """Return what each row adds to the user's fit, and so to the scores: the fit is a sum over rows."""
        fit = self._fit(params, profile)
        pulls = fit.pulls(profile.item, self._weights(profile), profile.rating)
        return (pulls @ fit.seen[items].T).astype(np.float32)

    def _weights(self, histories: Histories) -> NDArray[np.float32]:
        usual = _OF_CLICKS if histories.rating is None else _OF_RATINGS
        return weights(histories.age, usual if self.profile == CHOSEN else self.profile)

    def _fit(self, params: Mapping[str, NDArray[np.float32]], histories: Histories) -> _Fit:
        item = params["item"].astype(np.float64)
        if histories.rating is None:
            return _Fit(item, np.zeros(len(item)), self.unobserved * item.T @ item, self.click_ridge)
        if not self.bias:
            return _Fit(item, np.zeros(len(item)), np.zeros((item.shape[1], item.shape[1])), self.ridge)
        seen = np.column_stack([item[:, :-1], np.ones(len(item))])
        return _Fit(seen, float(params["mean"][0]) + item[:, -1], np.zeros((item.shape[1], item.shape[1])), self.ridge)

    def predict(self, params: Mapping[str, Any], u: Any, v: Any) -> Any:
        """Return SimpleMF's prediction."""
        return self.trained_as.predict(params, u, v)

    def embeddings(self, params: Mapping[str, NDArray[np.float32]], table: Table) -> NDArray[np.float32]:
        """Return SimpleMF's embeddings."""
        return self.trained_as.embeddings(params, table)


@dataclass(frozen=True)
class _Fit:
    """Normal equations: ``seen`` (n_items x width) is what a user's numbers multiply, ``offset`` (n_items,) what is
    known of a rating without the user, ``gram`` (width x width) what all items add, and ``penalty`` λ.
    """

    seen: NDArray[np.float64]
    offset: NDArray[np.float64]
    gram: NDArray[np.float64]
    penalty: float

    def pulls(
        self, item: NDArray[np.integer], weight: NDArray[np.float32], rating: NDArray[np.float32] | None
    ) -> NDArray[np.float64]:
        """Return what each row adds to the solution, (rows x width); their sum is the solution."""
        x = self.seen[item]
        wanted = np.ones(len(item)) if rating is None else rating - self.offset[item]
        normal = (x * weight[:, None]).T @ x + self.gram + self.penalty * np.eye(x.shape[1])
        return np.linalg.solve(normal, (x * (weight * wanted)[:, None]).T).T
