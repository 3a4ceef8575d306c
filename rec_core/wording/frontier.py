"""How small can it be, in words: the answer, how the curve ends, what a search found, and when choosing pays."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from rec_core.analysis import columns as col
from rec_core.analysis.comparison import Compared, Intervals, free_controls, half
from rec_core.analysis.frontier import Rise, Smallest, lines, ratio_of
from rec_core.data.sources import Words
from rec_core.evaluation import Metric
from rec_core.evaluation.ranking import ALL_ITEMS
from rec_core.replicates import Estimate
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.sweeps import Answer, Question
from rec_core.sweeps.search import Tried
from rec_core.wording import labels
from rec_core.wording.comparison import how_sure
from rec_core.wording.numbers import counted, duration, number, percent

QUESTION = "How small can it be?"
METHOD, RATIO, KEPT, FROM, TO = "Method", "Ratio", "Kept", "95 % from", "95 % to"
BOLD = (
    "± is half the 95 % interval over users and seeds; of one seed (*), over users alone. Bold is better than all "
    "others at its ratio, on several seeds (paired over users and seeds, Holm)."
)
_MARGIN = 0.02  # share of the quality that counts as more


def answer(found: Smallest, metric: Metric, among: str = "") -> tuple[str, str]:
    """Return which part is enough, and what else there is to say of that; ``among`` says of which users, if not all."""
    quality = labels.quality(metric) + (f" among {among}" if among else "")
    if not found.tried:
        return QUESTION, "No results yet. Run full data and at least one subset."
    if found.sure is not None:
        one, kept = found.sure
        may = "" if found.likely is None or found.likely[0] is one else _may(*found.likely)
        part = f"{_part(one)} of the {labels.words_of(one.spec).rows}"
        first = f"With {_way(one.spec)}, {part} keep {how_sure(kept)} of {quality}."
        reliable = f"It reliably keeps at least {percent(found.goal)}; this is corrected for {_looked_at(found)}."
        return first, " ".join(filter(None, [reliable, _more_than_all(kept.low), beside(one), may]))
    most = f"No subset up to {percent(found.largest)} reliably keeps {percent(found.goal)} of {quality}."
    alone = "" if found.replicated else "One seed confirms nothing."
    if found.likely is None:
        looked = counted(found.tried, "subset was", "subsets were")
        return most, f"{looked} compared. {alone}".strip()
    return most, " ".join(filter(None, [_may(*found.likely), beside(found.likely[0]), alone]))


def _looked_at(found: Smallest) -> str:
    return f"the choice among {counted(found.tried, 'subset', 'subsets')}"


def beside(one: Compared) -> str:
    """Return what the best control keeps for nothing; nothing where that is not known."""
    if one.control_kept is None:
        return ""
    return _control(labels.control_title(one.best_control[0]), one.control_kept)


def beside_full(full: RunResult | None, metric: Metric) -> str:
    """Return what the best control keeps for nothing of what full data give; nothing where that is not known."""
    free = {} if full is None else free_controls(full.controls_with(metric), metric)
    if full is None or not free:
        return ""
    best = metric.best(free)
    kept = metric.share(free[best], full.value(metric))
    return "" if kept is None else _control(labels.control_title(best), kept)


def _control(title: str, kept: float) -> str:
    return f"“{title}”, which needs no training, keeps {percent(kept)}."


def _more_than_all(low: float) -> str:
    return "That is more than training on everything finds." if low > 1 else ""


def before(table: pd.DataFrame, controls: Mapping[str, float], goal: float, metric: Metric, words: Words) -> str:
    """Return how small the data can be, from a ``named`` table and the controls that were measured with it before."""
    quality = labels.quality(metric)
    full = table[table[col.METHOD] == "full"][col.VALUE].mean()
    title = metric.best(controls)
    kept = metric.share(controls[title], float(full))
    control = "" if kept is None else f" {_control(title, kept)}"
    parts = table[table[col.METHOD] != "full"].sort_values([col.RATIO, col.SHARE_KEPT], ascending=[True, False])
    sure, likely = parts[parts[col.KEPT_AT_LEAST] >= goal], parts[parts[col.SHARE_KEPT] >= goal]
    if not sure.empty:
        best = sure.iloc[0]
        rows = f"{percent(best[col.RATIO])} of the {words.rows}"
        return f"with {best[col.LINE]}, {rows} keep {_measured(best)} of {quality}.{control}"
    may = ""
    if not likely.empty:
        best = likely.iloc[0]
        may = f" {best[col.LINE]} at {percent(best[col.RATIO])} may be enough: {_measured(best)}."
    return f"no subset reliably keeps {percent(goal)} of {quality}.{may}{control}"


def _measured(row: pd.Series) -> str:
    """Return the share that a row of a table keeps, with its interval and seeds."""
    between = f"{percent(row[col.KEPT_FROM])} to {percent(row[col.KEPT_TO])}, {labels.seeds(int(row[col.SEEDS]))}"
    return f"{percent(row[col.SHARE_KEPT])} ({between})"


def _may(one: Compared, kept: Estimate) -> str:
    return f"{_way(one.spec)} at {_part(one)} may be enough: {how_sure(kept)}. Run more seeds to confirm."


def _way(spec: ExperimentSpec) -> str:
    return labels.method_choice(spec)


def _part(one: Compared) -> str:
    return percent(ratio_of(one))


def ending(rise: Rise | None, value: float, metric: Metric) -> str:
    """Return whether more data would help, as far as the end of a curve says; ``value`` is the metric on all rows."""
    if rise is None:
        return (
            "We cannot tell yet whether more data would help. Run random rows at three ratios from 20 % on, full data "
            "among them, with the same seeds."
        )
    change = f"{number(rise.slope.mean)} ({number(rise.slope.low)} to {number(rise.slope.high)})"
    each = f"each doubling of random rows from {percent(rise.ratios[0])} on adds {change} {metric.title}"
    if not rise.slope.is_replicated:
        return f"One seed cannot tell whether more data would help: {each}. Run more seeds."
    if rise.is_flat(value, _MARGIN):
        return f"The curve is flat at its end: {each}. More data of this kind would hardly help."
    if rise.is_rising:
        return f"The curve still rises at 100 %: {each}. Twice the data may add as much."
    return f"We cannot tell whether more data would help: {each}."


def pays(choosing: float, part: float, full: float, after: float | None, planned: int) -> str:
    """Return when choosing rows has paid for itself, and what it saves in as many trainings as are ``planned``."""
    times = counted(planned, "training", "trainings")
    ours, theirs = choosing + planned * part, planned * full
    together = f"{times} take {duration(ours)} of CPU time with it, {duration(theirs)} on all rows"
    if after is None:
        return f"It never pays: a training on the part takes {duration(part)}, on all rows {duration(full)}."
    soon = "with the first training" if after <= 1 else f"after {math.ceil(after)} trainings"
    return f"Choosing costs {duration(choosing)} and has paid for itself {soon}: {together}."


def search_answer(found: Answer, question: Question) -> tuple[str, str]:
    """Return the result of a search, and the evidence for it."""
    quality, keep = labels.quality(question.judged_by), percent(question.keep)
    parts = f"{counted(len(found.tried), 'subset', 'subsets')} tried on one seed{_among(found, question)}."
    if found.confirmed is not None and found.confirmed.kept is not None:
        spec, kept = found.confirmed.spec, found.confirmed.kept
        first = f"With {_way(spec)}, {labels.part_title(spec)} reliably keep at least {keep} of {quality}."
        seeds = counted(kept.count, "new seed", "new seeds")
        fresh = f"Confirmed on {seeds}: it keeps at most {percent(kept.high)}."
        return first, f"{fresh} {parts}"
    likely = _likely(found, question)
    if found.ending == "time":
        if not likely:
            first = f"{duration(60 * question.minutes)} were too short to find out."
            return first, " ".join(filter(None, [_more_time(found, question), parts]))
        ended = "The time ended before new seeds confirmed it."
        return likely, " ".join(filter(None, [ended, _more_time(found, question), parts]))
    return f"No subset is confirmed to keep {keep} of {quality}.", " ".join(filter(None, [likely, parts]))


def _more_time(found: Answer, question: Question) -> str:
    """Return how many minutes the next step of a search needs in all; "" where that is not known."""
    if not found.lacking:
        return ""
    return f"Allow about {math.ceil(question.minutes + found.lacking / 60):,} minutes."


def _among(found: Answer, question: Question) -> str:
    """Return a phrase with the number of users that the search ranked; "" if the metric covers no others."""
    users = found.tried[0].spec.evaluation.users if found.tried else 0
    if not users or question.judged_by.part != ALL_ITEMS:
        return ""
    return f", with {number(users)} users ranked; seeds that confirm rank everybody"


def _likely(found: Answer, question: Question) -> str:
    """Return the smallest subset that may be enough, by fresh seeds where they tested any; else what they found."""
    known = [one for one in found.checked or (found.chosen,) if one is not None and one.kept is not None]
    enough = [one for one in known if one.kept is not None and one.kept.mean >= question.keep]
    one = min(enough, key=lambda one: one.spec.ratio, default=known[0] if known else None)
    if one is None or one.kept is None:
        return ""
    said = "is not enough" if one.kept.high < question.keep else "may be enough" if enough else "may not be enough"
    return f"{_way(one.spec)} at {percent(one.spec.ratio)} {said}: it kept {how_sure(one.kept)}."


def called(question: Question) -> str:
    """Return the name of a search; another one of the same settings takes its place."""
    base = question.base
    first = labels.line_title(base)
    return f"Smallest part · {labels.data_title(base)}, {labels.model_title(base)}, {first} among the ways"


def looked_at(found: Answer) -> str:
    """Return how far a search is."""
    parts = counted(len(found.tried), "part", "parts") + " looked at"
    if found.chosen is None:
        return parts
    return f"{parts}; the smallest so far: {_way(found.chosen.spec)} at {percent(found.chosen.spec.ratio)}"


def tried(found: Answer) -> pd.DataFrame:
    """Return one row per subset that a search looked at, and on which seeds."""
    rows = [(one, "the seed of the search") for one in found.tried] + [(one, _fresh(one)) for one in found.checked]
    return pd.DataFrame(
        [
            {
                METHOD: labels.line_title(one.spec),
                RATIO: one.spec.ratio,
                KEPT: None if one.kept is None else one.kept.mean,
                FROM: None if one.kept is None else one.kept.ends[0],
                TO: None if one.kept is None else one.kept.ends[1],
                "On": on,
            }
            for one, on in rows
        ]
    )


def _fresh(one: Tried) -> str:
    return "fresh seeds" if one.kept is None else f"{one.kept.count} fresh seeds"


def grid(
    every: Iterable[Compared], best: Collection[str], intervals: Intervals
) -> tuple[pd.DataFrame, dict[str, list[int]]]:
    """Return a row per way to keep rows and a column per ratio, and where the ``best`` (keys of groups) stand in it.

    A cell is the mean over seeds, ± half the width of its 95 % interval, with a star where it rests on one seed.
    """
    rows = list(lines(every).values())
    ratios = sorted({ratio_of(one) for line in rows for one in line})
    cells, bold = [], {percent(ratio): list[int]() for ratio in ratios}
    for place, line in enumerate(rows):
        cell = {METHOD: labels.line_title(line[0].spec)} | {percent(ratio): "" for ratio in ratios}
        for one in line:
            column = percent(ratio_of(one))
            cell[column] = _cell(one.value, half(intervals.value(one)), len(one.group.results))
            if one.group.key in best:
                bold[column].append(place)
        cells.append(cell)
    return pd.DataFrame(cells), bold


def _cell(value: float, within: float, seeds: int) -> str:
    between = "" if math.isnan(within) else f" ± {within:.3f}"
    return f"{value:.3f}{between}" + ("*" if between and seeds == 1 else "")


def named(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``frontier.table`` with its lines named, so that it can be read, drawn and written down by itself."""
    specs: list[ExperimentSpec] = list(table[col.SPEC])
    read = table.drop(columns=[col.SPEC])
    read[col.MODEL] = [labels.model_title(spec) for spec in specs]
    read[col.LINE] = [labels.line_title(spec) for spec in specs]
    read[col.METHOD] = ["full" if spec.keeps_everything else spec.method.name for spec in specs]
    read[col.PRETRAIN] = [spec.pretrain or not spec.uses_proxy for spec in specs]
    return read
