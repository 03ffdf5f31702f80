"""One copy beside its master's position: another thing, late, early, too small or still there?

A copy that people or its broker's stops closed is nobody's damage. Volumes are worked out here once
more, on purpose: what places orders and what judges them share no arithmetic.
"""

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal

import msgspec

from decisions.asked_for import AskedFor, Position, asked_for
from decisions.broker_clocks import BrokerClock, least_apart_ms
from decisions.copies import Wanted, is_marked
from decisions.damage_found import DamageKind, Finding, Terms
from decisions.hours_asked import never_open
from decisions.truth import BY_THE_BROKER, ZERO, Life, SlaveTruth
from domain.market import Deal, SymbolSpec

#: So far our own clock is put forward or back where it is put.
CLOCK_MOVED_MS = 3_600_000


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """A master's position, one copy of it, and the terms on which they are compared.

    `whole`: lots of all parts of the copy together.
    """

    slave: SlaveTruth
    wanted: Wanted
    copy: Life
    whole: Decimal
    terms: Terms

    @property
    def spec(self) -> SymbolSpec | None:
        """The contract of the copy's symbol; None where nobody told it."""
        return self.slave.policy.specs.get(self.copy.opening.symbol)

    @property
    def asked(self) -> AskedFor:
        """What the slave's document asks for of this position."""
        life, policy = self.wanted.life, self.slave.policy
        position = Position(
            master=self.wanted.master,
            symbol=life.opening.symbol,
            lots=life.volume,
            magic=life.opening.magic,
            contract_size=self.wanted.contract_size,
            side=life.side.value,
            comment=life.opening.comment,
            lots_later=tuple(left for left in life.stages() if left),
        )
        return asked_for(policy.document, position, policy.specs)

    @property
    def master_clock(self) -> BrokerClock:
        """Of the master's broker."""
        return self.terms.clock(self.wanted.master)

    @property
    def slave_clock(self) -> BrokerClock:
        """Of the slave's broker."""
        return self.terms.clock(self.slave.name)

    def after_ms(self, earlier_master_ms: int, later_slave_ms: int) -> int:
        """How long after a thing on the master's account one on the slave's came, at least."""
        earlier, later = (self.master_clock, earlier_master_ms), (self.slave_clock, later_slave_ms)
        return least_apart_ms(earlier, later)

    def before_ms(self, earlier_slave_ms: int, later_master_ms: int) -> int:
        """How long before a thing on the master's account one on the slave's came, at least."""
        earlier, later = (self.slave_clock, earlier_slave_ms), (self.master_clock, later_master_ms)
        return least_apart_ms(earlier, later)

    def is_ours(self, deal: Deal) -> bool:
        """We sent it: its mark is ours, and no stop of its broker's made it."""
        return is_marked(self.slave, deal) and deal.reason not in BY_THE_BROKER

    def damage(self, kind: DamageKind, wanted: str, found: str) -> Finding:
        """Something found on this copy."""
        return Finding(
            kind=kind,
            slave=self.slave.name,
            position=self.wanted.key.opening_order,
            wanted=wanted,
            found=f"{_named(self.copy)} {found}",
        )


def damage_of_copy(copied: Copied) -> list[Finding]:
    """Everything about one copy that must not be."""
    return [found for check in CHECKS if (found := check(copied)) is not None]


def _still_open(copied: Copied) -> Finding | None:
    if copied.copy.left == ZERO or copied.wanted.life.ended_ms is None:
        return None
    wanted = "closed, as the master's is"
    found = f"with {copied.copy.left:f} lots open"
    return copied.damage(DamageKind.CLOSE_LOST, wanted, found)


def _kept_out(copied: Copied) -> Finding | None:
    """What its document keeps out is not opened at all, whatever else is right about it."""
    asked = copied.asked
    if not asked.kept_out and asked.windows is not None and _out_of_hours(copied, asked):
        asked = msgspec.structs.replace(asked, kept_out="trading_windows")
    if not asked.kept_out:
        return None
    wanted = f"no copy, which {asked.kept_out} keeps out"
    return copied.damage(DamageKind.COPIED_WRONG, wanted, "opened")


def _out_of_hours(copied: Copied, asked: AskedFor) -> bool:
    """All the time in which it may have been decided, by any clock that was gone by."""
    terms, opened_ms = copied.terms, copied.copy.opening.server_ms
    moments = copied.slave_clock.moments(opened_ms)
    moved_ms = CLOCK_MOVED_MS if terms.our_clock_moved else 0
    early_ms = terms.late_fill_ms + terms.forgiven_ms + asked.waits_ms + moved_ms
    span_ms = (min(moments) - early_ms, max(moments) + terms.forgiven_ms + moved_ms)
    return never_open(asked.windows or (), span_ms, terms.zones)


def _copied_wrong(copied: Copied) -> Finding | None:
    """Part of it may not have been filled; more than was asked for nobody wants."""
    asked, copy = copied.asked, copied.copy
    side = copied.wanted.life.side
    side = side.opposite if asked.is_reversed else side
    is_same = (copy.side, copy.opening.symbol) == (side, asked.symbol)
    if is_same and (asked.most_lots is None or copied.whole <= asked.most_lots):
        return None
    most = "" if asked.most_lots is None else f", at most {asked.most_lots:f} lots"
    wanted = f"{side.value} {asked.symbol}{most}"
    found = f"opened, {copied.whole:f} lots in all"
    return copied.damage(DamageKind.COPIED_WRONG, wanted, found)


def _opened_late(copied: Copied) -> Finding | None:
    oldest_ms = copied.terms.oldest_ms(copied.slave.name, copied.asked.oldest_signal_ms)
    opened_ms = copied.wanted.life.opening.server_ms
    late_ms = copied.after_ms(opened_ms, copied.copy.opening.server_ms)
    if oldest_ms is None or copied.asked.may_be_old or late_ms <= oldest_ms:
        return None
    wanted = f"no copy later than {_seconds(oldest_ms)} after the master's opening"
    return copied.damage(DamageKind.OPENED_LATE, wanted, f"opened {_seconds(late_ms)} after it")


def _closed_early(copied: Copied) -> Finding | None:
    """Only where the last of it was closed by us, while the master held some."""
    ended_ms, master_ended_ms = copied.copy.ended_ms, copied.wanted.life.ended_ms
    if ended_ms is None or not copied.is_ours(copied.copy.ends[-1]):
        return None
    if ZERO in _due_by(copied, ended_ms) or _has_had_its_time(copied, ended_ms):
        return None
    when = "while the master holds on"
    if master_ended_ms is not None:
        when = f"{_seconds(copied.before_ms(ended_ms, master_ended_ms))} before the master"
    wanted = "closed by us after the master, not before"
    return copied.damage(DamageKind.CLOSED_EARLY, wanted, f"closed by us {when}")


def _has_had_its_time(copied: Copied, ended_ms: int) -> bool:
    """`max_hold_seconds`, which the machine's clock tells: where that has moved, at any time."""
    longest_ms, clock = copied.asked.longest_ms, copied.slave_clock
    if longest_ms is None or copied.terms.our_clock_moved:
        return longest_ms is not None
    opened_ms = min(clock.moments(copied.copy.opening.server_ms))
    return max(clock.moments(ended_ms)) - opened_ms >= longest_ms - copied.terms.forgiven_ms


def _over_closed(copied: Copied) -> Finding | None:
    """A close in part of ours leaves no less than some stage of the master's made due by then."""
    if copied.spec is None:
        return None
    for deal, left in zip(copied.copy.ends, copied.copy.stages(), strict=True):
        least = min(_due_by(copied, deal.server_ms))
        if left == ZERO or left >= least or not copied.is_ours(deal):
            continue
        wanted = f"at least {least:f} lots left"
        found = f"with {left:f} lots left after our close in part"
        return copied.damage(DamageKind.OVER_CLOSED, wanted, found)
    return None


def _due_by(copied: Copied, slave_ms: int) -> set[Decimal]:
    """The lots that were due at some moment until then."""
    life = copied.wanted.life
    reached = [
        left
        for deal, left in zip(life.ends, life.stages(), strict=True)
        if copied.before_ms(slave_ms, deal.server_ms) <= copied.terms.forgiven_ms
    ]
    return {_due(copied, left) for left in (life.volume, *reached)}


def _due(copied: Copied, left: Decimal) -> Decimal:
    """The master's ratio of what was filled here, in whole steps."""
    spec = copied.spec
    share = copied.copy.volume * left / copied.wanted.life.volume
    if spec is None or left == ZERO:
        return share
    whole = (share / spec.volume_step).quantize(Decimal(1), ROUND_DOWN) * spec.volume_step
    if whole >= spec.volume_min:
        return whole
    return min(spec.volume_min, copied.copy.volume) if _keeps_minimum(copied) else ZERO


def _keeps_minimum(copied: Copied) -> bool:
    return copied.slave.policy.keep_minimum and copied.asked.keeps_minimum


def _named(life: Life) -> str:
    return f"{life.opening.side.value} {life.volume:f} {life.opening.symbol} ({life.identifier})"


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.1f} s"


CHECKS: tuple[Callable[[Copied], Finding | None], ...] = (
    _still_open,
    _opened_late,
    _closed_early,
    _over_closed,
    _kept_out,
    _copied_wrong,
)
