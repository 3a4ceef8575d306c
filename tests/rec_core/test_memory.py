"""How much memory is free: of the machine, or of the container that has less."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from rec_core import memory


def test_memory_that_files_borrow_is_free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A container's count holds what the kernel keeps of files, which it gives back when asked for."""
    for name, text in (("memory.max", "4000000000"), ("memory.current", "3900000000")):
        (tmp_path / name).write_text(text)
    (tmp_path / "memory.stat").write_text("anon 100\nactive_file 1000000000\ninactive_file 2000000000\n")
    monkeypatch.setattr(memory, "_CONTAINER", tmp_path)
    assert memory.available() == min(3_100_000_000, psutil.virtual_memory().available)
    (tmp_path / "memory.max").write_text("max")
    assert memory.available() > 0
