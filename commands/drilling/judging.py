"""Reads both brokers' deal histories, and what the swarm has written down, for the judge."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from pymongo.database import Database

from commands.drilling.injecting import Injector
from commands.drilling.world import World, document_of
from commands.staging import books
from commands.staging.scenery import Scenery
from decisions.broker_clocks import BrokerClock
from decisions.damage import damage
from decisions.damage_found import Damage, Terms
from decisions.hours_asked import zone_of
from decisions.truth import MasterTruth, SlaveTruth
from domain.ids import NodeName
from domain.reasons import Reason
from paper.address import Address
from utils.clock import utc_ms

Document = dict[str, Any]

DEFAULT_MAX_AGE_MS = 5_000
#: A broker who was held up, or made to be late, fills what it was sent before.
LATE_FILL_MS = 6_000
UNSURE_MS = 1_500


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The damage, and how much there was to judge."""

    damage: Damage
    signals: int
    verdicts: dict[str, int]
    reasons: dict[str, int] = {}


class Judge:
    """Judges as often as one likes; nothing is remembered between."""

    def __init__(self, scenery: Scenery, world: World, injector: Injector) -> None:
        """The drill begins now."""
        self._scenery = scenery
        self._world = world
        self._injector = injector
        self._began_ms = utc_ms()
        self._ahead_ms = {
            name: hand.clock_ahead_ms()
            for name, hand in (*world.masters.items(), *world.slaves.items())
        }

    def judge(self, broker: Address, database: Database[Document]) -> Judged:
        """Read everything, and count."""
        masters = [self._master(broker, database, name) for name in self._world.masters]
        decided = books.decisions(database, books.FILED_FIELDS)
        slaves = [self._slave(broker, name, decided) for name in self._world.slaves]
        words = [one for slave in slaves for one in slave.filed]
        return Judged(
            damage=damage(masters, slaves, self._terms()),
            signals=sum(len(master.told) for master in masters),
            verdicts=_counted(one.kind.value for one in words),
            reasons=_counted(one.reason.value for one in words if one.reason is not Reason.NONE),
        )

    def _master(self, broker: Address, database: Database[Document], name: str) -> MasterTruth:
        return books.read_master(broker, self._account(name), (), books.told_by(name, database))

    def _slave(self, broker: Address, name: str, decided: list[Document]) -> SlaveTruth:
        return books.read_slave(broker, self._account(name), books.filed_by(name, decided))

    def _account(self, name: str) -> Document:
        """Read where people sit: what goes wrong at the node's own terminal is not seen there."""
        hands = {**self._world.masters, **self._world.slaves}
        return {**document_of(self._scenery, name), "path": hands[name].own_key}

    def _terms(self) -> Terms:
        return Terms(
            swarms=(self._world.swarm,),
            follows={
                NodeName(name): tuple(NodeName(one) for one in masters)
                for name, masters in self._world.follows.items()
            },
            max_signal_age_ms={
                NodeName(name): self._max_age_ms(name) for name in self._world.slaves
            },
            late_fill_ms=LATE_FILL_MS,
            our_clock_moved=self._injector.our_clock_moved,
            zones=_minutes_ahead(map(self._account, self._world.slaves)),
            clocks={NodeName(name): self._clock(name) for name in self._ahead_ms},
        )

    def _max_age_ms(self, name: str) -> int:
        """Rules, late entries and positions from before are the account's own (asked_for)."""
        limit: int = document_of(self._scenery, name).get("max_signal_age_ms", DEFAULT_MAX_AGE_MS)
        return limit

    def _clock(self, name: str) -> BrokerClock:
        broker = str(document_of(self._scenery, name)["paper"]["broker"])
        return BrokerClock(
            ahead_ms=self._ahead_ms[name],
            jumps=self._injector.jumps_of(broker),
            unsure_ms=UNSURE_MS,
            between_ms=(self._began_ms, utc_ms()),
        )


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _minutes_ahead(accounts: Iterable[Document]) -> dict[str, int]:
    """Of each zone in which a window is written; no drill is held for so long that it changes."""
    ways = [way for one in accounts for way in (one, *(one.get("rules") or ()))]
    zones = {zone_of(written) for way in ways for written in way.get("trading_windows") or ()}
    now = datetime.fromtimestamp(utc_ms() / 1000, UTC)
    aheads = {zone: now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta() for zone in zones}
    return {zone: round(ahead.total_seconds() / 60) for zone, ahead in aheads.items()}
