"""Speed and quality: ``python -m benchmarks [NAME …] [--rounds N] [--json FILE]``; without a name, the quick ones.

Every figure is the median of several rounds with its range, in CPU seconds of one thread unless it says otherwise; what
is compared takes turns in one process, so that ratios hold when the machine's speed drifts.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from benchmarks.measure import Line

NAMES = {
    "training": "a step against plain loops and against the reference kernel",
    "selection": "choosing a coreset, with the proxy at hand",
    "methods": "what each method keeps of full data's quality, offered or not (half an hour)",
    "served": "what coresets keep under models served from the profile (half an hour)",
    "claims": "the README's figures of chosen rows beside full data (half an hour)",
    "screen": "how far the screen's predictions are off (half an hour)",
    "verdicts": "how often a frontier calls a subset reliable, wrongly and rightly, by simulation (ten minutes)",
    "searches": "how often `find` is right on made-up users with a known truth (minutes)",
    "kernels": "whether compiled kernels and the reference give the same test metrics (an hour)",
    "evaluation": "ranking and test negatives, against the reference",
    "peers": "an epoch beside other libraries, in environments of their own (a quarter of an hour)",
    "pages": "server time of pages with 1,000 runs in the store",
    "browser": "what a new user waits for, in a real Chromium (minutes)",
    "tables": "the report's tables from an empty store (minutes)",
    "scale": "a log read, filtered, split and selected from, at 10 and 100 million rows (minutes, 8 GB)",
}
QUICK = ("training", "selection", "evaluation")


def main() -> None:
    """Print a line per figure as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="; ".join(f"{n}: {what}" for n, what in NAMES.items()))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    if unknown := set(args.names) - set(NAMES):
        parser.error(f"there is no benchmark called {', '.join(sorted(unknown))}; choose from {', '.join(NAMES)}")
    torch.set_num_threads(1)
    found: dict[str, list[Line]] = {}
    with threadpool_limits(1):
        for name in args.names or QUICK:
            measure: Callable[[int], Iterator[Line]] = import_module(f"benchmarks.{name}").measure
            found[name] = []
            for line in measure(args.rounds):
                print(line, flush=True)
                found[name].append(line)
    if args.json:
        args.json.write_text(json.dumps({name: [asdict(line) for line in lines] for name, lines in found.items()}))


if __name__ == "__main__":
    main()
