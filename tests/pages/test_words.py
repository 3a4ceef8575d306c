"""Words follow the data: what nobody rated is not called a rating, on any page."""

from __future__ import annotations

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

from cache.ledger import Ledger
from cache.logs import Logs
from rec_core.data.sources import Folders
from rec_core.stages import resolve
from tests.conftest import log_frame, own, quick
from tests.pages.conftest import QUICK, Open, finish, healthy, texts

PAGES = (
    "results",
    "frontier",
    "gradient_norms",
    "coverage",
    "activity",
    "user_map",
    "norms",
    "one_user",
    "summary",
    "data",
)
# The names of choices and of a log's roles, which are the same for all data, and what is said of data without ratings.
_NAMES = re.compile(
    r"(test|validation|Test|Validation) rating|choose Ratings|There are no ratings|Ratings: predict|activity-ratings"
    r"|Ratings\nModels rank|rating\\=none"
)


def _said(app: AppTest) -> str:
    """Return all that a page says: sentences, labels, help, cards, the columns of tables, what stands in figures."""
    shown = [texts(app)]
    for one in (*app.button, *app.toggle, *app.slider, *app.metric, *app.subheader, *app.expander):
        shown += [str(getattr(one, name, "") or "") for name in ("label", "help", "value", "delta")]
    for frame in app.dataframe:
        shown += [*map(str, frame.value.columns)]
    shown += [figure.proto.spec for figure in app.get("plotly_chart")]
    return "\n".join(shown)


def test_rows_that_nobody_rated_are_not_called_ratings(home: Path, open_page: Open) -> None:
    path = home / "clicks.csv"
    log_frame().drop(columns="rating").rename(columns={"movieId": "item"}).to_csv(path, index=False)
    log = own(path)
    Logs(Ledger(home)).keep(log)
    chosen = resolve(quick("gradient", data={"dataset": log.name}), Folders(None, home / "data"))
    finish(home, chosen, chosen.with_(method={"name": "full"}, ratio=1.0))
    for page in PAGES:
        app = open_page(page, **QUICK | {"data": "clicks.csv", "method": "Gradient"})
        healthy(app)
        said = _NAMES.sub("", _said(app))
        found = [said[max(0, one.start() - 60) : one.end() + 30] for one in re.finditer(r"(?i)\bratings?\b", said)]
        assert found == [], page
