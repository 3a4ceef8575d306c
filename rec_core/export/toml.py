"""Settings as TOML, which the standard library reads and does not write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from rec_core.canonical import Json


def to_toml(values: Mapping[str, Json], path: str = "") -> str:
    """Return nested settings as TOML; nothing stands for what is None.

    >>> print(to_toml({"ratio": 0.2, "data": {"dataset": "log", "weights": None}}))
    ratio = 0.2
    <BLANKLINE>
    [data]
    dataset = "log"
    """
    return "\n".join(_lines(values, path))


def _lines(values: Mapping[str, Json], path: str) -> Iterator[str]:
    tables = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    for name, value in values.items():
        if name not in tables and value is not None:
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}"
    for name, table in tables.items():
        whole = f"{path}.{name}" if path else name
        yield ""
        yield f"[{whole}]"
        yield from _lines(table, whole)
