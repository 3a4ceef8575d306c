"""The proxy: a SimpleMF pretrained on all train rows, or the same start left untrained."""

from __future__ import annotations

from dataclasses import dataclass

from rec_core.models import Fitted, Params
from rec_core.progress import reporter
from rec_core.randomness import generator
from rec_core.specs import ExperimentSpec
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Inputs, Stage, Work
from rec_core.stages.training import started, training_inputs
from rec_core.training import kernels, loop


@dataclass(frozen=True)
class Parameters:
    """The proxy's parameters."""

    params: Params


def fitted_proxy(work: Work) -> Fitted:
    """Return the proxy with its model."""
    return Fitted(work.spec.proxy.model.settled(work.spec.feedback), work.get(PROXY).params)


def _inputs(spec: ExperimentSpec) -> Inputs:
    """An untrained proxy does not depend on how it would be trained."""
    model = spec.proxy.model.counted(spec.feedback)
    settings = training_inputs(spec, spec.proxy) if spec.pretrain else model
    ignored = {"name"} | (set() if "bias" in model else {"bias"})
    return {
        "split": SPLIT.within(spec),
        "feedback": spec.feedback,
        "pretrain": spec.pretrain,
        "proxy": {name: value for name, value in settings.items() if name not in ignored},
        "seed": spec.seed,
    }


def _compute(work: Work) -> Parameters:
    spec, train = work.spec, work.get(SPLIT).train
    model = spec.proxy.model.settled(spec.feedback)
    start = started(work, model, train, spec.proxy if spec.pretrain else None, generator(spec.seed, "proxy start"))
    if not spec.pretrain:
        return Parameters(start)
    watch = loop.Watch(report=reporter(work.listen, PROXY.doing, spec.proxy.epochs))
    rng = generator(spec.seed, "proxy training")
    return Parameters(loop.train(model, start, train, spec.feedback, spec.proxy, rng, watch).params)


PROXY = Stage(
    "proxy",
    1,
    Parameters,
    _inputs,
    _compute,
    "Pretraining the proxy",
    needs=lambda spec: (SPLIT,),
    libraries=lambda work: (kernels.LIBRARY,) if work.spec.pretrain else (),
    live=lambda spec: not spec.pretrain,
)
