"""The one way to write plain values as JSON, and the name that follows from it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

Json = Any  # what json.dumps takes; a recursive alias adds nothing a reader needs


def canonical_json(value: Json) -> str:
    """Return the one way to write ``value`` as JSON: sorted keys, no spaces, no NaN.

    >>> canonical_json({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(value: Json) -> str:
    """Return the SHA-256 (64 hex digits) of the canonical JSON of ``value``."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
