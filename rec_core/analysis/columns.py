"""Names of columns that analyses give and figures rely on; what people read is in ``wording.columns``."""

from __future__ import annotations

# Who and what
CHOICE = "choice"  # the title of what is kept
RUN = "run"
USER_ID = "user_id"
ITEM_ID = "item_id"
ITEM = "item"
GENRE = "genre"
GENRES = "genres"
RATING_VALUE = "rating_value"
RATING = "rating"
OF = "of"
SLICE = "slice"
SETTING = "setting"
CONTROL = "control"
COUNTED_ON = "counted_on"
ONE, OTHER = "one", "other"
BECAUSE = "because"  # what speaks for an item

# How many
USERS = "users"
ITEMS = "items"
RATINGS = "ratings"  # of a user, an item or a bin, in train
RATINGS_IN_ALL = "ratings_in_all"  # of what a coreset leaves out
KEPT = "kept"
DROPPED = "dropped"
IN_ALL = "in_all"
FROM, TO = "from", "to"

BEGINS = "begins"  # of a part of the time
ROWS = "rows"

# Shares, the first of ratings in all data
SHARE_OF_THEM = "share_of_them"
ALL = "share_of_ratings"
SHARE_OF_KEPT = "share_of_kept"
SHARE_KEPT = "share_kept"
THEY, EVERYONE = "they", "everyone"

# Statistics
MEAN_PER_USER = "mean_per_user"
MEDIAN_PER_USER = "median_per_user"
MEDIAN_ACTIVITY = "median_activity"
GINI = "gini"
KS = "ks_distance"
EARTH_MOVERS = "earth_movers"
DIVERGENCE = "divergence"
JACCARD = "jaccard"
BY_CHANCE = "by_chance"
VALUE = "value"
LOWER_QUARTILE, MEDIAN_NORM, UPPER_QUARTILE = "lower_quartile", "median_norm", "upper_quartile"
BEST_EPOCH = "best_epoch"
COVERED, TAIL_SHOWN, POPULARITY_SHOWN = "covered", "tail_shown", "popularity_shown"  # of what models show
VERDICT = "verdict"

# Of a frontier: how a line is called and drawn, where its points are, and what they cost
SPEC = "spec"
LINE, MODEL, METHOD, PRETRAIN = "line", "model", "method", "pretrain"
RATIO = "ratio"
SEEDS = "seeds"
METRIC = "metric"
# Half the width of a 95 % interval over users and seeds; of one seed, over users alone
HALF, KEPT_HALF = "half_95_users_and_seeds", "kept_half_95_users_and_seeds"
KEPT_FROM, KEPT_TO = "kept_from", "kept_to"
KEPT_AT_LEAST = "kept_at_least"  # corrected for all that was looked at
CHOOSING_S, TRAIN_S, TOTAL_S = "choosing_s", "train_s", "total_s"
CUT_SHORT = "cut_short"


def at_least(count: int) -> str:
    """Return the name of the column of shares with at least ``count`` kept rows.

    >>> at_least(5)
    'at_least_5'
    """
    return f"at_least_{count}"


def delta(metric: str) -> str:
    """Return the name of the column of a metric's difference from the baseline."""
    return f"delta_{metric}"


def delta_from(metric: str) -> str:
    """Return the name of the column where the difference's interval begins."""
    return f"delta_from_{metric}"


def delta_to(metric: str) -> str:
    """Return the name of the column where the difference's interval ends."""
    return f"delta_to_{metric}"
