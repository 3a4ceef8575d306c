"""Which encoding a text has, told by its bytes: as which text they read like a language.

Each encoding is tried on the distinct words that are not ASCII. What makes a reading plausible: letters of one
language's alphabet, its frequent signs, capitals at the beginning of words, Chinese signs in groups.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from rec_core.data.sources.table.asking import MOST, Choice, Question
from rec_core.data.sources.table.opening import HELD
from rec_core.data.sources.table.reading import ENCODINGS
from rec_core.data.sources.table.slices import Slices
from rec_core.errors import DataError

_LIKELY, _CLOSE = 0.6, 0.04  # plausibility of what needs no question, and how near the next one may be
_OF_FEW = ((6, 0.5), (14, 0.12))  # how near for other than Latin letters, by how many different signs there are
_LOOKED_AT = 1 << 18  # bytes of lines that are not ASCII
_FEW = 3  # lines far below that are not UTF-8 in a file that is ASCII otherwise: damage, and not an encoding
_WORDS = re.compile(r"[^\W\d_]+")
_SIGNS = re.compile(r"[^\x00-\x7f]")
_RUNS = re.compile(r"[^\x00-\x7f]+")
_ALONE = re.compile(r"(?<=[a-z])[^\x00-\x7f](?![^\x00-\x7f])|(?<![^\x00-\x7f])[^\x00-\x7f](?=[a-z])")  # in a word
_OF_ASCII = re.compile(r"[A-Za-z]")
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_PUNCTUATION = frozenset("“”‘’„‚–—…€°«»£§·¿¡©®™×½²³\u00a0•´")
_LATIN = {  # letters beyond a to z
    "cp1252": (
        "äöüß", "éèêëàâîïôûùüÿçœæ", "ñáéíóúü", "ãõáâàçéêíóôúü", "àèéìíòóùú", "åäöéæø", "éëïöüáóíè", "áðéíóúýþæö",
        "àèéíòóúïüç·",
    ),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čšžćđ"),
    "cp1254": ("çğıöşüâîûi\u0307",),
}  # fmt: skip
_RUSSIAN = {letter: 11 - at / 3 for at, letter in enumerate("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё")}
_RUSSIAN |= dict.fromkeys("іїєґў", 3.0)
_GREEK = {letter: 11 - at / 2 for at, letter in enumerate("αοιετσνηυρπκμλωςδγχθφβξζψ")} | dict.fromkeys("άέήίόύώ", 8.0)
_KANA = ("\u3040", "\u30ff")


def encoding_of(found: Slices, name: str, is_json: bool = False) -> tuple[str, tuple[Question, ...]]:
    """Return the encoding of a text, and a question where its bytes leave it open.

    JSON is UTF-8 by its standard: only its beginning tells otherwise.

    Raises:
        DataError: if it is empty, or no text.
    """
    start = found.start
    if wide := require_text(start, name):
        return wide, ()
    if is_json:
        parts = [start[:HELD]]
        is_utf8 = _is_utf8(parts[0], whole=found.whole and len(start) <= HELD)
    else:
        parts = [start, *found.parts, *found.odd]
        is_utf8 = all(_is_utf8(part, found.whole or number > 0) for number, part in enumerate(parts))
        is_utf8 = is_utf8 or (start[:HELD].isascii() and _n_odd(parts) < _FEW)
    return ("utf-8", ()) if is_utf8 else _of_one_language(_sample(parts))


def require_text(start: bytes, name: str) -> str:
    """Return which UTF-16 a text is, "" for another encoding.

    Raises:
        DataError: if it is empty, or no text.
    """
    if not start.strip():
        raise DataError(f"'{name}' is empty: there is nothing to read. Name another file.")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" not in start:
        return ""
    if wide := _wide(start):
        return wide
    raise DataError(
        f"'{name}' is not text, and not Parquet: name a file of separated values (CSV), JSON lines or Parquet."
    )


def text_of(block: bytes, encoding: str) -> str:
    """Return a block as text, what is not of the encoding replaced."""
    return block.decode(codec(encoding), errors="replace")


def codec(encoding: str) -> str:
    """Return Python's name of an encoding that takes a byte order mark for none of the text."""
    return {"utf-8": "utf-8-sig", "shift-jis": "cp932", "euc-kr": "cp949"}.get(encoding, encoding)


def _wide(start: bytes) -> str:
    """Return which UTF-16 a text is that has no mark, "" if none: the other byte of ASCII signs is zero."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    if max(even, odd) < len(start) / 50 or min(even, odd) > max(even, odd) / 20:
        return ""
    text = start[: len(start) // 2 * 2].decode(encoding, errors="replace")
    return "" if "\0" in text or text.count("\ufffd") > len(text) / 100 else encoding


def _is_utf8(block: bytes, whole: bool = True) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(block) - 4 and not whole:  # a sign that was cut at the end of what was looked at
            return True
        broken = block.decode("utf-8", errors="replace").count("\ufffd")
        return len(_UTF8.findall(block)) >= 20 * broken
    return True


def _n_odd(blocks: Sequence[bytes]) -> int:
    """Return how many lines are not UTF-8."""
    lines = (line for block in blocks if not block.isascii() for line in block.splitlines())
    return sum(not line.isascii() and not _is_utf8(line) for line in lines)


def _sample(blocks: Iterable[bytes]) -> bytes:
    """Return distinct lines that are not ASCII, of about 256 KB."""
    lines = (line for block in blocks if not block.isascii() for line in re.split(rb"[\r\n]+", block))
    kept: dict[bytes, None] = {}
    size = 0
    for line in lines:
        if not line.isascii() and line not in kept:
            kept[line] = None
            if (size := size + len(line)) > _LOOKED_AT:
                break
    return b"\n".join(kept)


def _of_one_language(sample: bytes) -> tuple[str, tuple[Question, ...]]:
    western = "cp1252" if any(0x80 <= byte < 0xA0 for byte in sample) and _decoded(sample, "cp1252") else "latin-1"
    ranked = sorted(_plausible(sample, western).items(), key=lambda one: -one[1])
    best, score = ranked[0] if ranked else (western, 0.0)
    text = _decoded(sample, best)
    n_signs = len(set(_SIGNS.findall(text)))
    close = next((close for most, close in _OF_FEW if n_signs < most), _CLOSE)
    latin = (western, *_LATIN)

    def is_near(encoding: str, other: float) -> bool:
        near = close if best not in latin else _CLOSE if encoding in latin else min(close, 0.2)
        return other > max(score - near, 0.4) and _decoded(sample, encoding) != text

    alike = [encoding for encoding, other in ranked[1:] if is_near(encoding, other)]
    if score >= _LIKELY and not alike:
        return best, ()
    if score < _LIKELY and western not in [one for one, _ in ranked[:MOST]]:
        best = western
    others = alike if score >= _LIKELY else [one for one, _ in ranked if one != best]
    choices = tuple(
        Choice(one, ENCODINGS[one], f"“{_example(sample, one)}”")
        for one in list(dict.fromkeys([best, *others, western]))[:MOST]
        if _decoded(sample, one)
    )
    if len(choices) < 2:
        return best, ()
    return best, (
        Question("encoding", "In which encoding is the text written? Choose the one that reads well.", choices),
    )


def _plausible(sample: bytes, western: str) -> dict[str, float]:
    """Return how plausible each encoding is, from 0 to 1, of those in which the bytes are text."""
    found = {}
    judges: dict[str, Callable[[str], float]] = {western: _latin("cp1252"), **_JUDGES}
    for encoding, judge in judges.items():
        if text := _decoded(sample, encoding):
            found[encoding] = round(judge(text), 3)
    if found.get("euc-kr", 0.0) >= 0.95 and len(set(_SIGNS.findall(_decoded(sample, "euc-kr")))) > 9:
        found["euc-kr"] += 0.15  # other languages are hardly ever written with the signs of these bytes alone
    for encoding in ("shift-jis", "euc-jp"):
        if 0.1 <= _share([_is_kana(sign) for sign in _SIGNS.findall(_decoded(sample, encoding))]) <= 0.95:
            found[encoding] += 0.1  # Japanese has both
    return found


def _decoded(sample: bytes, encoding: str) -> str:
    """Return a sample as text, "" if it is none."""
    try:
        return sample.decode(codec(encoding))
    except UnicodeDecodeError:
        return ""


def _example(sample: bytes, encoding: str) -> str:
    """Return the first few words that are not ASCII."""
    words = (word for word in re.split(r"[\s,;|\"]+", _decoded(sample, encoding)) if not word.isascii())
    return ", ".join(islice(dict.fromkeys(words), 3))[:60]


def _share(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _latin(alphabets: str) -> Callable[[str], float]:
    """Return a judge of text in Latin letters of the languages that one encoding is for."""

    def judge(text: str) -> float:
        words = [word for word in set(_WORDS.findall(text)) if not word.isascii()]
        signs = [sign for sign in _SIGNS.findall(text) if not sign.isalpha()]
        written = _share([_as_written(word) for word in words]) if words else 1.0
        letters = [letter for word in words for letter in word.lower() if not letter.isascii()]
        known = max(_share([letter in alphabet for letter in letters]) for alphabet in _LATIN[alphabets])
        plain = len(letters) + sum(sign in _PUNCTUATION for sign in signs)
        return (known if letters else 0.7) * written * plain / max(len(letters) + len(signs), 1)

    return judge


def _as_written(word: str) -> float:
    """Return 1 for a word whose capitals are its first letter or all, and which has letters from a to z, too."""
    cased = word.islower() or word.isupper() or word[1:].islower() or word.istitle()
    return float(cased) * (1.0 if len(word) == 1 or _OF_ASCII.search(word) else 0.5)


def _alphabet(letters: dict[str, float], usual: float) -> Callable[[str], float]:
    """Return a judge of text in letters of its own, each with its frequency; text has ``usual`` ones on average."""

    def judge(text: str) -> float:
        words = [word for word in set(_WORDS.findall(text)) if not word.isascii()]
        signs = [sign for sign in _SIGNS.findall(text) if not sign.isalpha()]
        own = [letter.lower() for word in words for letter in word if not letter.isascii()]
        if not own:
            return 0.0
        cased = _share([word.islower() or word.isupper() or word[1:].islower() for word in words])
        known = _share([letter in letters for letter in own]) * _share(
            [_OF_ASCII.search(word) is None for word in words]
        )
        frequent = min(_share([letters.get(letter, 0.0) for letter in own]) / usual, 1.0)
        plain = len(own) + sum(sign in _PUNCTUATION or sign == "№" for sign in signs)
        small = 1.0 if sum(letter.islower() for word in words for letter in word) * 2 >= len(own) else 0.95
        return known * cased * frequent * small * plain / (len(own) + len(signs))

    return judge


def _signs(encoding: str, weigh: Callable[[bytes, str], float | None]) -> Callable[[str], float]:
    """Return a judge of text in thousands of signs; ``weigh`` says how usual one is, None where that tells nothing."""

    def judge(text: str) -> float:
        runs = set(_RUNS.findall(text))
        weights = [
            weight for run in runs for sign in run if (weight := weigh(_bytes(sign, encoding), sign)) is not None
        ]
        alone = len(_ALONE.findall(text))
        return _share(weights) * (1 - 0.5 * alone / max(len(_RUNS.findall(text)), 1))

    return judge


def _bytes(sign: str, encoding: str) -> bytes:
    return sign.encode(codec(encoding), errors="replace")


def _is_kana(sign: str) -> bool:
    return _KANA[0] <= sign <= _KANA[1]


def _chinese(raw: bytes, sign: str) -> float | None:
    if _is_kana(sign):
        return 0.3
    if len(raw) != 2 or raw[1] < 0xA1:
        return 0.0
    if raw[0] < 0xB0:
        return None if 0xA1 <= raw[0] <= 0xA3 else 0.0
    return 1.0 if raw[0] <= 0xD7 else 0.5 if raw[0] <= 0xF7 else 0.0


def _taiwanese(raw: bytes, sign: str) -> float | None:
    if len(raw) != 2 or raw[0] < 0xA1:
        return 0.0
    if raw[0] < 0xA4:
        return None
    return 1.0 if raw[0] <= 0xC6 else 0.3 if 0xC9 <= raw[0] <= 0xF9 else 0.0


def _japanese(first: int, last: int, half: bytes) -> Callable[[bytes, str], float | None]:
    def weigh(raw: bytes, sign: str) -> float | None:
        if _is_kana(sign):
            return 1.0
        if len(raw) == 1 or raw.startswith(half):  # of half the width
            return 0.2
        if "\u4e00" <= sign <= "\u9fff":
            return 0.9 if first <= raw[0] <= last else 0.3
        return None if sign in "、。「」・ー～（）！？" else 0.3

    return weigh


def _korean(raw: bytes, sign: str) -> float | None:
    if "\uac00" <= sign <= "\ud7a3":
        return 1.0 if len(raw) == 2 and 0xB0 <= raw[0] <= 0xC8 and raw[1] >= 0xA1 else 0.1
    return 0.3 if "\u4e00" <= sign <= "\u9fff" else None if len(raw) == 2 and raw[0] <= 0xA3 else 0.1


_JUDGES: dict[str, Callable[[str], float]] = {
    "cp1250": _latin("cp1250"),
    "cp1254": _latin("cp1254"),
    "cp1251": _alphabet(_RUSSIAN, 8.3),
    "koi8-r": _alphabet(_RUSSIAN, 8.3),
    "cp1253": _alphabet(_GREEK, 8.0),
    "gb18030": _signs("gb18030", _chinese),
    "big5": _signs("big5", _taiwanese),
    "shift-jis": _signs("shift-jis", _japanese(0x88, 0x97, b"\0")),
    "euc-jp": _signs("euc-jp", _japanese(0xB0, 0xCF, b"\x8e")),
    "euc-kr": _signs("euc-kr", _korean),
}


def _broken(error: UnicodeError) -> tuple[str, int]:
    """Have bytes that are not of an encoding be one that is not of UTF-8 either, so that their rows are told."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


BROKEN = "corelens-broken"
codecs.register_error(BROKEN, _broken)
