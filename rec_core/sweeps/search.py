"""Find the smallest subset that keeps enough: a screen, bisection over ratios, and fresh seeds to confirm it.

One seed searches; what it finds is only where to look. A few subsets around it are then tested on seeds that chose
nothing, and only these seeds are reported. The order of the tests is fixed before the first one: a larger subset comes
first, and a smaller one is tested once all before it are confirmed. So each test may have the whole chance of an error
(fixed sequence; Maurer, Hothorn and Lehmacher, 1995), which is split over the looks at more and more seeds
(Bonferroni). Simulated with a known truth by ``python -m benchmarks searches``.

``search`` is written as one conversation: it yields the runs that it wants next, and goes on once they are finished.
Nothing of it is remembered but the runs themselves: begun anew, it comes to the same place as long as they are there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from rec_core import specs
from rec_core.analysis.comparison import RANDOM, baseline_spec, random_spec
from rec_core.analysis.evidence import kept
from rec_core.analysis.frontier import line_key
from rec_core.canonical import Json
from rec_core.data.interactions import Split
from rec_core.evaluation import METRICS, Metric
from rec_core.evaluation.ranking import ALL_ITEMS
from rec_core.experiment import View
from rec_core.replicates import Estimate
from rec_core.selection.screen import Screen
from rec_core.settings import Settings
from rec_core.specs import ExperimentSpec, checked

GRID = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8)  # ratios that are tried
LOOKS = (4, 6, 10, 16, 25)  # numbers of fresh seeds, which chose nothing, after which candidates are tested
ERROR = 0.025  # largest chance that a search confirms anything falsely, all its tests together
_PAIRS = 500  # of a user and an item that a search ranks per train row: ranking costs no more than training then
_FEWEST = 1000  # users that are ranked among all items
_STEPS = (6, 4, 2, 0)  # of the grid from the smallest promising subset to the candidates, in the order of their tests
_KINDS = 2  # of methods that the screen finds best
_LOOKED_BELOW = 2  # steps of the grid below a find, which may lie behind a dip

Ending = Literal["confirmed", "not confirmed", "nothing", "time"]


class Question(Settings):
    """How small can it be: keep at least the share ``keep`` of a ``metric`` on full data, found in ``minutes``."""

    base: ExperimentSpec
    metric: str
    keep: float = Field(0.95, gt=0.0, lt=1.0)
    minutes: float = Field(10.0, gt=0.0, le=100_000.0)
    ratios: tuple[Annotated[float, Field(ge=0.001, lt=1.0)], ...] = GRID

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.metric not in METRICS or METRICS[self.metric].feedback != self.base.feedback:
            raise ValueError(f"'{self.metric}' is no metric of this feedback; choose another one")
        return self

    @classmethod
    def of(cls, base: ExperimentSpec, metric: str, keep: float, minutes: float) -> Self:
        """Return a question.

        Raises:
            SpecError: one sentence per thing that is wrong with it.
        """
        return checked(cls, {"base": base, "metric": metric, "keep": keep, "minutes": minutes})

    @property
    def judged_by(self) -> Metric:
        """The metric."""
        return METRICS[self.metric]


@dataclass(frozen=True)
class Tried:
    """A part that was looked at, and the share that it keeps; None where full data has no quality."""

    spec: ExperimentSpec
    kept: Estimate | None


@dataclass(frozen=True)
class Answer:
    """What was found.

    ``tried`` is everything that the seed of the search looked at, in order, and ``chosen`` the smallest subset that
    seems to keep enough there. ``checked`` are the candidates in the order of their tests, with what fresh seeds alone
    say, and ``confirmed`` is the smallest of them that is confirmed. ``lacking`` is by how many seconds the next
    runs took longer than was left.
    """

    ending: Ending
    chosen: Tried | None
    confirmed: Tried | None
    tried: tuple[Tried, ...]
    checked: tuple[Tried, ...] = ()
    lacking: float = 0.0

    @property
    def full(self) -> ExperimentSpec | None:
        """The run on full data that the answer was held against, or the first subset; None where it ranks but some."""
        first = self.confirmed or (self.tried[0] if self.tried else None)
        return baseline_spec(first.spec) if first and not first.spec.evaluation.users else None

    def to_json(self) -> dict[str, Json]:
        """Return the answer as plain JSON values."""
        return asdict(self, dict_factory=_plain)

    @classmethod
    def from_json(cls, written: Mapping[str, Json]) -> Self:
        """Return the answer that was written down.

        Raises:
            SpecError: if this version cannot read what was tried.
        """
        chosen, confirmed = (one and _tried(one) for one in (written["chosen"], written["confirmed"]))
        tried, checked = (tuple(map(_tried, some)) for some in (written["tried"], _checked(written)))
        return cls(written["ending"], chosen, confirmed, tried, checked, written.get("lacking", 0.0))


def _plain(fields: list[tuple[str, Any]]) -> dict[str, Json]:
    return {name: value.model_dump() if isinstance(value, BaseModel) else value for name, value in fields}


def _checked(written: Mapping[str, Json]) -> Sequence[Json]:
    """Return the candidates that fresh seeds tested; older versions listed unconfirmed ones separately."""
    if "checked" in written:
        return tuple(written["checked"])
    return (*written["refuted"], *([written["confirmed"]] if written["confirmed"] else []))


def _tried(written: Mapping[str, Json]) -> Tried:
    kept = written["kept"]
    more = () if kept is None else tuple((error, freedom) for error, freedom in kept["more"])
    return Tried(specs.revive(written["spec"]), None if kept is None else Estimate(**{**kept, "more": more}))


@dataclass(frozen=True)
class Wanted:
    """What is to be run next: ``now`` is waited for, ``soon`` will be needed and may be run beside it."""

    now: Sequence[ExperimentSpec]
    soon: Sequence[ExperimentSpec] = ()


# (runs on a part, runs on full data, of the same seeds) → the share that is kept
Judge = Callable[[Sequence[ExperimentSpec], Sequence[ExperimentSpec]], Estimate | None]
Search = Generator[Wanted, None, Answer]


def judge(look: Callable[[ExperimentSpec], View], metric: Metric) -> Judge:
    """Return what tells, from finished runs, the share of full data's quality that a part keeps, paired over users."""
    return lambda ours, full: kept(metric, map(look, ours), map(look, full))


class OutOfTimeError(Exception):
    """What is wanted next takes longer than there is time; thrown into a search, which then says what it has.

    ``lacking`` is how many seconds longer it takes; 0 where nobody knows.
    """

    def __init__(self, lacking: float = 0.0) -> None:
        super().__init__("The time is over.")
        self.lacking = lacking


def ways(question: Question, screened: Screen | None) -> list[ExperimentSpec]:
    """Return the ways to keep rows that are tried, the most promising first.

    The best of the screen and the best of another kind, what was chosen, and random rows, which any way has to beat.
    """
    base, found = question.base, []
    if screened is not None:
        base = base.with_(train=base.train.model_dump() | dict(training(screened)))
        kinds: dict[str, ExperimentSpec] = {}
        for one in screened.tried:
            kinds.setdefault(str(one["method"]["name"]), base.with_(method=dict(one["method"])))
        found = list(kinds.values())[:_KINDS]
    if not (base.keeps_everything or base.is_dynamic):
        found.append(base)
    return list({line_key(way): way for way in [*found, base.with_(method={"name": RANDOM})]}.values())


def training(screened: Screen) -> Mapping[str, Json]:
    """Return the settings of training that belong to what a screen found; models that are served keep their own."""
    if screened.is_served:
        return {}
    return {"start": "kept" if screened.starts_from_vectors else "random", "walked": screened.walked}


def ranked_users(metric: Metric, split: Split) -> int:
    """Return the number of users that a search ranks among all items; 0 for all, if that costs no more than training.

    A metric among sampled negatives needs none of these ranks, so there it is a few.
    """
    every, n_items = len(split.tested), split.catalogue.n_items
    most = max(_PAIRS * len(split.train) // n_items, _FEWEST)
    if metric.feedback == "explicit" or most >= every:
        return 0
    return most if metric.part == ALL_ITEMS else _FEWEST


def search(question: Question, judge: Judge, screened: Screen | None, users: int = 0) -> Search:
    """Yield the runs that are wanted next, and return what they say.

    ``users`` are ranked among all items while searching (``ranked_users``); runs that confirm rank everybody.
    """
    searcher = _Searcher(question, judge, users)
    try:
        return (yield from searcher.answer(ways(question, screened), _predicted(question, screened)))
    except OutOfTimeError as over:
        return replace(searcher.so_far("time"), lacking=over.lacking)


def goes_on(
    conversation: Search, is_done: Callable[[ExperimentSpec], bool], lacking: Callable[[list[ExperimentSpec]], float]
) -> Wanted | Answer:
    """Follow a search as far as runs are done; return what it wants next of those that are not, or its answer.

    It is out of time where what it waits for takes longer than is left: ``lacking`` returns by how many seconds, 0
    where it may begin.
    """
    try:
        while True:
            wanted = next(conversation)
            now, soon = ([one for one in some if not is_done(one)] for some in (wanted.now, wanted.soon))
            if not now:
                continue
            if not (seconds := lacking(now)):
                return Wanted(now, soon)
            conversation.throw(OutOfTimeError(seconds if math.isfinite(seconds) else 0.0))
    except StopIteration as over:
        answer: Answer = over.value
        return answer


def _predicted(question: Question, screened: Screen | None) -> int:
    """Return the place in the grid to begin at: the smallest ratio that is predicted to keep enough."""
    predicted = {} if screened is None else screened.by_ratio
    enough = [ratio for ratio, share in predicted.items() if share >= question.keep]
    ratio = min(enough, default=max(predicted, default=0.2))
    return min(range(len(question.ratios)), key=lambda place: abs(question.ratios[place] - ratio))


@dataclass
class _Searcher:
    question: Question
    judge: Judge
    users: int = 0
    tried: list[Tried] = field(default_factory=list)
    checked: dict[ExperimentSpec, Tried] = field(default_factory=dict)
    chosen: Tried | None = None
    confirmed: Tried | None = None

    def answer(self, ways: Sequence[ExperimentSpec], first: int) -> Search:
        """Look for the smallest part one way after another, then confirm it."""
        smallest, best = len(self.question.ratios), ways[0]
        for way in ways:
            start = first if self.chosen is None else smallest - 1
            found = (yield from self._smallest(way, start, smallest)) if start >= 0 else smallest
            smallest, best = (found, way) if found < smallest else (smallest, best)
        if not any(one.kept for one in self.tried):  # full data have no quality of which a part could keep some
            return self.so_far("nothing")
        order = candidates(ranking(best, self._confirming), self.question.ratios, smallest)
        yield from self._confirm(order)
        return self.so_far("not confirmed")

    @property
    def _confirming(self) -> int:
        """How many users are ranked among all items by runs that confirm: all of them, if that is what is asked."""
        return 0 if self.question.judged_by.part == ALL_ITEMS else self.users

    def so_far(self, ending: Ending) -> Answer:
        """Return the answer so far; a confirmed part stays confirmed, however the search ends."""
        ending = "confirmed" if self.confirmed else ending
        return Answer(ending, self.chosen, self.confirmed, tuple(self.tried), tuple(self.checked.values()))

    def _smallest(self, way: ExperimentSpec, place: int, above: int) -> Generator[Wanted, None, int]:
        """Return the smallest place in the grid at which ``way`` keeps enough, from ``place`` on; or ``above``.

        Where another way was found to keep enough at ``above``, one that fails just below it is given up.
        """
        fails, passes, leads = -1, above, self.chosen is None
        while passes - fails > 1:
            if (yield from self._passes(way, place)):
                passes = place
            elif leads or passes < above:
                fails = place
            else:
                return above
            place = (fails + passes) // 2
        return (yield from self._behind_a_dip(way, passes))

    def _behind_a_dip(self, way: ExperimentSpec, place: int) -> Generator[Wanted, None, int]:
        """Return the smallest place that keeps enough a few steps below ``place`` too: quality need not be monotone."""
        if place < len(self.question.ratios):
            for below in range(place - 2, max(place - 2 - _LOOKED_BELOW, -1), -1):
                if (yield from self._passes(way, below)):
                    return (yield from self._behind_a_dip(way, below))
        return place

    def _passes(self, way: ExperimentSpec, place: int) -> Generator[Wanted, None, bool]:
        """Return True if ``way`` seems to keep enough at a place in the grid, on the seed that is searched with."""
        spec = ranking(way.with_(ratio=self.question.ratios[place]), self.users)
        known = next((one for one in self.tried if one.spec == spec), None)
        if known is None:
            full = baseline_spec(spec)
            fresh = _on_fresh_seeds(ranking(full, self._confirming), LOOKS[0])
            yield Wanted([full, spec], soon=[random_spec(spec), *fresh])
            known = Tried(spec, self.judge([spec], [full]))
            self.tried.append(known)
        if known.kept is None or known.kept.mean < self.question.keep:
            return False
        if self.chosen is None or spec.ratio < self.chosen.spec.ratio:
            self.chosen = known
        return True

    def _confirm(self, order: Sequence[ExperimentSpec]) -> Generator[Wanted, None, None]:
        """Test candidates on more and more fresh seeds, each once those before it in the ``order`` are confirmed."""
        left = list(order)
        for seeds in LOOKS:
            yield Wanted(_each_seed([baseline_spec(left[0]), *left], seeds))
            self.checked |= {spec: self._on_fresh(spec, seeds) for spec in left}
            while left and self._is_confirmed(self.checked[left[0]]):
                self.confirmed = self.checked[left.pop(0)]
            if not left or self._is_hopeless(self.checked[left[0]]):
                return

    def _on_fresh(self, spec: ExperimentSpec, seeds: int) -> Tried:
        ours = _on_fresh_seeds(spec, seeds)
        return Tried(ours[0], self.judge(ours, [baseline_spec(one) for one in ours]))

    def _is_confirmed(self, one: Tried) -> bool:
        return one.kept is not None and one.kept.at_least(ERROR / len(LOOKS)) >= self.question.keep

    def _is_hopeless(self, one: Tried) -> bool:
        """Whether further seeds would hardly confirm a candidate; to stop there never confirms anything falsely."""
        return one.kept is None or one.kept.mean < self.question.keep


def ranking(spec: ExperimentSpec, users: int) -> ExperimentSpec:
    """Return ``spec`` with so many users ranked among all items, 0 for as many as it says."""
    return spec.with_(evaluation=spec.evaluation.model_dump() | {"users": users}) if users else spec


def candidates(way: ExperimentSpec, ratios: Sequence[float], place: int) -> list[ExperimentSpec]:
    """Return the subsets to test on fresh seeds, in this order: larger ones first, down to the one at ``place``.

    Where nothing seems to keep enough (``place`` beyond the last one) it is the largest subset alone.
    """
    places = [min(place + step, len(ratios) - 1) for step in _STEPS]
    return [way.with_(ratio=ratios[one]) for one in dict.fromkeys(places)]


def _each_seed(specs: Sequence[ExperimentSpec], seeds: int) -> list[ExperimentSpec]:
    """Return runs of all ``specs`` on each fresh seed, one seed after the other."""
    return [one for several in zip(*(_on_fresh_seeds(spec, seeds) for spec in specs), strict=True) for one in several]


def _on_fresh_seeds(spec: ExperimentSpec, seeds: int) -> list[ExperimentSpec]:
    """Return runs on the seeds after that of the search, which choose nothing."""
    return [spec.with_(seed=(spec.seed + more) % 2**32) for more in range(1, 1 + seeds)]
