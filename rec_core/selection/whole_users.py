"""Keep whole users: everything that some users did, and nothing of the others.

What a model served from the profile needs no more than: others are served from their own history. A sample of users is
how teams cut a log that is kept user by user; the strata see to it that light and heavy users are in it as in all data
(stratified sampling; Cochran, 1977, Sampling Techniques, chapter 5).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import by_user_and_time, places_within
from rec_core.errors import SelectionError
from rec_core.selection.base import Candidates, Coreset, Mark, Method
from rec_core.settings import Share, choice, offered

_ORDERS = {
    "random": "At random",
    "strata": "At random, light and heavy ones alike",
    "latest": "Those seen latest",
}
_STRATA = 10  # of users by activity


class WholeUsers(Method):
    """Users one after the other, with all of their rows or the newest part of them."""

    title: ClassVar = "Whole users"
    summary: ClassVar = "Keeps all {rows} of some users. Choose it for models served from the profile."
    mark: ClassVar = Mark("#009e73", "star-triangle-up")
    keeps_users: ClassVar = True

    name: Literal["users"] = "users"
    order: Literal["random", "strata", "latest"] = choice("random", "Which users are kept", _ORDERS, link="users_order")
    newest: Share = offered(1.0, "Share of a kept user's history, the newest of it", 0.05, 1.0, link="users_newest")

    @property
    def needs_order(self) -> bool:
        """Whether it asks which of a user's rows came first."""
        return self.order == "latest" or self.newest < 1

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return the rows of the first users that fill the budget, the newest ones of the last of them.

        Where the newest parts of all users are too few, older rows follow in the same order of users.

        Raises:
            SelectionError: if users are to be ordered by time, and the data have none.
        """
        user = candidates.train.user
        n_rows = np.bincount(user, minlength=candidates.n_users)
        place = np.empty(candidates.n_users, np.int64)
        place[self._users(candidates, n_rows, rng)] = np.arange(candidates.n_users)
        ordered = by_user_and_time(candidates.train)
        age = np.repeat(n_rows, n_rows) - 1 - places_within(n_rows)
        is_older = age >= np.maximum(1, np.ceil(self.newest * n_rows)).astype(np.int64)[user[ordered]]
        wanted = np.lexsort((age, place[user[ordered]], is_older))[:budget]
        return Coreset(np.sort(ordered[wanted]))

    def _users(
        self, candidates: Candidates, n_rows: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.integer]:
        """Return all users, those first that are kept first."""
        drawn = rng.permutation(candidates.n_users)
        if self.order == "random":
            return drawn
        if self.order == "latest":
            return drawn[np.argsort(-_last_seen(self.title, candidates)[drawn], kind="stable")]
        # A user's place within their stratum, as a share of it: whoever comes first is of every stratum alike.
        stratum = np.argsort(np.argsort(n_rows[drawn], kind="stable")) * _STRATA // candidates.n_users
        sizes = np.bincount(stratum, minlength=_STRATA)
        by_stratum = np.argsort(stratum, kind="stable")
        share = np.empty(candidates.n_users)
        share[by_stratum] = (places_within(sizes) + rng.random(candidates.n_users)) / np.repeat(sizes, sizes)
        return drawn[np.argsort(share, kind="stable")]


def _last_seen(title: str, candidates: Candidates) -> NDArray[np.int64]:
    """Return the time of each user's newest row."""
    if (moment := candidates.train.moment) is None:
        raise SelectionError(
            f"{title}, those seen latest, needs times, and these data have none; choose users at random."
        )
    seen = np.full(candidates.n_users, np.iinfo(np.int64).min)
    np.maximum.at(seen, candidates.train.user, moment)
    return seen
