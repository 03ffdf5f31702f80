"""Law 15 as properties: legs that wait come to rest, in any order, and have one copy at most."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.claims import HedgingClaims
from decisions.heeding import says_nothing, target_after, target_of
from decisions.repairing import next_repair
from decisions.repairs import (
    Found,
    GivenUp,
    MasterWord,
    Repair,
    SendPending,
    Sight,
    Wait,
    Wanted,
    Withdrawn,
)
from decisions.settling import SETTLE_WINDOW_S, Unanswered
from domain.book import BookOrder, Stamp
from domain.ids import LegKey, SlaveIdentifier, SlaveTicket
from domain.legs import Leg, LegState
from domain.market import Fate, OrderFate, PendingOrder
from domain.orders import CancelOrder, ModifyOrder, PlaceOrder
from domain.policies import TradingState
from tests.builders import (
    EPOCH,
    SERVER_MS,
    a_book_order,
    a_book_position,
    a_deal,
    a_leg,
    a_pending,
    a_position,
    an_intent,
    opened,
    order_gone,
    order_modified,
    placed,
)
from tests.unit.decisions.test_repairing_laws import FINAL, SPEC, Account

ZERO = Decimal(0)
LOTS = Decimal("1.00")
ENDS = [Fate.CANCELLED, Fate.EXPIRED, Fate.REJECTED]


class WaitingAccount(Account):
    """Legs whose orders wait, or have ended one way or another; a broker that obeys at once."""

    def __init__(self, waited_s: float, state: TradingState) -> None:
        super().__init__(waited_s, state)
        self.orders_waiting: dict[int, PendingOrder] = {}
        self.fates: dict[int, OrderFate] = {}

    def sight(self, key: LegKey, asked: set[Wanted]) -> Sight:
        leg = self.legs[key]
        intents = tuple(i for i in self.intents.values() if i.leg == key)
        held = HedgingClaims(list(self.positions.values())).of(leg, intents)
        number = leg.identifier if held is None else held.identifier
        every = tuple(deal for deals in self.deals.values() for deal in deals)
        deals = tuple(self.deals.get(number, []))
        fate = self.fates.get(leg.ticket, OrderFate(ticket=leg.ticket, fate=Fate.NOT_KNOWN))
        waiting = [o for o in self.orders_waiting.values() if o.magic == leg.magic]
        return Sight(
            state=self.state,
            now_ms=SERVER_MS,
            now_s=0.0,
            held=held,
            waiting=waiting[0] if waiting and leg.state is LegState.PENDING else None,
            fate=fate if Wanted.FATE_OF_ORDER in asked else None,
            withdraws=self.state is not TradingState.ACTIVE,
            newest_server_ms=SERVER_MS,
            word=self.words.get(key),
            unanswered=tuple(Unanswered(intent=i, waited_s=self.waited_s) for i in intents),
            deals=deals if Wanted.DEALS_OF_POSITION in asked else None,
            recent=every if Wanted.RECENT_DEALS in asked else None,
            spec=SPEC,
            name=f"intent-{len(self.orders)}",
        )

    def step(self, key: LegKey, asked: set[Wanted]) -> Repair:
        leg = self.legs[key]
        repair = super().step(key, asked)
        if isinstance(repair, Found | Withdrawn):
            self.legs[key] = repair.leg
            self._note(getattr(repair, "intent", None))
        elif isinstance(repair, SendPending):
            self._obey_pending(leg, repair.order)
            asked.clear()
        return repair

    def settle(self, key: LegKey) -> list[Repair]:
        """A leg whose order was withdrawn is not looked at again by itself."""
        done: list[Repair] = []
        asked: set[Wanted] = set()
        while not done or not isinstance(done[-1], (*FINAL, Withdrawn, GivenUp)):
            done.append(self.step(key, asked))
            assert len(done) <= 40, done[-4:]
        return done

    def picture(self) -> Any:
        return dict(self.legs), dict(self.positions), dict(self.orders_waiting)

    def _obey_pending(self, leg: Leg, order: Any) -> None:
        self.orders.append(order)
        waits = self.orders_waiting[order.ticket]
        if isinstance(order, CancelOrder):
            self.end(order.ticket, Fate.CANCELLED)
            return
        assert isinstance(order, ModifyOrder)
        prices = {name: getattr(order, name) for name in ("price", "stop_limit_price", "sl", "tp")}
        self.orders_waiting[order.ticket] = msgspec.structs.replace(waits, **prices)
        self.legs[leg.key] = msgspec.structs.replace(leg, terms_sent=leg.target.order)

    # what happens at the broker

    def wait(self, leg: Leg, ticket: int) -> None:
        self.orders_waiting[ticket] = a_pending(ticket, magic=leg.magic, comment=leg.comment)

    def end(self, ticket: int, fate: Fate) -> None:
        """It waits no more; what was filled before stays filled."""
        waits = self.orders_waiting.pop(ticket)
        filled = waits.initial_volume - (ZERO if fate is Fate.FILLED else waits.volume)
        place = ticket if filled else 0
        self.fates[ticket] = OrderFate(ticket=ticket, fate=fate, filled=filled, position=place)

    def fill(self, ticket: int, volume: Decimal) -> None:
        """So much becomes, or is added to, the position of its number."""
        waits = self.orders_waiting[ticket]
        volume = min(volume, waits.volume)
        deals = self.deals.setdefault(ticket, [])
        told = {"magic": waits.magic, "ticket": 5 * ticket + len(deals)}
        deals.append(a_deal(ticket, volume=volume, **told))
        total = sum((deal.volume for deal in deals), ZERO)
        self.positions[ticket] = a_position(ticket, volume=total, magic=waits.magic, sl=0, tp=0)
        self.orders_waiting[ticket] = msgspec.structs.replace(waits, volume=waits.volume - volume)
        if waits.volume == volume:
            self.end(ticket, Fate.FILLED)

    def open(self, leg: Leg, volume: Decimal) -> None:
        """A copy at the market; its leg is open, as the opener writes it down."""
        number = 60_000 + int(leg.key.opening_order)
        self.deals[number] = [a_deal(number, volume=volume, magic=leg.magic, order=number)]
        self.positions[number] = a_position(number, volume=volume, magic=leg.magic)
        self.legs[leg.key] = msgspec.structs.replace(
            leg,
            state=LegState.OPEN,
            identifier=SlaveIdentifier(number),
            filled_volume=volume,
            volume=volume,
        )

    def copies(self, leg: Leg) -> set[int]:
        """Positions that there are or were of it, and orders that may become one."""
        filled = {n for n, deals in self.deals.items() if any(d.magic == leg.magic for d in deals)}
        return filled | {t for t, o in self.orders_waiting.items() if o.magic == leg.magic}


prices = st.sampled_from(["1275.00", "1279.50", "1280.00"])


@st.composite
def accounts(draw: st.DrawFn) -> WaitingAccount:
    waited_s = draw(st.sampled_from([1.0, SETTLE_WINDOW_S + 1]))
    account = WaitingAccount(waited_s, draw(st.sampled_from(TradingState)))
    for order in range(501, 501 + draw(st.integers(1, 3))):
        _add_leg(draw, account, order)
    return account


def a_waiting_leg(order: int, **changes: Any) -> Leg:
    terms = a_book_order(order, price="1275.00", sl="0", tp="0")
    usual: dict[str, Any] = {
        "state": LegState.PENDING,
        "target": target_of(placed(1, terms)),
        "terms_sent": terms,
        "ticket": SlaveTicket(9000 + order),
        "identifier": 0,
        "filled_volume": 0,
        "volume": 0,
    }
    return a_leg(order, **(usual | changes))


def _add_leg(draw: st.DrawFn, account: WaitingAccount, order: int) -> None:
    ticket = 9000 + order
    answered = draw(st.booleans())
    leg = a_waiting_leg(order, ticket=SlaveTicket(ticket if answered else 0))
    account.legs[leg.key] = leg
    if not answered:
        kind, name = PlaceOrder.__name__, f"i{order}"
        account.intents[name] = an_intent(intent=name, leg=leg.key, kind=kind, magic=leg.magic)
    happened = draw(st.sampled_from(["waits", "in part", "filled", "ended", "not known"]))
    if happened != "not known":
        account.wait(leg, ticket)
    if happened == "in part":
        account.fill(ticket, Decimal("0.40"))
    elif happened == "filled":
        account.fill(ticket, LOTS)
    elif happened == "ended":
        account.end(ticket, draw(st.sampled_from(ENDS)))
    _add_word(draw, account, leg)


def _add_word(draw: st.DrawFn, account: WaitingAccount, leg: Leg) -> None:
    order, later = int(leg.key.opening_order), Stamp(EPOCH, 50)
    waits = a_book_order(order, price=draw(prices), sl="0", tp="0")
    held = a_book_position(order, volume="0.40", sl="0", tp="0")
    says = draw(st.sampled_from(["waits", "both", "held", "closed", "nothing", "not asked"]))
    if says != "not asked":
        account.words[leg.key] = MasterWord(
            stamp=later,
            order=waits if says in {"waits", "both"} else None,
            position=held if says in {"held", "both"} else None,
            closed=says == "closed",
        )


def copied(account: WaitingAccount) -> WaitingAccount:
    twin = WaitingAccount(account.waited_s, account.state)
    twin.legs, twin.positions = dict(account.legs), dict(account.positions)
    twin.deals = {number: list(deals) for number, deals in account.deals.items()}
    twin.intents, twin.words = dict(account.intents), dict(account.words)
    twin.orders_waiting, twin.fates = dict(account.orders_waiting), dict(account.fates)
    return twin


@given(accounts())
def test_law_15_repairs_of_legs_that_wait_come_to_an_end_and_then_there_are_none(
    account: WaitingAccount,
) -> None:
    for key in account.legs:
        account.settle(key)
        account.settle(key)
    settled, sent = account.picture(), len(account.orders)
    for key in account.legs:
        account.settle(key)
    assert account.picture() == settled
    assert len(account.orders) == sent


@given(accounts())
def test_asking_twice_gives_the_same_answer(account: WaitingAccount) -> None:
    for key, leg in account.legs.items():
        for asked in (set(), set(Wanted)):
            sight = account.sight(key, asked)
            assert next_repair(leg, sight) == next_repair(leg, sight)


@given(accounts(), st.randoms(use_true_random=False))
def test_law_3_legs_that_wait_may_be_repaired_in_any_order_and_in_turns(
    account: WaitingAccount, dice: Any
) -> None:
    in_turn, mixed = account, copied(account)
    for key in in_turn.legs:
        in_turn.settle(key)
    waiting = {key: set[Wanted]() for key in mixed.legs}
    while waiting:
        key = dice.choice(sorted(waiting))
        if isinstance(mixed.step(key, waiting[key]), (*FINAL, Withdrawn, GivenUp)):
            del waiting[key]
    assert mixed.picture() == in_turn.picture()
    assert sorted(mixed.intents) == sorted(in_turn.intents)


@given(accounts())
def test_law_15_at_the_end_no_order_waits_whose_master_has_none(account: WaitingAccount) -> None:
    for key, leg in account.legs.items():
        account.settle(key)
        word = account.words.get(key)
        known = word is not None and not says_nothing(leg, word)
        ours = [o for o in account.orders_waiting.values() if o.magic == leg.magic]
        if ours and known and account.legs[key].state is LegState.PENDING:
            assert word is not None
            assert word.order is not None
            assert account.state is TradingState.ACTIVE


class Story:
    """One order of a master's and our own: both may fill, end and be told of in any order."""

    def __init__(self) -> None:
        self.account = WaitingAccount(1.0, TradingState.ACTIVE)
        self.key = a_leg().key
        self.account.legs[self.key] = a_waiting_leg(501)
        self.account.wait(self.leg, 9501)
        self.seq = 1
        self.asked: set[Wanted] = set()
        self.order: BookOrder | None = self.leg.terms_sent
        self.there = False
        self.opening_owed = False

    @property
    def leg(self) -> Leg:
        return self.account.legs[self.key]

    def hear(self, fact: Any) -> None:
        """A live leg is aimed at what the fact says, as the copier does it."""
        if self.leg.live:
            target = target_after(self.leg.target, fact)
            self.account.legs[self.key] = msgspec.structs.replace(self.leg, target=target)

    def masters_fills(self, *, in_part: bool = False) -> None:
        if self.order is None or self.there:
            return
        self.there, self.opening_owed = True, True
        volume = "0.40" if in_part else "1.00"
        position = a_book_position(501, volume=volume, initial_volume=volume, sl="0", tp="0")
        self.hear(opened(self._next(), position))
        if not in_part:
            self.hear(order_gone(self._next(), self.order, Fate.FILLED))
            self.order = None

    def masters_is_changed(self) -> None:
        if self.order is not None:
            self.order = msgspec.structs.replace(self.order, price=self.order.price + 1)
            self.hear(order_modified(self._next(), self.order))

    def masters_ends(self) -> None:
        if self.order is not None:
            self.hear(order_gone(self._next(), self.order, Fate.CANCELLED))
            self.order = None

    def ours_fills(self, volume: str = "1.00") -> None:
        if 9501 in self.account.orders_waiting:
            self.account.fill(9501, Decimal(volume))
            self.asked.clear()

    def ours_is_deleted(self) -> None:
        if 9501 in self.account.orders_waiting:
            self.account.end(9501, Fate.CANCELLED)
            self.asked.clear()

    def is_repaired(self) -> None:
        if isinstance(self.account.step(self.key, self.asked), (*FINAL, Withdrawn)):
            self.asked.clear()

    def a_copy_is_asked_for(self) -> None:
        """What the opener does about the master's fill once ours is known never to have filled."""
        if self.opening_owed and self.leg.never_filled:
            self.account.open(self.leg, Decimal("0.40"))
        self.opening_owed = (
            self.opening_owed and self.leg.live and self.leg.state is LegState.PENDING
        )

    def _next(self) -> int:
        self.seq += 1
        return self.seq


HAPPENINGS: dict[str, Any] = {
    "master's fills": Story.masters_fills,
    "master's fills in part": lambda story: story.masters_fills(in_part=True),
    "master's is changed": Story.masters_is_changed,
    "master's ends": Story.masters_ends,
    "ours fills": Story.ours_fills,
    "ours fills in part": lambda story: story.ours_fills("0.30"),
    "ours is deleted": Story.ours_is_deleted,
    "is repaired": Story.is_repaired,
    "a copy is asked for": Story.a_copy_is_asked_for,
}


@pytest.mark.history(27)
@given(st.lists(st.sampled_from(sorted(HAPPENINGS)), max_size=25))
def test_law_15_there_are_never_two_copies_of_one_position_whoever_fills_first(
    happenings: list[str],
) -> None:
    story = Story()
    for happening in [*happenings, "is repaired", "is repaired", "is repaired", "is repaired"]:
        HAPPENINGS[happening](story)
        assert len(story.account.copies(story.leg)) <= 1, happening
    ends = story.account.settle(story.key)
    if story.order is None and not story.there and not isinstance(ends[-1], Wait):
        assert not story.account.positions
        assert not story.account.orders_waiting


def test_both_ways_there_is_one_copy() -> None:
    """So that the property above speaks of something."""
    story = Story()
    for happening in ("master's fills", *["is repaired"] * 4, "a copy is asked for"):
        HAPPENINGS[happening](story)
    assert list(story.account.positions) == [60_501]
    story = Story()
    for happening in ("ours fills", *["is repaired"] * 4, "master's fills", "a copy is asked for"):
        HAPPENINGS[happening](story)
    assert list(story.account.positions) == [9501]
