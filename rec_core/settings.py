"""How settings are declared: frozen, checked, with their bounds and their words beside them.

A setting with a ``title`` is offered to readers; its bounds are those of the control that changes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from rec_core.errors import SpecError

S = TypeVar("S", bound=BaseModel)


class Settings(BaseModel):
    """A frozen group of settings that refuses unknown names and numbers that are not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _share(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"'{info.field_name}' must be a number between 0 and 1")
    return value


def _count(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"'{info.field_name}' must be a whole number of at least 1")
    return value


LARGEST = 3e38  # what single precision holds
# Bounds only keep arithmetic within its range: whether something fits into memory is asked where it is taken.
Dim = Annotated[int, Field(ge=4, le=10**9)]
Spread = Annotated[float, Field(gt=0, le=LARGEST)]
# A share counts with three decimals, so that 0.2 and 0.2000000001 are one experiment.
Share = Annotated[float, BeforeValidator(_share), AfterValidator(lambda value: round(float(value), 3))]
Count = Annotated[int, BeforeValidator(_count)]


@dataclass(frozen=True)
class Offer:
    """A setting that readers may change: its words, its name in a page's address, its default, and what it may be.

    A number has bounds; a choice has ``options``, each with its words. Titles leave out what is at its default, unless
    it is to be ``said``.
    """

    title: str
    link: str
    default: Any
    low: float = 0.0
    high: float = 0.0
    options: Mapping[str, str] = field(default_factory=dict)
    said: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number."""
        return isinstance(self.default, int)


def offered(
    default: Any, title: str, low: float, high: float, link: str = "", said: bool = False, **checks: Any
) -> Any:
    """Declare a number that readers may change between ``low`` and ``high``.

    ``link`` is its name in a page's address where that is not the setting's own; ``checks`` go to pydantic.
    """
    extra: dict[str, Any] = {"low": low, "high": high, "link": link, "said": said}
    return Field(default, title=title, json_schema_extra=extra, **checks)


def choice(default: str, title: str, options: Mapping[str, str] | Sequence[str], link: str = "") -> Any:
    """Declare a setting that is one of ``options``, values with their words where those are others.

    The setting's type says the same to pydantic.
    """
    words = options if isinstance(options, Mapping) else {option: option for option in options}
    return Field(default, title=title, json_schema_extra={"options": dict(words), "link": link})


def offers(kind: type[BaseModel]) -> dict[str, Offer]:
    """Return the settings of ``kind`` that are offered to readers, by name."""
    found = {}
    for name, declared in kind.model_fields.items():
        if declared.title is not None and isinstance(declared.json_schema_extra, dict):
            said: dict[str, Any] = dict(declared.json_schema_extra)
            link = said.pop("link") or name
            found[name] = Offer(declared.title, link, declared.default, **said)
    return found


def checked(kind: type[S], values: Mapping[str, Any]) -> S:
    """Return the settings of a kind that ``values`` describe.

    Raises:
        SpecError: one sentence per wrong setting.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise SpecError(" ".join(sentence(list(one["loc"]), one) for one in error.errors())) from error


def sentence(place: Sequence[Any], error: Any) -> str:
    """Return what pydantic says of the setting at ``place`` as a sentence."""
    name = ".".join(map(str, place))
    if not place:
        return f"{error['msg'].removeprefix('Value error, ')}."
    if error["type"] == "extra_forbidden":
        return f"There is no setting '{name}'; leave it out."
    message = error["msg"].removeprefix("Value error, ")
    return f"{name}: {message[0].lower()}{message[1:]}."
