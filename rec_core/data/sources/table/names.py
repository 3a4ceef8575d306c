"""What columns of logs are called, and which role each name tells of."""

from __future__ import annotations

import re

from rec_core.data.sources.table.reading import Role

NAMES: dict[Role, str] = {
    "user": "user|userid|uid|customer|customerid|visitor|visitorid|account|accountid|member|memberid|reviewer|"
    "reviewerid|client|clientid|profileid|playerid|person|personid|personidentifier|sessionid",
    "item": "item|itemid|iid|movie|movieid|film|filmid|product|productid|parentasin|asin|sku|track|trackid|song|songid|"
    "artist|artistid|article|articleid|newsid|book|bookid|isbn|business|businessid|game|gameid|contentid|offerid|"
    "recipeid|videoid|anime|animeid|streamer",
    "rating": "rating|rate|score|stars|overall|note|count|plays|playcount|weight|value|quantity|qty|preference|clicks|"
    "listens|interest",
    "time": "timestamp|time|date|datetime|unixreviewtime|createdat|updatedat|created|ts|when|eventtime|unixtime|day|"
    "reviewtime|eventtimestamp|orderdate|invoicedate",
    "title": "title|titre|name|itemname|itemtitle|movietitle|producttitle|productname",
    "categories": "genres|genre|category|categories|categoryname|tags|class|maincategory",
}


def key(name: str) -> str:
    """Return a name without case and separators, as the vocabulary has it."""
    return re.sub(r"[^a-z]", "", name.lower())


def is_known(name: str) -> bool:
    """Return True if a name tells of a role."""
    return any(key(name) in known.split("|") for known in NAMES.values())
