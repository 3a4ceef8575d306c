"""The benchmarks that depend on what is installed beside Corelens."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import peers


def _measured(monkeypatch: pytest.MonkeyPatch, place: Path) -> list[str]:
    monkeypatch.setenv("CORELENS_PEERS", str(place))
    monkeypatch.setattr(peers, "DATA", "synthetic-10k")
    return [str(line) for line in peers.measure(1)]


def test_libraries_that_are_not_installed_are_skipped_with_the_commands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _measured(monkeypatch, tmp_path) == []
    said = capsys.readouterr().out
    assert said.count("skipped") == len(peers.PEERS)
    assert f"python -m venv {tmp_path}/recbole && {tmp_path}/recbole/bin/pip install recbole==" in said


def test_a_library_is_timed_in_its_own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / "recbole" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\ntest $OMP_NUM_THREADS = 1 && test -s $3 && echo noise && echo 2.5\n")
    python.chmod(0o755)
    epoch, times = _measured(monkeypatch, tmp_path)
    assert "RecBole NeuMF, its batches of 2,048: an epoch" in epoch
    assert "2.5 s" in epoch
    assert "times that of NCF here" in times
    python.write_text("#!/bin/sh\necho 'no such module' >&2; exit 1\n")
    with pytest.raises(SystemExit, match="no such module"):
        _measured(monkeypatch, tmp_path)
