"""How many rows each user may keep: the budget poured over the users in proportion to a power of their activity.

    q(u) = min(n(u), c · n(u)^α)      Σ q(u) = the budget

With α = 0 all users get the same until they have no more rows, with α = 1 each keeps the same share of them. c is found
by filling up users one after the other, the smallest n^(1 − α) first: those are full at the lowest c.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rec_core.data import in_parts
from rec_core.data.interactions import places_within
from rec_core.selection.base import Candidates, Rows

ALPHA = "Rows of a user: alike (0) to in proportion to activity (1)"
_ROUNDING = 1e-6  # of a row: what is cut off must not add up to more than the budget


def quotas(n_rows: NDArray[np.integer], alpha: float, budget: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return whole quotas, (n_users,), that add up to ``budget`` and exceed no user's ``n_rows``, (n_users,).

    Fractions are cut off, and what is left goes to the largest of them; equal ones are drawn by lot.
    """
    rows = n_rows.astype(np.float64)
    exact = poured(rows, np.where(rows > 0, rows**alpha, 0.0), budget)
    out = np.floor(np.maximum(exact - _ROUNDING, 0)).astype(np.int64)
    lot = rng.permutation(len(out))
    largest = lot[np.argsort((out - exact)[lot], kind="stable")]
    out[largest[: budget - int(out.sum())]] += 1
    return out


def by_user(
    user: NDArray[np.integer], wanted: NDArray[np.integer], lot: NDArray[np.integer] | None = None
) -> NDArray[np.intp]:
    """Return the rows user by user, the most ``wanted`` (n,), of 0 to 2³¹ − 1, last.

    Equal ones are in order of their ``lot`` (n,), and without one in their own.
    """

    def order(part: NDArray[np.intp]) -> NDArray[np.intp]:
        drawn = part if lot is None else part[np.argsort(lot[part])]
        key = user[drawn].astype(np.int64) << 32 | wanted[drawn]  # one number for both is sorted once
        return drawn[np.argsort(key, kind="stable")]

    return in_parts.ordered(user, order)


def last_of_each(
    candidates: Candidates, ordered: NDArray[np.integer], alpha: float, budget: int, rng: np.random.Generator
) -> Rows:
    """Return the ``budget`` rows that come last among their user's, as many of each as their quota, ascending.

    ``ordered`` (n,) are the train rows user by user, the most wanted of each last.
    """
    n_rows = in_parts.counts(candidates.train.user, candidates.n_users)
    quota = quotas(n_rows, alpha, budget, rng)
    return np.sort(ordered[np.repeat(np.cumsum(n_rows) - quota, quota) + places_within(quota)])


def last_of_each_sql(
    candidates: Candidates,
    table: str,
    order: str,
    alpha: float,
    budget: int,
    rng: np.random.Generator,
    user_ids: Sequence[str],
) -> str:
    """Return the same as SQL: a user's rows in the most wanted ``order`` first, as many as their quota.

    Users with as many rows have one quota, but for those who drew one more row by lot, who are named.
    """
    n_rows = np.bincount(candidates.train.user, minlength=candidates.n_users)
    quota = quotas(n_rows, alpha, budget, rng)
    least = np.full(n_rows.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(least, n_rows, quota)
    values = ", ".join(f"({n}, {least[n]})" for n in np.unique(n_rows).tolist())
    lucky = [user_ids[user] for user in np.flatnonzero(quota > least[n_rows]).tolist()]
    more = f" + CASE WHEN user_id IN ({', '.join(lucky)}) THEN 1 ELSE 0 END" if lucky else ""
    return (
        "SELECT row FROM (SELECT row, user_id, count(*) OVER (PARTITION BY user_id) AS n_rows, "
        f"row_number() OVER (PARTITION BY user_id ORDER BY {order}) AS age FROM {table}) AS aged\n"
        f"JOIN (SELECT * FROM (VALUES {values}) AS v(n, least)) AS quota ON aged.n_rows = quota.n\n"
        f"WHERE age <= least{more}"
    )


def poured(most: NDArray[np.float64], wanted: NDArray[np.float64], budget: int) -> NDArray[np.float64]:
    """Return min(most, c · wanted), (n,), with c such that they add up to ``budget``; ``most``, if that is less."""
    full_at = np.divide(most, wanted, out=np.zeros_like(most), where=wanted > 0)  # the c at which each is full
    order = np.argsort(full_at, kind="stable")
    holds, wants = most[order], wanted[order]
    # c, if the first 0, 1, 2 … of them are full and the others are not; the first that leaves the next one unfilled.
    left, among = budget - (np.cumsum(holds) - holds), np.cumsum(wants[::-1])[::-1]
    c = np.divide(left, among, out=np.full(len(holds), np.inf), where=among > 0)
    fits = np.flatnonzero(c <= full_at[order])
    return np.minimum(most, c[fits[0]] * wanted) if len(fits) else most
