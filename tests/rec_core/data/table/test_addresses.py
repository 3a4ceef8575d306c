"""Addresses that fsspec would read, and that are not read here."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from rec_core.__main__ import main
from rec_core.data.sources.table import layout_of
from rec_core.data.sources.table.addresses import STORES, WEB, require_allowed, scheme_of
from rec_core.data.sources.table.opening import hash_of, opened
from rec_core.errors import DataError

KNOWN = sorted(set(fsspec.available_protocols()))


@pytest.mark.parametrize("scheme", KNOWN)
def test_of_all_that_fsspec_knows_only_stores_and_the_web_are_read(scheme: str) -> None:
    if scheme in STORES + WEB:
        require_allowed(f"{scheme}://bucket/log.csv")
        return
    with pytest.raises(DataError, match=r"are not read here|Name the file by its path"):
        require_allowed(f"{scheme}://bucket/log.csv")


@pytest.mark.parametrize("spelled", ["FILE", " file", "File"])
def test_a_scheme_is_known_however_it_is_spelled(spelled: str) -> None:
    with pytest.raises(DataError, match="Name the file by its path"):
        require_allowed(f"{spelled}:///etc/passwd")
    assert scheme_of(f"{spelled}://x") == "file"


@pytest.mark.parametrize(
    "path",
    [
        "tar://x::file:///etc/passwd",
        "zip://a.csv::s3://bucket/a.zip",
        "s3://a/b::file:///etc/passwd",
        "simplecache::s3://bucket/log.csv",
        "s3://bucket/log.csv::",
    ],
)
def test_no_address_stands_inside_another(path: str) -> None:
    with pytest.raises(DataError, match="An address inside another one"):
        require_allowed(path)


@pytest.fixture
def passwd(tmp_path: Path) -> str:
    """A file that fsspec would read by its address."""
    (tmp_path / "log.csv").write_text("user,item\n" + "".join(f"{n % 9},{n % 7}\n" for n in range(50)))
    return str(tmp_path / "log.csv")


@pytest.mark.parametrize(
    "address",
    ["file://{}", "local://{}", "FILE://{}", "reference://{}", "jupyter://{}", "tar://x::file://{}", "dir://x::{}"],
)
def test_fsspec_is_not_asked(
    address: str, passwd: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("fsspec was asked")

    monkeypatch.setattr(fsspec, "open", asked)
    monkeypatch.setattr(fsspec.core, "url_to_fs", asked)
    path = address.format(passwd)
    with pytest.raises(DataError), opened(path):
        pass
    with pytest.raises(DataError):
        layout_of(path)
    assert hash_of(path) == "unreadable"
    assert main(["run", "--data", path, "--set", "train.epochs=1"]) == 1
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("corelens: ")]
    assert len(said) == 1
    assert any(words in said[0] for words in ("are not read here", "by its path", "inside another one"))
