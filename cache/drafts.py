"""What people chose on a page and did not use yet, so that it survives a reload: kept here, not in the address.

The address holds a random mark alone: a path says much about its owner, and addresses are kept by browsers and sent on.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cache import private

_MARK = re.compile(r"[0-9a-f]{16}")
_MOST, _DAYS = 200, 7  # drafts that are kept, and for how long
_LARGEST = 100_000  # bytes of a draft


@dataclass(frozen=True)
class Drafts:
    """The drafts in a folder, each a small file that its owner alone gets back."""

    folder: Path

    @staticmethod
    def new() -> str:
        """Return a mark that nobody can guess."""
        return secrets.token_hex(8)

    def keep(self, mark: str, owner: str, values: dict[str, Any]) -> None:
        """Keep what somebody chose; where that cannot be written, a reload loses it."""
        text = json.dumps({"owner": owner, "values": values})
        if not _MARK.fullmatch(mark) or len(text) > _LARGEST:
            return
        with suppress(OSError):
            private.write(self.folder / f"{mark}.json", text.encode())
            self._prune()

    def get(self, mark: str, owner: str) -> dict[str, Any]:
        """Return what somebody chose; nothing where there is no such draft, or it is another person's."""
        if not _MARK.fullmatch(mark):
            return {}
        try:
            found = json.loads((self.folder / f"{mark}.json").read_text(encoding="utf-8"))
            return dict(found["values"]) if found["owner"] == owner else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def drop(self, mark: str) -> None:
        """Forget a draft."""
        if _MARK.fullmatch(mark):
            with suppress(OSError):
                (self.folder / f"{mark}.json").unlink(missing_ok=True)

    def _prune(self) -> None:
        """Forget drafts that are old, or too many."""
        files = sorted(self.folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        for place, file in enumerate(files):
            if place >= _MOST or time.time() - file.stat().st_mtime > _DAYS * 86_400:
                file.unlink(missing_ok=True)
