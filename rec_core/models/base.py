"""What every model is: settings, a start, a prediction from embeddings, and what its parameters mean.

A model is declared once, in a file of its own, and listed in ``rec_core.models``. Training it is the business of
``rec_core.training.kernels``: whatever ``predict`` says can be trained, and a kernel may know a faster way.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from rec_core.canonical import Json
from rec_core.data.histories import Histories
from rec_core.data.interactions import Feedback
from rec_core.errors import TrainingError
from rec_core.settings import Settings

Params = dict[str, NDArray[np.float32]]  # arrays by name; "user" and "item" are tables with one row each
Table = Literal["user", "item"]
# (users (B,), items (B, C), or (1, M) for the same items for all) -> scores (B, C or M)
Score = Callable[[NDArray[np.integer], NDArray[np.integer]], NDArray[np.floating]]


@dataclass(frozen=True)
class Shape:
    """What a start needs to know of the data: how many users and items, and the mean rating (0 without ratings)."""

    n_users: int
    n_items: int
    mean: float


@dataclass(frozen=True)
class Numbers:
    """How many numbers a model holds: in a row of each table, in its layers, and for a pair while it is scored."""

    row: int
    layers: int
    pair: int


class Model(Settings):
    """A model with its settings.

    ``recommended`` settings were found to work better than the report's; ``explicit_only`` ones count for ratings
    alone, ``implicit_only`` ones for clicks. ``variants`` are settings that make another model of it, where models are
    set side by side. ``seconds_per_row`` and ``seconds_per_pair`` are rates of one machine, for estimates before there
    are runs. One that ``is_served`` needs no row of a user (``Served``); one that is not trained counts, and what it
    imports for that are its ``libraries``. One that ``needs_order`` asks which of a user's rows came first. ``colour``
    and ``symbol`` are how figures of several models draw it.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    colour: ClassVar[str] = "#8a8f98"
    symbol: ClassVar[str] = "circle"
    recommended: ClassVar[Mapping[str, Any]] = {}
    recommended_training: ClassVar[Mapping[str, Any]] = {}
    feedbacks: ClassVar[tuple[Feedback, ...]] = get_args(Feedback)
    libraries: ClassVar[tuple[str, ...]] = ()
    is_served: ClassVar[bool] = False
    is_trained: ClassVar[bool] = True
    needs_order: ClassVar[bool] = False
    explicit_only: ClassVar[tuple[str, ...]] = ()
    implicit_only: ClassVar[tuple[str, ...]] = ()
    variants: ClassVar[tuple[Mapping[str, Any], ...]] = ({},)
    seconds_per_row: ClassVar[Mapping[Feedback, float]] = {"explicit": 1e-5, "implicit": 1e-5}
    seconds_per_pair: ClassVar[float] = 0.0

    name: str = ""

    @property
    def called(self) -> str:
        """What the model is called, as it is trained."""
        return self.title

    @property
    def trained_as(self) -> Model:
        """The model whose steps are taken; one that is served in another way than it is trained says so."""
        return self

    @property
    def in_pairs(self) -> bool:
        """Whether clicks are learnt as one item before another, so that a score says nothing by itself."""
        return False

    @property
    def shared_negatives(self) -> int:
        """How many negatives all rows of a batch share; 0 where each has its own."""
        return 0

    def settled(self, feedback: Feedback) -> Self:
        """Return the model as it is trained on ``feedback``: settings that do not count are at their defaults."""
        ignored = self._ignored(feedback)
        return self.model_copy(update={name: type(self).model_fields[name].default for name in ignored})

    @property
    def numbers(self) -> Numbers:
        """How large the model is, from which its memory is estimated before any is taken."""
        dim = int(getattr(self, "dim", 32))
        return Numbers(dim + 1, 0, 2 * dim)

    def counted(self, feedback: Feedback) -> dict[str, Json]:
        """Return the settings that count for ``feedback``, as plain JSON values."""
        return self.model_dump(exclude=set(self._ignored(feedback)))

    def _ignored(self, feedback: Feedback) -> tuple[str, ...]:
        return self.explicit_only if feedback == "implicit" else self.implicit_only

    @abstractmethod
    def start(self, shape: Shape, rng: np.random.Generator) -> Params:
        """Return untrained parameters, at least the tables ``user`` and ``item``."""

    @abstractmethod
    def predict(self, params: Mapping[str, Any], u: Any, v: Any) -> Any:
        """Return predictions (...) for gathered rows ``u`` of users and ``v`` of items (... x width, broadcastable).

        Explicit feedback: ratings. Implicit: logits. Takes NumPy arrays and torch tensors alike.
        """

    def added(self, vectors: NDArray[np.float32], table: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``table`` with ``vectors`` (rows x d) added to its embeddings, to each where a row holds several."""
        out, width = table.copy(), vectors.shape[1]
        out[:, :width] += vectors
        return out

    @abstractmethod
    def embeddings(self, params: Mapping[str, NDArray[np.float32]], table: Table) -> NDArray[np.float32]:
        """Return the embeddings (rows x d) of a table, without what else its rows hold."""


class Served(Model):
    """A model that makes a user's vector from the user's own history when it serves them, and has none in training.

    So whole users can be left out, and new ones served, and nothing is trained anew for them.
    """

    is_served: ClassVar = True

    @abstractmethod
    def users(self, params: Mapping[str, NDArray[np.float32]], histories: Histories) -> NDArray[np.float32]:
        """Return the vectors that histories make, (n_users x width): what ``predict`` takes for users."""

    @abstractmethod
    def votes(
        self, params: Mapping[str, NDArray[np.float32]], profile: Histories, items: NDArray[np.integer]
    ) -> NDArray[np.float32]:
        """Return what each row of one user's history adds to the scores of ``items``, (rows x items)."""

    def scorer(self, params: Mapping[str, NDArray[np.float32]], histories: Histories) -> Score:
        """Return the function that scores users (B,) against items (B, C), or (1, M): products of vectors."""
        of_users, of_items = self.users(params, histories), params["item"]

        def score(users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.float32]:
            u = of_users[users]
            if len(items) == 1:
                return u @ of_items[items[0]].T
            return np.einsum("bw,bcw->bc", u, of_items[items])

        return score


# Parameters that are no model's: what a model of residuals is added to, of everybody, of each user and each item.
BASE_MEAN, BASE_USER, BASE_ITEM = "base_mean", "base_user", "base_item"


@dataclass(frozen=True)
class Fitted:
    """A model with its parameters, and with the biases on whose residuals it was trained, if it was.

    One that is served from the profile has ``histories`` to serve.
    """

    model: Model
    params: Mapping[str, NDArray[np.float32]]
    histories: Histories | None = None

    @property
    def bare(self) -> Fitted:
        """The model of the residuals alone."""
        own = {name: array for name, array in self.params.items() if name not in (BASE_MEAN, BASE_USER, BASE_ITEM)}
        return Fitted(self.model, own, self.histories)

    @property
    def has_base(self) -> bool:
        """Whether predictions are of residuals."""
        return BASE_MEAN in self.params

    def base(self, user: NDArray[np.integer], item: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return μ + b_u + b_i for users and items, broadcast against each other."""
        mean, of_user, of_item = (self.params[name] for name in (BASE_MEAN, BASE_USER, BASE_ITEM))
        total: NDArray[np.float32] = mean + of_user[user] + of_item[item]
        return total

    @property
    def served(self) -> Served | None:
        """The model, if it is served from the profile."""
        return self.model if isinstance(self.model, Served) else None

    @property
    def profiles(self) -> Histories:
        """What users are served from.

        Raises:
            TrainingError: if the model was handed on without.
        """
        if self.histories is None:
            raise TrainingError(f"{self.model.called} is served from users' histories; hand them on with it.")
        return self.histories

    def embeddings(self, table: Table) -> NDArray[np.float32]:
        """Return the embeddings (rows x d) of the users or the items."""
        if self.served is None or table == "item":
            return self.model.embeddings(self.params, table)
        return self.model.embeddings({**self.params, "user": self.served.users(self.params, self.profiles)}, table)

    def predict(self, user: NDArray[np.integer], item: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return predictions (n,) for pairs of users and items (n,), on NumPy."""
        if self.served is not None:
            users, place = np.unique(user, return_inverse=True)
            score = self.served.scorer(self.params, self.profiles.take(users))
            place, item = np.broadcast_arrays(place, item)
            return score(place, item[:, None])[:, 0].astype(np.float32)
        # ``take`` gathers rows twice as fast as indexing.
        predicted: NDArray[np.float32] = self.model.predict(
            self.params, self.params["user"].take(user, 0), self.params["item"].take(item, 0)
        )
        return predicted + self.base(user, item) if self.has_base else predicted
