"""The words of the damage report: what can be found, on which terms, and how it is counted."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Self

import msgspec

from decisions.broker_clocks import BrokerClock
from domain.ids import NodeName, OpeningOrder

FORGIVEN_MS = 2_000
LATE_FILL_MS = 5_000
MAX_SIGNAL_AGE_MS = 5_000
EXACT = BrokerClock()


class DamageKind(StrEnum):
    """What a copier must never do."""

    CLOSE_LOST = "closes_lost"
    OPEN_DOUBLED = "opens_doubled"
    REOPENED = "reopened"
    ORPHAN = "orphans"
    FOREIGN_TOUCHED = "foreign_touched"
    WITHOUT_VERDICT = "without_verdict"
    OPENED_LATE = "opened_late"
    CLOSED_EARLY = "closed_early"
    OVER_CLOSED = "over_closed"
    COPIED_WRONG = "copied_wrong"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the judge has to know beside the brokers' books."""

    #: The swarm's ids: with them a copy is known by its magic number, whatever its comment says.
    swarms: tuple[str, ...] = ()
    #: Who follows whom; a slave that is not named follows all masters.
    follows: dict[NodeName, tuple[NodeName, ...]] = {}
    #: Each slave's `max_signal_age_ms`; None where it opens whatever the age.
    max_signal_age_ms: dict[NodeName, int | None] = {}
    #: How long a broker may take from getting an order to filling it, on top of the age.
    late_fill_ms: int = LATE_FILL_MS
    #: Each account's broker's clock; one that is not named is right.
    clocks: dict[NodeName, BrokerClock] = {}
    #: The clock that the swarm goes by was set while it worked.
    our_clock_moved: bool = False
    #: Minutes that time zones are ahead of UTC; windows in one that is not named are not judged.
    zones: dict[str, int] = {}
    #: How far two brokers' times may be apart for one moment all the same.
    forgiven_ms: int = FORGIVEN_MS

    def clock(self, name: NodeName) -> BrokerClock:
        """The clock of the account's broker."""
        return self.clocks.get(name, EXACT)

    def oldest_ms(self, slave: NodeName, asked_ms: int | None = None) -> int | None:
        """How old a position may be when its copy is filled; None where it may be any age.

        `asked_ms`: what the account asks for of this one, where that is known.
        """
        limit_ms = self.max_signal_age_ms.get(slave, MAX_SIGNAL_AGE_MS)
        limit_ms = limit_ms if asked_ms is None else asked_ms
        return None if limit_ms is None else limit_ms + self.late_fill_ms + self.forgiven_ms

    def is_followed(self, slave: NodeName, master: NodeName) -> bool:
        """The slave copies this master."""
        return master in self.follows.get(slave, (master,))


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of damage. `position` is the master's; 0 where there is none."""

    kind: DamageKind
    slave: NodeName
    position: OpeningOrder
    wanted: str
    found: str

    @property
    def text(self) -> str:
        """As one line."""
        whose = f", master's position {self.position}" if self.position else ""
        return f"{self.kind}: {self.slave}{whose}: wanted {self.wanted}, found {self.found}"


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """How much of each, and each of it in words."""

    closes_lost: int = 0
    opens_doubled: int = 0
    reopened: int = 0
    orphans: int = 0
    foreign_touched: int = 0
    without_verdict: int = 0
    opened_late: int = 0
    closed_early: int = 0
    over_closed: int = 0
    copied_wrong: int = 0
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> Self:
        """Counted by kind."""
        counts = Counter(one.kind.value for one in findings)
        return cls(findings=tuple(findings), **counts)

    @property
    def counts(self) -> dict[str, int]:
        """Every figure by its name."""
        return {kind.value: getattr(self, kind.value) for kind in DamageKind}

    @property
    def is_none(self) -> bool:
        """Nothing was found."""
        return not self.findings
