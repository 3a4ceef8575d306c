"""``screen``: what each way to keep rows is predicted to be worth, before anything is trained."""

from __future__ import annotations

import argparse
import json
from typing import Any

from rec_core.cli.common import (
    Bar,
    data_options,
    experiment_of,
    note,
    ratio_option,
    say,
    setting_options,
    spec_of,
    tell,
)
from rec_core.cli.usage import UsageError
from rec_core.models import MODELS
from rec_core.stages.screen import asks
from rec_core.wording import screen as wording


def add_command(commands: Any) -> None:
    """Add the command to the parser's."""
    screen = commands.add_parser("screen", help="predict which rows are worth keeping; nothing is trained")
    data_options(screen)
    screen.add_argument("--feedback", choices=["explicit", "implicit"], default="implicit")
    screen.add_argument("--model", choices=list(MODELS), default="ncf")
    ratio_option(screen, 0.2, "share of the train rows to keep")
    setting_options(screen, preset="recommended")
    screen.add_argument("--csv", action="store_true", help="print the table as CSV")
    screen.set_defaults(command=_screen, method="random")


def _screen(args: argparse.Namespace) -> None:
    spec = spec_of(args)
    if not asks(spec):
        raise UsageError("Only clicks and a ratio below 1 can be screened: write --feedback implicit and --ratio 20%.")
    with Bar() as bar:
        experiment = experiment_of(spec, args, bar)
        found = experiment.screened
        note(experiment)
    table = wording.table(found, experiment.spec)
    say(*(line.replace("**", "") for line in (wording.answer(found, experiment.spec), wording.caution(spec)) if line))
    if args.csv:
        text = table.to_csv(index=False, float_format="%.6g").removesuffix("\n")
    else:
        text = table.to_string(index=False, float_format=lambda value: f"{value:.3f}", na_rep="–")
    tell(args, text, {"spec": experiment.spec.model_dump(), "candidates": json.loads(table.to_json(orient="records"))})
