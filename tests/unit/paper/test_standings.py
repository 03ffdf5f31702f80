"""How often accounts are counted: whenever something has changed, and at no other time."""

from collections.abc import Callable

from domain.mt5_words import OrderType, Reason
from paper.broker.hours import CLOSED, Week
from paper.broker.money import Figures
from tests.unit.paper.desk import Desk

OpenDesk = Callable[..., Desk]
MINUTE_MS = 60_000
UNTIL_NOW: Week = (CLOSED, *(((0, 15 * 60),),) * 5, CLOSED)
"""Closed from the desk's moment on, until midnight."""


def counted(desk: Desk) -> Figures:
    return desk.session.house.figures_of(desk.session.account)


def test_nobody_is_counted_again_while_nothing_happens(desk: Desk) -> None:
    desk.send()
    before = counted(desk)

    desk.clock(MINUTE_MS)

    assert counted(desk) is before


def test_a_price_and_a_deal_are_seen_at_once(desk: Desk) -> None:
    desk.send()
    assert counted(desk).profit == -1.0
    desk.quote("EURUSD", 1.38700, 1.38710)
    assert counted(desk).profit == 9.0
    desk.send(type=OrderType.SELL)
    assert counted(desk).profit == 8.0
    desk.world.book(desk.wish.key, "credit", 10.0, "", desk.utc_ms)
    assert counted(desk).credit == 10.0


def test_a_terminal_that_is_cut_off_does_not_show_what_others_see(desk: Desk) -> None:
    desk.send()
    desk.world.turn(desk.terminal, {"connected": False})

    desk.quote("EURUSD", 1.38700, 1.38710)

    assert (desk.account().profit, counted(desk).profit) == (-1.0, -1.0)
    house = desk.world.houses["FTMO-Demo"]
    assert house.figures_of(house.accounts[desk.account().login]).profit == 9.0
    assert desk.account().profit == -1.0


def test_who_cannot_be_stopped_out_yet_is_when_the_market_opens(open_desk: OpenDesk) -> None:
    desk = open_desk(deposit=2_000.0)
    desk.send(volume=1.0)
    desk.resell("EURUSD", sessions=UNTIL_NOW)
    desk.quote("EURUSD", 1.37000, 1.37010)
    desk.clock(MINUTE_MS)
    assert len(desk.positions()) == 1

    desk.clock(9 * 60 * MINUTE_MS)  # midnight is over, on Saturday: two days more, without a tick
    desk.clock(2 * 24 * 60 * MINUTE_MS)

    assert desk.positions() == []
    assert desk.deals()[-1].reason == Reason.SO
