"""What a file leaves open: each question is a choice without a default, above the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streamlit.delta_generator import DeltaGenerator

from pages.ui.own import draft
from rec_core.canonical import digest
from rec_core.data.sources.table import Sniffed
from rec_core.data.sources.table.answering import Said
from rec_core.data.sources.table.asking import Question
from rec_core.wording.numbers import plain_markdown


class Asking:
    """The questions of a file as they come up: an answer may raise another one. ``of`` ends their controls' keys."""

    def __init__(self, place: DeltaGenerator, of: str) -> None:
        self._place, self._of = place, of
        self._asked: set[str] = set()

    def settle(self, look: Callable[[Said], Sniffed], said: Said, about: Sequence[str] = ()) -> tuple[Said, Sniffed]:
        """Ask what is open, about some settings or all; return what is said with the answers, and what follows."""
        found = look(said)
        while new := [one for one in found.questions if self._is_new(one, about)]:
            answers = {one.about: answer for one in new if (answer := self._ask(one)) is not None}
            said = said.with_answers(answers)
            found = look(said)
        return said, found

    def _is_new(self, question: Question, about: Sequence[str]) -> bool:
        return question.about not in self._asked and (not about or question.about in about)

    def _ask(self, question: Question) -> str | None:
        """Draw a question; return the answer, None until there is one."""
        self._asked.add(question.about)
        choices = {choice.value: choice for choice in question.choices}
        mark = digest([self._of, question.text, list(choices)])[:12]
        return self._place.radio(
            plain_markdown(question.text),
            list(choices),
            index=None,
            format_func=lambda value: plain_markdown(choices[value].label),
            captions=[plain_markdown(choice.meaning) for choice in question.choices],
            key=draft.key(f"ask-{question.about}-{mark}"),
        )


def why_not(found: Sniffed) -> str:
    """Return why a log cannot be used yet; "" where every question is answered."""
    count = len(found.questions)
    if not count:
        return ""
    return "Answer the question above first" if count == 1 else f"Answer the {count} questions above first"
