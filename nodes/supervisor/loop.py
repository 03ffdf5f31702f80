"""The supervisor: starts the swarm, keeps it running, follows its documents, ends it."""

import logging
from collections.abc import Sequence

from config import Config
from decisions.restarting import Policy
from decisions.roster import Duty
from domain.control import Stop
from messaging.waiting import SocketWaiter
from nodes.supervisor.children import stop_all
from nodes.supervisor.database_line import Sight
from nodes.supervisor.faults import HostFault
from nodes.supervisor.house import House, open_house
from nodes.supervisor.showing import swarm_view
from nodes.supervisor.view import AccountView, SwarmView
from utils.clock import SystemClock, monotonic_s
from utils.redaction import redacted

__all__ = ["AccountView", "HostFault", "Supervisor", "SwarmView"]

logger = logging.getLogger(__name__)

REST_S = 0.2
REST_WHILE_STARTING_S = 0.05
# Documents are looked at again without news: a journal may have closed its last leg.
ROSTER_EVERY_S = 1.0
# Of the time there is for ending: the nodes' share; the rest is for the database and the servers.
NODES_SHARE = 0.65


class Supervisor:
    """`start`, then `step` and rest in turns, then `stop`."""

    def __init__(self, config: Config, *, strict: bool = False, policy: Policy = Policy()) -> None:  # noqa: B008 - frozen
        """Nothing is touched before `start`. `strict`: no start with any account's fault."""
        self._config = config
        self._strict = strict
        self._policy = policy
        self._clock = SystemClock()
        self._waiter = SocketWaiter()
        self._house: House | None = None
        self._seen: Sight | None = None
        self._next_roster_s = 0.0

    def start(self) -> None:
        """Find or start all that nodes need; raises HostFault, and then leaves nothing running."""
        self._house = open_house(self._config, self._policy, self._clock.now(), strict=self._strict)

    def step(self) -> None:
        """One turn: hear, follow the documents, start and end nodes, tell, obey, record."""
        house, now = self._running(), self._clock.now()
        house.switchboard.hear(now, house.orders)
        self._follow_documents(house, now.monotonic_s)
        house.crew.step(now)
        house.switchboard.tell_all(now)
        pending = (house.line.sight or Sight()).pending
        house.orders.step(pending, now.monotonic_s, now.utc_ms)
        house.recorder.keep(self.view(), house.crew, house.servers.ours, now)

    def rest_s(self) -> float:
        """How long nothing is due, where no socket says otherwise."""
        members = self._running().crew.members.values()
        settled = all(member.ready or member.duty is Duty.OFF for member in members)
        return REST_S if settled else REST_WHILE_STARTING_S

    def waitables(self) -> Sequence[object]:
        """The sockets that end the rest early."""
        return self._running().desk.waitables()

    def view(self) -> SwarmView:
        """Everything a person is shown."""
        house = self._running()
        place = house.line.place
        shown = f"{place.kind} at {redacted(place.uri)}" if place.uri else place.kind
        return swarm_view(house.crew, house.roster.judgement, shown, house.line.trouble)

    def stop(self, deadline_s: float = 5.0) -> None:
        """End every node, then the servers that are ours; a second call does nothing."""
        house, self._house = self._house, None
        if house is None:
            return
        until_s = monotonic_s() + deadline_s
        for member in house.crew.living():
            member.stop_asked_s = monotonic_s()
            house.desk.say(member.name, Stop(why="the launcher ends"))
        children = [member.child for member in house.crew.living() if member.child is not None]
        stop_all(children, deadline_s * NODES_SHARE, lambda s: self._hear_last_words(house, s))
        house.jobs.end_all()
        self._record_the_end(house)
        house.line.close()
        house.servers.stop(max(0.2, until_s - monotonic_s() - 0.2))
        house.recorder.withdraw()
        house.desk.close()
        house.lock.release()

    def _follow_documents(self, house: House, now_s: float) -> None:
        sight = house.line.sight
        if sight is self._seen and now_s < self._next_roster_s:
            return
        self._seen = sight
        self._next_roster_s = now_s + ROSTER_EVERY_S
        house.roster.take_up(sight)

    def _hear_last_words(self, house: House, seconds: float) -> None:
        self._waiter.wait(house.desk.waitables(), seconds)
        house.switchboard.hear(self._clock.now(), house.orders)

    def _record_the_end(self, house: House) -> None:
        now = self._clock.now()
        for member in house.crew.members.values():
            member.notice_end(now, 0.0)
        for account in swarm_view(house.crew, house.roster.judgement, "", "").accounts:
            house.recorder.keep_last(account, now)

    def _running(self) -> House:
        if self._house is None:
            raise RuntimeError("the supervisor was not started, or has ended")
        return self._house
