"""A log in words: how its file is read, which column is what, what was found, and what has to be asked before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rec_core.data.sources.table import ROLES, Columns, Layout, Reading
from rec_core.data.sources.table.asking import Choice, Question
from rec_core.data.sources.table.reading import ENCODINGS, FORM_NAMES
from rec_core.data.sources.table.summing import WasRead
from rec_core.wording.numbers import number

FORMS = "CSV, JSON, Parquet, .inter: a file, a folder of them, or an archive"
READS = (
    "Corelens reads CSV with any separator and encoding, JSON lines, Parquet and RecBole's .inter: a file, a folder, "
    "or an archive (gzip, bz2, xz, zstd, zip, tar). Your file stays where it is and is not changed."
)
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "::": "two colons", " ": "space"}
_OF_TEXT = {"decimal", "thousands", "time_format"}  # said beside the columns that they are about
_OPTIONAL = ("rating", "time")  # roles of which it is said that there are none


@dataclass(frozen=True)
class Asked:
    """The questions that a file leaves open; ``option`` is how the command line names its columns."""

    name: str
    questions: Sequence[Question]
    option: str = "--columns"


def line(name: str, reading: Reading, read: WasRead) -> str:
    """Return in one line what was read of a log, and what is odd."""
    said = [
        f"Read {name} as {layout(reading.layout)}: {roles(reading, read)}.",
        found(read),
        *read.odd,
    ]
    return " ".join(filter(None, said))


def layout(how: Layout) -> str:
    """Return how a file is written, as a noun phrase.

    >>> layout(Layout(separator=";", encoding="cp1252", header=False))
    'Windows-1252 text separated by semicolon, without a header, quotation marks enclose fields'
    >>> layout(Layout(form="parquet"))
    'Parquet'
    """
    if how.form != "text":
        return FORM_NAMES[how.form]
    parts = [
        f"{ENCODINGS.get(how.encoding, how.encoding)} text separated by {separator(how.separator)}",
        "with a header" if how.header else "without a header",
        "quotation marks enclose fields" if how.quoted else "quotation marks are text",
        *_further(how),
    ]
    return ", ".join(parts)


def separator(sign: str) -> str:
    r"""Return what a separator is called, or the sign itself.

    >>> separator("\t"), separator("^")
    ('tab', '“^”')
    """
    return SEPARATORS.get(sign, f"“{sign}”")


def _further(how: Layout) -> list[str]:
    """Return the other settings of a layout that differ from the usual ones."""
    usual = {"form", "separator", "encoding", "header", "quoted", *_OF_TEXT}
    changed = how.model_dump(exclude_defaults=True)
    return [f"{name.replace('_', ' ')} {_shown(value)}" for name, value in changed.items() if name not in usual]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value}"


def roles(reading: Reading, read: WasRead) -> str:
    """Return which column is what, each with its first values; of roles that are missing, why."""
    columns = reading.columns
    named = columns.named
    said = [
        _role(role, named[role], reading, read.values) if role in named else _missing(role, read.none)
        for role in ROLES
        if role in named or role in _OPTIONAL
    ]
    return ", ".join([*said, *_settings(columns)])


def _role(role: str, name: str, reading: Reading, values: Mapping[str, str]) -> str:
    """Return the column of a role with its first values, and how they are written where that is not usual."""
    how, notes = reading.layout, []
    if role == "rating" and how.decimal != ".":
        notes.append("decimal comma")
    if role == "rating" and how.thousands:
        notes.append(f"thousands “{how.thousands}”")
    if role == "time" and how.time_format:
        notes.append(f"format {how.time_format}")
    shown = "; ".join(filter(None, [values.get(role, ""), *notes]))
    return f"{role}={name} ({shown})" if shown else f"{role}={name}"


def _missing(role: str, why: Mapping[str, str]) -> str:
    return f"{role}=none ({why[role].rstrip('.')})" if why.get(role) else f"{role}=none"


def _settings(columns: Columns) -> list[str]:
    """Return the settings of rows that count, where there are any."""
    changed = columns.model_dump(exclude_defaults=True)
    return [f"{name.replace('_', ' ')}={_shown(value)}" for name, value in changed.items() if name not in ROLES]


def found(read: WasRead) -> str:
    """Return how many rows were read, and of which days; "" where that was not counted yet."""
    if not read.rows:
        return ""
    rows = "1 row" if read.rows == 1 else f"{number(read.rows)} rows"
    bad = f", {number(read.rejected)} more cannot be read" if read.rejected else ""
    return f"{rows}{bad}{_days(read)}."


def _days(read: WasRead) -> str:
    if read.first is None or read.last is None:
        return ""
    first, last = (f"{datetime.fromtimestamp(one, UTC):%-d %b %Y}" for one in (read.first, read.last))
    return f", {first}" if first == last else f", {first} to {last}"


def unanswered(asked: Sequence[Asked]) -> str:
    """Return the questions that have to be answered before a log is read, each choice with the option that says so."""
    every = [(one, question) for one in asked for question in one.questions]
    few = len(every) == 1
    lines = [f"The file leaves {'a question' if few else f'{len(every)} questions'} open, so nothing was read."]
    for of, question in every:
        lines.append(f"  {of.name}: {question.text}")
        options = [question.option(choice).replace("--columns", of.option, 1) for choice in question.choices]
        width = max(map(len, options), default=0)
        lines += [f"    {said:<{width}}  {meaning(one)}" for said, one in zip(options, question.choices, strict=True)]
    lines.append("Add the option of your answer." if few else "Add one option for each question.")
    return "\n".join(lines)


def meaning(choice: Choice) -> str:
    """Return an answer with what the log is if it is chosen.

    >>> meaning(Choice("", "none", "only who chose what")), meaning(Choice("price", "price"))
    ('none: only who chose what', 'price')
    """
    return f"{choice.label}: {choice.meaning.rstrip('.')}" if choice.meaning else choice.label
