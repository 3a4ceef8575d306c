"""What is guessed of the columns of a log so far, with the reasons and what is to be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rec_core.data.sources.table.asking import MOST, Choice, Question
from rec_core.data.sources.table.evidence import Profile, Sample
from rec_core.data.sources.table.reading import Columns, Role


@dataclass
class Guess:
    """What is guessed so far: role → column, why, and what is to be asked."""

    sample: Sample
    found: dict[Role, str] = field(default_factory=dict)
    reasons: dict[Role, str] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)

    @property
    def columns(self) -> Columns:
        """The columns as settings; unsettled roles have their likeliest."""
        return Columns(**self.found)

    def take(self, role: Role, name: str, reason: str) -> None:
        """Settle a role; no ``name`` for none."""
        if name:
            self.found[role] = name
        self.reasons[role] = reason

    def ask(self, role: Role, text: str, names: Sequence[str], meaning: Sequence[str], reason: str) -> None:
        """Take the first of some columns, "" for none, and ask whether it is."""
        choices = [Choice(name, name or "none", said) for name, said in zip(names, meaning, strict=True)][:MOST]
        self.questions.append(Question(role, text, tuple(choices)))
        self.take(role, names[0], reason)

    def free(self) -> list[Profile]:
        """Return the profiles of the columns that have no role yet."""
        taken = set(self.found.values())
        return [one for name, one in self.sample.profiles.items() if name not in taken]
