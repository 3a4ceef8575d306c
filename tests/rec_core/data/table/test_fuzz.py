"""Files that were good once: read, or refused in a sentence, in a bounded time."""

from __future__ import annotations

from pathlib import Path

import pytest

from rec_core.data.sources import Folders
from rec_core.data.sources.table import Reading, Table, sniff
from rec_core.errors import CorelensError
from tests.fuzzing import described, file_of, within

_LIMIT = 20.0  # seconds a file
_AT_ONCE = 50


def _read(path: Path) -> int:
    """Read a file as the page and the command line do; return how many rows it has."""
    found = sniff(str(path))
    "".join([*found.names, *[value for record in found.records for value in record]]).encode()  # it can be shown
    log = Table.of(str(path), Reading(layout=found.layout, columns=found.columns))
    data = log.load(Folders(None, path.parent))
    "".join([*data.catalogue.titles.tolist(), *data.rejected.value.tolist()]).encode()
    return len(data.interactions)


@pytest.mark.parametrize(
    "begin", [pytest.param(at, marks=[pytest.mark.slow] if at >= 200 else []) for at in range(0, 1000, _AT_ONCE)]
)
def test_a_file_that_was_good_once_is_read_or_refused_in_a_sentence(tmp_path: Path, begin: int) -> None:
    read = 0
    for number in range(begin, begin + _AT_ONCE):
        name, contents = file_of(number)
        path = tmp_path / name
        path.write_bytes(contents)
        try:
            read += within(_LIMIT, lambda path=path: _read(path)) > 0  # type: ignore[misc]
        except CorelensError as error:
            said = str(error)
            assert said, number
            assert len(said) < 20_000, number
            said.encode()
        except Exception as error:
            raise AssertionError(
                f"file {number}: {type(error).__name__}: {error}; {described(name, contents)}"
            ) from error
    assert read >= _AT_ONCE // 5  # some are good enough
