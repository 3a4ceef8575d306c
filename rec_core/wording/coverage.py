"""Q2 in words: what a coreset covers, and who and what it leaves out."""

from __future__ import annotations

from rec_core.analysis.coverage import Coverage, Part, Tail, most_over_represented, tail_shares
from rec_core.data.interactions import Split
from rec_core.data.sources import Words
from rec_core.wording.numbers import capital, counted, number, percent

KL_HELP = (
    "Kullback-Leibler divergence of the kept {rows}' distribution over {items} from that of all {rows}, in nats. "
    "0: the same distribution."
)
GINI_HELP = (
    "Of kept {rows} per {item}, those with none included. 0: all {items} have equally many. 1: one has them all."
)


def gini_help(words: Words) -> str:
    """Return what the Gini coefficient of items says."""
    return GINI_HELP.format(item=words.item, items=words.items, rows=words.rows)


def divergence_help(words: Words) -> str:
    """Return what the divergence over items says."""
    return KL_HELP.format(items=words.items, rows=words.rows)


def part_titles(words: Words) -> dict[Part, str]:
    """Return what the parts of a coverage are called."""
    return {
        "users": "Users",
        "items": capital(words.items),
        "tail": f"Long-tail {words.items}",
        "genres": capital(words.kinds),
        "ratings": "Rating values",
    }


def sentences(coverage: Coverage, split: Split, choice: str, words: Words) -> tuple[str, str]:
    """Return the answer in words, and its numbers."""
    users, items = coverage["users"], coverage["items"]
    gone = {
        what: f"{number(int((part.kept[part.full > 0] == 0).sum()))} of {number(int((part.full > 0).sum()))} {what}"
        for what, part in ((words.items, items), ("users", users))
        if not part.kept[part.full > 0].all()
    }
    verdict = f"leaves out {' and '.join(gone.values())}" if gone else f"reaches every user and every {words.item}"
    return f"{choice} {verdict}.", (
        f"{percent(users.share(1))} of users and {percent(items.share(1))} of {words.items} keep at least one "
        f"{words.row}, {percent(users.share(10))} and {percent(items.share(10))} at least ten. "
        f"{tail_sentence(tail_shares(coverage, split), words)}"
    )


def tail_sentence(tail: Tail, words: Words) -> str:
    """Return how much of what is kept is of long-tail items, beside all data and what is tested, in words."""
    return (
        f"{percent(tail.kept)} of kept {words.rows} are of long-tail {words.items}, against {percent(tail.full)} in "
        f"all data and {percent(tail.tested)} of what is tested."
    )


def ratings_sentence(coverage: Coverage, words: Words) -> str:
    """Return which rating value is over-represented most, in words; nothing where none is by much."""
    most = most_over_represented(coverage)
    if most is None:
        return ""
    value = counted(most.value, words.unit, words.units)
    return f"{percent(most.kept)} of kept ratings give {value}, against {percent(most.full)} in all data."
