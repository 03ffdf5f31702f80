"""One replay: the tape stops at every event, the trader acts, the swarm answers, all is told."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from tests.replaying.answers import Answers, answers_of
from tests.replaying.comparing import Key, Keys, Whose
from tests.replaying.desks import Desk
from tests.replaying.followers import Follower
from tests.replaying.hand import Hand
from tests.replaying.oracle import BLURRED_MS
from tests.replaying.policies import Policy
from tests.replaying.stage import Stage, documents
from tests.replaying.stories import Story
from tests.replaying.streams import (
    TRADERS,
    Event,
    as_a_broker_takes_it,
    events_of,
    instants,
    tick_files,
    ticks_of,
)
from tests.waiting import eventually, give_way
from utils.clock import monotonic_s

#: Nodes are there before the first event.
BEFORE_MS = 10 * 60_000
#: The tape is played in pieces, so that no clock is measured by a tick that is long in coming.
PIECE_MS = 20 * 60_000
#: Before a copy's time is over for sure; sooner than this nobody takes it to be over.
JUST_BEFORE_MS = 2 * BLURRED_MS
#: Whoever looks at clock and tick takes them from the same side of a jump.
CLOCK_SEEN_S = 0.01
ANSWERED_WITHIN_S = 30.0
#: The stops of one copy are moved at most so often as a quarter of a second allows.
AS_WANTED_WITHIN_S = 5.0
SHIPPED_WITHIN_S = 60.0
LOOK_EVERY_S = 0.003


class Seen(NamedTuple):
    """What came of one policy."""

    policy: Policy
    copies: int
    deals: int
    answers: Answers
    differences: tuple[str, ...]


class Outcome(NamedTuple):
    """What is known at the end."""

    seen: tuple[Seen, ...]
    checkpoints: tuple[int, ...]
    alarms: tuple[str, ...]
    events: int
    facts: int
    ticks: int
    tape_s: float
    took_s: float

    @property
    def is_good(self) -> bool:
        """Every slave did what its policy says, and nothing else."""
        wrong = any(one.differences or one.answers.unexplained for one in self.seen)
        return not (wrong or self.alarms)


Acts = dict[str, list[Event]]
"""What each trader does at one moment."""
Steps = list[tuple[int, Acts]]


def steps_of(events: dict[str, list[Event]]) -> Steps:
    """All traders' events on one timeline."""
    steps: dict[int, Acts] = {}
    for name, own in events.items():
        for ts_ms, together in instants(own):
            steps.setdefault(ts_ms, {})[name] = together
    return sorted(steps.items())


def stops(steps: Steps, followers: list[Follower]) -> Iterator[tuple[int, Acts]]:
    """Where the tape is held: at every event, and where a copy's own time is over before it."""
    for ts_ms, acts in steps:
        while due := [ms for one in followers if (ms := one.due_ms()) and ms < ts_ms]:
            yield min(due), {}
        yield ts_ms, acts


def rehearse(steps: Steps, followers: list[Follower]) -> None:
    """The oracle alone, from end to end: it may find that it could not judge."""
    for ts_ms, acts in stops(steps, followers):
        for follower in followers:
            follower.lead_to(ts_ms)
            for name, events in acts.items():
                for event in events:
                    follower.hear(name, event)


def shown(utc_ms: int) -> str:
    """A moment as people write it."""
    return datetime.fromtimestamp(utc_ms / 1000, UTC).isoformat(" ", "milliseconds")


class Course:
    """From the first process to the last comparison."""

    def __init__(
        self,
        policies: tuple[Policy, ...],
        checkpoints: Iterable[int],
        until_ms: int,
        *,
        keep: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Servers and accounts are there; `tell` is given a line at each checkpoint."""
        self._tell = tell
        self._traders = tuple(
            one for one in TRADERS if any(one.name in policy.rules for policy in policies)
        )
        feeds = {one.feed for one in self._traders}
        ticks = {feed: ticks_of(feed, until_ms) for feed in feeds}
        events = {
            one.name: as_a_broker_takes_it(one, events_of(one, until_ms), ticks[one.feed])
            for one in self._traders
        }
        by_name = {one.name: one for one in self._traders}
        self._steps = steps_of(events)
        rehearse(self._steps, [Follower(policy, by_name, ticks) for policy in policies])
        self._followers = [Follower(policy, by_name, ticks) for policy in policies]
        self._checkpoints = sorted(ms for ms in checkpoints if ms <= until_ms)
        self._stage = Stage(
            documents(self._traders, policies), tick_files(sorted(feeds), until_ms), keep=keep
        )
        self._at_ms = 0
        self._alarms: list[str] = []
        self._hands: dict[str, Hand] = {}
        self._desks: dict[str, Desk] = {}
        self._stories: dict[str, Story] = {}

    def run(self) -> Outcome:
        """Everything ends with it, whatever happens."""
        try:
            return self._run()
        finally:
            for follower in self._followers:
                if hasattr(follower, "places"):
                    follower.leave()
            for desk in self._desks.values():
                desk.leave()
            self._stage.end()

    def _run(self) -> Outcome:
        began_at_ms = self._steps[0][0] - BEFORE_MS
        self._at_ms = self._stage.start(began_at_ms)
        self._sit_down()
        began_s, passed = monotonic_s(), 0
        for ts_ms, acts in stops(self._steps, self._followers):
            self._stop_at(ts_ms, acts)
            if passed < len(self._checkpoints) and ts_ms >= self._checkpoints[passed]:
                self._check(passed + 1)
                passed += 1
        took_s = monotonic_s() - began_s
        return Outcome(
            seen=tuple(self._judged(follower) for follower in self._followers),
            checkpoints=tuple(self._checkpoints[:passed]),
            alarms=tuple(self._alarms),
            events=sum(len(own) for _, acts in self._steps for own in acts.values()),
            facts=sum(story.told for story in self._stories.values()),
            ticks=self._stage.ticks,
            tape_s=(self._at_ms - began_at_ms) / 1000,
            took_s=took_s,
        )

    def _sit_down(self) -> None:
        broker = self._stage.scenery.broker
        for trader in self._traders:
            self._desks[trader.name] = Desk(broker, f"replay-{trader.name.lower()}")
            self._hands[trader.name] = Hand(trader, self._desks[trader.name])
            self._stories[trader.name] = Story(self._stage.state, trader.name)
        for follower in self._followers:
            follower.sit_down(self._stage)

    # --- One stop --------------------------------------------------------------------------------

    def _stop_at(self, ts_ms: int, acts: Acts) -> None:
        """Play to there; then one act after the other, each answered before the next."""
        due = [follower for follower in self._followers if follower.due_by(ts_ms)]
        due_ms = [ms for follower in due for ms in follower.due_by(ts_ms)]
        self._play_to(min(due_ms) - JUST_BEFORE_MS if due else ts_ms)
        self._let_fall_due(ts_ms)
        for follower in self._followers:
            follower.lead_to(ts_ms)
        for name in acts:
            self._until_answered(name)
        self._until_as_wanted(due)
        concerned = [one for one in self._followers if one.policy.rules.keys() & acts.keys()]
        for name, events in acts.items():
            for event in events:
                self._hands[name].act(event)
                for follower in self._followers:
                    follower.hear(name, event)
                self._until_answered(name)
        self._until_as_wanted(concerned)

    def _play_to(self, ts_ms: int) -> None:
        while self._at_ms < ts_ms:
            self._at_ms = min(self._at_ms + PIECE_MS, ts_ms)
            self._stage.move_clocks(self._at_ms)
            give_way(CLOCK_SEEN_S)
            self._stage.play_until(self._at_ms)

    def _let_fall_due(self, ts_ms: int) -> None:
        """The last moments tape first: who closes by the clock must find the prices of then."""
        if self._at_ms < ts_ms:
            self._at_ms = ts_ms
            self._stage.play_until(ts_ms)
            give_way(CLOCK_SEEN_S)
            self._stage.move_clocks(ts_ms)

    def _until_answered(self, name: str) -> None:
        """The master has told all that its broker shows, and every follower has answered it."""
        story, desk = self._stories[name], self._desks[name]
        held = {p.ticket: (p.lots, p.sl, p.tp) for p in desk.positions()}
        waits = {one.ticket: one.price_open for one in desk.orders()}

        def is_told() -> bool:
            story.read_on()
            return story.positions == held and story.orders == waits

        eventually(is_told, ANSWERED_WITHIN_S, LOOK_EVERY_S)
        for follower in self._followers:
            if name in follower.places and story.last:
                place = follower.places[name]
                answered = partial(place.has_reached, story.last)
                eventually(answered, ANSWERED_WITHIN_S, LOOK_EVERY_S)

    def _until_as_wanted(self, followers: Iterable[Follower]) -> None:
        """Stops may lag behind for a moment; who does not come right is not waited for again."""
        keys = self._keys()
        for follower in followers:
            by_s = monotonic_s() + AS_WANTED_WITHIN_S
            while not follower.is_astray and (wrong := follower.wrong_now(keys)):
                if monotonic_s() > by_s:
                    follower.is_astray = True
                    follower.differences += [f"at {shown(self._at_ms)}: {line}" for line in wrong]
                give_way(LOOK_EVERY_S)

    # --- Judging ---------------------------------------------------------------------------------

    def _keys(self) -> Keys:
        return {
            ticket: Key(Whose(trader.name, number), trader.digits)
            for trader in self._traders
            for number, ticket in self._hands[trader.name].tickets.items()
        }

    def _check(self, number: int) -> None:
        """Nothing moves, and everything is compared."""
        keys = self._keys()
        for name in self._stories:
            self._until_answered(name)
        self._until_as_wanted(self._followers)
        for follower in self._followers:
            told = f"checkpoint {number} at {shown(self._at_ms)}"
            follower.differences += [f"{told}: {line}" for line in follower.wrong_now(keys)]
        self._alarms += [f"{told}: {line}" for line in self._stage.alarms()]
        held = sum(len(copies.open) for one in self._followers for copies in one.copies.values())
        wrong = sum(len(one.differences) for one in self._followers)
        self._tell(f"{told}: {held} copies open, {wrong} differences so far")

    def _judged(self, follower: Follower) -> Seen:
        keys, name = self._keys(), follower.policy.name
        deals, wrong = follower.wrong_deals(keys)
        told = sum(self._stories[trader].told for trader in follower.policy.rules)
        expected = follower.expected_answers()
        with self._stage.operator.database(5_000) as database:

            def all_there() -> Answers | None:
                there, answers = answers_of(database, name, keys, expected)
                return answers if there == told else None

            answers = eventually(all_there, SHIPPED_WITHIN_S, 0.2)
        return Seen(
            policy=follower.policy,
            copies=len(deals),
            deals=sum(map(len, deals.values())),
            answers=answers,
            differences=(*follower.differences, *wrong),
        )
