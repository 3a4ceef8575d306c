"""How a log is read by its file and by what people say of it: the same for the page and for the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_origin

from rec_core.data.sources.table.asking import Question
from rec_core.data.sources.table.places import name_of
from rec_core.data.sources.table.reading import ROLES, Columns, Layout
from rec_core.data.sources.table.settling import settle, sniff
from rec_core.data.sources.table.sniffing import Sniffed, layout_of
from rec_core.errors import DataError, SpecError
from rec_core.specs import checked

# What is guessed for a column is of no use for another one.
_OF_ROLE = {"time": ("time_of_day",), "event": ("events",), "rating": ("at_least", "unrated")}


@dataclass(frozen=True)
class Said:
    """What somebody says of a log: settings of its layout, columns by role ("" for none), settings of its columns."""

    layout: Mapping[str, Any] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)

    def answers(self, question: Question) -> bool:
        """Return True if it answers a question."""
        return any(question.about in said for said in (self.layout, self.roles, self.columns))

    def with_answers(self, answers: Mapping[str, str]) -> Said:
        """Return it with answers to questions, by what these are about.

        Raises:
            SpecError: if a question is about something else.
        """
        groups: dict[str, dict[str, Any]] = {"layout": {}, "roles": {}, "columns": {}}
        for about, value in answers.items():
            if about in ROLES:
                groups["roles"][about] = value
            elif about in Layout.model_fields:
                groups["layout"][about] = _value(Layout, about, value)
            elif about in Columns.model_fields:
                groups["columns"][about] = _value(Columns, about, value)
            else:
                raise SpecError(f"There is no setting '{about}' of a log.")
        return Said(
            {**self.layout, **groups["layout"]},
            {**self.roles, **groups["roles"]},
            {**self.columns, **groups["columns"]},
        )


def _value(group: type[Layout | Columns], name: str, text: str) -> Any:
    """Return an answer as a setting: yes and no for switches, several names between commas."""
    kind = group.model_fields[name].annotation
    if kind is bool:
        return text.casefold() in ("true", "yes", "1")
    if get_origin(kind) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def answered(path: str, said: Said, of_items: bool = False) -> Sniffed:
    """Return how a file is read: as it looks, but for what is said of it. Its questions are those still open.

    A file ``of_items`` has no users, ratings or times.

    Raises:
        SpecError: if what is said does not go with the file.
        DataError: one sentence, if it cannot be read, or is no table.
    """
    found = _looked_at(path, said.layout, of_items)
    found = replace(found, columns=_columns(found, said, path))
    found = found if of_items else settle(path, found, said.layout)
    return replace(found, questions=tuple(one for one in found.questions if not said.answers(one)))


def _looked_at(path: str, said: Mapping[str, Any], of_items: bool) -> Sniffed:
    """Return what a file seems to be, with what was ``said`` of its layout in place of the guess."""
    if not said:
        return sniff(path, of_items=of_items)
    if "separator" in said:
        checked(Layout, {"separator": said["separator"]})
    found = sniff(path, checked(Layout, layout_of(path, said.get("separator", "")).model_dump() | dict(said)), of_items)
    asked = {one.about for one in found.questions}
    return replace(found, questions=(*found.questions, *(one for one in _of_layout(path) if one.about not in asked)))


def _of_layout(path: str) -> Sequence[Question]:
    """Return the questions about how a file is written; a layout that is given leaves none."""
    try:
        return [one for one in sniff(path).questions if one.about in Layout.model_fields]
    except DataError:  # it can be read as it is said to be, not as it looks
        return []


def _columns(found: Sniffed, said: Said, path: str) -> Columns:
    """Return the columns as guessed, but for those that are said otherwise.

    A role whose column is taken by another one has none then; users and items change places.

    Raises:
        SpecError: if a column is not there, or there is no such role.
    """
    if missing := [column for column in said.roles.values() if column and column not in found.names]:
        raise SpecError(f"There is no column '{missing[0]}' in '{name_of(path)}'; it has {', '.join(found.names)}.")
    values = found.columns.model_dump()
    for role in said.roles:
        values |= {name: Columns.model_fields[name].get_default() for name in _OF_ROLE.get(role, ())}
    for role, column in found.columns.named.items():
        if role not in said.roles and column in said.roles.values():
            values[role] = _left(role, column, found, said)
    return checked(Columns, values | dict(said.roles) | dict(said.columns))


def _left(role: str, column: str, found: Sniffed, said: Said) -> str:
    """Return the column that is left for a role whose own was taken."""
    other = {"user": "item", "item": "user"}.get(role, "")
    left = str(getattr(found.columns, other, ""))
    return left if said.roles.get(other) == column and left not in said.roles.values() else ""
