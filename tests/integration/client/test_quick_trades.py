"""Buy, Sell and Close: prices of the moment, asked again when they moved, and what is summed up."""

from types import ModuleType
from typing import Any

import pytest

from tests.integration.client.answers import refuse
from tests.stand_in_terminal import StandInTerminal, row

pytestmark = pytest.mark.integration

DONE, PARTLY, PLACED, REQUOTE, PRICE_OFF, REJECT = 10009, 10010, 10008, 10004, 10021, 10006
TRIES = 10


class Market:
    """A terminal whose price rises with every look, and whose orders end as they are told."""

    def __init__(self, terminal: StandInTerminal) -> None:
        self.terminal = terminal
        self.looks = 0
        self.retcodes: list[int] = []
        terminal.answer("symbol_info_tick", self._tick)
        terminal.answer("order_send", self._result)
        self.hold()

    def _tick(self, _: list[Any]) -> list[Any]:
        self.looks += 1
        return row("Tick", bid=float(self.looks), ask=self.looks + 0.5)

    def _result(self, args: list[Any]) -> list[Any]:
        retcode = self.retcodes.pop(0) if self.retcodes else DONE
        return row("OrderSendResult", retcode=retcode, request=args[0])

    def hold(self, *positions: tuple[int, int, float]) -> None:
        """Positions of these tickets, types and volumes."""
        rows = [
            row("TradePosition", ticket=ticket, type=kind, volume=volume)
            for ticket, kind, volume in positions
        ]
        self.terminal.answer("positions_get", rows)

    def sent(self, client: ModuleType) -> list[dict[str, Any]]:
        """The requests, without what is zero or empty."""
        requests = [
            client.TradeRequest(args[0])._asdict() for args in self.terminal.asked_for("order_send")
        ]
        return [{key: value for key, value in each.items() if value} for each in requests]


@pytest.fixture
def market(terminal: StandInTerminal) -> Market:
    return Market(terminal)


def test_buy_takes_the_ask_and_sell_the_bid(market: Market, client: ModuleType) -> None:
    assert client.Buy("EURUSD", 0.1).retcode == DONE
    assert type(client.Sell("EURUSD", 0.2)) is client.OrderSendResult
    common = {"action": 1, "symbol": "EURUSD", "deviation": 10}
    assert market.sent(client) == [
        common | {"volume": 0.1, "price": 1.5},
        common | {"volume": 0.2, "price": 2.0, "type": 1},
    ]


def test_a_given_price_is_sent_once_with_comment_and_ticket(
    market: Market, client: ModuleType
) -> None:
    market.retcodes = [REQUOTE]
    assert client.Sell("EURUSD", 0.1, 1.2, comment="x", ticket=5).retcode == REQUOTE
    assert market.looks == 0
    assert market.sent(client) == [
        {"action": 1, "symbol": "EURUSD", "volume": 0.1, "price": 1.2, "deviation": 10, "type": 1,
         "comment": "x", "position": 5},
    ]  # fmt: skip


@pytest.mark.parametrize("moved", [REQUOTE, PRICE_OFF])
@pytest.mark.parametrize("name", ["Buy", "Sell"])
def test_a_price_that_moved_is_looked_at_again(
    market: Market, client: ModuleType, name: str, moved: int
) -> None:
    market.retcodes = [moved, moved, REJECT]
    assert getattr(client, name)("EURUSD", 0.1).retcode == REJECT
    offset = 0.5 if name == "Buy" else 0.0
    assert [each["price"] for each in market.sent(client)] == [1 + offset, 2 + offset, 3 + offset]


@pytest.mark.parametrize("name", ["Buy", "Sell"])
def test_ten_tries_and_the_last_answer_stands(
    market: Market, client: ModuleType, name: str
) -> None:
    market.retcodes = [REQUOTE] * 20
    assert getattr(client, name)("EURUSD", 0.1).retcode == REQUOTE
    assert len(market.sent(client)) == TRIES


def test_an_order_without_an_answer_is_none(
    market: Market, terminal: StandInTerminal, client: ModuleType
) -> None:
    terminal.answer("order_send", refuse(-8))
    assert client.Buy("EURUSD", 0.1) is None
    assert client.last_error() == (-8, "Auto-Trading using Python API disabled in Terminal")
    terminal.answer("symbol_info_tick", refuse(-4))
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'bid'"):
        client.Sell("EURUSD", 0.1)
    assert client.last_error() == (-4, "Terminal: Not found")


def test_close_sends_the_opposite_of_each_position(market: Market, client: ModuleType) -> None:
    market.hold((7, 0, 0.1), (8, 1, 0.2))
    assert client.Close("EURUSD", comment="bye") is True
    common = {"action": 1, "symbol": "EURUSD", "deviation": 10, "comment": "bye"}
    assert market.sent(client) == [
        common | {"volume": 0.1, "type": 1, "price": 1.0, "position": 7},
        common | {"volume": 0.2, "price": 2.5, "position": 8},
    ]
    assert market.terminal.asked_for("positions_get") == [["symbol", "EURUSD"]]


def test_close_with_a_ticket_asks_for_that_one(market: Market, client: ModuleType) -> None:
    market.hold((7, 0, 0.1))
    assert client.Close("EURUSD", ticket=7) is True
    assert market.terminal.asked_for("positions_get") == [["ticket", 7]]


@pytest.mark.parametrize(
    ("retcodes", "summary"),
    [
        ([DONE, DONE], True), ([DONE, REJECT], "Partially"), ([REJECT, DONE], "Partially"),
        ([REJECT, REJECT], False), ([PARTLY, PLACED], False), ([DONE, PARTLY], "Partially"),
        ([REQUOTE, DONE, PRICE_OFF, DONE], True), ([*[REQUOTE] * TRIES, DONE], "Partially"),
    ],
    ids=["all", "first", "second", "none", "only done counts", "a part is none", "after requotes",
         "ten tries each"],
)  # fmt: skip
def test_close_sums_up_what_was_done(
    market: Market, client: ModuleType, retcodes: list[int], summary: Any
) -> None:
    market.hold((7, 0, 0.1), (8, 1, 0.2))
    market.retcodes = retcodes.copy()
    assert client.Close("EURUSD") == summary
    assert len(market.sent(client)) == len(retcodes)


def test_close_of_nothing_is_false_and_other_types_are_left_alone(
    market: Market, client: ModuleType
) -> None:
    assert client.Close("EURUSD") is False
    market.hold((7, 6, 0.1))
    assert client.Close("EURUSD") is False
    assert market.sent(client) == []


@pytest.mark.parametrize("verb", ["order_send", "symbol_info_tick"])
def test_close_ends_with_none_where_an_answer_fails(
    market: Market, terminal: StandInTerminal, client: ModuleType, verb: str
) -> None:
    market.hold((7, 0, 0.1), (8, 1, 0.2))
    terminal.answer(verb, refuse(-1))
    assert client.Close("EURUSD") is None
    assert client.last_error() == (-1, "Terminal: Call failed")
    assert len(market.sent(client)) == (1 if verb == "order_send" else 0)


def test_close_where_positions_fail_is_the_type_error_of_none(
    terminal: StandInTerminal, client: ModuleType
) -> None:
    terminal.answer("positions_get", refuse(-1))
    with pytest.raises(TypeError, match="'NoneType' object is not iterable"):
        client.Close("EURUSD")
