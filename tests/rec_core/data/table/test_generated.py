"""Random logs are read right or asked about, with the truth among the choices; none is wrong in silence."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rec_core.data.sources import Folders
from rec_core.data.sources.table import Reading, Sniffed, Table, settle, sniff
from rec_core.data.sources.table.guessing import answered
from rec_core.errors import DataError
from tests.rec_core.data.table.making import Made, make

_RIGHT = 0.9  # without a question, at least


def verdict(made: Made, folder: Path) -> tuple[str, str]:
    """Return "right", "asked", "refused", "wrong" (in silence) or "untrue" (asked without the truth); and why."""
    path = folder / f"log.{made.suffix}"
    path.write_bytes(made.data)
    try:
        found = sniff(str(path))
        if not found.questions:
            wrong = _wrong(found, made, str(path))
            return ("wrong" if wrong else "right"), wrong
        told, missing = _told(found, made, str(path))
        wrong = missing or _wrong(told, made, str(path))
    except DataError as error:
        return "refused", str(error)
    return ("untrue" if wrong else "asked"), wrong or "; ".join(one.about for one in found.questions)


def _told(found: Sniffed, made: Made, path: str) -> tuple[Sniffed, str]:
    """Return what is read when all questions about columns are answered truly, and which had no true choice."""
    columns = found.columns
    for question in found.questions:
        if question.about not in ("user", "item", "rating", "time"):
            continue
        truth = made.columns.get(question.about, "")
        assert 2 <= len(question.choices) <= 3, question
        if truth not in [choice.value for choice in question.choices]:
            return found, f"{question.about} is {truth or 'none'}, not {[one.value for one in question.choices]}"
        columns = answered(columns, question.about, truth)  # type: ignore[arg-type]
    found = settle(path, replace(found, columns=columns))
    if any(question.about == "time_format" for question in found.questions):
        return found, ""
    return found, ""


def _wrong(found: Sniffed, made: Made, path: str) -> str:
    """Return how a log's rows are read otherwise than they are; "" if as they are."""
    for role in ("user", "item", "rating", "time"):
        if getattr(found.columns, role) != made.columns.get(role, ""):
            return f"{role} := {getattr(found.columns, role)!r}, is {made.columns.get(role, '')!r}"
    data = Table.of(path, Reading(layout=found.layout, columns=found.columns)).load(Folders(None, Path(path).parent))
    rows, catalogue = data.interactions, data.catalogue
    if len(rows) != len(made.users):
        return f"{len(rows)} rows of {len(made.users)}, {dict(data.rejected.kinds)}"
    if [str(one) for one in catalogue.user_ids[rows.user]] != made.users:
        return "other users"
    if [str(one) for one in catalogue.item_ids[rows.item]] != made.items:
        return "other items"
    if made.ratings is not None and not np.allclose(rows.rated, made.ratings, rtol=1e-6):
        return "other ratings"
    if made.seconds is not None and rows.time is not None and rows.time.tolist() != made.seconds:
        return "other times"
    return ""


def counted(seeds: range, folder: Path) -> tuple[Counter[str], list[str]]:
    """Return how many logs have which verdict, and a line for each that is not as it should be."""
    counts: Counter[str] = Counter()
    lines = []
    for seed in seeds:
        made = make(seed)
        said, why = verdict(made, folder)
        counts[said] += 1
        if said in ("wrong", "untrue"):
            lines.append(f"{seed}: {said}: {why} | {made.columns} | {'; '.join(made.story)}")
    return counts, lines


def _hold(seeds: range, folder: Path) -> None:
    counts, lines = counted(seeds, folder)
    assert not lines, "\n".join(lines)
    assert counts["right"] >= _RIGHT * len(seeds), counts


def test_no_log_is_wrong_in_silence(tmp_path: Path) -> None:
    _hold(range(200), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("begin", [10_000, 20_000, 30_000])
def test_of_2000_logs_none_is_wrong_in_silence(tmp_path: Path, begin: int) -> None:
    _hold(range(begin, begin + 2_000), tmp_path)
