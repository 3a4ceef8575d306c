"""Selection speed with the proxy at hand: ``python -m benchmarks.selection [--data-dir DIR]``.

On MovieLens 1M where a folder has it, otherwise on synthetic data of the same size. Prints the median of several
rounds beside the target.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from cache.home import folders
from rec_core import specs
from rec_core.data.interactions import Feedback
from rec_core.data.sources import SOURCES
from rec_core.experiment import Experiment
from rec_core.selection import METHODS, Candidates, budget, gradient
from rec_core.stages import MemoryStore, resolve
from rec_core.wording.numbers import duration


def median_seconds(work: Callable[[], object], rounds: int = 7) -> float:
    """Return the median duration of ``work``, after one warm-up."""
    work()
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return float(np.median(seconds))


def main() -> None:
    """Print a line per method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir")
    where = folders(parser.parse_args().data_dir)
    name = "ml-1m" if SOURCES["ml-1m"].is_here(where) else "synthetic-1m"
    spec = specs.preset(
        "report", "explicit", "ncf", data={"dataset": name}, method={"name": "gradient"}, pretrain=False
    )
    experiment = Experiment(resolve(spec, where), MemoryStore(), where)
    candidates = experiment.candidates
    train, n_users = candidates.train, candidates.n_users
    print(f"{SOURCES[name].title}: {len(train):,} train rows, {n_users:,} users")
    both: tuple[Feedback, ...] = ("explicit", "implicit")
    for feedback in both:
        scoring = Candidates(train, n_users, feedback, candidates.proxy)
        took = median_seconds(lambda scoring=scoring: gradient.norms(scoring))  # type: ignore[misc]
        print(f"gradient scores, {feedback:<9} {duration(took):>8}   target 300 ms")
    targets = {"greedy": "200 ms", "gradient": "1 s", "random": "1 s", "clustering": "1 s"}
    for method, target in targets.items():
        chosen = METHODS[method]()
        for ratio in (0.2, 0.5):
            count = budget(ratio, len(train))
            took = median_seconds(
                lambda: chosen.select(candidates, count, np.random.default_rng(0))  # noqa: B023
            )
            print(f"{method:<11} at {ratio:.0%}        {duration(took):>8}   target {target}")


if __name__ == "__main__":
    main()
