"""Builds that are broken on purpose: a checker that cannot find what they do can find nothing."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

import decisions.copy_size
import decisions.drafting
import decisions.planning
import decisions.sizing
import nodes.copying.copier
import nodes.copying.opener
import nodes.inbox
import nodes.slave_loop
import nodes.watching.positions
from decisions.admission import Admission
from decisions.claims import NettingClaims
from decisions.drafting import Asking
from decisions.filling import filling_for
from decisions.marking import magic_number_of
from decisions.size_modes import SizeCase
from decisions.sizing import Sized
from domain.book import Stamp
from domain.copy_settings import CopyExisting
from domain.ids import LegKey, Magic, OpeningOrder, SlaveIdentifier, SlaveSymbol
from domain.legs import Intent, Leg, LegState
from domain.market import Position, Side, SymbolSpec, Unknowable
from domain.orders import (
    ClosePosition,
    Command,
    Denied,
    ModifyPosition,
    Nothing,
    OpenPosition,
)
from domain.outcomes import Outcome, Unknown
from domain.policies import AccountSettings, Latch
from domain.reasons import Reason
from domain.records import Record
from domain.signals import PositionOpened
from nodes.bookkeeping.legbook import LegBook
from nodes.copying.copier import Copier
from nodes.copying.opener import Opener
from nodes.guarding.standing import Standing
from nodes.repairing.repairer import Repairer
from nodes.repairing.troubles import Troubles
from nodes.slave_loop import SlaveLoop
from terminal.mt5 import Mt5Terminal
from tests.simulation import ending, findings, of_use
from tests.simulation.builds import HONEST, Break, Build
from tests.simulation.journals import WatchedJournal
from tests.simulation.schedule import EXISTING

OUR_MAGIC_NUMBER = 234_000
_send = Mt5Terminal.send
_positions = Mt5Terminal.positions
_deals_of = Mt5Terminal.deals_of
_step = SlaveLoop.step
_write = WatchedJournal.write
_raw_lots = decisions.sizing.raw_lots
_size_copy = decisions.copy_size.size_copy
_settings_of = nodes.copying.opener.settings_of
_legs_read = LegBook.__init__
NEVER_SENT = frozenset({LegState.DENIED, LegState.MISSED})


def _send_again(self: Mt5Terminal, command: Command) -> Outcome:
    outcome = _send(self, command)
    if isinstance(outcome, Unknown) and isinstance(command, OpenPosition):
        return _send(self, command)
    return outcome


def _empty_for_none(self: Mt5Terminal) -> Any:
    found = _positions(self)
    return () if isinstance(found, Unknowable) else found


def _no_deals_for_none(self: Mt5Terminal, identifier: int) -> Any:
    found = _deals_of(self, identifier)
    return () if isinstance(found, Unknowable) else found


def _step_and_close_what_looks_like_ours(self: SlaveLoop) -> None:
    _step(self)
    for position in self._positions:
        looks_like_ours = OUR_MAGIC_NUMBER in {position.magic, magic_number_of(position.magic)}
        if looks_like_ours and self._ledger.legs.owner_of(position) is None:
            _close(self, position)


def _close(self: SlaveLoop, position: Position) -> None:
    spec = self._parts.door.spec(position.symbol)
    if not isinstance(spec, SymbolSpec):
        return
    order = ClosePosition(
        leg=LegKey(0, "", OpeningOrder(0)),
        identifier=SlaveIdentifier(position.identifier),
        symbol=SlaveSymbol(position.symbol),
        side=position.side,
        volume=position.volume,
        whole=True,
        filling=filling_for(spec),
        magic=Magic(position.magic),
        comment="",
    )
    self._parts.door.send(order)


def _always_next(cursor: Stamp, stamp: Stamp) -> Admission:
    return Admission.NEXT if stamp > cursor else Admission.DUPLICATE


def _write_no_intents(self: WatchedJournal, *records: Record) -> None:
    _write(self, *(record for record in records if not isinstance(record, Intent)))


def _never(*_: object) -> bool:
    return False


def _no_age(*_: object) -> int:
    return 0


def _no_latch(*_: object) -> Latch:
    return Latch()


def _compare_nothing(*_: object) -> None:
    """What a close did not achieve is never found again."""


def _withdraw_nothing(
    self: Opener, _arrival: object, _fact: PositionOpened, known: Leg
) -> Leg | None:
    missed = msgspec.structs.replace(known, state=LegState.MISSED, reason=Reason.ORDER_WITHDRAWN)
    self._ledger.legs.put(missed)
    return missed


def _hold_nothing(*_: object, **__: object) -> None:
    """What is wrong just now keeps nobody from opening."""


def _deny(*_: object) -> Denied:
    return Denied(Reason.PRICE_MOVED)


def _move_no_stops(*_: object) -> Nothing:
    return Nothing(Reason.ALREADY_AS_WANTED)


def _the_masters_side(fact: Asking, _: object) -> Side:
    return fact.subject.side


def _with_the_factor_twice(case: SizeCase) -> Fraction | Denied:
    lots = _raw_lots(case)
    return lots if isinstance(lots, Denied) else lots * Fraction(case.factor)


def _without_a_most(case: SizeCase) -> Sized | Denied:
    return _size_copy(msgspec.structs.replace(case, max_lot=None))


def _lose_the_stop(self: Mt5Terminal, command: Command) -> Outcome:
    if isinstance(command, ModifyPosition):
        command = msgspec.structs.replace(command, sl=Decimal(0))
    return _send(self, command)


def _always_existing(fact: Asking, settings: AccountSettings) -> AccountSettings:
    return msgspec.structs.replace(_settings_of(fact, settings), copy_existing=CopyExisting.ALWAYS)


def _without_refusals(self: LegBook, legs: Iterable[Leg]) -> None:
    _legs_read(self, [leg for leg in legs if leg.state not in NEVER_SENT])


def _whatever_is_left(self: NettingClaims, leg: Leg, _: Sequence[Intent] = ()) -> Position | None:
    listed = next((p for p in self._by_symbol.values() if p.symbol == leg.symbol), None)
    if listed is None or leg.state is not LegState.OPEN or listed.side is not leg.side:
        return None
    return msgspec.structs.replace(listed, volume=leg.volume)


SABOTAGES: Sequence[Build] = (
    Build(
        name="retry_on_timeout",
        breaks=(Break(Mt5Terminal, "send", _send_again),),
        damage=findings.OPENED_TWICE,
        troubles=("timed out", "refused call"),
    ),
    Build(
        name="none_is_empty",
        breaks=(
            Break(Mt5Terminal, "positions", _empty_for_none),
            Break(Mt5Terminal, "deals_of", _no_deals_for_none),
        ),
        damage=findings.CLOSED_EARLY,
        first_seed=45,
        troubles=("mute",),
    ),
    Build(
        name="magic_alone",
        breaks=(Break(SlaveLoop, "step", _step_and_close_what_looks_like_ours),),
        damage=findings.FOREIGN_TOUCHED,
    ),
    Build(
        name="age_from_seeing",
        breaks=(Break(nodes.watching.positions, "age_on_server_ms", _no_age),),
        damage=findings.OPENED_LATE,
        first_seed=20,
        troubles=("paused", "killed", "offline"),
    ),
    Build(
        name="no_snapshot",
        breaks=(
            Break(nodes.inbox, "admit", _always_next),
            Break(nodes.inbox, "behind", _never),
            Break(nodes.inbox, "_differs", _never),
        ),
        damage=ending.NOT_CLOSED,
        mode="liveness",
        troubles=("weather",),
    ),
    Build(
        name="no_intent_journal",
        breaks=(Break(WatchedJournal, "write", _write_no_intents),),
        damage=findings.NO_INTENT,
    ),
    Build(
        name="latch_forgotten",
        breaks=(Break(nodes.slave_loop, "stricter_of", _no_latch),),
        damage=findings.WHILE_HALTED,
        troubles=("operator", "killed"),
    ),
    Build(
        name="close_once",
        breaks=(
            Break(Troubles, "is_due", _never),
            Break(Repairer, "compare", _compare_nothing),
        ),
        damage=ending.NOT_CLOSED,
        mode="liveness",
        troubles=("refusing", "refused call", "offline"),
    ),
    Build(
        name="waiting_order_and_fill_both",
        breaks=(Break(Opener, "_end_the_waiting", _withdraw_nothing),),
        damage=findings.BESIDE_ITS_ORDER,
        first_seed=35,
        flavour="orders",
    ),
    Build(
        name="close_crosses_zero",
        breaks=(Break(NettingClaims, "of", _whatever_is_left),),
        damage=findings.CROSSED_ZERO,
        flavour="nets",
    ),
    Build(
        name="holds_forgotten",
        breaks=(Break(Standing, "hold", _hold_nothing),),
        damage=findings.WHILE_HELD,
        troubles=("launcher", "database"),
        flavour="plain",
    ),
    Build(
        name="opens_nothing",
        breaks=(Break(nodes.copying.opener, "decide_open", _deny),),
        damage=of_use.NOT_OF_USE,
        mode="liveness",
        flavour="plain",
    ),
    Build(
        name="stops_never_moved",
        breaks=(Break(decisions.planning, "plan_stops", _move_no_stops),),
        damage=of_use.NOT_OF_USE,
        mode="liveness",
        flavour="plain",
    ),
    Build(
        name="reversed_side_ignored",
        breaks=(Break(decisions.drafting, "side_here", _the_masters_side),),
        damage=findings.WRONG_SIDE,
        ways="reverse",
    ),
    Build(
        name="factor_twice",
        breaks=(Break(decisions.sizing, "raw_lots", _with_the_factor_twice),),
        damage=findings.WRONG_LOTS,
        ways="factor",
    ),
    Build(
        name="max_lot_ignored",
        breaks=(Break(decisions.copy_size, "size_copy", _without_a_most),),
        damage=findings.WRONG_LOTS,
        ways="size",
    ),
    Build(
        name="stop_lost_on_modify",
        breaks=(Break(Mt5Terminal, "send", _lose_the_stop),),
        damage=findings.WRONG_STOPS,
        ways="stop loss",
    ),
    Build(
        name="existing_ignored",
        breaks=(
            Break(nodes.copying.copier, "settings_of", _always_existing),
            Break(nodes.copying.opener, "settings_of", _always_existing),
        ),
        damage=findings.EXISTED,
        ways=EXISTING,
    ),
    Build(
        name="existing_again",
        breaks=(Break(LegBook, "__init__", _without_refusals),),
        damage=findings.DECIDED_AGAIN,
        ways=EXISTING,
    ),
    Build(
        name="existing_never",
        breaks=(Break(Copier, "_may_come_late", _never),),
        damage=ending.LEFT_OUT,
        mode="liveness",
        ways=EXISTING,
    ),
)

BUILDS = {build.name: build for build in (HONEST, *SABOTAGES)}
