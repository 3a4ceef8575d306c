"""Encodings, told by the bytes of the whole file: ids come back as they are, or a question shows how each reads."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rec_core.data.interactions import Dataset
from rec_core.data.sources import Folders
from rec_core.data.sources.table import Columns, Layout, Reading, Table, layout_of
from rec_core.data.sources.table.encodings import codec, encoding_of
from rec_core.data.sources.table.reading import ENCODINGS
from rec_core.data.sources.table.slices import Slices
from rec_core.data.sources.table.sniffing import laid_out
from tests.conftest import own

_FOLDERS = Folders(None, Path("no-downloads"))
_WORDS = {
    "ru": "клиент товар книга Москва Анна Петров игра фильм скидка заказ покупка отзыв хороший цена дом весна музыка",
    "zh": "用户 商品 苹果手机壳 红色连衣裙 北京 上海 张三 李四 电影 书籍 音乐 耳机 咖啡 茶叶 运动鞋 笔记本电脑",
    "tw": "使用者 商品 手機殼 紅色洋裝 臺北 高雄 王小明 陳美玲 電影 書籍 音樂 耳機 咖啡 茶葉 運動鞋 筆記型電腦",
    "ja": "ユーザー 商品 東京 大阪 映画 千と千尋の神隠し もののけ姫 田中太郎 鈴木 コーヒー お茶 ゲーム 本 靴 カメラ",
    "ko": "사용자 상품 서울 부산 영화 올드보이 살인의추억 김철수 이영희 커피 녹차 게임 도서 음악 운동화 카메라 노트북",
    "de": "Käufer Müller Straße Bücher Schuhgröße Äpfel Öl Übung grün weiß schön Küche Gerät Mädchen Jäger",
    "fr": "évaluation élève café crème où Noël garçon naïf forêt hôtel été déjà façon à très château",
    "es": "niño señor mañana canción también José Málaga corazón años película música",
    "pt": "ação avaliação João coração não música Conceição São à você",
    "pl": "użytkownik książka Łukasz żółty Małgorzata świat źródło ćma być koń miód część",
    "cs": "uživatel kniha Jiří Dvořák příběh děti čtení šťastný žlutý kůň",
    "hu": "felhasználó könyv Erdős tűz víz őszi szép jó gyümölcs húsvét",
    "tr": "kullanıcı ürün Ayşe çikolata Oğuz şeker kitap yıldız ğüzel İstanbul ığdır",
    "el": "χρήστης ταινία Γιώργος Ζορμπάς μουσική βιβλίο καφές παιχνίδι",
}
_WRITTEN = [
    ("ru", "cp1251"), ("ru", "koi8-r"), ("zh", "gb18030"), ("tw", "big5"), ("ja", "shift-jis"), ("ja", "euc-jp"),
    ("ko", "euc-kr"), ("de", "latin-1"), ("fr", "latin-1"), ("es", "latin-1"), ("pt", "latin-1"), ("pl", "cp1250"),
    ("cs", "cp1250"), ("hu", "cp1250"), ("tr", "cp1254"), ("el", "cp1253"),
]  # fmt: skip
_EVERY = [
    *_WRITTEN, *((language, encoding) for language in ("ru", "zh", "ja", "de", "pl", "el")
                 for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be")),
]  # fmt: skip


def _log(folder: Path, text: str, encoding: str) -> Path:
    path = folder / "log.csv"
    path.write_bytes(text.encode("utf-8" if encoding == "utf-8" else codec(encoding)))
    return path


def _items(data: Dataset) -> list[str]:
    return [str(one) for one in data.catalogue.item_ids[data.interactions.item].tolist()]


@pytest.mark.parametrize(("language", "encoding"), _EVERY)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_ids_of_a_language_come_back(tmp_path: Path, language: str, encoding: str, separator: str) -> None:
    words = _WORDS[language].split()
    items = [f"{words[n % len(words)]}{n % 3}" for n in range(90)]
    rows = [separator.join([f"u{n % 7}", item, "3"]) for n, item in enumerate(items)]
    path = _log(tmp_path, "\n".join([separator.join(["user", "item", "rating"]), *rows, ""]), encoding)
    layout, questions = laid_out(str(path))
    assert (layout.encoding, questions) == (encoding, ())
    data = own(path).load(_FOLDERS)
    assert _items(data) == items
    assert data.rejected.count == 0


@pytest.mark.parametrize(("language", "encoding"), [one for one in _WRITTEN if one[1] != "euc-jp"])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_few_words_are_read_right_or_asked_about(language: str, encoding: str, count: int) -> None:
    words, rng = _WORDS[language].split(), random.Random(0)
    asked = 0
    for _ in range(50):
        some = rng.sample(words, count)
        text = "user,item\n" + "".join(f"{n},{word}\n" for n, word in enumerate(some))
        raw = text.encode(codec(encoding))
        found, questions = encoding_of(Slices(raw), "log.csv")
        readings = [found, *(choice.value for question in questions for choice in question.choices)]
        assert text in [raw.decode(codec(one)) for one in readings], (some, readings)
        asked += bool(questions) and raw.decode(codec(found)) != text
        assert all(len(question.choices) in (2, 3) for question in questions)
    assert asked <= 50 * {1: 1, 2: 1, 4: 0.4}[count]


def test_a_question_shows_how_each_encoding_reads(tmp_path: Path) -> None:
    path = _log(tmp_path, "user,item\n" + "1,남\n2,여\n" * 9, "euc-kr")
    (question,) = laid_out(str(path))[1]
    assert question.about == "encoding"
    shown = {choice.value: choice.meaning for choice in question.choices}
    assert shown["euc-kr"] == "“남, 여”"
    assert len(shown) == 3
    said = {choice.value: question.option(choice) for choice in question.choices}
    assert said["euc-kr"] == "--encoding euc-kr"


@pytest.mark.parametrize(("language", "encoding"), [("ru", "cp1251"), ("zh", "gb18030"), ("de", "latin-1")])
@pytest.mark.parametrize("size", [3 << 20, 20 << 20])
def test_words_that_come_late_are_seen(tmp_path: Path, language: str, encoding: str, size: int) -> None:
    lines = "".join(f"user{n % 1000},item{n % 777}\n" for n in range(size // 15))
    late = [f"7,{word}" for word in _WORDS[language].split()]
    path = _log(tmp_path, "user,item\n" + lines + "\n".join(late) + "\n" + lines[: len(lines) // 5], encoding)
    assert layout_of(str(path)).encoding == encoding


@pytest.mark.parametrize("encoding", ["gb18030", "shift-jis", "big5"])
def test_a_second_byte_is_no_separator_and_no_escape(tmp_path: Path, encoding: str) -> None:
    """In these encodings "|" and a backslash are the second bytes of signs."""
    signs = [
        sign
        for sign in map(chr, range(0x4E00, 0x9FA6))
        if sign.encode(codec(encoding), "ignore")[1:] in (b"|", b"\\", b"^", b"~", b"_")
    ]
    assert len(signs) > 50
    items = [f"{sign}{n}" for n, sign in enumerate(signs)]
    for separator in "|^~":
        path = _log(tmp_path, "".join(f'"u{n % 7}"{separator}"{item}"\n' for n, item in enumerate(items)), encoding)
        layout = Layout(separator=separator, encoding=encoding, header=False)
        reading = Reading(layout=layout, columns=Columns(user="column 1", item="column 2"))
        data = Table.of(str(path), reading).load(_FOLDERS)
        assert (_items(data), data.rejected.count) == (items, 0)


@pytest.mark.parametrize("encoding", ["cp1252", "gb18030", "utf-16-le", "shift-jis"])
def test_what_is_not_of_an_encoding_is_listed_and_the_other_rows_are_read(tmp_path: Path, encoding: str) -> None:
    raw = "".join(f"u{n},i\n" for n in range(50)).encode(codec(encoding))
    bad = {"cp1252": b"caf\x81,i\n", "gb18030": b"caf\xff,i\n", "shift-jis": b"caf\x81 ,i\n"}
    broken = bad.get(encoding, b"\x00\xdc,\x00i\x00\n\x00")
    path = tmp_path / "log.csv"
    path.write_bytes(raw + broken + raw)
    reading = Reading(layout=Layout(encoding=encoding, header=False), columns=Columns(user="column 1", item="column 2"))
    data = Table.of(str(path), reading).load(_FOLDERS)
    assert data.rejected.kinds == {"not of the file's encoding": 1}
    assert data.rejected.line.tolist() == [51]
    assert len(data.interactions) == 100


def test_two_signs_may_separate_in_any_encoding(tmp_path: Path) -> None:
    words = _WORDS["ru"].split()
    for encoding in ("utf-16", "utf-16-be", "koi8-r", "cp1251"):
        path = _log(tmp_path, "".join(f"{n}::товар {words[n % 9]}::3\n" for n in range(1, 80)), encoding)
        assert layout_of(str(path)).separator == "::"
        assert _items(own(path).load(_FOLDERS)) == [f"товар {words[n % 9]}" for n in range(1, 80)]


def test_every_encoding_that_is_offered_is_one_of_python() -> None:
    for encoding in ENCODINGS:
        assert "1,2".encode(codec(encoding)).decode(codec(encoding)) == "1,2"
    assert Layout(encoding="gb18030").encoding == "gb18030"


def test_a_utf_8_file_with_a_few_broken_bytes_stays_utf_8(tmp_path: Path) -> None:
    lines = [f"u{n % 7},Käse {n % 9}".encode() for n in range(200)]
    lines[100] = b"u1,K\xe4se"
    path = tmp_path / "log.csv"
    path.write_bytes(b"user,item\n" + b"\n".join(lines) + b"\n")
    data = own(path).load(_FOLDERS)
    assert data.rejected.kinds == {"not of the file's encoding": 1}
    assert data.rejected.line.tolist() == [102]
