"""The sidebar, the same on every page: what to choose. Every control is in the URL."""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from typing import Any

import streamlit as st

from cache.home import folders
from pages.ui import access, advanced, controls, errors, links, nav, net, state
from rec_core import selection, specs
from rec_core.data.interactions import Feedback
from rec_core.data.sources import SOURCES, Source
from rec_core.data.sources.table import Table
from rec_core.errors import CorelensError, SpecError
from rec_core.evaluation import METRICS, Metric, offered
from rec_core.models import MODELS, Counted
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN
from rec_core.wording import data as data_words
from rec_core.wording import labels, serving
from rec_core.wording.numbers import number, plain_markdown

_RATIOS = 0.5, 90.0  # per cent
_JUDGED: dict[Feedback, str] = {"implicit": "metric", "explicit": "error"}  # the choice's name in a link
_OF_SEVERAL = "metric_of_several"  # and where users have several test items
_DATA = "data-choice"  # the visible choice; "data" is the name in the address
_UNSEEN = "<style>.st-key-data-in-the-address { display: none; }</style>"
_SEEDS = {count: count for count in ("1", "3", "5")}
# What the app opens with: it needs no download and no proxy.
FIRST = specs.preset(
    "recommended", "implicit", ExperimentSpec().model.name, data={"dataset": "synthetic-50k"}, method={"name": "random"}
)


def show() -> None:
    """Draw the sidebar and make its settings the state of all pages."""
    with st.sidebar:
        st.header("Corelens", anchor=False)
        st.caption("How little data does a recommender need, and which data?")
        with net.below(stops=True):  # no store can be opened, for example: pages have nothing to show
            _know_the_logs()
            if links.read(_parameters()):
                nav.start_over()
            misread = st.container()
            facts = _choose()
        for sentence in links.misread(RUN.key(state.spec())):
            misread.warning(sentence)
        with net.below(), facts:
            st.caption(_facts())


def _know_the_logs() -> None:
    """Have people's own logs among the data; one that was removed, or is not the visitor's, is not chosen any more."""
    with suppress(CorelensError):  # no store can be opened: that is said where the controls would be
        state.logs().register()
        access.know(state.logs().usable())
    if st.session_state.get("data", FIRST.data.dataset) not in _data():
        st.session_state["data"] = FIRST.data.dataset


def _parameters() -> dict[str, links.Parameter]:
    """Return what a link may say of the sidebar."""
    chosen = {
        "data": links.named("data", {name: _titles(source) for name, source in _data().items()}),
        "feedback": links.option("feedback", labels.FEEDBACK),
        "model": links.option("model", labels.MODEL_CHOICES, labels.MODEL_TITLES),
        "method": links.option("method", {name: method.title for name, method in selection.METHODS.items()}),
        "pretrain": links.option("pretraining", {"true": "true", "false": "false"}),
        "ratio": links.number("ratio", *_RATIOS, whole=False),
        "seeds": links.option("seeds", _SEEDS),
        "preset": links.option("settings", labels.PRESETS),
        **{
            key: links.option("metric", {metric.name: metric.title for metric in offered(feedback)})
            for feedback, key in _JUDGED.items()
        },
        _OF_SEVERAL: links.option("metric", {one.name: one.title for one in offered("implicit", several=True)}),
    }
    return chosen | advanced.parameters()


def _choose() -> AbstractContextManager[Any]:
    """Draw the controls, make them the chosen spec, and return the place for facts about the data."""
    data = _choose_data()
    words, facts = SOURCES[data].words, st.empty()
    nav.link("data", "Your own log")
    feedback = controls.segments(
        "Feedback",
        labels.FEEDBACK,
        "feedback",
        FIRST.feedback,
        f"Ratings: predict the {words.units} (explicit feedback). Clicks: rank what a user would choose "
        "(implicit feedback).",
        "stretch",
    )
    model = st.selectbox(
        "Model",
        list(labels.MODEL_CHOICES),
        index=list(labels.MODEL_CHOICES).index(FIRST.model.name),
        format_func=labels.MODEL_CHOICES.__getitem__,
        key="model",
        bind="query-params",
        help=serving.FAMILIES,
    )
    st.caption(serving.about(MODELS[model]))
    method = st.selectbox(
        "Method",
        list(selection.METHODS),
        index=list(selection.METHODS).index(FIRST.method.name),
        format_func=lambda name: selection.METHODS[name].title,
        key="method",
        bind="query-params",
    )
    entry = selection.METHODS[method]
    st.caption(serving.about_method(entry, MODELS[model], words))
    pretrain = st.toggle(
        "Pretrain the proxy",
        value=FIRST.pretrain,
        key="pretrain",
        bind="query-params",
        disabled=not entry.needs_proxy,
        help="The proxy is a small SimpleMF whose embeddings and gradients the method looks at: pretrained on all "
        f"{words.rows}, or left at its random start."
        if entry.needs_proxy
        else f"{entry.title} has no proxy.",
    )
    percent = st.slider(
        "Ratio",
        *_RATIOS,
        100 * FIRST.ratio,
        0.5,
        format="%g %%",
        key="ratio",
        bind="query-params",
        disabled=method == "full",
        help=f"Share of the train {words.rows} to keep.",
    )
    seeds = controls.segments(
        "Seeds",
        _SEEDS,
        "seeds",
        "1",
        "How many runs that differ in nothing but the seed. With one, only other users could change an answer; with "
        "three, intervals count other starts and draws too.",
        "stretch",
    )
    preset: specs.Preset = st.radio(
        "Settings",
        specs.PRESETS,
        index=specs.PRESETS.index("recommended"),
        format_func=labels.PRESETS.__getitem__,
        key="preset",
        bind="query-params",
        help="The report's settings, or those found to work better. Advanced shows and changes each of them.",
    )
    metric = _metric(preset, feedback, SOURCES[data].has_split)
    custom = st.container(horizontal=True, vertical_alignment="center")
    with st.expander("Advanced"):
        chosen = {"data": {"dataset": data}, "method": {"name": method}, "pretrain": pretrain, "ratio": percent / 100}
        values = _preset(preset, feedback, model, chosen).model_dump()
        changed = advanced.show(values)
    with custom:
        advanced.say_what_is_changed(changed, labels.PRESETS[preset])
    state.choose(_valid(values, changed), int(seeds), metric)
    return facts


def _choose_data() -> str:
    """Draw the choice of the data, by their titles, and return its name, which is what stands in the address.

    Streamlit writes into the address what a list shows. Titles of logs change, and several have the same; so the name
    is in a field of its own, which nobody sees.
    """
    st.html(_UNSEEN)
    asked = st.container(key="data-in-the-address").text_input(
        "Data in the address", FIRST.data.dataset, key="data", bind="query-params"
    )
    offered = _data()
    st.session_state[_DATA] = asked if asked in offered else FIRST.data.dataset
    return st.selectbox(
        "Data", list(offered), format_func=lambda name: offered[name].title, key=_DATA, on_change=_take_data
    )


@net.callback
def _take_data() -> None:
    st.session_state["data"] = st.session_state[_DATA]


def _preset(name: specs.Preset, feedback: Feedback, model: str, chosen: dict[str, Any]) -> ExperimentSpec:
    """Return what the controls describe; of what does not go together the first model and method are left out."""
    try:
        return specs.preset(name, feedback, model, **chosen)
    except SpecError as error:
        errors.show(f"{error} {MODELS[FIRST.model.name].title} is used until then.")
        return specs.preset(name, feedback, FIRST.model.name, **chosen)


def _metric(preset: specs.Preset, feedback: Feedback, is_given: bool) -> Metric:
    """Let the reader choose by which metric runs are judged; without a choice it is that of the settings."""
    every = {metric.name: metric.title for metric in offered(feedback, is_given)}
    usual = specs.judged_by(preset, feedback, is_given)
    name = st.selectbox(
        "Judged by",
        list(every),
        None,
        every.__getitem__,
        key=_OF_SEVERAL if is_given and feedback == "implicit" else _JUDGED[feedback],
        bind="query-params",
        placeholder=usual.title,
        help="What headlines, verdicts and figures are about. Tables have all of them.",
    )
    return METRICS[name] if name else usual


def _valid(values: dict[str, Any], changed: dict[str, Any]) -> ExperimentSpec:
    """Return the spec, or the preset's where an advanced setting is wrong."""
    try:
        return specs.parse(advanced.apply(values, changed))
    except SpecError as error:
        errors.show(f"{error} The preset's settings are used until this is mended.")
        return specs.parse(values)


def _facts() -> str:
    if state.has_to_be_read():
        return "Not read yet; the page says how."
    if not state.data_is_here():
        if not state.source().download_mb:
            return "Not where it was."
        return f"Not on this machine yet: a download of {number(state.source().download_mb)} MB."
    with st.spinner("Loading the data", show_time=True):
        split = state.view().split
    kept = selection.budget(state.spec().ratio, len(split.train))
    rows = len(split.train) if state.spec().keeps_everything else kept
    model = state.spec().model
    if isinstance(model, Counted) and (why := model.why_not(split.catalogue.n_items)):
        st.warning(why)
    words = state.words()
    notes = [
        f"{number(len(split.train))} train {words.rows} · {number(split.catalogue.n_users)} users · "
        f"{number(split.catalogue.n_items)} {words.items}. This keeps {number(rows)} {words.rows}.",
        state.source().note(state.spec().data.fingerprint),
        data_words.unreadable(split),
        data_words.repeats(split, state.spec().data.repeats, words),
        *map(plain_markdown, split.catalogue.notes),
    ]
    return "\n\n".join(filter(None, notes))


def _data() -> dict[str, Source]:
    """Return what is on offer, what needs no download first: the list opens at the default, with others below it."""
    every = {name: source for name, source in SOURCES.items() if access.may_use(name)}
    offered = {name: source for name, source in every.items() if source.is_offered(folders())}
    return dict(sorted(offered.items(), key=lambda one: one[1].download_mb > 0))


def _titles(source: Source) -> set[str]:
    """Return the titles by which a link may name data: the one that is shown, and the one that a log was given."""
    return {source.title, source.given_title if isinstance(source, Table) else source.title}
