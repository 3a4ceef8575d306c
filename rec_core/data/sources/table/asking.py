"""A question about a log that its file does not answer, such as which of two date orders it uses.

The page asks it as a choice, the command line names the option for each answer; neither reads the log before.
"""

from __future__ import annotations

from dataclasses import dataclass

from rec_core.data.sources.table.reading import ROLES

MOST = 3  # answers to a question


@dataclass(frozen=True)
class Choice:
    """An answer: the setting's ``value``, its ``label``, and what the log is if it is chosen (``meaning``)."""

    value: str
    label: str
    meaning: str = ""


@dataclass(frozen=True)
class Question:
    """One question with at most three choices, the likeliest first; the truth is to be among them.

    It is ``about`` a role of a column or a field of ``Layout`` or ``Columns``, whose value the answer is.
    """

    about: str
    text: str
    choices: tuple[Choice, ...]

    def option(self, choice: Choice) -> str:
        """Return how the command line says a choice.

        >>> Question("rating", "", ()).option(Choice("price", "price"))
        '--columns rating=price'
        >>> Question("time_format", "", ()).option(Choice("%d/%m/%Y", "day first"))
        "--time-format '%d/%m/%Y'"
        >>> Question("header", "", ()).option(Choice("false", "it is a row"))
        '--no-header'
        """
        if self.about in ROLES:
            return f"--columns {self.about}={choice.value}"
        if choice.value in ("true", "false"):
            return f"--{'' if choice.value == 'true' else 'no-'}{self.about.replace('_', '-')}"
        value = choice.value if choice.value.replace("-", "").isalnum() else f"'{choice.value}'"
        return f"--{self.about.replace('_', '-')} {value}"
