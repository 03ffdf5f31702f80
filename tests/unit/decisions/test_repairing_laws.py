"""Law 2 and law 3 as properties: repairs come to an end, twice is once, and order means nothing."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.claims import HedgingClaims
from decisions.planning import with_stops_sent
from decisions.repairing import next_repair
from decisions.repairs import (
    Adopted,
    Ask,
    AskMaster,
    Done,
    Ended,
    GivenUp,
    Grown,
    MasterWord,
    Noted,
    Repair,
    Retarget,
    Send,
    Settled,
    Shown,
    Sight,
    Wait,
    Wanted,
)
from decisions.settling import SETTLE_WINDOW_S, Unanswered
from domain.book import Stamp
from domain.ids import LegKey, SlaveIdentifier
from domain.legs import Intent, Leg, LegState
from domain.market import Deal, Position
from domain.mt5_words import DealEntry
from domain.orders import ClosePosition, ModifyPosition, OpenPosition
from domain.policies import TradingState
from tests.builders import (
    EPOCH,
    SERVER_MS,
    a_book_position,
    a_closing_deal,
    a_deal,
    a_key,
    a_leg,
    a_spec,
    a_target,
    an_intent,
    held_of,
)

ZERO = Decimal(0)
SPEC = a_spec(volume_min="0.01", tick_size="0.01")
MOST_REPAIRS = 40
FINAL = (AskMaster, Wait, Settled, Ended)


class Account:
    """Several legs, the broker that holds them, and what their masters say. It obeys at once."""

    def __init__(self, waited_s: float, state: TradingState) -> None:
        self.waited_s, self.state = waited_s, state
        self.legs: dict[LegKey, Leg] = {}
        self.positions: dict[int, Position] = {}
        self.deals: dict[int, list[Deal]] = {}
        self.intents: dict[str, Intent] = {}
        self.words: dict[LegKey, MasterWord] = {}
        self.orders: list[Any] = []

    def sight(self, key: LegKey, asked: set[Wanted]) -> Sight:
        leg = self.legs[key]
        intents = tuple(i for i in self.intents.values() if i.leg == key)
        held = HedgingClaims(list(self.positions.values())).of(leg, intents)
        number = leg.identifier if held is None else held.identifier
        every = tuple(deal for deals in self.deals.values() for deal in deals)
        knows = Wanted.DEALS_OF_POSITION in asked
        return Sight(
            state=self.state,
            now_ms=SERVER_MS,
            now_s=0.0,
            held=held,
            word=self.words.get(key),
            unanswered=tuple(Unanswered(intent=i, waited_s=self.waited_s) for i in intents),
            deals=tuple(self.deals.get(number, [])) if knows else None,
            recent=every if Wanted.RECENT_DEALS in asked else None,
            spec=SPEC,
            name=f"intent-{len(self.orders)}",
        )

    def step(self, key: LegKey, asked: set[Wanted]) -> Repair:
        """One repair, carried out."""
        leg, repair = self.legs[key], next_repair(self.legs[key], self.sight(key, asked))
        if isinstance(repair, Ask):
            assert repair.wanted not in asked, "asked again what was answered"
            asked.add(repair.wanted)
        elif isinstance(repair, Retarget | Shown | Grown | Adopted | Ended | GivenUp | Done):
            self.legs[key] = repair.leg
            self._note(getattr(repair, "intent", None))
        elif isinstance(repair, Noted):
            self._note(repair.intent)
        elif isinstance(repair, Send):
            self.legs[key] = self._obey(leg, repair.order)
            asked.clear()
        elif isinstance(repair, Settled):
            self.legs[key] = repair.leg
        return repair

    def settle(self, key: LegKey) -> list[Repair]:
        """Everything that one leg needs, to its end."""
        done: list[Repair] = []
        asked: set[Wanted] = set()
        while not done or not isinstance(done[-1], FINAL):
            done.append(self.step(key, asked))
            assert len(done) <= MOST_REPAIRS, done[-4:]
        return done

    def picture(self) -> Any:
        return dict(self.legs), dict(self.positions)

    def _note(self, intent: Intent | None) -> None:
        if intent is not None:
            assert intent.outcome
            del self.intents[intent.intent]

    def _obey(self, leg: Leg, order: Any) -> Leg:
        held = self.positions[order.identifier]
        self.orders.append(order)
        if isinstance(order, ModifyPosition):
            moved = msgspec.structs.replace(held, sl=order.sl, tp=order.tp)
            self.positions[order.identifier] = moved
            return with_stops_sent(leg, order, SPEC)
        assert ZERO < order.volume <= held.volume
        left = held.volume - order.volume
        self.positions[order.identifier] = msgspec.structs.replace(held, volume=left)
        if left == ZERO:
            del self.positions[order.identifier]
        number = int(order.identifier)
        closing = a_closing_deal(number, volume=order.volume, magic=order.magic)
        self.deals.setdefault(number, []).append(closing)
        known = max(leg.volume - order.volume, ZERO)
        state = LegState.CLOSED if order.whole else leg.state
        return msgspec.structs.replace(leg, volume=ZERO if order.whole else known, state=state)


hundredths = st.integers(1, 300).map(lambda n: Decimal(n) / 100)
stops = st.sampled_from([ZERO, Decimal("1280.00"), Decimal("1282.50"), Decimal("1270.00")])


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    waited_s = draw(st.sampled_from([1.0, SETTLE_WINDOW_S + 1]))
    account = Account(waited_s, draw(st.sampled_from(TradingState)))
    for order in range(501, 501 + draw(st.integers(1, 3))):
        _add_leg(draw, account, order)
    return account


def _add_leg(draw: st.DrawFn, account: Account, order: int) -> None:
    """A leg in any state, with a position or none, and deals that add up to what is held."""
    initial, filled = draw(hundredths), draw(hundredths)
    out = draw(st.sampled_from([ZERO, filled, filled / 2])).quantize(Decimal("0.01"))
    state = draw(st.sampled_from([LegState.OPEN, LegState.OPEN, LegState.OPENING, LegState.MISSED]))
    knows_number = state is LegState.OPEN and draw(st.booleans())
    volumes = st.just(ZERO) | st.integers(1, int(initial * 100)).map(lambda n: Decimal(n) / 100)
    leg = a_leg(
        order,
        state=state,
        target=a_target(volume=draw(volumes), initial_volume=initial, sl=draw(stops), tp=ZERO),
        identifier=SlaveIdentifier(9000 + order if state is LegState.OPEN else 0),
        filled_volume=filled if state is LegState.OPEN else ZERO,
        volume=filled - out if knows_number else filled if state is LegState.OPEN else ZERO,
        wanted_volume=filled,
        keep_minimum=draw(st.booleans()),
        stops_confirmed=draw(st.booleans()),
    )
    account.legs[leg.key] = leg
    executed = state is LegState.OPEN or draw(st.booleans())
    if executed:
        _fill(draw, account, leg, filled, out)
    _add_intents(draw, account, leg)
    _add_word(draw, account, leg, initial)


def _fill(draw: st.DrawFn, account: Account, leg: Leg, filled: Decimal, out: Decimal) -> None:
    number = 9000 + int(leg.key.opening_order)
    deals = [a_deal(number, volume=filled, magic=leg.magic, entry=DealEntry.IN)]
    if out:
        deals.append(a_closing_deal(number, volume=out))
    account.deals[number] = deals
    late = draw(st.sampled_from([ZERO, ZERO, Decimal("0.10")]))
    if late:
        # The rest of an open that was filled in part, which its leg knows nothing of.
        told = {"ticket": 5 * number, "magic": leg.magic, "entry": DealEntry.IN}
        deals.append(a_deal(number, volume=late, **told))
    if filled + late > out:
        held = held_of(msgspec.structs.replace(leg, identifier=SlaveIdentifier(number)))
        account.positions[number] = msgspec.structs.replace(
            held, volume=filled + late - out, sl=draw(stops)
        )


def _add_intents(draw: st.DrawFn, account: Account, leg: Leg) -> None:
    name = f"i{leg.key.opening_order}"
    base = {"intent": name, "leg": leg.key, "magic": leg.magic}
    if leg.state is LegState.OPENING:
        account.intents[name] = an_intent(**base, kind=OpenPosition.__name__)
    elif leg.state is LegState.OPEN and draw(st.booleans()):
        before = leg.volume
        volume = draw(st.sampled_from([before, before / 2]))
        kind = draw(st.sampled_from([ClosePosition, ModifyPosition])).__name__
        base["magic"] = leg.magic + 5
        account.intents[name] = an_intent(**base, kind=kind, volume=volume, volume_before=before)
        if kind == ClosePosition.__name__ and draw(st.booleans()):
            _execute(account, leg, account.intents[name])


def _execute(account: Account, leg: Leg, intent: Intent) -> None:
    """Nobody answered, and it was done all the same."""
    number = 9000 + int(leg.key.opening_order)
    held = account.positions.get(number)
    if held is None or not ZERO < intent.volume <= held.volume:
        return
    told = {"volume": intent.volume, "magic": intent.magic, "ticket": 7 * number}
    account.deals[number].append(a_closing_deal(number, **told))
    left = msgspec.structs.replace(held, volume=held.volume - intent.volume)
    account.positions[number] = left
    if not left.volume:
        del account.positions[number]


def _add_word(draw: st.DrawFn, account: Account, leg: Leg, initial: Decimal) -> None:
    says = draw(st.sampled_from(["held", "closed", "nothing", "not asked"]))
    # A picture from before the last fact is told now and then as well.
    later = draw(st.sampled_from([Stamp(EPOCH, 50), Stamp(EPOCH, 50), Stamp(EPOCH, 0)]))
    if says == "held":
        order = int(leg.key.opening_order)
        position = a_book_position(
            order, volume=draw(hundredths), initial_volume=initial, sl=draw(stops)
        )
        account.words[leg.key] = MasterWord(stamp=later, position=position)
    elif says != "not asked":
        account.words[leg.key] = MasterWord(stamp=later, closed=says == "closed")


def copied(account: Account) -> Account:
    twin = Account(account.waited_s, account.state)
    twin.legs, twin.positions = dict(account.legs), dict(account.positions)
    twin.deals = {number: list(deals) for number, deals in account.deals.items()}
    twin.intents, twin.words = dict(account.intents), dict(account.words)
    return twin


@given(accounts())
def test_law_2_repairs_come_to_an_end_and_then_there_are_none(account: Account) -> None:
    """The fixpoint: whatever the three said at first, a second round finds nothing to do."""
    for key in account.legs:
        account.settle(key)
    settled, sent = account.picture(), len(account.orders)
    for key in account.legs:
        again = account.settle(key)
        assert all(isinstance(repair, (Ask, *FINAL)) for repair in again)
    assert account.picture() == settled
    assert len(account.orders) == sent


@given(accounts())
def test_asking_twice_gives_the_same_answer(account: Account) -> None:
    for key, leg in account.legs.items():
        for asked in (set(), {Wanted.DEALS_OF_POSITION, Wanted.RECENT_DEALS}):
            sight = account.sight(key, asked)
            assert next_repair(leg, sight) == next_repair(leg, sight)


@given(accounts(), st.randoms(use_true_random=False))
def test_law_3_legs_may_be_repaired_in_any_order_and_in_turns(account: Account, dice: Any) -> None:
    in_turn, mixed = account, copied(account)
    for key in in_turn.legs:
        in_turn.settle(key)
    waiting = {key: set[Wanted]() for key in mixed.legs}
    while waiting:
        key = dice.choice(sorted(waiting))
        if isinstance(mixed.step(key, waiting[key]), FINAL):
            del waiting[key]
    assert _without_names(mixed) == _without_names(in_turn)


def _without_names(account: Account) -> Any:
    """Orders are named by their number, which depends on who came first."""
    return account.picture(), sorted(account.intents)


@given(accounts())
def test_law_2_at_the_end_nothing_is_held_whose_master_position_is_known_closed(
    account: Account,
) -> None:
    for key in account.legs:
        last = account.settle(key)[-1]
        leg, sight = account.legs[key], account.sight(key, set())
        waits = isinstance(last, Wait) or bool(sight.unanswered)
        if leg.target.closed and not waits:
            assert sight.held is None or not leg.live


@given(accounts())
def test_law_1_and_2_only_a_word_or_a_smaller_target_takes_volume_off(account: Account) -> None:
    held_before = {number: held.volume for number, held in account.positions.items()}
    for key in account.legs:
        account.settle(key)
    for order in account.orders:
        if not isinstance(order, ClosePosition):
            continue
        target = account.legs[order.leg].target
        assert target.closed or target.volume < target.initial_volume or _is_kept_small(account)
        assert order.volume <= held_before[int(order.identifier)]


def _is_kept_small(account: Account) -> bool:
    """`partial_below_min: close` may close what the minimum volume forbids to keep."""
    return any(not leg.keep_minimum for leg in account.legs.values())


@given(accounts())
def test_law_5_no_state_keeps_a_copy_open_that_another_would_close(account: Account) -> None:
    ends = []
    for state in TradingState:
        twin = copied(account)
        twin.state = state
        for key in twin.legs:
            twin.settle(key)
        ends.append({number: held.volume for number, held in twin.positions.items()})
    assert ends[0] == ends[1] == ends[2]


def test_the_toy_broker_is_not_idle() -> None:
    """So that the properties above speak of something."""
    account = Account(0.0, TradingState.ACTIVE)
    leg = a_leg(target=a_target(volume=0))
    account.legs[a_key()] = leg
    account.positions[9501] = held_of(leg)
    account.deals[9501] = [a_deal(9501)]
    repairs = account.settle(leg.key)
    assert [type(repair) for repair in repairs] == [Send, Wait]
    assert account.positions == {}
    with pytest.raises(KeyError):
        account.positions[9501]
