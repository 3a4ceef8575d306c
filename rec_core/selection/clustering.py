"""K-means over users: keep the users nearest to their cluster's centroid, as many rows per cluster as its share."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.errors import SelectionError
from rec_core.selection.base import Candidates, Coreset, Mark, Method, user_points, whole_users
from rec_core.settings import Count, offered


class Clustering(Method):
    """Whole users, the most typical ones of each of ``clusters`` groups."""

    title: ClassVar = "Clustering"
    summary: ClassVar = "Keeps whole users, those most typical of each of ten groups."
    mark: ClassVar = Mark("#009e73", "square")
    needs_proxy: ClassVar = True
    keeps_users: ClassVar = True

    name: Literal["clustering"] = "clustering"
    clusters: Count = offered(10, "Clusters", 1, 1000)

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return rows of the users nearest to the centroids.

        Raises:
            SelectionError: if there are fewer users than clusters.
        """
        from sklearn.cluster import KMeans

        points, clusters = user_points(candidates), self.clusters
        if len(points) < clusters:
            raise SelectionError(
                f"{clusters:,} clusters need at least as many users; choose at most {len(points):,} clusters "
                "(method.clusters)."
            )
        fitted = KMeans(clusters, n_init=1, random_state=int(rng.integers(2**31))).fit(points)
        distance = np.linalg.norm(points - fitted.cluster_centers_[fitted.labels_], axis=1)
        rows_of_cluster = np.bincount(fitted.labels_[candidates.train.user], minlength=clusters)
        kept = []
        for cluster, count in enumerate(shares(rows_of_cluster, budget)):
            users = np.flatnonzero(fitted.labels_ == cluster)
            nearest = users[np.argsort(distance[users], kind="stable")]
            if count:
                kept.append(whole_users(candidates.train, nearest, int(count), rng))
        return Coreset(np.sort(np.concatenate(kept)))

    def library(self, n_users: int) -> str:
        """K-means."""
        return "sklearn.cluster"


def shares(sizes: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Split ``total`` over groups in proportion to ``sizes`` by largest remainder; no group gets more than its size.

    >>> shares(np.array([5, 3, 2]), 4).tolist()
    [2, 1, 1]
    """
    exact = sizes * (total / sizes.sum())
    out = np.floor(exact).astype(np.int64)
    rest = np.argsort(out - exact, kind="stable")[: total - out.sum()]
    out[rest] += 1
    return out
