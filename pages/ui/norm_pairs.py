"""The pairs of norms that the page Norms compares, from proxies that are stored or are offered to be prepared."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui import cards, state
from rec_core.analysis import norms
from rec_core.analysis.norms import Compared, Of, Pairs, Which
from rec_core.analysis.statistics import Correlation
from rec_core.data.interactions import Split, marked
from rec_core.data.sources import Words
from rec_core.experiment import View
from rec_core.randomness import generator
from rec_core.selection import METHODS, Coreset
from rec_core.specs import ExperimentSpec
from rec_core.stages import PROXY
from rec_core.wording.numbers import capital, number

TITLES: dict[Compared, str] = {
    "training": "Pretrained and untrained",
    "chance": "… and unrelated start",
    "seeds": "… and another seed",
    "activity": "Norm and activity",
    "scores": "The method's scores",
}


WHICH: dict[Which, str] = {"all": "All", "kept": "Kept", "dropped": "Dropped"}


def of_titles(words: Words) -> dict[Of, str]:
    """Return whose norms can be compared."""
    return {"users": "Users", "items": capital(words.items)}


def find(compared: Compared, of: Of, which: Which, view: View) -> Pairs | None:
    """Return the pairs that are wanted, or None after saying what is missing."""
    pairs = _pairs(compared, of, view)
    chosen = pairs and pairs.take(which)
    if chosen and len(chosen.x) < norms.FEWEST:
        st.info(f"{number(len(chosen.x))} {chosen.of} are {which}: too few to compare.")
        return None
    return chosen


def _pairs(compared: Compared, of: Of, view: View) -> Pairs | None:
    spec = view.spec
    if compared == "scores":
        return _scores(view)
    pretrained = _proxy(spec, "pretrained")
    if pretrained is None:
        return None
    y = _lengths(pretrained, of)
    kept = _kept(view.split, view.coreset, of)
    names = "users" if of == "users" else state.words().items
    if compared == "activity":
        return Pairs(
            _counts(view.split, of).astype(np.float32),
            y,
            kept,
            capital(state.words().rows),
            "Norm, pretrained",
            names,
        )
    other_seed = spec.with_(seed=(spec.seed + 1) % 2**32)
    others = {
        "training": (spec.with_(pretrain=False), "Norm, untrained (same start)"),
        "chance": (other_seed.with_(pretrain=False), "Norm, unrelated random start"),
        "seeds": (other_seed, f"Norm, pretrained with seed {other_seed.seed}"),
    }
    wanted, title = others[compared]
    other = _proxy(wanted, "other seed" if compared == "seeds" else "untrained")
    if other is None:
        return None
    return Pairs(_lengths(other, of), y, kept, title, "Norm, pretrained", names)


def sample(pairs: Pairs) -> Pairs:
    """Return as many pairs as are drawn and resampled, the same ones every time."""
    return pairs.sample(generator(state.spec().seed, "norm sample"))


@st.cache_data(max_entries=200, show_spinner=False)
def correlations(digest: str, _pairs: Pairs) -> list[Correlation]:
    """Return the coefficients of ``_pairs``, whose values ``digest`` names: resampling takes most of a second."""
    return norms.measure(_pairs, generator(0, "bootstrap"))


def _proxy(wanted: ExperimentSpec, name: str) -> View | None:
    pretrain = name != "untrained"
    found = state.view(wanted.with_(pretrain=pretrain, method={"name": "gradient"}))
    if found.can(PROXY):
        return found
    why = (
        "This needs the pretrained proxy."
        if name == "pretrained"
        else "This needs a proxy pretrained with another seed."
    )
    cards.prepare(found.spec, why)
    return None


def _scores(view: View) -> Pairs | None:
    spec = view.spec
    if not spec.method.ranks:
        ranks = ", ".join(method.title for method in METHODS.values() if method.ranks)
        rows = state.words().rows
        st.info(f"{spec.method.title} does not score {rows}, so there is nothing to compare; these do: {ranks}.")
        return None
    trained = _proxy(spec, "pretrained")
    if trained is None:
        return None
    both = [state.view(spec.with_(pretrain=pretrain)).scores for pretrain in (False, True)]
    return Pairs(
        both[0],
        both[1],
        marked(view.coreset.rows, len(both[0])),
        "Score, untrained",
        "Score, pretrained",
        state.words().rows,
    )


def _lengths(view: View, of: Of) -> NDArray[np.float32]:
    return norms.lengths(view.proxy.embeddings("user" if of == "users" else "item"))


def _counts(split: Split, of: Of) -> NDArray[np.int64]:
    who, n = (
        (split.train.user, split.catalogue.n_users) if of == "users" else (split.train.item, split.catalogue.n_items)
    )
    return np.bincount(who, minlength=n)


def _kept(split: Split, coreset: Coreset, of: Of) -> NDArray[np.bool_]:
    who, n = (
        (split.train.user, split.catalogue.n_users) if of == "users" else (split.train.item, split.catalogue.n_items)
    )
    return marked(who[coreset.rows], n)
