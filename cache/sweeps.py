"""Sweeps: runs that are asked for a few at a time, until a plan is done or a question is answered.

Nothing is remembered of a sweep but what was asked for, whether it is paused, and what it came to (``cache.ledger``).
How it stands is derived from its runs, which are jobs like any other: any process may take it on (``Sweeps.go_on``),
after a reload, a restart of the app or one of the machine, and a run that is in the store is never asked for.
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cache.jobs import ACTIVE, Job, Jobs, State
from cache.listed import Asked, Sweep, SweepList
from rec_core.errors import CorelensError
from rec_core.estimate import rates_here, relative, together
from rec_core.evaluation import Metric
from rec_core.experiment import View
from rec_core.pace import slowdown
from rec_core.replicates import Estimate
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN, SCREEN
from rec_core.stages.screen import asks
from rec_core.sweeps import SAME, Answer, Cells, Question
from rec_core.sweeps.search import Wanted, goes_on, judge, ranked_users, search

BY_HAND = "Paused."
_AHEAD = 2  # jobs asked for per worker: enough that none is idle until the next look
_ATTEMPTS = 2  # how often a process asks for a run by itself: its result may be put out of the store
_AWAY = 60.0  # seconds between two looks from which nobody looked: the time of a search stands still then


@dataclass(frozen=True)
class Standing:
    """How a sweep stands: those of its runs that are known by now, in their order.

    ``answer`` is what a search has so far, or what it came to where the sweep ``is_over``.
    """

    sweep: Sweep
    jobs: Sequence[Job]
    answer: Answer | None = None
    is_over: bool = False

    def count(self, *states: State) -> int:
        """Return how many runs are in one of these states."""
        return sum(job.state in states for job in self.jobs)

    @property
    def missing(self) -> list[ExperimentSpec]:
        """The runs that are not done."""
        return [job.spec for job in self.jobs if job.state != "done"]

    @property
    def is_stuck(self) -> bool:
        """Whether nothing is left to be begun, and something failed."""
        left = len(self.jobs) - self.count("done") - len(self.failed)
        return not (left or self.is_over) and bool(self.failed)

    @property
    def failed(self) -> list[Job]:
        """The runs that ended without a result and begin again only if they are asked for."""
        return [job for job in self.jobs if job.state in ("failed", "cancelled") or job.is_given_up]


class Sweeps:
    """The sweeps of one home folder."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._ledger = jobs.ledger
        self._list = SweepList(jobs.ledger)
        self._looking = threading.Lock()
        self._attempts: Counter[str] = Counter()
        self._looked: dict[str, float] = {}  # sweep → when it went on last
        self._whole: set[str] = set()
        self._ranked: dict[Question, int] = {}
        self._kept: dict[tuple[str, ...], Estimate | None] = {}  # the runs that were compared → what they said

    def all(self) -> list[Sweep]:
        """Return all sweeps, the newest first."""
        return self._list.all()

    def named(self, name: str) -> Sweep:
        """Return the sweep of that name.

        Raises:
            CorelensError: if there is none.
        """
        return self._list.named(name)

    def ask(self, name: str, asked: Asked) -> None:
        """Begin a sweep, in place of another one of its name."""
        self._list.keep(name, asked, paused="")

    def extend(self, name: str, asked: Cells) -> None:
        """Have more run under a name; only what is new is run."""
        self.named(name)
        self._ledger.change_sweep(name, asked=asked.model_dump_json(), paused="", ended="")

    def pause(self, name: str, why: str = BY_HAND) -> None:
        """Begin nothing more of a sweep, and stop what runs of it."""
        self._ledger.change_sweep(name, paused=why)
        for job in self.standing(self.named(name)).jobs:
            if job.state in ACTIVE:
                self._jobs.cancel(job.key)

    def resume(self, name: str) -> None:
        """Go on with a sweep, and ask again for what was stopped or failed."""
        for job in self.standing(self.named(name)).jobs:
            if job.state in ("failed", "cancelled", "interrupted"):
                self._attempts.pop(job.key, None)
                self._jobs.dismiss(job.key)
        self._ledger.change_sweep(name, paused="")

    def forget(self, name: str) -> None:
        """Stop a sweep and forget it; its finished runs stay."""
        self.pause(name)
        self._ledger.forget_sweep(name)

    def standing(self, sweep: Sweep) -> Standing:
        """Return how a sweep stands."""
        if isinstance(sweep.asked, Cells):
            return Standing(sweep, self._jobs.runs(_ordered(sweep.asked)), is_over=bool(sweep.ended))
        if sweep.ended:
            return Standing(sweep, [], Answer.from_json(json.loads(sweep.ended)), is_over=True)
        return self._of_question(sweep, sweep.asked)

    def go_on(self) -> None:
        """Ask for what is to be run next, of every sweep that is neither over nor paused."""
        self._jobs.tend()
        if not self._looking.acquire(blocking=False):  # another thread is at it
            return
        try:
            for sweep in self._list.all()[::-1]:
                if sweep.goes_on:
                    self._go_on(sweep)
        finally:
            self._looking.release()

    def _go_on(self, sweep: Sweep) -> None:
        self._count_time(sweep.name)
        standing = self.standing(sweep)
        if standing.is_over and standing.answer is not None:
            self._end(sweep.name, standing)
        elif isinstance(sweep.asked, Cells) and standing.count("done") == len(standing.jobs):
            self._list.end(sweep.name, None)
        elif why := _reason_to_stop(standing):
            self.pause(sweep.name, why)
        else:
            self._fill(standing)

    def _fill(self, standing: Standing) -> None:
        """Ask for as many runs as keep the workers busy; a plan's baselines that need no training come first."""
        room = _AHEAD * self._jobs.workers - standing.count(*ACTIVE)
        for job in standing.jobs:
            may_begin = job.state in ("new", "interrupted") and not job.is_given_up
            if room > 0 and may_begin and self._attempts[job.key] < _ATTEMPTS:
                self._attempts[job.key] += 1
                if job.kind == "run" and job.spec.keeps_everything and isinstance(standing.sweep.asked, Cells):
                    self._jobs.measure(job.spec, later=False)
                self._jobs.ask(job.spec, job.kind, with_controls=False)
                room -= 1

    def _end(self, name: str, standing: Standing) -> None:
        """Write down what a search came to, stop what it waited for, and measure baselines beside its answer alone."""
        for job in standing.jobs:
            if job.state in ACTIVE:
                self._jobs.cancel(job.key)
        self._list.end(name, standing.answer)
        found = standing.answer
        confirmed = found.confirmed.spec if found and found.confirmed else None
        for spec in (found.full if found else None, confirmed):
            if spec is not None and self._is_done(spec):
                self._jobs.measure(spec)

    def _count_time(self, name: str) -> None:
        now = time.monotonic()  # the clock of the wall may be set
        since = now - self._looked.get(name, now)
        self._looked[name] = now
        if 0 < since < _AWAY:
            self._ledger.spend(name, since)

    def _of_question(self, sweep: Sweep, question: Question) -> Standing:
        if asks(question.base) and not self._jobs.store.has(SCREEN.key(question.base)):
            return Standing(sweep, [self._jobs.job(question.base, "screen")], Answer("time", None, None, ()))
        found = self._followed(question, lambda wanted: self._lacking(sweep, question, wanted))
        if isinstance(found, Answer):
            at = self._followed(question, lambda wanted: 0.0)
            jobs = [] if isinstance(at, Answer) else self._jobs.runs(at.now)
            return Standing(sweep, jobs, found, is_over=True)
        so_far = self._followed(question, lambda wanted: math.inf)
        soon = self._jobs.runs(found.soon)
        beside = [job for job in soon if job.state not in ("failed", "cancelled") and not job.is_given_up]
        return Standing(sweep, [*self._jobs.runs(found.now), *beside], so_far if isinstance(so_far, Answer) else None)

    def _followed(self, question: Question, lacking: Callable[[list[ExperimentSpec]], float]) -> Wanted | Answer:
        screened = self._look(question.base).screened if asks(question.base) else None
        conversation = search(question, self._judge(question.judged_by), screened, self._ranked_users(question))
        return goes_on(conversation, self._is_done, lacking)

    def _ranked_users(self, question: Question) -> int:
        """Return the number of users that a search ranks among all items; the split is in the store after a screen."""
        if question not in self._ranked and asks(question.base):
            self._ranked[question] = ranked_users(question.judged_by, self._look(question.base).split)
        return self._ranked.get(question, 0)

    def _is_done(self, spec: ExperimentSpec) -> bool:
        """Say whether a run is there with all that it is judged by; one that lost a part is made again."""
        key = RUN.key(spec)
        if key not in self._whole and self._jobs.is_whole(key, "run"):
            self._whole.add(key)
        return key in self._whole

    def _lacking(self, sweep: Sweep, question: Question, wanted: Sequence[ExperimentSpec]) -> float:
        """Return by how many seconds runs that are wanted take longer than is left, as far as is known; 0 for none."""
        left = 60 * question.minutes - sweep.spent
        if sweep.paused:
            return 0.0
        new = [job.spec for job in self._jobs.runs(wanted) if job.state not in ACTIVE or left <= 0]
        rates = rates_here(self._jobs.finished().rates)
        seconds = together(new, self._look, rates, self._jobs.workers).seconds if new else 0.0
        needed = seconds * slowdown(max(0, self._jobs.workers - self._jobs.running))
        return max(needed - left, 0.0) if left > 0 else max(needed, 1.0) - left

    def _look(self, spec: ExperimentSpec) -> View:
        return View(spec, self._jobs.store, self._jobs.folders)

    def _judge(self, metric: Metric) -> Callable[[Sequence[ExperimentSpec], Sequence[ExperimentSpec]], Estimate | None]:
        """Return what compares runs, once each."""
        compare = judge(self._look, metric)

        def remembered(ours: Sequence[ExperimentSpec], full: Sequence[ExperimentSpec]) -> Estimate | None:
            name = (metric.name, *map(RUN.key, ours), *map(RUN.key, full))
            if name not in self._kept:
                self._kept[name] = compare(ours, full)
            return self._kept[name]

        return remembered


def keep_going(sweeps: Sweeps, every: float = 1.0) -> None:
    """Go on with all sweeps for ever, whether or not anybody looks at a page; what hinders that now may not later."""
    while True:
        with contextlib.suppress(CorelensError):
            sweeps.go_on()
        time.sleep(every)


def _reason_to_stop(standing: Standing) -> str:
    """Return why to begin nothing more: what is waited for failed, or several runs did with one sentence."""
    reasons = Counter(job.message for job in standing.jobs if job.state == "failed" or job.is_given_up)
    why, count = next(iter(reasons.most_common(1)), ("", 0))
    enough = SAME if isinstance(standing.sweep.asked, Cells) else 1
    return why if count >= enough else ""


@lru_cache(maxsize=50)
def _ordered(asked: Cells) -> tuple[ExperimentSpec, ...]:
    rates = rates_here({})
    return tuple(asked.in_order(lambda spec: relative(spec, rates)))
