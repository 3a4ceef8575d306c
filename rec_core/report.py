"""The report's tables: its published figures, and the runs that stand beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from rec_core import specs
from rec_core.evaluation import METRICS
from rec_core.evaluation.controls import KEPT
from rec_core.published import TABLES, Published, Table
from rec_core.replicates import over_seeds
from rec_core.results import CHOOSING, RunResult
from rec_core.specs import ExperimentSpec
from rec_core.wording import labels
from rec_core.wording.numbers import small

__all__ = ["TABLES", "build", "footnotes", "render"]


def build(
    table: Table, seeds: int, base: Mapping[str, object], run: Callable[[ExperimentSpec], RunResult]
) -> pd.DataFrame:
    """Run every row of ``table`` for seeds 0 … seeds − 1 and return it as text cells.

    ``base`` holds further fields of the spec, at least the data; ``run`` makes or finds a result.
    """
    lines = []
    for number, row in enumerate(table.rows):
        results = [
            run(
                specs.preset(
                    "report",
                    table.feedback,
                    table.model,
                    **{**base, "method": {"name": row.method}, "pretrain": row.pretrain, "seed": seed},
                )
            )
            for seed in range(seeds)
        ]
        lines.append(_line(table, row, results))
        if number == 0:
            controls = _control_lines(table, results[0])
    return pd.DataFrame(lines + controls)


def _line(table: Table, row: Published, results: Sequence[RunResult]) -> dict[str, str]:
    line = {"Method": labels.method_title(row.method, row.pretrain) + (" †" if row.footnote else "")}
    for metric in table.metrics:
        line[METRICS[metric].title] = _mean([r.metrics[metric] for r in results], 3)
        line[f"{METRICS[metric].title} (report)"] = f"{row.metrics[metric]:.3f}"
    times = {
        "Select s": ([r.cost(CHOOSING) for r in results], row.select_s),
        "Train s": ([r.cost(("train",)) for r in results], row.train_s),
        "Total s": (
            [r.cost() for r in results],
            row.select_s + row.train_s,
        ),
    }
    for name, (ours, theirs) in times.items():
        line[name] = _mean(ours, 2)
        line[f"{name} (report)"] = f"{theirs:.2f}"
    line["Rows"] = f"{results[0].n_selected:,}"
    return line


def _control_lines(table: Table, result: RunResult) -> list[dict[str, str]]:
    return [
        {"Method": f"Control: {small(labels.control_title(name))}"}
        | {METRICS[m].title: f"{metrics[m]:.3f}" for m in table.metrics}
        for name, metrics in result.controls.items()
        if not name.endswith(KEPT)
    ]


def _mean(values: Sequence[float], places: int) -> str:
    """Return the mean, with the half width of its 95 % interval (Student's t) where there is more than one value."""
    found = over_seeds(values)
    mean = f"{found.mean:.{places}f}"
    return mean if len(values) == 1 else f"{mean} ± {found.half:.{places}f}"


def footnotes(table: Table) -> list[str]:
    """Return the table's footnotes, those of its rows once each and marked †."""
    marked = dict.fromkeys(f"† {row.footnote}" for row in table.rows if row.footnote)
    return [*marked, *([table.footnote] if table.footnote else [])]


def render(table: Table, frame: pd.DataFrame, form: str) -> str:
    """Return the table as Markdown, CSV or LaTeX (``form`` md, csv or latex), with its footnotes."""
    cells = frame.fillna("")
    title = f"Table {table.number}. {table.title}"
    notes = footnotes(table)
    if form == "csv":
        return "\n".join([*(f"# {line}" for line in [title, *notes]), cells.to_csv(index=False)])
    if form == "latex":
        # pandas' Styler escapes; ± and † are no characters of LaTeX's own.
        style = cells.style.hide(axis="index").format(escape="latex").format_index(escape="latex", axis=1)
        body = style.to_latex(hrules=True).replace("±", r"$\pm$").replace("†", r"$\dagger$")
        return "\n".join([f"% {title}", body, *(f"% {line}" for line in notes)])
    header = ["| " + " | ".join(cells.columns) + " |", "|" + " --- |" * len(cells.columns)]
    lines = ["| " + " | ".join(row) + " |" for row in cells.astype(str).to_numpy()]
    return "\n".join([f"**{title}**", "", *header, *lines, "", *(f"{line}\n" for line in notes)])
