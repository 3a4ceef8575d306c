"""Other ways to keep as much, drawn beside the chosen one."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, links, state
from rec_core.selection import METHODS, Coreset
from rec_core.specs import ExperimentSpec
from rec_core.stages import SELECT
from rec_core.wording import labels

_OTHERS = [
    (name, pretrain)
    for name, method in METHODS.items()
    if method.live and name != "full"
    for pretrain in ((True, False) if method.needs_proxy else (True,))
]
_TITLES = {labels.method_title(name, pretrain): (name, pretrain) for name, pretrain in _OTHERS}


def choose() -> dict[str, tuple[ExperimentSpec, Coreset]]:
    """Let the reader add methods; return title → spec and coreset, at the chosen ratio and with the same settings.

    The chosen method is not among them, nor is one whose proxy is missing: that is offered to be prepared.
    """
    chosen = state.spec()
    links.look("beside", links.exactly("Beside it", _TITLES))
    picked = st.pills(
        "Beside it",
        list(_TITLES),
        selection_mode="multi",
        default=[title for title in ("Random",) if title in _TITLES],
        key="beside",
        bind="query-params",
        help="Other methods, at the ratio of the sidebar.",
    )
    links.say("beside")
    found, missing = {}, []
    for spec in (_spec(chosen, *_TITLES[title]) for title in picked):
        if SELECT.key(spec) == SELECT.key(chosen):
            continue
        view = state.view(spec)
        if view.can(SELECT):
            found[labels.choice_title(spec)] = (spec, view.coreset)
        else:
            missing.append(spec)
    if missing:
        cards.prepare(missing[0], "Methods with a pretrained proxy need it first.", key="prepare-beside")
    return found


def _spec(chosen: ExperimentSpec, method: str, pretrain: bool) -> ExperimentSpec:
    """Return the chosen spec with another method; the method's own settings stay where it is the same one."""
    own = chosen.method if method == chosen.method.name else {"name": method}
    return chosen.with_(method=own, pretrain=pretrain)
