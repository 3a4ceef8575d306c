"""How somebody's own table is to be read: its form, and which of its columns is what."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from rec_core.data.sources.table.formats import fault
from rec_core.data.sources.table.time_forms import NAMED
from rec_core.settings import Settings

Form = Literal["text", "json", "parquet", "values", "dicts", "lists", "blocks"]
FORM_NAMES: dict[Form, str] = {
    "text": "fields between separators",
    "json": "JSON lines",
    "parquet": "Parquet",
    "values": "JSON objects",
    "dicts": "lines of Python dictionaries",
    "lists": "lines of a user and all their items",
    "blocks": "blocks of lines, each under the id of an item",
}
Role = Literal["user", "item", "rating", "time", "time_of_day", "event", "title", "categories"]
ROLES: dict[Role, str] = {
    "user": "User",
    "item": "Item",
    "rating": "Rating or count",
    "time": "Time",
    "time_of_day": "Time of day",
    "event": "Event",
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

    ``thousands`` separates the digits of large numbers in texts. ``time_format`` is how times are written: one of
    ``time_forms.NAMED`` or a pattern of ``strptime``; "" for numbers since 1970, whose unit is told, and ISO dates.
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
    thousands: Literal["", ",", ".", " ", "'"] = ""
    time_format: str = Field(default="", max_length=60)
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

    @field_validator("time_format")
    @classmethod
    def _tells_times(cls, form: str) -> str:
        if form and form not in NAMED and (wrong := fault(form)):
            raise ValueError(
                f"'{form}' is no form of times ({wrong}): name one of {', '.join(NAMED)}, or a pattern such as "
                "'%d/%m/%Y %H:%M'"
            )
        return form

    @model_validator(mode="after")
    def _signs_differ(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError(f"'{self.decimal}' cannot separate both thousands and decimals")
        return self


class Columns(Settings):
    """Which column is what, by its name; "" where there is none. Unnamed columns are called "column 1" and so on.

    ``in_order`` says that without times the lines stand in order of time, at least those of each user. ``time_of_day``
    is for logs whose ``time`` is a date alone. Three settings leave out rows that are no interactions, all of which
    are counted: of ``events`` other than those named (none named: all count), with a rating below ``at_least``, and
    with one of the ratings that mean "not rated" (``unrated``, such as "0,-1").
    """

    user: str = ""
    item: str = ""
    rating: str = ""
    time: str = ""
    time_of_day: str = ""
    event: str = ""
    title: str = ""
    categories: str = ""
    in_order: bool = False
    events: tuple[str, ...] = ()
    at_least: float | None = None
    unrated: str = ""

    @field_validator("unrated")
    @classmethod
    def _are_numbers(cls, unrated: str) -> str:
        try:
            [float(value) for value in unrated.split(",") if unrated]
        except ValueError as error:
            raise ValueError(
                f"'{unrated}' are no ratings that mean “not rated”: write numbers, such as 0,-1"
            ) from error
        return unrated

    @model_validator(mode="after")
    def _each_is_one_thing(self) -> Self:
        named = list(self.named.values())
        if twice := next((name for name in named if named.count(name) > 1), None):
            raise ValueError(f"the column '{twice}' cannot be two things; choose another for one of them")
        for what, needs, column in (
            (self.time_of_day, "time of day", "time"),
            (self.events, "choice of events", "event"),
            (self.at_least is not None, "threshold", "rating"),
            (self.unrated, "value for “not rated”", "rating"),
        ):
            if what and not getattr(self, column):
                raise ValueError(f"a {needs} needs a column for the {column}: say which one it is")
        return self

    @property
    def named(self) -> dict[Role, str]:
        """Role → column, of those that have one."""
        return {role: name for role in ROLES if (name := getattr(self, role))}

    @property
    def is_choosy(self) -> bool:
        """Whether rows are skipped, or times put together from two columns, so that a file's columns do not say all."""
        return bool(self.time_of_day or self.events or self.unrated) or self.at_least is not None


class Queried(Settings):
    """What a query of a database returned: the query, the database's address without a password, and a hash of the
    rows in the order in which they came. All "" for a log that is a file.
    """

    query: str = ""
    address: str = ""
    returned: str = ""


class Reading(Settings):
    """Everything that decides what is read from a file of interactions, and from a second one about its items.

    Where the file holds what a query returned (``queried``), that says which query.
    """

    layout: Layout = Layout()
    columns: Columns = Columns()
    items_layout: Layout = Layout()
    items: Columns = Columns()
    queried: Queried = Queried()
