"""Server time of pages, by the clock: the ratio slider on pages that follow it, and warm reruns of every page.

With the proxy stored and 1,000 runs in the store; scripts as ``AppTest`` runs them: widgets, analysis, figures, no
browser. MovieLens 1M where CORELENS_DATA has it, otherwise synthetic data of the same size. Works in a home folder of
its own. The figure is the 95 % quantile, with the smallest and the largest.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from benchmarks.measure import Line
from cache.home import folders
from cache.ledger import Ledger
from cache.store import DiskStore
from pages.ui.nav import NAMES
from rec_core import specs
from rec_core.data.sources import SOURCES
from rec_core.experiment import Experiment
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN, pack, resolve
from rec_core.wording import labels

ROOT = Path(__file__).resolve().parents[1]
LIVE = ["gradient_norms", "coverage", "activity", "user_map"]
RUNS = 1_000
REAL = 3  # further runs with all their parts, which Compare takes by default
SEEDS = 5  # of each ratio: a fifth as many groups as runs
RATIOS = [10.0, 15.0, 25.0, 30.0, 40.0, 50.0, 12.0, 22.0, 35.0, 45.0]


def prepare(home: Path, spec: ExperimentSpec, runs: int) -> None:
    """Store the proxies, a short run of full data and of ``spec``, and copies under other seeds and ratios."""
    store, where = DiskStore(home), folders()
    spec = resolve(spec, where)
    for pretrain in (True, False):
        _ = Experiment(spec.with_(pretrain=pretrain, method={"name": "gradient"}), store, where).scores
    Experiment(spec, store, where).user_map(of_proxy=True)
    _note(home, spec.with_(method={"name": "full"}), store)
    made = _note(home, spec, store)
    for number in range(1, runs):
        copy = spec.with_(seed=number % SEEDS, ratio=0.201 + 0.001 * (number // SEEDS))
        key = RUN.key(copy)
        store.put(key, pack(replace(made, key=key, spec=copy.model_dump()), RUN.name))
        Ledger(home).ask(key, "run", copy)
    for seed in range(SEEDS, SEEDS + REAL):
        _note(home, spec.with_(seed=seed, method={"name": "random"}), store)


def _note(home: Path, spec: ExperimentSpec, store: DiskStore) -> RunResult:
    experiment = Experiment(spec, store, folders())
    result = experiment.result()
    Ledger(home).ask(result.key, "run", experiment.spec)
    return result


def open_page(page: str, spec: ExperimentSpec, method: str) -> AppTest:
    """Open a page with the settings of ``spec`` and let it warm up."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app.query_params.update(
        {
            "data": SOURCES[spec.data.dataset].title,
            "feedback": labels.FEEDBACK[spec.feedback],
            "preset": labels.PRESETS["report"],
            "epochs": str(spec.train.epochs),
            "patience": str(spec.train.patience),
            "method": method,
        }
    )
    app.run()
    app.switch_page(f"pages/{page}.py").run()
    app.run()
    assert not app.exception, [e.message for e in app.exception]
    return app


def quantile(what: str, work: Iterable[Callable[[], object]]) -> Line:
    """Return the 95 % quantile of how long calls take."""
    took = []
    for call in work:
        begin = time.perf_counter()
        call()
        took.append(time.perf_counter() - begin)
    return Line(what, float(np.quantile(took, 0.95)), min(took), max(took), "s")


def measure(rounds: int) -> Iterator[Line]:
    """Yield a line per page."""
    logging.disable(logging.WARNING)  # Streamlit says at every call that it runs without a browser
    name = "ml-1m" if SOURCES["ml-1m"].is_here(folders()) else "synthetic-1m"
    spec = specs.preset(
        "report", "implicit", "ncf", data={"dataset": name}, method={"name": "gradient"}, train={"epochs": 1}
    )
    with tempfile.TemporaryDirectory() as home:
        os.environ["CORELENS_HOME"] = home
        prepare(Path(home), spec, RUNS)
        for method in ("Gradient", "Greedy k-center", "Random"):
            for page in LIVE:
                app = open_page(page, spec, method)
                moves = (app.sidebar.slider(key="ratio").set_value(ratio).run for ratio in RATIOS)
                yield quantile(f"{page}, {method}: slider", moves)
        for page in NAMES:
            app = open_page(page, spec, "Gradient")
            yield quantile(f"{page}: warm rerun", [app.run] * max(10, rounds))
