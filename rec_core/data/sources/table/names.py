"""What columns of logs are called, in eight languages and in the field, and which role a name speaks for or against.

Names are compared without case, accents and separators: "User-ID", "user_id" and "userId" are one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

# A count says how often or how much, where there is no rating; a session stands for a user where there is none.
Kind = Literal["user", "session", "item", "rating", "count", "time", "title", "categories", "event", "index", "against"]
_WORDS: dict[Kind, str] = {
    "user": "user u uid customer visitor account member reviewer client buyer shopper consumer subscriber viewer "
    "listener player person personidentifier profile cust usr msno steamid kunde kunden kundin kundennr "
    "nutzer benutzer anwender kaufer besteller mitglied horer bewerter utilisateur acheteur membre "
    "usager abonne utilisatrice usuario cliente clientes comprador miembro socio usuaria utilizador "
    "consumidor membro utente acquirente iscritto пользователь пользователя пользователи покупатель "
    "покупателя клиент клиента юзер читатель читателя зритель зрителя 用户 客户 会员 买家 顾客 使用者 "
    "用戶 玩家 消费者 reviewername profilename username login benutzername",
    "session": "session sessions sid visit sitzung sesion sessao sessione сессия сессии 会话 household cookie email "
    "haushalt",
    "item": "item i iid parentasin asin sku stockcode product pid video vid track song movie mid film book isbn "
    "news nid article aid newsid business bid gmap venue poi place restaurant hotel recipe game app "
    "anime manga show series episode podcast course job offer ad advertisement banner creative listing "
    "post pinid document doc content streamer artist album playlist campaign beer joke thread repo prod "
    "art artikel artikelnr produkt ware buch lied werk spiel produit oeuvre livre chanson jeu producto "
    "articulo pelicula libro cancion juego produto artigo filme livro musica jogo prodotto articolo "
    "canzone brano gioco товар товара товары продукт продукта артикул фильм фильма книга книги трек "
    "трека предмет предмета игра 商品 产品 物品 项目 电影 影片 图书 书籍 视频 歌曲 货品 文章 宝贝",
    "rating": "rating score stars star overall watchratio userrating userscore reviewrating itemrating bookrating "
    "movierating ratingscore ratingvalue reviewscore rate note grade preference liked like islike "
    "isliked interest thumbs reviewoverall bewertung bewertungen sterne punkte punktzahl wertung "
    "evaluation etoiles appreciation notation valoracion puntuacion calificacion estrellas puntaje "
    "avaliacao nota classificacao pontuacao estrelas voto valutazione punteggio stelle giudizio оценка "
    "оценки рейтинг балл баллы 评分 评级 打分 得分 星级 分数",
    "count": "quantity qty plays playcount count clicks listens views purchases listencount numplays nplays "
    "playscount nclicks numclicks nviews viewcount clickcount totalplays frequency freq times "
    "hoursplayed playtime watchtime watchtimems playduration watchduration dwelltime listeningtime "
    "playingtime weight value units amount qte qta anzahl menge stuckzahl stuck haufigkeit wiedergaben "
    "aufrufe quantite nombreecoutes ecoutes nombrelectures lectures cantidad veces reproducciones "
    "unidades quantidade qtd vezes reproducoes quantita volte ascolti количество кол колво число "
    "прослушивания прослушиваний просмотры просмотров раз 数量 次数 播放次数 购买数量 播放量 点击次数 "
    "件数",
    "time": "timestamp time ts eventtime eventtimestamp datetime unixtime unixtimestamp unixreviewtime "
    "reviewtime timems timesec createdat created date dt tdat when updatedat updated day orderdate "
    "invoicedate transactiondate transactiondt eventdate purchasedate clicktime viewtime ratingdate "
    "reviewdate epoch localtime utctime servertime moment at requesttime timestampms timestamps "
    "actiontime visittime watchdate dateadded datum zeit zeitpunkt zeitstempel uhrzeit bestelldatum "
    "kaufdatum tag horodatage heure jour dateachat datecommande fecha hora fechahora marcadetiempo "
    "momento dia data datahora carimbodetempo horario dataora ora marcatemporale giorno дата время "
    "датавремя датаивремя момент день 时间 日期 时间戳 下单时间 购买时间 创建时间 评论时间 行为时间 "
    "点击时间",
    "title": "title titre name itemname itemtitle movietitle producttitle productname booktitle trackname "
    "songname gamename titel bezeichnung artikelname artikelbezeichnung produktname nom nomproduit "
    "titulo nombre nombreproducto nome nomeproduto titolo nomeprodotto название наименование "
    "названиетовара наименованиетовара 标题 名称 商品名称 商品名 电影名称",
    "categories": "genres genre category categories categoryname tags class maincategory categorycode itemcategory "
    "productcategory kategorie kategorien warengruppe categorie categoria categorias genero generi "
    "категория категории категориятовара жанр жанры 类别 分类 类型 种类 类目 商品类别",
    "event": "event eventtype eventname action actiontype behavior behaviour behaviortype behaviourtype "
    "interaction interactiontype feedbacktype type ereignis ereignistyp aktion aktionstyp evenement "
    "typeevenement typeaction evento tipoevento accion acao tipo azione событие типсобытия действие 行为 "
    "行为类型 事件 事件类型 动作",
    "index": "index row rownumber rownum line lineno idx unnamed zeile zeilennummer lfd lfdnr lfdnummer ligne "
    "fila linha riga строка индекс 序号 行号",
    "against": "price preis stuckpreis prix precio preco prezzo цена 价格 单价 金额 cost revenue sales discount tax "
    "fee currency total betrag montant importe valor importo сумма unitprice cat category subcategory "
    "kategorie kategorien categorie categoria категория 类别 类目 subclass class dept department brand "
    "marke marque marca бренд 品牌 seller shop store merchant vendor verkaufer vendeur vendedor "
    "venditore продавец 店铺 卖家 order orders bestellung commande pedido ordine заказ 订单 transaction "
    "transaktion trans invoice rechnung facture factura fatura receipt basket cart session sitzung "
    "sesion sessao sessione сессия 会话 page seite pagina страница 页码 index row line lat latitude lon "
    "lng long longitude breite lange широта долгота 纬度 经度 altitude pin zip postal postcode plz city "
    "stadt ville ciudad cidade citta город 城市 country land pays pais paese страна 国家 region state "
    "location geo timezone offset age alter edad idade eta возраст 年龄 gender sex geschlecht sexe пол "
    "性别 hour hourmin minute weekday dow month year week stunde wochentag monat jahr annee mes ano anno "
    "месяц год device browser os platform channel kanal canal canale канал 渠道 position rank rang "
    "helpful votes vote helpfulness useful funny cool verified comments comment length duration size "
    "width height status version lang language ip url referrer text review reviews summary description "
    "body impression impressions cluster embedding phone birth birthday release released signup "
    "registered registration average avg mean std median reordered style abv brewery environment site "
    "second seconds minutes step tagid conversion converted is has was",
}
_NOT_TIMES = frozenset(
    "release released birth birthday signup registered registration joined expiry expires published publication since "
    "zone offset duration frame spent length hour min minute".split()
)
_AROUND = frozenset("review reviews order transaction session cart basket invoice".split())  # "order_product"
_MARKS = frozenset(
    "id ids unique key no nr num number nummer code cod codigo codice hash uuid guid idx ref ident identifier kennung "
    "schlussel numero номер код ид айди identifiant anon raw original the du de del della do da of der des la le "
    "el".split()
)
_ENDS = re.compile(r"(?<=..)(nummer|nr|ids?|kennung|编号|编码|代码|标识|号码|号)$|(?<=^[a-z])ids?$")
_CAMEL = re.compile(r"(?<=[a-zа-я0-9])(?=[A-ZА-Я])|(?<=[A-Z])(?=[A-Z][a-z])")
_SCRIPTS = re.compile(r"(?<=[\u4e00-\u9fff])(?=[a-z0-9])|(?<=[a-z0-9])(?=[\u4e00-\u9fff])")


@dataclass(frozen=True)
class Meaning:
    """What a name tells of: a kind with its ``rank`` (0 is the plainest word), ``exact`` if it says nothing else."""

    kind: Kind
    rank: int
    exact: bool


def plain(text: str) -> str:
    """Return a text without case and accents.

    >>> plain("Évaluation"), plain("Größe")
    ('evaluation', 'grosse')
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def tokens(name: str) -> list[str]:
    """Return the words of a name.

    >>> tokens("unixReviewTime"), tokens("User-ID"), tokens("用户ID")
    (['unix', 'review', 'time'], ['user', 'id'], ['用户', 'id'])
    """
    parts = re.split(r"[\W_]+", _CAMEL.sub(" ", name))
    return [word for part in parts for word in _SCRIPTS.split(plain(part)) if word]


_KNOWN: dict[Kind, dict[str, int]] = {
    kind: {plain(word): rank for rank, word in reversed(list(enumerate(words.split())))}
    for kind, words in _WORDS.items()
}


@lru_cache(maxsize=4096)
def meanings(name: str) -> dict[Kind, Meaning]:
    """Return what a name tells of, by kind.

    >>> sorted(meanings("customer_id")), sorted(meanings("category_id")), sorted(meanings("hourmin"))
    (['user'], ['against', 'categories'], ['against'])
    """
    words = tokens(name)
    if not words:  # an empty cell, as pandas writes for its index
        return {}
    bare = [word for word in words if word not in _MARKS] or words
    whole, joined = "".join(words), "".join(bare)
    found = {
        kind: Meaning(kind, known[word], exact=True)
        for kind, known in _KNOWN.items()
        if (word := next((one for one in (whole, joined, _ENDS.sub("", joined)) if one in known), None)) is not None
    }
    against = _KNOWN["against"]
    if "index" in found and any(word in _MARKS for word in words):
        del found["index"]
    if not set(found) - {"against"}:
        found |= _by_head(bare)
    if not any(one.exact for one in found.values()):
        modifiers = [word for word in bare if word in against and not (word in _AROUND and word != bare[-1])]
        if modifiers:
            found = {kind: one for kind, one in found.items() if kind in ("time", "event", "categories")}
            found["against"] = Meaning("against", 0, exact=False)
        elif len(found) > 1:
            found.pop("against", None)
    if "id" in words and "time" in found:  # "tag" is a day in German
        del found["time"]
    if _NOT_TIMES.intersection(words):
        found.pop("time", None)
        found["against"] = Meaning("against", 0, exact=False)
    return found


def _by_head(words: list[str]) -> dict[Kind, Meaning]:
    """Return what the last word of a name tells of; or else its first, as in Romance languages, if that is no thing.

    >>> sorted(_by_head(["data", "acquisto"])), sorted(_by_head(["beer", "style"])), sorted(_by_head(["beer", "foam"]))
    (['time'], ['against'], [])
    """
    for place in (-1, 0) if len(words) > 1 else (-1,):
        stem = _ENDS.sub("", words[place])
        found: dict[Kind, Meaning] = {
            kind: Meaning(kind, 100 + known.get(words[place], known.get(stem, 0)), exact=False)
            for kind, known in _KNOWN.items()
            if (words[place] in known or stem in known) and not (place == 0 and kind in ("user", "item", "title"))
        }
        if found:
            return found
    return {}


def is_known(name: str) -> bool:
    """Return True if a text is a name of a role or of an index, and nothing else.

    >>> is_known("User-ID"), is_known("cart"), is_known("The Game 17")
    (True, False, False)
    """
    return any(one.exact for kind, one in meanings(name).items() if kind != "against")


def is_bare(name: str) -> bool:
    """Return True for a name that says nothing: "id", "column 3", "a", "V2".

    >>> is_bare("column 3"), is_bare("V2"), is_bare("userid")
    (True, True, False)
    """
    return bool(re.fullmatch(r"(column|col|var|field|feature|spalte|f|v|x|_c)?[ _]?\d*|[a-z]|id", plain(name).strip()))
