"""Law 14 without a journal: what of a netting position is whose, by the marks of its deals."""

from decimal import Decimal
from typing import Any

import pytest

from decisions.marking import comment_for, magic_for_intent, magic_for_leg
from decisions.rebuilding import NOBODY_KNOWS, Marks
from decisions.rebuilding_in_net import in_doubt, rebuilt_in_net
from domain.book import Book
from domain.legs import Leg, LegState
from domain.market import Deal, Position, Side
from domain.mt5_words import DealEntry
from tests.builders import (
    SLAVE,
    a_book,
    a_book_position,
    a_deal,
    a_key,
    a_leg,
    a_position,
    a_target,
)

NET = 9001
BUY, SELL = Side.BUY, Side.SELL


def nobody(_: object) -> None:
    return None


def marks(book: Book | None = None) -> Marks:
    return Marks(account=SLAVE, swarms=("swarm",), book=book or a_book())


class Deals:
    """A netting position's deals, one order each."""

    def __init__(self) -> None:
        self.made: list[Deal] = []

    def copies(self, order: int, volume: str, side: Side = BUY, **changes: Any) -> "Deals":
        magic = magic_for_leg(234000, "swarm", SLAVE, a_key(order))
        usual = {"magic": magic, "comment": comment_for(a_key(order))}
        return self.adds(volume, side, **(usual | changes))

    def closes(self, order: int, volume: str, side: Side = SELL) -> "Deals":
        magic = magic_for_intent(234000, f"{order}/{volume}")
        return self.adds(volume, side, magic=magic, comment=comment_for(a_key(order)))

    def adds(self, volume: str, side: Side = BUY, **changes: Any) -> "Deals":
        number = 100 + len(self.made)
        usual = {"ticket": number, "order": number, "side": side, "volume": volume}
        self.made.append(a_deal(NET, **(usual | changes)))
        return self

    def position(self) -> list[Position]:
        net = sum((deal.signed_volume for deal in self.made), Decimal(0))
        side = BUY if net > 0 else SELL
        return [a_position(NET, side=side, volume=abs(net), magic=self.made[0].magic)]

    def found(self, book: Book | None = None, known: Any = nobody) -> dict[int, Leg]:
        legs = rebuilt_in_net(marks(book), known, self.position(), self.made)
        return {int(leg.key.opening_order): leg for leg in legs}


def left(legs: dict[int, Leg]) -> dict[int, tuple[str, Decimal]]:
    return {order: (leg.state.value, leg.volume) for order, leg in legs.items()}


def test_law_14_every_order_that_added_is_a_leg_of_the_one_position() -> None:
    legs = Deals().copies(501, "1.00").copies(502, "0.50").found()
    assert left(legs) == {501: ("open", Decimal("1.00")), 502: ("open", Decimal("0.50"))}
    assert {leg.identifier for leg in legs.values()} == {NET}
    assert legs[502].filled_volume == Decimal("0.50")
    assert legs[501].target.stamp == NOBODY_KNOWS


def test_what_was_closed_of_a_leg_its_comment_tells() -> None:
    deals = Deals().copies(501, "1.00").copies(502, "0.50").closes(501, "0.40").closes(502, "0.50")
    legs = deals.found()
    assert left(legs) == {501: ("open", Decimal("0.60")), 502: ("closed", Decimal(0))}


def test_where_no_comment_tells_all_lose_in_proportion() -> None:
    legs = Deals().copies(501, "1.00").copies(502, "0.50").adds("0.60", SELL).found()
    assert left(legs) == {501: ("open", Decimal("0.60")), 502: ("open", Decimal("0.30"))}


def test_foreign_lots_are_nobodys_leg() -> None:
    legs = Deals().adds("2.00", magic=234000).copies(501, "1.00").found()
    assert left(legs) == {501: ("open", Decimal("1.00"))}


def test_law_14_an_order_that_crossed_zero_is_a_leg_by_what_lay_beyond() -> None:
    turned = Deals().copies(501, "1.00").copies(502, "1.50", SELL, entry=DealEntry.INOUT)
    legs = turned.found()
    assert left(legs) == {501: ("closed", Decimal(0)), 502: ("open", Decimal("0.50"))}
    assert (legs[502].side, legs[502].filled_volume) == (SELL, Decimal("0.50"))


def test_legs_of_a_position_that_is_flat_are_closed() -> None:
    deals = Deals().copies(501, "1.00").adds("1.00", SELL)
    legs = rebuilt_in_net(marks(), nobody, [], deals.made)
    assert [(leg.state, leg.volume) for leg in legs] == [(LegState.CLOSED, Decimal(0))]


def test_a_position_that_is_not_listed_counts_as_open_by_its_deals() -> None:
    legs = rebuilt_in_net(marks(), nobody, [], Deals().copies(501, "1.00").made)
    assert [(leg.state, leg.volume) for leg in legs] == [(LegState.OPEN, Decimal("1.00"))]


def test_a_leg_takes_its_masters_target_from_the_book() -> None:
    book = a_book(a_book_position(volume="0.70", initial_volume="1.00", sl="1281.00"), seq=7)
    leg = Deals().copies(501, "1.00").found(book)[501]
    assert (leg.target.volume, leg.target.sl) == (Decimal("0.70"), Decimal("1281.00"))
    assert (leg.target.stamp, leg.master_symbol) == (book.stamp, "XAUUSD")


def test_what_was_heard_of_the_master_meanwhile_is_kept() -> None:
    heard = a_leg(magic=0, identifier=0, state=LegState.CLOSED, target=a_target(volume="0"))
    leg = Deals().copies(501, "1.00").found(known=lambda _: heard)[501]
    assert (leg.state, leg.target.closed) == (LegState.OPEN, True)


def test_law_4_an_open_that_was_denied_as_far_as_the_journal_goes_is_found_by_its_deals() -> None:
    """Its order was denied, its fill copied, and a power cut took the second."""
    denied = a_leg(state=LegState.DENIED, identifier=0, volume="0", filled_volume="0")
    leg = Deals().copies(501, "1.00").found(known=lambda _: denied)[501]
    assert (leg.state, leg.volume) == (LegState.OPEN, Decimal("1.00"))


def test_a_leg_that_is_known_with_its_mark_needs_nothing() -> None:
    assert Deals().copies(501, "1.00").found(known=lambda _: a_leg()) == {}


@pytest.mark.parametrize(
    ("closed", "has"),
    [("0.40", ("open", Decimal("0.60"))), ("1.00", ("closed", Decimal(0)))],
    ids=["in part", "whole"],
)
def test_law_14_a_close_that_the_journal_lost_is_not_sent_again(
    closed: str, has: tuple[str, Decimal]
) -> None:
    """It would take from the other leg what it has."""
    deals = Deals().copies(501, "1.00").copies(502, "2.00").closes(501, closed)
    known = {key: a_leg(key.opening_order, key=key) for key in (a_key(501),)}
    assert left(deals.found(known=known.get)) == {501: has, 502: ("open", Decimal("2.00"))}


def test_what_others_took_off_stays_with_what_our_own_records_say() -> None:
    deals = Deals().copies(501, "1.00").adds("0.60", SELL)
    assert deals.found(known=lambda _: a_leg()) == {}


@pytest.mark.parametrize("taken", ["0.30", "1.20", "1.49"])
def test_law_14_legs_never_have_more_than_is_left_in_their_direction(taken: str) -> None:
    deals = Deals().copies(501, "1.00").copies(502, "0.50").closes(501, "0.10").adds(taken, SELL)
    net = max(sum((d.signed_volume for d in deals.made), Decimal(0)), Decimal(0))
    legs = rebuilt_in_net(marks(), nobody, [], deals.made)
    assert sum((leg.volume for leg in legs), Decimal(0)) <= net


def test_law_14_a_position_whose_deals_do_not_add_up_to_it_may_hide_legs() -> None:
    deals = Deals().copies(501, "1.00").adds("0.40", SELL).copies(502, "0.20")
    held, nobody_yet = deals.position(), frozenset[int]()
    assert in_doubt(held, deals.made, nobody_yet) == nobody_yet
    assert in_doubt(held, deals.made[:2], nobody_yet) == {NET}
    assert in_doubt(held, [], nobody_yet) == {NET}


def test_law_14_a_position_in_doubt_that_a_list_leaves_out_is_so_until_deals_tell_of_its_end() -> (
    None
):
    deals = Deals().copies(501, "1.00")
    before = in_doubt(deals.position(), [], frozenset())
    assert in_doubt([], [], before) == {NET}
    assert in_doubt([], deals.made, before) == {NET}
    assert in_doubt([], deals.closes(501, "1.00").made, before) == frozenset()
