"""What every selection method is, takes and gives.

A method is declared once, in a file of its own, and listed in ``rec_core.selection``: its settings with their bounds
and words, how it is drawn in figures, what it needs, and how it chooses.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rec_core.canonical import Json
from rec_core.data.interactions import Feedback, Interactions
from rec_core.errors import SelectionError
from rec_core.models import Fitted
from rec_core.settings import Settings

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Coreset:
    """The kept rows: ascending positions in the train split, and a weight each where the method gives one."""

    rows: Rows
    weights: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Candidates:
    """What a method chooses from: n train rows, and where it needs them its proxy and its scores of the rows."""

    train: Interactions
    n_users: int
    feedback: Feedback
    fitted: Fitted | None = None
    values: Scores | None = None

    @property
    def proxy(self) -> Fitted:
        """The proxy.

        Raises:
            SelectionError: if the method does not say that it needs one.
        """
        if self.fitted is None:
            raise SelectionError("This method looks at a proxy; its class has to say `needs_proxy: ClassVar = True`.")
        return self.fitted

    @property
    def scores(self) -> Scores:
        """The values, (n,), by which the method ranks.

        Raises:
            SelectionError: if the method does not say that it ranks.
        """
        if self.values is None:
            raise SelectionError("This method looks at scores; its class has to say `ranks: ClassVar = True`.")
        return self.values


@dataclass(frozen=True)
class Present:
    """The model while it is trained, just now, and what it predicts of each candidate, (n,).

    A rating, or a logit; where clicks are learnt in pairs, the logit of standing before another item, drawn anew.
    """

    fitted: Fitted
    predicted: NDArray[np.float32]


def user_points(candidates: Candidates) -> NDArray[np.float32]:
    """Return the proxy's embeddings of the users (n x d), between which distances can be measured.

    Raises:
        SelectionError: if they are so large that squared distances are not finite.
    """
    points = candidates.proxy.embeddings("user")
    with np.errstate(over="ignore", invalid="ignore"):
        farthest = 4 * np.einsum("ij,ij->i", points, points).max(initial=0)
    if not np.isfinite(farthest):
        raise SelectionError(
            "The proxy's embeddings are too large to measure distances between users. Choose a smaller learning rate "
            "or a smaller spread of starting embeddings for the proxy, then run again."
        )
    return points


@dataclass(frozen=True)
class Mark:
    """How a method is drawn: a colour of Okabe and Ito and a symbol of plotly, which says the same without colour."""

    colour: str
    symbol: str


class Method(Settings):
    """A way to choose train rows, with its own settings.

    A ``summary`` calls them ``{rows}``, and one of them ``{row}``: what they are called is the data's.
    ``live`` methods select in well under a second once what they need is stored. A method that ``ranks`` has a value
    per row, its ``score``. A dynamic method trains on other rows in every ``epochs``; ``select`` returns the first's,
    for which nothing may be known of the model yet. One that ``looks`` has the model score all rows between epochs.
    One that ``keeps_users`` keeps all rows of some and none of others: it is meant for models served from the profile.
    One that ``weighs`` gives each row a weight. Settings that were ``added_later`` count in keys where they differ from
    what was done before them, so that runs from before are the same runs.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    mark: ClassVar[Mark]
    needs_proxy: ClassVar[bool] = False
    ranks: ClassVar[bool] = False
    is_dynamic: ClassVar[bool] = False
    looks: ClassVar[bool] = False
    keeps_users: ClassVar[bool] = False
    weighs: ClassVar[bool] = False
    live: ClassVar[bool] = True
    added_later: ClassVar[Mapping[str, Json]] = {}

    name: str = ""

    @property
    def counted(self) -> dict[str, Json]:
        """Its settings as keys have them."""
        settings, before = self.model_dump(exclude={"name"}), self.added_later
        return {name: value for name, value in settings.items() if name not in before or value != before[name]}

    @property
    def needs_order(self) -> bool:
        """Whether it asks which of a user's rows came first."""
        return False

    @abstractmethod
    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return exactly ``budget`` distinct rows, in ascending order."""

    def sql(self, rng: np.random.Generator) -> dict[str, str]:
        """Return the rule as SQL: steps by name, the last of which has the column ``row`` of the rows; {} for none.

        A rule counts when it runs, so that it holds for logs of other days too. Steps read ``train``, with ``row``,
        ``place`` (0 … n - 1), ``user_id``, ``item_id``, ``time`` and ``wanted`` (how often the item occurs), and
        ``budget``, with ``kept`` (how many rows to choose). ``rng`` is that of ``select``.
        """
        return {}

    def epochs(
        self, candidates: Candidates, budget: int, rng: np.random.Generator, present: Callable[[], Present]
    ) -> Iterator[Coreset]:
        """Yield the rows of one epoch after another, without end; ``present`` says how training stands.

        Raises:
            SelectionError: if they are the same in each.
        """
        raise SelectionError(f"{self.title} keeps its rows; choose a method that selects anew in every epoch.")

    def library(self, n_users: int) -> str:
        """Return the module that only this method imports, or ""; it is loaded before the clock starts."""
        return ""

    def score(self, candidates: Candidates) -> Scores:
        """Return one value per row, (n,), by which the method ranks.

        Raises:
            SelectionError: if it ranks by none.
        """
        raise SelectionError(f"{self.title} does not score rows; choose a method that does.")


def budget(ratio: float, n_rows: int) -> int:
    """Return how many of ``n_rows`` a coreset keeps: ``round(ratio * n_rows)``, at least one.

    Exact arithmetic, because 0.145 of 100 rows must not depend on how 0.145 is stored.

    >>> budget(0.2, 987_531), budget(0.145, 200), budget(0.001, 10)
    (197506, 29, 1)
    """
    return max(1, round(Fraction(f"{ratio:.3f}") * n_rows))


def budget_sql(ratio: float) -> str:
    """Return ``budget`` as SQL over ``train``: the column ``kept``."""
    of_thousand = f"SELECT count(*) * {round(1000 * ratio)} AS parts FROM train"
    whole = (
        f"SELECT CAST((parts - parts % 1000) / 1000 AS BIGINT) AS whole, parts % 1000 AS rest FROM ({of_thousand}) AS r"
    )
    up = "CASE WHEN rest > 500 OR (rest = 500 AND whole % 2 = 1) THEN 1 ELSE 0 END"
    return f"SELECT greatest(whole + {up}, 1) AS kept FROM ({whole}) AS r"


def first_sql(ranked: str) -> dict[str, str]:
    """Return the step that takes the first rows of a query with the columns ``row`` and ``rank``."""
    return {"chosen": f"SELECT row FROM ({ranked}) AS r CROSS JOIN budget WHERE rank <= kept"}


def whole_users(train: Interactions, users: NDArray[np.integer], count: int, rng: np.random.Generator) -> Rows:
    """Return ``count`` rows: all rows of ``users`` in the given order, the last one's cut at random.

    ``users`` must own at least ``count`` rows together.
    """
    n_rows = np.bincount(train.user)
    total = np.cumsum(n_rows[users])
    last = int(np.searchsorted(total, count))
    place = np.full(len(n_rows), -1)
    place[users[: last + 1]] = np.arange(last + 1)
    of_row = place[train.user]
    cut = rng.permutation(np.flatnonzero(of_row == last))[: count - (total[last - 1] if last else 0)]
    return np.sort(np.concatenate([np.flatnonzero((of_row >= 0) & (of_row < last)), cut]))
