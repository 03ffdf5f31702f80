"""Law 14 as properties: legs in one position come to rest, in any order, and none crosses zero."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from decisions.claims import NettingClaims
from decisions.planning import with_stops_sent
from decisions.repairing import next_repair
from decisions.repairs import MasterWord, Sight, Wait, Wanted
from decisions.settling import SETTLE_WINDOW_S, Unanswered
from domain.book import Stamp
from domain.ids import LegKey, SlaveIdentifier
from domain.legs import Leg, LegState
from domain.market import Deal, Position, Side
from domain.orders import ClosePosition, ModifyPosition, OpenPosition
from domain.policies import TradingState
from tests.builders import (
    EPOCH,
    SERVER_MS,
    a_book_position,
    a_deal,
    a_leg,
    a_position,
    a_target,
    an_intent,
)
from tests.unit.decisions.test_repairing_laws import FINAL, SPEC, Account

ZERO = Decimal(0)
NET = 7000
FOREIGN_ORDER = 1


class NetAccount(Account):
    """One position, which all legs share. The broker obeys at once, and knows no `close` by leg."""

    def net(self) -> Decimal:
        """Lots, buys positive."""
        return sum((deal.signed_volume for deal in self.deals[NET]), ZERO)

    def sight(self, key: LegKey, asked: set[Wanted]) -> Sight:
        leg = self.legs[key]
        intents = tuple(i for i in self.intents.values() if i.leg == key)
        live = [one for one in self.legs.values() if one.live]
        in_doubt = {i.leg for i in self.intents.values()}
        doubtful = any(g.state is LegState.OPENING or g.key in in_doubt for g in live)
        unsettled = frozenset({leg.symbol} if doubtful else ())
        claims = NettingClaims(list(self.positions.values()), live, unsettled)
        deals = tuple(self.deals[NET])
        knows = Wanted.DEALS_OF_POSITION in asked and leg.identifier
        return Sight(
            state=self.state,
            now_ms=SERVER_MS,
            now_s=0.0,
            held=claims.of(leg),
            share=claims.share(leg),
            word=self.words.get(key),
            unanswered=tuple(Unanswered(intent=i, waited_s=self.waited_s) for i in intents),
            deals=deals if knows else () if Wanted.DEALS_OF_POSITION in asked else None,
            recent=deals if Wanted.RECENT_DEALS in asked else None,
            spec=SPEC,
            name=f"intent-{len(self.orders)}",
        )

    def _obey(self, leg: Leg, order: Any) -> Leg:
        held = self.positions[NET]
        assert order.identifier == NET
        self.orders.append(order)
        if isinstance(order, ModifyPosition):
            self.positions[NET] = msgspec.structs.replace(held, sl=order.sl, tp=order.tp)
            return with_stops_sent(leg, order, SPEC)
        assert isinstance(order, ClosePosition)
        assert order.side is held.side, "it would have added to the other side"
        assert ZERO < order.volume <= min(held.volume, leg.volume), "more than is left of it"
        number = 500 + len(self.orders)
        told = {"order": number, "ticket": number, "magic": order.magic}
        self.deals[NET].append(a_deal(NET, side=leg.side.opposite, volume=order.volume, **told))
        self.show()
        left = leg.volume - order.volume
        state = LegState.CLOSED if order.whole else leg.state
        return msgspec.structs.replace(leg, volume=ZERO if order.whole else left, state=state)

    def show(self) -> None:
        """The position is what its deals add up to."""
        net, before = self.net(), self.positions.pop(NET, None)
        if net:
            side = Side.BUY if net > ZERO else Side.SELL
            stops = {} if before is None else {"sl": before.sl, "tp": before.tp}
            self.positions[NET] = a_position(NET, side=side, volume=abs(net), **stops)


hundredths = st.integers(1, 300).map(lambda n: Decimal(n) / 100)
stops = st.sampled_from([ZERO, Decimal("1280.00"), Decimal("1282.50"), Decimal("1270.00")])


@st.composite
def accounts(draw: st.DrawFn) -> NetAccount:
    """Copies of one side, foreign lots of either, and what the masters say of them."""
    waited_s = draw(st.sampled_from([1.0, SETTLE_WINDOW_S + 1]))
    account = NetAccount(waited_s, draw(st.sampled_from(TradingState)))
    account.deals[NET] = []
    side = draw(st.sampled_from(Side))
    for order in range(501, 501 + draw(st.integers(1, 3))):
        _add_leg(draw, account, order, side)
    _add_foreign(draw, account)
    account.show()
    return account


def _add_leg(draw: st.DrawFn, account: NetAccount, order: int, side: Side) -> None:
    initial, filled = draw(hundredths), draw(hundredths)
    out = draw(st.sampled_from([ZERO, ZERO, filled / 2])).quantize(Decimal("0.01"))
    state = draw(st.sampled_from([LegState.OPEN, LegState.OPEN, LegState.OPEN, LegState.OPENING]))
    is_open = state is LegState.OPEN
    volumes = st.just(ZERO) | st.integers(1, int(initial * 100)).map(lambda n: Decimal(n) / 100)
    leg = a_leg(
        order,
        side=side,
        state=state,
        target=a_target(volume=draw(volumes), initial_volume=initial, sl=draw(stops), tp=ZERO),
        identifier=SlaveIdentifier(NET if is_open and draw(st.booleans()) else 0),
        filled_volume=filled if is_open else ZERO,
        volume=filled - out if is_open else ZERO,
        wanted_volume=filled,
        opened_at_ms=order,
        keep_minimum=draw(st.booleans()),
    )
    account.legs[leg.key] = leg
    if is_open or draw(st.booleans()):
        own = {"order": order, "ticket": order, "magic": leg.magic}
        account.deals[NET].append(a_deal(NET, side=side, volume=filled, **own))
        if is_open and out:
            account.deals[NET].append(_deal(9000 + order, side.opposite, out))
    if not is_open:
        intent = an_intent(
            intent=f"i{order}", leg=leg.key, magic=leg.magic, kind=OpenPosition.__name__
        )
        account.intents[intent.intent] = intent
    _add_word(draw, account, leg, initial)


def _deal(number: int, side: Side, volume: Decimal) -> Deal:
    return a_deal(NET, order=number, ticket=number, side=side, volume=volume, magic=number)


def _add_word(draw: st.DrawFn, account: NetAccount, leg: Leg, initial: Decimal) -> None:
    says, later = draw(st.sampled_from(["held", "closed", "nothing", "not asked"])), Stamp(EPOCH, 9)
    if says == "held":
        order, volume = int(leg.key.opening_order), draw(hundredths)
        held = a_book_position(order, volume=volume, initial_volume=initial, sl=draw(stops))
        account.words[leg.key] = MasterWord(stamp=later, position=held)
    elif says != "not asked":
        account.words[leg.key] = MasterWord(stamp=later, closed=says == "closed")


def _add_foreign(draw: st.DrawFn, account: NetAccount) -> None:
    """Somebody else adds to the position, takes off it, or turns it round."""
    if draw(st.booleans()):
        side, volume = draw(st.sampled_from(Side)), draw(hundredths)
        account.deals[NET].append(_deal(FOREIGN_ORDER, side, volume))


def copied(account: NetAccount) -> NetAccount:
    twin = NetAccount(account.waited_s, account.state)
    twin.legs, twin.positions = dict(account.legs), dict(account.positions)
    twin.deals = {number: list(deals) for number, deals in account.deals.items()}
    twin.intents, twin.words = dict(account.intents), dict(account.words)
    return twin


def settle_all(account: NetAccount) -> None:
    """Round after round, as the timer does: what one leg does may let another go on."""
    for _ in range(len(account.legs) + 1):
        for key in sorted(account.legs):
            account.settle(key)


@given(accounts())
def test_law_14_repairs_of_legs_that_share_come_to_an_end_and_then_there_are_none(
    account: NetAccount,
) -> None:
    settle_all(account)
    settled, sent = account.picture(), len(account.orders)
    settle_all(account)
    assert account.picture() == settled
    assert len(account.orders) == sent


@given(accounts())
def test_asking_twice_gives_the_same_answer(account: NetAccount) -> None:
    for key, leg in account.legs.items():
        for asked in (set(), {Wanted.DEALS_OF_POSITION, Wanted.RECENT_DEALS}):
            sight = account.sight(key, asked)
            assert next_repair(leg, sight) == next_repair(leg, sight)


@given(accounts(), st.randoms(use_true_random=False))
def test_law_14_the_net_and_the_open_legs_do_not_depend_on_who_comes_first(
    account: NetAccount, dice: Any
) -> None:
    """Where foreign lots took some of theirs, nobody can say whose: first come, first served."""
    assume(not _takes_off(account))
    in_turn, mixed = account, copied(account)
    settle_all(in_turn)
    waiting = {key: set[Wanted]() for key in mixed.legs}
    while waiting:
        key = dice.choice(sorted(waiting))
        if isinstance(mixed.step(key, waiting[key]), FINAL):
            del waiting[key]
    settle_all(mixed)
    assert mixed.net() == in_turn.net()
    assert _open(mixed) == _open(in_turn)


def _takes_off(account: NetAccount) -> bool:
    """Somebody else has made the position smaller than its legs."""
    legs = account.legs.values()
    brought = {deal.magic: deal.volume for deal in account.deals[NET]}
    known = sum(
        (g.volume if g.state is LegState.OPEN else brought.get(g.magic, ZERO) for g in legs), ZERO
    )
    position = account.positions.get(NET)
    side = next(iter(legs)).side
    listed = position.volume if position is not None and position.side is side else ZERO
    return listed < known


def _open(account: NetAccount) -> set[LegKey]:
    return {key for key, leg in account.legs.items() if leg.live}


@pytest.mark.history(46)
@given(accounts())
def test_law_14_no_sequence_of_repairs_crosses_zero_or_sends_more_than_is_left(
    account: NetAccount,
) -> None:
    """Each order is checked by the toy broker; together they never turn the position round."""
    before = account.net()
    settle_all(account)
    after = account.net()
    assert ZERO <= after * (1 if before >= ZERO else -1) <= abs(before)


@given(accounts())
def test_law_2_at_the_end_no_leg_is_open_whose_master_position_is_known_closed(
    account: NetAccount,
) -> None:
    settle_all(account)
    for key, leg in account.legs.items():
        last = account.settle(key)[-1]
        if leg.target.closed and not isinstance(last, Wait):
            assert not leg.live


@given(accounts())
def test_law_14_foreign_lots_are_left_when_all_copies_are_closed(account: NetAccount) -> None:
    """What is not a copy is nobody's to close, but for what would be needed to cross zero."""
    for key in account.legs:
        account.words[key] = MasterWord(stamp=Stamp(EPOCH, 99), closed=True)
    foreign = sum((d.signed_volume for d in account.deals[NET] if d.order == FOREIGN_ORDER), ZERO)
    settle_all(account)
    if not any(leg.live for leg in account.legs.values()) and not account.intents:
        side = next(iter(account.legs.values())).side
        own_side = foreign if side is Side.BUY else -foreign
        if own_side >= ZERO:
            assert account.net() == foreign


def test_the_toy_broker_is_not_idle() -> None:
    """So that the properties above speak of something."""
    account = NetAccount(0.0, TradingState.ACTIVE)
    for order in (501, 502):
        leg = a_leg(order, identifier=NET, target=a_target(volume=0 if order == 501 else 1))
        account.legs[leg.key] = leg
    account.deals[NET] = [_deal(501, Side.BUY, Decimal(1)), _deal(502, Side.BUY, Decimal(1))]
    account.show()
    settle_all(account)
    assert account.net() == 1
    assert [leg.state for leg in account.legs.values()] == [LegState.CLOSED, LegState.OPEN]
    assert Position is type(account.positions[NET])
