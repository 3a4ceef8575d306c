"""Random logs as people have them, with what they say in truth: other languages, decoys, no names, odd orders."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
from numpy.random import Generator

Values = list[str]
# Per language: user, item, rating, count, time; None where a speaker would rather write English.
NAMES: dict[str, list[str]] = {
    "field": ["visitorid", "parent_asin", "watch_ratio", "playcount", "time_ms"],
    "field2": ["msno", "stockcode", "stars", "plays", "dt"],
    "snake": ["user_id", "item_id", "rating", "quantity", "timestamp"],
    "camel": ["userId", "movieId", "score", "playCount", "createdAt"],
    "caps": ["CUSTOMER_ID", "PRODUCT_ID", "RATING", "QTY", "EVENT_TIME"],
    "spaced": ["User-ID", "Product Code", "Book-Rating", "Listen Count", "Event Time"],
    "shop": ["customer_unique_id", "sku", "review_score", "qty", "order_date"],
    "music": ["listener", "track_id", "preference", "listen_count", "ts"],
    "german": ["Kunden-Nr", "Artikelnummer", "Bewertung", "Anzahl", "Zeitpunkt"],
    "german2": ["Benutzer", "Produkt", "Sterne", "Menge", "Datum"],
    "french": ["id_client", "produit", "évaluation", "quantité", "horodatage"],
    "french2": ["utilisateur", "livre", "note", "nombre d'écoutes", "date"],
    "spanish": ["id_usuario", "código_producto", "puntuación", "cantidad", "fecha"],
    "spanish2": ["cliente", "película", "calificación", "reproducciones", "fecha_hora"],
    "portuguese": ["ID do usuário", "produto", "avaliação", "quantidade", "data"],
    "italian": ["utente", "prodotto", "valutazione", "quantità", "data_ora"],
    "russian": ["пользователь", "товар", "оценка", "количество", "дата"],
    "russian2": ["id_клиента", "фильм", "рейтинг", "прослушивания", "время"],
    "chinese": ["用户ID", "商品ID", "评分", "购买数量", "时间"],
    "chinese2": ["会员编号", "电影", "星级", "播放次数", "时间戳"],
}  # fmt: skip
# Names that no vocabulary holds: Estonian, Hungarian, and those of nobody.
STRANGE = [
    ["kasutaja", "toode", "hinne", "kogus", "aeg"],
    ["felhasznalo", "termek", "ertekeles", "darab", "idopont"],
    ["c1", "c2", "c3", "c4", "c5"],
    ["V1", "V2", "V3", "V4", "V5"],
]
NAMELESS = True  # an empty cell among the names, as pandas writes for its index
_PLACE = {"user": 0, "item": 1, "rating": 2, "count": 3, "time": 4}
_WESTERN = ("german", "french", "spanish", "portuguese", "italian")


@dataclass
class Made:
    """A log as bytes, and the truth: role → column, and the values of each row; what it was made of, to be read."""

    data: bytes
    suffix: str
    columns: dict[str, str]
    users: Values
    items: Values
    ratings: list[float] | None
    seconds: list[int] | None
    story: list[str] = field(default_factory=list)


@dataclass
class _Rows:
    """Who chose what, when: positions of users and items (n,), seconds (n,)."""

    user: np.ndarray
    item: np.ndarray
    time: np.ndarray
    n_users: int
    n_items: int

    def __len__(self) -> int:
        return len(self.user)


def make(seed: int) -> Made:
    """Return the log of a seed."""
    rng = np.random.default_rng(seed)
    rows = _rows(rng)
    story: list[str] = []
    language = str(rng.choice(list(NAMES)))
    has_header = rng.random() > 0.1
    users, items = _ids(rng, rows, language, story)
    columns: list[tuple[str, str, Values]] = [("user", "user", users), ("item", "item", items)]
    kind, texts, ratings = _ratings(rng, rows, story, has_header)
    if kind:
        columns.append(("rating", kind, texts))
    written, seconds, clock = _times(rng, rows, story, has_header)
    if written:
        columns.append(("time", "time", written))
    days = any(one in story for one in ("time days", "time compact", "time word", "time two"))
    columns += [("", name, values) for name, values in _decoys(rng, rows, has_header, bool(written), days, language)]
    names = _named(rng, language, columns, has_header, story)
    if "rating once" in story and not set(NAMES[language]) & set(names[2:3]):  # ones without a name say nothing
        columns[2], ratings = ("", *columns[2][1:]), None
    order = _order(rng, columns, has_header)
    if clock:  # the date, and the time of day beside it
        columns.append(("", "time", clock))
        names.append("time")
        names[[role for role, _, _ in columns].index("time")] = "date"
        order = [*order, len(columns) - 1]
    columns, names = [columns[place] for place in order], [names[place] for place in order]
    if not has_header:
        names = [f"column {place}" for place in range(1, len(names) + 1)]
    data, suffix = _written(rng, names, [values for _, _, values in columns], has_header, language, story)
    truth = {
        role: _shown(name, place) for place, ((role, _, _), name) in enumerate(zip(columns, names, strict=True), 1)
    }
    truth.pop("", None)
    story += [f"header {has_header} {language}", f"decoys {[name for role, name, _ in columns if not role]}"]
    return Made(data, suffix, truth, users, items, ratings, seconds, story)


def _shown(name: str, place: int) -> str:
    return name or f"column {place}"


def _rows(rng: Generator) -> _Rows:
    """Return rows with active and idle users, popular and rare items, in bursts or not, in one of four orders."""
    n_users, n_items, n = int(rng.integers(25, 90)), int(rng.integers(30, 140)), int(rng.integers(350, 800))
    active = rng.lognormal(0, 0.7, n_users)
    popular = 1 / np.arange(1, n_items + 1) ** rng.uniform(0.3, 0.9)
    user = np.sort(rng.choice(n_users, n, p=active / active.sum()))
    item = rng.permutation(n_items)[rng.choice(n_items, n, p=popular / popular.sum())]
    if rng.random() < 0.3:  # nobody chooses an item twice
        _, first = np.unique(user * n_items + item, return_index=True)
        user, item = user[first], item[first]
    n = len(user)
    begin = 1_200_000_000 + int(rng.integers(0, 400_000_000))
    span = int(rng.integers(40, 700)) * 86_400
    if rng.random() < 0.75:  # sessions
        session = user * 4 + rng.integers(0, 4, n)
        starts = rng.integers(0, span, n_users * 4)
        time = begin + starts[session] + rng.integers(0, 3_600, n)
    else:
        time = begin + rng.integers(0, span, n)
    keys = [np.arange(n), time, np.lexsort((time, user)).argsort(), rng.permutation(n), item]
    order = np.argsort(keys[int(rng.choice(5, p=[0.05, 0.35, 0.3, 0.2, 0.1]))], kind="stable")
    return _Rows(user[order], item[order], time[order], n_users, n_items)


def _asin(rng: Generator) -> str:
    return "B0" + "".join(rng.choice(list("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"), 8))


def _ids(rng: Generator, rows: _Rows, language: str, story: list[str]) -> tuple[Values, Values]:
    kind = str(
        rng.choice(
            ["small", "large", "letters", "uuid", "amazon", "padded", "titles", "hash", "float", "words"],
            p=[0.3, 0.16, 0.12, 0.06, 0.08, 0.06, 0.08, 0.06, 0.03, 0.05],
        )
    )
    story.append(f"ids {kind}")
    base, step = int(rng.integers(0, 2)), int(rng.integers(10_000, 90_000_000))
    user = [f"{place + base}" for place in range(rows.n_users)]
    item = [f"{place + base}" for place in range(rows.n_items)]
    if kind == "large":
        user = [f"{step + place * 3}" for place in range(rows.n_users)]
        item = [f"{2 * step + place * 7}" for place in range(rows.n_items)]
    elif kind == "letters":
        user, item = [f"u{place}" for place in user], [f"i{place}" for place in item]
    elif kind == "uuid":
        user = [str(uuid.UUID(bytes=rng.bytes(16))) for _ in user]
        item = [str(uuid.UUID(bytes=rng.bytes(16))) for _ in item]
    elif kind == "amazon":
        user = ["A" + "".join(rng.choice(list("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"), 13)) for _ in user]
        item = [_asin(rng) for _ in item]
    elif kind == "padded":
        user, item = [f"{int(place):06d}" for place in user], [f"{int(place) * 13:010d}" for place in item]
    elif kind == "titles":
        item = [f"The {'Lost' if int(place) % 2 else 'Great'} Game {place}" for place in item]
    elif kind == "hash":
        user = [rng.bytes(20).hex() for _ in user]
        item = [f"{step + int(place) * 11}" for place in item]
    elif kind == "float":
        user, item = [f"{place}.0" for place in user], [f"{place}.0" for place in item]
    elif kind == "words":
        user, item = [f"user_{place}" for place in user], [f"item-{place}" for place in item]
    return [user[place] for place in rows.user], [item[place] for place in rows.item]


def _ratings(rng: Generator, rows: _Rows, story: list[str], has_header: bool) -> tuple[str, Values, list[float] | None]:
    kind = str(
        rng.choice(
            ["none", "stars", "halves", "ten", "plays", "quantity", "ratio", "likes", "once"],
            p=[0.33, 0.2, 0.08, 0.08, 0.1, 0.08, 0.06, 0.05, 0.02],
        )
    )
    story.append(f"rating {kind}")
    n = len(rows)
    taste = rng.normal(0, 0.6, rows.n_items)[rows.item] + rng.normal(0, 0.5, rows.n_users)[rows.user]
    liked = 3.7 + taste + rng.normal(0, 0.9, n)
    if kind == "none":
        return "", [], None
    if kind in ("stars", "halves", "ten", "once"):
        numbers = np.clip(np.rint(liked), 1, 5)
        if kind == "halves":
            numbers = np.clip(np.rint(liked * 2) / 2, 0.5, 5)
        elif kind == "ten":
            numbers = np.clip(np.rint(liked * 2), 1, 10)
        elif kind == "once" and has_header:  # without a name, ones say nothing
            numbers = np.ones(n)
        texts = [f"{number:.1f}" if kind == "halves" or n % 3 == 0 else f"{number:.0f}" for number in numbers]
        return "rating", texts, numbers.tolist()
    if kind == "ratio":
        numbers = np.round(rng.gamma(2, 0.4, n), 4)
        return "rating", [f"{number:.4f}" for number in numbers], numbers.tolist()
    if kind == "likes":
        numbers = (liked > 3.5).astype(float)
        words = ["False", "True"] if n % 2 else ["0", "1"]
        return "rating", [words[int(number)] for number in numbers], numbers.tolist()
    numbers = np.minimum(rng.zipf(1.7 if kind == "plays" else 2.2, n), 12_540).astype(float)
    return "count", [f"{number:.0f}" for number in numbers], numbers.tolist()


def _times(rng: Generator, rows: _Rows, story: list[str], has_header: bool) -> tuple[Values, list[int] | None, Values]:
    kind = str(
        rng.choice(
            [
                "none",
                "s",
                "ms",
                "float",
                "iso",
                "utc",
                "offset",
                "days",
                "dmy",
                "mdy",
                "dots",
                "compact",
                "two",
                "word",
            ],
            p=[0.13, 0.24, 0.1, 0.04, 0.14, 0.05, 0.05, 0.06, 0.05, 0.04, 0.04, 0.03, 0.02, 0.01],
        )
    )
    kind = kind if has_header or kind != "two" else "iso"
    story.append(f"time {kind}")
    if kind == "none":
        return [], None, []
    seconds = [int(second) for second in rows.time]
    moments = [datetime.fromtimestamp(second, UTC) for second in seconds]
    forms: dict[str, tuple[str, int]] = {  # and what is cut off
        "iso": ("%Y-%m-%d %H:%M:%S" if len(rows) % 2 else "%Y-%m-%dT%H:%M:%SZ", 1),
        "utc": ("%Y-%m-%d %H:%M:%S UTC", 1),
        "days": ("%Y-%m-%d", 86_400),
        "dmy": ("%d/%m/%Y %H:%M", 60),
        "mdy": ("%-m/%-d/%Y %H:%M", 60),
        "dots": ("%d.%m.%Y %H:%M:%S", 1),
        "compact": ("%Y%m%d", 86_400),
        "word": ("%d %b %Y", 86_400),
    }
    if kind in forms:
        form, cut = forms[kind]
        return [moment.strftime(form) for moment in moments], [second // cut * cut for second in seconds], []
    if kind == "two":
        return [f"{one:%Y-%m-%d}" for one in moments], seconds, [f"{one:%H:%M:%S}" for one in moments]
    if kind == "offset":
        zones = [timezone(timedelta(hours=int(hours))) for hours in rng.integers(-8, 9, len(rows))]
        return [one.astimezone(zone).isoformat() for one, zone in zip(moments, zones, strict=True)], seconds, []
    if kind == "ms":
        return (
            [f"{second}{part:03d}" for second, part in zip(seconds, rng.integers(0, 999, len(rows)), strict=True)],
            (seconds),
            [],
        )
    return [f"{second}.0" if kind == "float" else f"{second}" for second in seconds], seconds, []


def _decoys(
    rng: Generator, rows: _Rows, has_header: bool, has_time: bool, days: bool, language: str
) -> list[tuple[str, Values]]:
    """Return columns that are no role, a few of many kinds; some look like ratings, users or times."""
    n, u, i = len(rows), rows.user, rows.item
    price = np.round(rng.lognormal(2.5, 1, rows.n_items), 2)
    category = rng.integers(1, 25, rows.n_items)
    session = u * 50 + (rows.time // 86_400) % 50
    local = language.rstrip("2")
    said = {
        "german": ["Preis", "Kategorie", "Sitzung", "Seite"],
        "french": ["prix", "catégorie", "session", "page"],
        "spanish": ["precio", "categoría", "sesión", "página"],
        "portuguese": ["preço", "categoria", "sessão", "página"],
        "italian": ["prezzo", "categoria", "sessione", "pagina"],
        "russian": ["цена", "категория", "сессия", "страница"],
        "chinese": ["价格", "类别", "会话", "页码"],
    }.get(local, ["price", "category_id", "session_id", "page"])
    makers: dict[str, Callable[[], Values]] = {
        said[0]: lambda: [f"{one:.2f}" for one in price[i] * (1 if rng.random() < 0.5 else rng.choice([1, 0.9], n))],
        said[1]: lambda: [f"{2_520_000 + one}" for one in category[i]],
        said[2]: lambda: [f"{100_000 + one}" for one in session],
        said[3]: lambda: [f"{one}" for one in np.minimum(rng.geometric(0.5, n), 40)],
        "latitude": lambda: [f"{one:.7f}" for one in (30 + np.arange(rows.n_items) / 99.7)[i]],
        "longitude": lambda: [f"{one:.7f}" for one in (-97 - np.arange(rows.n_items) / 93.1)[i]],
    }
    named: dict[str, Callable[[], Values]] = {
        "": lambda: [f"{one}" for one in range(n)],
        "index": lambda: [f"{one}" for one in range(1, n + 1)],
        "id": lambda: [f"{one}" for one in rng.permutation(n * 7)[:n]],
        "review_id": lambda: [rng.bytes(8).hex() for _ in range(n)],
        "order_id": lambda: [f"{100_000 + one}" for one in session],
        "transactionid": lambda: [f"{one}" if one % 40 == 0 else "" for one in range(n)],
        "zip_code": lambda: [f"{one}" for one in rng.integers(10_000, 99_999, rows.n_users)[u]],
        "age": lambda: [f"{one}" for one in rng.integers(18, 80, rows.n_users)[u]],
        "gender": lambda: [str(one) for one in rng.choice(["m", "f"], rows.n_users)[u]],
        "hour": lambda: [f"{one}" for one in rng.integers(0, 24, n)],
        "weekday": lambda: [f"{one}" for one in rng.integers(1, 8, n)],
        "hourmin": lambda: [f"{one // 60}{one % 60:02d}" for one in rng.integers(600, 1439, n)],
        "helpful_votes": lambda: [f"{one - 1}" for one in rng.zipf(2.5, n)],
        "position": lambda: [f"{one}" for one in np.minimum(rng.geometric(0.3, n), 10)],
        "device_type": lambda: [f"{one}" for one in rng.integers(1, 6, n)],
        "brand_id": lambda: [f"{one}" for one in rng.integers(1, 40, rows.n_items)[i]],
        "seller_id": lambda: [f"{one}" for one in rng.integers(1, 15, rows.n_items)[i]],
        "store_id": lambda: [f"{one}" for one in rng.integers(1, 11, n)],
        "review_text": lambda: [f"Good, cheap and “fine” {one} times, and would buy again" for one in range(n)],
        "summary": lambda: [f"Five stars {one % 37}" for one in range(n)],
        "user_name": lambda: [f"Jane Doe {one}" for one in u],
        "item_price": lambda: [f"{one:.2f}" for one in price[i]],
        "verified": lambda: [str(one) for one in rng.choice(["True", "False"], n)],
        "release_date": lambda: [f"{one}-0{one % 9 + 1}-11" for one in rng.integers(1970, 2000, rows.n_items)[i]],
        "signup_date": lambda: [f"20{one}-0{one % 9 + 1}-11" for one in rng.integers(10, 19, rows.n_users)[u]],
        "avg_rating": lambda: [f"{one:.1f}" for one in np.round(rng.uniform(1, 5, rows.n_items), 1)[i]],
        "duration": lambda: [f"{one}" for one in rng.integers(20, 400, rows.n_items)[i]],
        "country": lambda: [str(one) for one in rng.choice(["DE", "FR", "US", "CN"], rows.n_users)[u]],
        "event_type": lambda: [str(one) for one in rng.choice(["view", "cart", "purchase"], n, p=[0.8, 0.15, 0.05])],
        "title": lambda: [f"A fine thing {one}" for one in rng.permutation(n)],
    }
    if not NAMELESS:
        del named[""]
    if days:  # beside which they would say the time of day
        del named["hour"], named["hourmin"]
    if has_time and not days:
        named["date"] = lambda: [f"{datetime.fromtimestamp(int(one), UTC):%Y-%m-%d}" for one in rows.time]
    every = (
        makers | named
        if has_header
        else makers | {name: named[name] for name in ("age", "hour", "event_type") if name in named}
    )
    count = (
        int(rng.choice(6, p=[0.25, 0.2, 0.2, 0.15, 0.1, 0.1])) if has_header else int(rng.choice(3, p=[0.6, 0.3, 0.1]))
    )
    return [(name, every[name]()) for name in rng.permutation(list(every))[:count].tolist()]


def _named(
    rng: Generator, language: str, columns: list[tuple[str, str, Values]], has_header: bool, story: list[str]
) -> list[str]:
    """Return the names of the columns; now and then one or all of them are no names that anybody knows."""
    strange = STRANGE[int(rng.integers(len(STRANGE)))]
    share = rng.random()
    missing = list(_PLACE) if share < 0.02 else [str(rng.choice(list(_PLACE)))] if share < 0.08 else []
    if has_header and missing:
        story.append(f"strange {missing} {strange[:2]}")
    found = []
    for _, kind, _ in columns:
        if kind in _PLACE:
            words = strange if kind in missing else NAMES[language]
            found.append(words[_PLACE[kind]])
        else:
            found.append(kind)
    return [name if name not in found[:place] else f"{name}_x" for place, name in enumerate(found)]


def _order(rng: Generator, columns: list[tuple[str, str, Values]], has_header: bool) -> list[int]:
    """Return the columns in some order; without names, the user is first more often."""
    order = rng.permutation(len(columns)).tolist()
    if not has_header and rng.random() < 0.6:
        order = [0, 1, *[place for place in order if place > 1]]
    indexes = [place for place, (_, kind, _) in enumerate(columns) if not kind]
    return [*indexes, *[place for place in order if place not in indexes]]


def _written(
    rng: Generator, names: list[str], values: list[Values], has_header: bool, language: str, story: list[str]
) -> tuple[bytes, str]:
    separator = str(rng.choice([",", ";", "\t", "|", "::"], p=[0.55, 0.2, 0.15, 0.06, 0.04]))
    quoting = int(rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC], p=[0.7, 0.2, 0.1]))
    held = any(separator[0] in value for one in values for value in one) or separator[0] in "".join(names)
    separator = "," if separator == "::" and (held or quoting != csv.QUOTE_MINIMAL) else separator
    local = language.rstrip("2")
    encoding = str(rng.choice(["utf-8", "utf-8-sig", "utf-16"], p=[0.8, 0.15, 0.05]))
    if local in _WESTERN and rng.random() < 0.3:
        encoding = "cp1252"
    end = "\r\n" if rng.random() < 0.2 else "\n"
    stream = io.StringIO(newline="")
    one_sign = "\x1f" if separator == "::" else separator
    writer = csv.writer(stream, delimiter=one_sign, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    if has_header:
        writer.writerow(names)
    writer.writerows(zip(*values, strict=True))
    text = stream.getvalue().replace("\x1f", "::") if separator == "::" else stream.getvalue()
    story += [f"separator {separator!r} {encoding} quoting {quoting}"]
    return text.encode(encoding, "replace"), "csv"
