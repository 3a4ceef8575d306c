"""How many rows each user may keep: the budget poured over the users in proportion to a power of their activity.

    q(u) = min(n(u), c · n(u)^α)      Σ q(u) = the budget

With α = 0 all users get the same until they have no more rows, with α = 1 each keeps the same share of them. c is found
by filling up users one after the other, the smallest n^(1 − α) first: those are full at the lowest c.

As SQL c is the largest, over all numbers of rows, of (budget − rows of the users with fewer) / (Σ n^α of the others):
whichever users are taken for full, that is at most c, and it is c for those that are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rec_core.data import in_parts
from rec_core.data.interactions import places_within
from rec_core.selection.base import Candidates, Rows
from rec_core.selection.lots import PRIME, Keys, lots_of, lots_sql

ALPHA = "Rows of a user: alike (0) to in proportion to activity (1)"
_ROUNDING = 1e-6  # of a row: what is cut off must not add up to more than the budget
_PARTS = 1e6  # of a row in which remainders are compared where SQL compares them too: powers differ in the last digit


def quotas(
    n_rows: NDArray[np.integer],
    alpha: float,
    budget: int,
    rng: np.random.Generator,
    lot: NDArray[np.integer] | None = None,
) -> NDArray[np.int64]:
    """Return whole quotas, (n_users,), that add up to ``budget`` and exceed no user's ``n_rows``, (n_users,).

    Fractions are cut off, and what is left goes to the largest of them. Equal ones are in order of the users' ``lot``,
    (n_users,), and without one ``rng`` draws.
    """
    rows = n_rows.astype(np.float64)
    exact = poured(rows, np.where(rows > 0, rows**alpha, 0.0), budget)
    out = np.floor(np.maximum(exact - _ROUNDING, 0)).astype(np.int64)
    if lot is None:
        drawn = rng.permutation(len(out))
        largest = drawn[np.argsort((out - exact)[drawn], kind="stable")]
    else:
        largest = np.lexsort((lot, -np.floor((exact - out) * _PARTS + 0.5)))
    out[largest[: budget - int(out.sum())]] += 1
    return out


def user_lots(user: NDArray[np.integer], n_users: int, drawn: Keys) -> NDArray[np.int64]:
    """Return a lot for each user, (n_users,): that of the first of their rows, which has no need of an order of ids."""
    first = np.full(n_users, PRIME, np.int64)
    for begin in range(0, len(user), in_parts.AT_ONCE):
        part = user[begin : begin + in_parts.AT_ONCE]
        np.minimum.at(first, part, np.arange(begin, begin + len(part)))
    return np.where(first < PRIME, lots_of(first, drawn), PRIME)


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
    candidates: Candidates,
    ordered: NDArray[np.integer],
    alpha: float,
    budget: int,
    rng: np.random.Generator,
    drawn: Keys | None = None,
) -> Rows:
    """Return the ``budget`` rows that come last among their user's, as many of each as their quota, ascending.

    ``ordered`` (n,) are the train rows user by user, the most wanted of each last. Users with equal remainders are
    ``drawn`` by a hash where there are keys for it.
    """
    user = candidates.train.user
    n_rows = in_parts.counts(user, candidates.n_users)
    quota = quotas(n_rows, alpha, budget, rng, None if drawn is None else user_lots(user, candidates.n_users, drawn))
    return np.sort(ordered[np.repeat(np.cumsum(n_rows) - quota, quota) + places_within(quota)])


def last_of_each_sql(table: str, order: str, alpha: float, drawn: Keys) -> dict[str, str]:
    """Return the same as steps of SQL, over ``train`` and ``budget`` as they are when it runs.

    A user's rows of ``table`` are taken in the most wanted ``order`` first, as many as the quota.
    """
    first = "SELECT user_id, count(*) AS n_rows, min(place) AS place FROM train GROUP BY user_id"
    floor = f"floor(greatest(exact - {_ROUNDING:E}, 0))"
    ranked = f"row_number() OVER (PARTITION BY user_id ORDER BY {order}) AS age"
    return {
        "users": lots_sql(f"({first}) AS r", drawn, ["user_id", "n_rows", "place"]),
        "sizes": f"SELECT n_rows, count(*) AS n_users, power(n_rows * 1E0, {alpha:E}) AS wanted "
        "FROM users GROUP BY n_rows",
        "levels": "SELECT sum(n_users * n_rows) OVER (ORDER BY n_rows) - n_users * n_rows AS below, "
        "sum(n_users * wanted) OVER (ORDER BY n_rows DESC) AS others FROM sizes",
        "level": "SELECT max((kept - below) / others) AS c FROM levels CROSS JOIN budget",
        "shares": f"SELECT user_id, lot, least(n_rows * 1E0, c * power(n_rows * 1E0, {alpha:E})) AS exact "
        "FROM users CROSS JOIN level",
        "floors": f"SELECT user_id, lot, {floor} AS base, exact - {floor} AS remainder FROM shares",
        "ranks": "SELECT user_id, base, sum(base) OVER () AS given, row_number() OVER "
        f"(ORDER BY floor(remainder * {_PARTS:E} + 5E-1) DESC, lot) AS place FROM floors",
        "quotas": "SELECT user_id, base + CASE WHEN place <= kept - given THEN 1 ELSE 0 END AS quota "
        "FROM ranks CROSS JOIN budget",
        "ages": f"SELECT row, user_id, {ranked} FROM {table}",
        "chosen": "SELECT ages.row FROM ages JOIN quotas ON ages.user_id = quotas.user_id WHERE age <= quota",
    }


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
