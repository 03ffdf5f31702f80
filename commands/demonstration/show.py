"""Runs the demo from the first process to the last verdict: make ready, trade, drain, judge."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from pymongo.database import Database

from commands.demonstration.console import Screen
from commands.demonstration.trader import Trader
from commands.staging import books
from commands.staging.scenery import Scenery
from db.clients import opened
from decisions.judging import Judgement, judge
from messaging.waiting import SocketWaiter
from nodes.supervisor.view import AccountView, SwarmView
from paper.admin import Admin
from utils.clock import monotonic_s
from utils.os_signals import StopRequest

Document = dict[str, Any]

READY_WITHIN_S = 90.0
READY_PER_SLAVE_S = 2.0
DRAIN_S = 3.0
#: After Ctrl+C everything has to be over within five seconds, the summary included.
HURRIED_DRAIN_S = 1.0
JUDGE_EVERY_S = 0.25
SHOW_EVERY_S = 0.25
LONGEST_REST_S = 0.1


class ShowFault(Exception):  # noqa: N818 - it says what happened
    """The swarm did not come up; the text says what is known about why."""


class Swarm(Protocol):
    """The product's own supervisor."""

    def start(self) -> None:
        """Start every enabled account's node."""
        ...

    def step(self) -> None:
        """Do what is due."""
        ...

    def rest_s(self) -> float:
        """How long nothing is due."""
        ...

    def waitables(self) -> Sequence[object]:
        """What ends the rest early."""
        ...

    def view(self) -> SwarmView:
        """Every account and its node."""
        ...


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What is known at the end."""

    judgement: Judgement
    latencies_ms: tuple[float, ...]
    positions: dict[str, int]
    accounts: tuple[AccountView, ...]
    traded_s: float


class Show:
    """One demo in its scenery."""

    def __init__(
        self, scenery: Scenery, swarm: Swarm, trader: Trader, screen: Screen, stop: StopRequest
    ) -> None:
        """Nothing runs yet but the two servers."""
        self._scenery = scenery
        self._swarm = swarm
        self._trader = trader
        self._screen = screen
        self._stop = stop
        self._waiter = SocketWaiter()
        self._show_at_s = 0.0
        self._pids: dict[str, list[int]] = {}
        self._view = SwarmView()
        self._traded_s = 0.0

    def run(self, seconds: float) -> None:
        """Until the time is over or somebody stops it."""
        if self._stop.requested:
            return
        self._swarm.start()
        self._view = self._swarm.view()
        self._make_ready()
        if not self._stop.requested:
            self._trade(seconds)

    def judged(self) -> Outcome:
        """Hold the market still, let the swarm finish, and judge."""
        broker = self._scenery.broker
        with Admin(broker.host, broker.port) as admin:
            admin.pause()
        with opened(self._scenery.database_uri, self._scenery.config.database_name) as database:
            return self._drain(database)

    def restarts(self) -> dict[str, int]:
        """How often each account's node was started again."""
        return {name: len(pids) - 1 for name, pids in self._pids.items()}

    def node_pids(self) -> set[int]:
        """Every process that ever was a node of this demo."""
        return {pid for pids in self._pids.values() for pid in pids}

    def _make_ready(self) -> None:
        names = [account["name"] for account in self._scenery.accounts]
        deadline_s = monotonic_s() + READY_WITHIN_S + READY_PER_SLAVE_S * len(names)
        while not self._stop.requested and not _all_ready(self._view, names):
            if monotonic_s() > deadline_s:
                raise ShowFault(_not_ready(self._view, names))
            self._turn("starting", LONGEST_REST_S)

    def _trade(self, seconds: float) -> None:
        broker, master = self._scenery.broker, self._scenery.accounts[0]
        self._trader.connect(broker.host, broker.port, master["path"])
        began_s = monotonic_s()
        while not self._stop.requested and monotonic_s() - began_s < seconds:
            self._trader.step(monotonic_s())
            left_s = seconds - (monotonic_s() - began_s)
            rest_s = min(self._trader.rest_s(monotonic_s()), LONGEST_REST_S, max(left_s, 0.0))
            self._turn(f"{left_s:.0f} s left; Ctrl+C ends it", rest_s)
        self._traded_s = monotonic_s() - began_s

    def _drain(self, database: Database[Document]) -> Outcome:
        """The swarm goes on until every event has its answer, or the time is over."""
        began_s = monotonic_s()
        while True:
            outcome = self._judge(database)
            limit_s = HURRIED_DRAIN_S if self._stop.requested else DRAIN_S
            if not outcome.judgement.mismatches or monotonic_s() - began_s > limit_s:
                return outcome
            pause_s = monotonic_s() + JUDGE_EVERY_S
            while (rest_s := pause_s - monotonic_s()) > 0:
                self._turn("waiting for the last answers", min(rest_s, LONGEST_REST_S))

    def _judge(self, database: Database[Document]) -> Outcome:
        broker, (leader, *followers) = self._scenery.broker, self._scenery.accounts
        told, decided = books.told_by(leader["name"], database), books.decisions(database)
        master = books.read_master(broker, leader, self._trader.moved, told)
        slaves = [
            books.read_slave(broker, one, books.filed_by(one["name"], decided)) for one in followers
        ]
        return Outcome(
            judgement=judge(master, slaves),
            latencies_ms=tuple(books.latencies_ms(decided)),
            positions={str(one.name): len(one.positions) for one in (master, *slaves)},
            accounts=self._view.accounts,
            traded_s=self._traded_s,
        )

    def _turn(self, title: str, rest_s: float) -> None:
        """One step of the supervisor, and a look at it now and then."""
        self._swarm.step()
        self._view = self._swarm.view()
        self._note_pids()
        if monotonic_s() >= self._show_at_s:
            self._show_at_s = monotonic_s() + SHOW_EVERY_S
            self._screen.update(self._view, self._trader.said(), f"Murmuration: {title}")
        waitables = (*self._swarm.waitables(), self._stop.waitable)
        self._waiter.wait(waitables, min(rest_s, self._swarm.rest_s()))

    def _note_pids(self) -> None:
        for account in self._view.accounts:
            pids = self._pids.setdefault(account.name, [])
            if account.pid and account.pid not in pids:
                pids.append(account.pid)


def _all_ready(view: SwarmView, names: Sequence[str]) -> bool:
    found = [view.of(name) for name in names]
    return all(account is not None and account.ready for account in found)


def _not_ready(view: SwarmView, names: Sequence[str]) -> str:
    found = {name: view.of(name) for name in names}
    late = [
        f"{name} is {'unknown' if one is None else ' '.join((one.state, *one.holds, *one.alarms))}"
        for name, one in found.items()
        if one is None or not one.ready
    ]
    why = "; ".join([*late, *view.alarms])
    return f"the swarm did not get ready in time: {why}\nWith --keep the logs stay for you to read."
