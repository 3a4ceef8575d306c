from __future__ import annotations

from pathlib import Path

import pytest

from rec_core.data.sources import SOURCES, Folders
from rec_core.errors import DataError

_BEAUTY = SOURCES["beauty"]


def _folders(folder: Path, text: str) -> Folders:
    (folder / "beauty").mkdir()
    (folder / "beauty" / "beauty.txt").write_text(text)
    return Folders(folder, folder / "none")


@pytest.mark.parametrize("text", ["7 30\n7 10\n5 30\n", "7\t30\r\n7\t10\r\n\r\n5\t30"])
def test_a_list_of_pairs_is_read_in_its_order(tmp_path: Path, text: str) -> None:
    folders = _folders(tmp_path, text)
    assert _BEAUTY.is_here(folders)
    assert _BEAUTY.is_offered(folders)
    assert len(_BEAUTY.fingerprint(folders)) == 16
    data = _BEAUTY.load(folders)
    assert data.interactions.user.tolist() == [1, 1, 0]
    assert data.interactions.item.tolist() == [1, 0, 1]
    assert data.interactions.time is None
    assert data.interactions.rating is None
    assert data.catalogue.titles.tolist() == ["Product 10", "Product 30"]
    assert data.catalogue.user_ids.tolist() == [5, 7]


def test_the_file_may_lie_right_in_the_users_folder(tmp_path: Path) -> None:
    folders = _folders(tmp_path, "1 1\n")
    assert _BEAUTY.locate(Folders(tmp_path / "beauty", tmp_path / "none")) == tmp_path / "beauty"
    assert _BEAUTY.locate(folders) == tmp_path / "beauty"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("1 2\n1 2 3\n", "line 2, column 'third': the line has more than two fields"),
        ("1 2\nx 2\n", "line 2, column 'user': “x” is not a number"),
        ("1 2\n1\n", "line 2, column 'item': nothing stands there"),
        ("", "is empty"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, wrong: str) -> None:
    with pytest.raises(DataError, match=wrong):
        _BEAUTY.load(_folders(tmp_path, text))


def test_a_list_that_is_nowhere_is_not_offered(tmp_path: Path) -> None:
    for folders in (Folders(None, tmp_path), Folders(tmp_path, tmp_path)):
        assert not _BEAUTY.is_offered(folders)
        assert _BEAUTY.fingerprint(folders) == ""
        with pytest.raises(DataError, match="Put it there and name the folder with CORELENS_DATA"):
            _BEAUTY.load(folders)


def test_beauty_is_as_it_is_known(movielens: Folders) -> None:
    if not _BEAUTY.is_here(movielens):
        pytest.skip("needs Amazon Beauty in the folder CORELENS_DATA")
    data = _BEAUTY.load(movielens)
    assert len(data.interactions) == 353_962
