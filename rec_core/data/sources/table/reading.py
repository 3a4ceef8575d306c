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
ENCODINGS = {
    "utf-8": "UTF-8",
    "latin-1": "Latin-1",
    "cp1252": "Windows-1252",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16, little-endian, no mark",
    "utf-16-be": "UTF-16, big-endian, no mark",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8-r": "KOI8-R (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "gb18030": "GB18030, GBK (Chinese)",
    "big5": "Big5 (Chinese)",
    "shift-jis": "Shift-JIS (Japanese)",
    "euc-jp": "EUC-JP (Japanese)",
    "euc-kr": "EUC-KR (Korean)",
}
DECIMALS = {".": "point", ",": "comma"}


class Layout(Settings):
    """How a file holds a table: fields between separators have a separator, an encoding and perhaps a first line of
    names; JSON lines and Parquet say all of that themselves.

    ``skip`` lines stand above the names or the first row. A quotation mark behind ``escape`` ends no field, and both
    are kept as they are written. With ``spaces``, those after a separator belong to no field. Unless ``multiline``,
    quotation marks enclose nothing beyond their line. Lines that begin with ``comment`` are no rows.
    """

    form: Form = "text"
    separator: str = Field(default=",", max_length=2)
    encoding: str = "utf-8"
    header: bool = True
    quoted: bool = True
    decimal: Literal[".", ","] = "."
    skip: int = Field(default=0, ge=0, le=1000)
    escape: Literal["", "\\"] = ""
    spaces: bool = False
    multiline: bool = True
    comment: str = Field(default="", max_length=2)

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
