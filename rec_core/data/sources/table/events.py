"""Which events of a log are interactions: a question with the number of rows of each."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rec_core.data.sources.table.asking import MOST, Choice, Question

_PURCHASES = re.compile(
    r"purchas|transaction|buy|bought|order|checkout|sale|sold|kauf|bestell|achat|command|compra|pedido|acquist|покуп|заказ"
    r"|购买|下单|購買"
)
_VIEWS = re.compile(r"view|click|impression|pv$|visit|klick|ansicht|vue|vista|clic|просмотр|клик|浏览|点击|瀏覽|點擊")
_SHOWN = 5  # events that are named


def event_question(column: str, counts: Mapping[str, int]) -> Question:
    """Return the question which events count, of a column with so many rows of each.

    An answer is the value of ``Columns.events`` in one text, "" for all of them.

    >>> asked = event_question("event", {"view": 1700, "addtocart": 60, "transaction": 40})
    >>> [(choice.value, choice.label, choice.meaning) for choice in asked.choices]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('', 'All events', '1,800 rows'), ('transaction', 'transaction only', '40 rows'),
     ('addtocart,transaction', 'All but view', '100 rows')]
    """
    ranked = sorted(counts, key=lambda name: -counts[name])
    named = " · ".join(f"{name or '(empty)'} {counts[name]:,}" for name in ranked[:_SHOWN])
    more = f" · {len(ranked) - _SHOWN:,} others" if len(ranked) > _SHOWN else ""
    choices = [_choice("All events", "", counts, ranked)]
    plain = [name for name in ranked if name and "," not in name]
    bought = [name for name in plain if _PURCHASES.search(name.casefold())] or plain[-1:]
    if 0 < len(bought) < len(ranked):
        choices.append(_choice(f"{' and '.join(bought)} only", ",".join(bought), counts, bought))
    seen = [name for name in plain if _VIEWS.search(name.casefold())] or plain[:1]
    rest = [name for name in plain if name not in seen]
    if rest and rest != bought and len(seen) + len(rest) == len(ranked):
        choices.append(_choice(f"All but {' and '.join(seen)}", ",".join(rest), counts, rest))
    return Question("events", f"Which events in '{column}' count? {named}{more}", tuple(choices[:MOST]))


def _choice(label: str, value: str, counts: Mapping[str, int], names: list[str]) -> Choice:
    return Choice(value, label, f"{sum(counts[name] for name in names):,} rows")
