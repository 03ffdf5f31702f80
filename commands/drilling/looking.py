"""Are the accounts as they should be? Seen from both brokers' lists, many times a second.

A slave is as it should be when no copy is open whose master position is closed, and none is larger
than its master's makes due; what its master did within the last moments is not held against it.
"""

from collections.abc import Sequence

import msgspec

from commands.drilling.hands import Held
from decisions.marking import magic_for_leg
from domain.ids import LegKey, OpeningOrder

#: What is on its way for so long is no fault.
ON_ITS_WAY_S = 0.5
SMALLEST_STEP = 0.1


class Leader(msgspec.Struct, frozen=True, kw_only=True):
    """A master whose positions are copied."""

    name: str
    login: int
    server: str


class Follower(msgspec.Struct, frozen=True, kw_only=True):
    """A slave, and by what its copies are known."""

    name: str
    magic_number: int
    follows: tuple[str, ...]


class _Position(msgspec.Struct, kw_only=True):
    """A master's position as it was seen; moments are the drill's."""

    opened_s: float
    initial: float
    volume: float
    changed_s: float


class _Copy(msgspec.Struct, kw_only=True):
    initial: float


Known = tuple[str, int]


class Watch:
    """Remembers what it saw."""

    def __init__(
        self, leaders: Sequence[Leader], followers: Sequence[Follower], swarm: str
    ) -> None:
        """Nothing was seen yet."""
        self._leaders = {one.name: one for one in leaders}
        self._followers = {one.name: one for one in followers}
        self._swarm = swarm
        self._positions: dict[Known, _Position] = {}
        self._open: dict[str, set[int]] = {one.name: set() for one in leaders}
        self._marks: dict[tuple[str, int], Known] = {}
        self._copies: dict[tuple[str, int], _Copy] = {}
        self._newest_copied_s: dict[str, float] = {}
        self._wrong: dict[str, tuple[str, ...]] = {}
        self.looked_s: dict[str, float] = {}

    def see_master(self, name: str, held: Sequence[Held], now_s: float) -> None:
        """What its broker lists now."""
        there = {one.ticket: one for one in held}
        for ticket, one in there.items():
            known = self._positions.get((name, ticket))
            if known is None:
                self._meet((name, ticket), one.volume, now_s)
            elif known.volume != one.volume:
                known.volume, known.changed_s = one.volume, now_s
        for ticket in self._open[name] - there.keys():
            known = self._positions[name, ticket]
            known.volume, known.changed_s = 0.0, now_s
        self._open[name] = set(there)
        self.looked_s[name] = now_s

    def see_slave(self, name: str, held: Sequence[Held], now_s: float) -> None:
        """What its broker lists now."""
        wrong = []
        for one in held:
            known = self._marks.get((name, one.magic))
            if known is not None:
                wrong += self._judge(name, one, self._positions[known], now_s)
        self._wrong[name] = tuple(wrong)
        self.looked_s[name] = now_s

    def wrong_on(self, slave: str) -> tuple[str, ...]:
        """What was not as it should be at the last look."""
        return self._wrong.get(slave, ("never seen",))

    def is_right(self, slave: str, since_s: float) -> bool:
        """It, and the masters it follows, were seen since then, and nothing was wrong."""
        seen = (slave, *self._followers[slave].follows)
        return all(self.looked_s.get(one, 0.0) > since_s for one in seen) and not self.wrong_on(
            slave
        )

    def has_copied_since(self, slave: str, since_s: float) -> bool:
        """A position that its master opened after that moment was copied."""
        return self._newest_copied_s.get(slave, 0.0) > since_s

    def _meet(self, known: Known, volume: float, now_s: float) -> None:
        self._positions[known] = _Position(
            opened_s=now_s, initial=volume, volume=volume, changed_s=now_s
        )
        master, ticket = known
        leader = self._leaders[master]
        key = LegKey(leader.login, leader.server, OpeningOrder(ticket))
        for one in self._followers.values():
            if master in one.follows:
                magic = magic_for_leg(one.magic_number, self._swarm, one.name, key)
                self._marks[one.name, magic] = known

    def _judge(self, slave: str, held: Held, wanted: _Position, now_s: float) -> list[str]:
        copy = self._copies.get((slave, held.ticket))
        if copy is None:
            copy = self._copies[slave, held.ticket] = _Copy(initial=held.volume)
            newest_s = self._newest_copied_s.get(slave, 0.0)
            self._newest_copied_s[slave] = max(newest_s, wanted.opened_s)
        copy.initial = max(copy.initial, held.volume)
        if now_s - wanted.changed_s < ON_ITS_WAY_S:
            return []
        due = copy.initial * wanted.volume / wanted.initial
        too_much = held.volume - due
        if wanted.volume and too_much < 2 * SMALLEST_STEP:
            return []
        return [f"{held.symbol} ({held.ticket}): {held.volume:g} lots, due {due:.2f}"]


class Heal(msgspec.Struct, kw_only=True):
    """A fault that is over, who is not well yet, and how long it took until all were."""

    name: str
    slaves: tuple[str, ...]
    ended_s: float
    wrong: set[str]
    idle: set[str]
    converged_s: float | None = None
    copies_again_s: float | None = None


class Healing:
    """Measures it for every fault."""

    def __init__(self) -> None:
        """No fault is over yet."""
        self.done: list[Heal] = []
        self.open: list[Heal] = []

    def begin(self, name: str, slaves: Sequence[str], ended_s: float) -> None:
        """A fault has just ended, or a process was just killed."""
        self.open.append(
            Heal(
                name=name,
                slaves=tuple(slaves),
                ended_s=ended_s,
                wrong=set(slaves),
                idle=set(slaves),
            )
        )

    def look(self, watch: Watch, now_s: float) -> None:
        """See which of them are healed by now."""
        for heal in self.open:
            since_s = heal.ended_s
            heal.wrong -= {one for one in heal.wrong if watch.is_right(one, since_s)}
            heal.idle -= {one for one in heal.idle if watch.has_copied_since(one, since_s)}
            if not heal.wrong and heal.converged_s is None:
                heal.converged_s = now_s - since_s
            if not heal.idle and heal.copies_again_s is None:
                heal.copies_again_s = now_s - since_s
        self.done += [heal for heal in self.open if not (heal.wrong or heal.idle)]
        self.open = [heal for heal in self.open if heal.wrong or heal.idle]
