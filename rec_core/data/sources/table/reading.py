"""How somebody's own table is to be read: its form, and which of its columns is what."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from rec_core.settings import Settings

Form = Literal["text", "json", "parquet"]  # fields between separators; one JSON object a line; Parquet
Role = Literal["user", "item", "rating", "time", "title", "categories"]
ROLES: dict[Role, str] = {
    "user": "User",
    "item": "Item",
    "rating": "Rating or count",
    "time": "Time",
    "title": "Title of the item",
    "categories": "Categories of the item",
}
NEEDED: tuple[Role, ...] = ("user", "item")
ENCODINGS = {"utf-8": "UTF-8", "latin-1": "Latin-1", "cp1252": "Windows-1252", "utf-16": "UTF-16"}
DECIMALS = {".": "point", ",": "comma"}


class Layout(Settings):
    """How a file holds a table: fields between separators have a separator, an encoding and perhaps a first line of
    names; JSON lines and Parquet say all of that themselves.
    """

    form: Form = "text"
    separator: str = Field(default=",", max_length=2)
    encoding: str = "utf-8"
    header: bool = True
    quoted: bool = True
    decimal: Literal[".", ","] = "."

    @field_validator("separator")
    @classmethod
    def _separates(cls, separator: str) -> str:
        if not separator or any(sign in separator for sign in '"\r\n\0'):
            raise ValueError('a separator is one or two characters, neither a quotation mark nor a line break (")')
        return separator

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        if encoding not in ENCODINGS:
            raise ValueError(f"unknown encoding '{encoding}'; choose one of {', '.join(ENCODINGS)}")
        return encoding


class Columns(Settings):
    """Which column is what, by its name; "" where there is none. Unnamed columns are called "column 1" and so on.

    ``in_order`` says that without times the lines stand in order of time, at least those of each user.
    """

    user: str = ""
    item: str = ""
    rating: str = ""
    time: str = ""
    title: str = ""
    categories: str = ""
    in_order: bool = False

    @model_validator(mode="after")
    def _each_is_one_thing(self) -> Self:
        named = list(self.named.values())
        if twice := next((name for name in named if named.count(name) > 1), None):
            raise ValueError(f"the column '{twice}' cannot be two things; choose another for one of them")
        return self

    @property
    def named(self) -> dict[Role, str]:
        """Role → column, of those that have one."""
        return {role: name for role in ROLES if (name := getattr(self, role))}


class Reading(Settings):
    """Everything that decides what is read from a file of interactions, and from a second one about its items."""

    layout: Layout = Layout()
    columns: Columns = Columns()
    items_layout: Layout = Layout()
    items: Columns = Columns()
