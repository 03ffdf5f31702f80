from decimal import Decimal
from typing import Any

import pytest

from domain.market import SymbolSpec
from domain.mt5_words import Retcode
from domain.orders import Command
from domain.outcomes import Filled, Rejected, Unknown
from terminal.mt5 import Mt5Terminal
from tests.unit.terminal.doors import a_close, a_modify, an_open, door
from tests.unit.terminal.fake_mt5 import FakeMt5, account, deal, position, result, symbol

COMMANDS = pytest.mark.parametrize(
    "command", [an_open(), a_close(), a_modify()], ids=["open", "close", "modify"]
)


def test_an_open_says_everything_in_the_types_the_module_takes() -> None:
    module = FakeMt5()
    door(module).send(an_open())
    request = module.sent()
    assert request == {
        "action": 1, "symbol": "GOLD.c", "volume": 0.3, "type": 0, "price": 1284.55, "sl": 0.0,
        "tp": 1290.0, "deviation": 50, "type_filling": 1, "type_time": 0,
        "magic": 234000123456789012, "comment": "557416654",
    }  # fmt: skip
    assert {type(request[name]) for name in ("volume", "price", "sl", "tp")} == {float}
    assert {type(request[name]) for name in ("action", "type", "magic", "deviation")} == {int}
    assert {type(request[name]) for name in ("type_filling", "type_time")} == {int}


def test_a_close_sells_the_live_ticket_of_a_bought_position() -> None:
    module = FakeMt5()
    module.open = (position(ticket=955),)
    door(module).send(a_close(volume=Decimal("0.1")))
    request = module.sent()
    assert request["position"] == 955
    assert request["type"] == 1
    assert request["volume"] == 0.1
    assert request["price"] == 1284.31
    assert request["deviation"] > 0


def test_a_close_without_a_quote_goes_out_all_the_same() -> None:
    module = FakeMt5()
    module.failures["symbol_info_tick"] = (-1, "Terminal: Call failed")
    assert isinstance(door(module).send(a_close()), Filled)
    assert module.sent()["price"] == 0.0


def test_a_modify_says_both_levels() -> None:
    module = FakeMt5()
    door(module).send(a_modify())
    assert module.sent() == {
        "action": 6, "symbol": "GOLD.c", "position": 900, "sl": 1280.10, "tp": 0.0
    }  # fmt: skip


def test_the_ticket_of_the_last_look_is_used_without_another_look() -> None:
    module = FakeMt5()
    terminal_door = door(module)
    terminal_door.positions()
    module.calls.clear()
    terminal_door.send(a_modify())
    assert module.names_called() == ["order_send"]


@pytest.mark.parametrize(
    ("comment", "sent"),
    [
        pytest.param("x" * 40, "x" * 29, id="letters"),
        pytest.param("x" * 28 + "\N{ROCKET}", "x" * 28, id="no half of an emoji"),
        pytest.param("\N{ROCKET}" * 20, "\N{ROCKET}" * 14, id="emojis count twice"),
    ],
)
def test_a_comment_is_cut_to_what_fits(comment: str, sent: str) -> None:
    module = FakeMt5()
    door(module).send(an_open(comment=comment))
    assert module.sent()["comment"] == sent


def test_a_fill_is_read_exactly() -> None:
    module = FakeMt5()
    module.result = result(volume=0.30000000000000004, price=1284.5700000000002)
    assert door(module).send(an_open()) == Filled(
        order=900, deal=700, volume=Decimal("0.3"), price=Decimal("1284.57")
    )


def test_a_fill_in_part_says_so() -> None:
    module = FakeMt5()
    module.result = result(Retcode.DONE_PARTIAL, volume=0.1)
    module.past = (A_REST,)
    filled = door(module).send(an_open())
    assert isinstance(filled, Filled)
    assert filled.in_part
    assert filled.volume == Decimal("0.1")


A_REST = result(order=900)


@pytest.mark.history(36)
def test_law_4_the_rest_of_a_fill_in_part_is_cancelled_and_that_proven() -> None:
    """It would fill later, and nobody would know of it."""
    module = FakeMt5()
    module.result = result(Retcode.DONE_PARTIAL, volume=0.1)
    module.then = {"order_send": {"waiting": (A_REST,)}}
    terminal_door = door(module)

    def removed(request: dict[str, Any]) -> Any:
        if request["action"] == 8:
            module.then = {"order_send": {"waiting": (), "past": (A_REST,)}}
        return FakeMt5.order_send(module, request)

    module.order_send = removed  # type: ignore[method-assign]
    filled = terminal_door.send(an_open())
    requests = [args[0] for name, args, _ in module.calls if name == "order_send"]
    assert requests[1:] == [{"action": 8, "order": 900}]
    assert isinstance(filled, Filled)
    assert (filled.in_part, filled.volume) == (True, Decimal("0.1"))
    asked = [kwargs for name, _, kwargs in module.calls if name == "orders_get"]
    assert asked == [{"ticket": 900}] * 2


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"waiting": (A_REST,)}, id="it stays"),
        pytest.param({"waiting": (), "past": ()}, id="the list may be older than the order"),
        pytest.param({"failures": {"orders_get": (-1, "Call failed")}}, id="no answer"),
        pytest.param({"account": account(login=666)}, id="another account"),
    ],
)
def test_law_4_a_fill_in_part_whose_rest_may_still_fill_is_unknown(
    changes: dict[str, Any],
) -> None:
    module = FakeMt5()
    module.result = result(Retcode.DONE_PARTIAL, volume=0.1)
    module.then = {"order_send": changes}
    outcome = door(module).send(an_open())
    assert isinstance(outcome, Unknown)
    assert (outcome.code, outcome.order) == (10010, 900)


def test_a_price_the_broker_kept_to_itself_is_read_from_the_deal_afterwards() -> None:
    module = FakeMt5()
    module.result = result(price=0.0, volume=0.0)
    module.deals = (deal(price=1284.59),)
    filled = door(module).send(an_open())
    assert isinstance(filled, Filled)
    assert filled.price == Decimal("1284.59")
    assert filled.volume == Decimal("0.3")
    names = module.names_called()
    assert names.index("order_send") < names.index("history_deals_get")


def test_a_price_nobody_tells_is_zero_and_the_fill_a_fill() -> None:
    module = FakeMt5()
    module.result = result(price=float("nan"), volume=0.0)
    module.failures["history_deals_get"] = (-10004, "No IPC connection")
    filled = door(module).send(an_open())
    assert isinstance(filled, Filled)
    assert filled.price == 0
    assert filled.volume == Decimal("0.3")


def test_a_part_of_unknown_size_is_unknown() -> None:
    module = FakeMt5()
    module.result = result(Retcode.DONE_PARTIAL, volume=0.0, deal=0)
    assert isinstance(door(module).send(an_open()), Unknown)


def test_levels_that_are_so_already_are_as_wanted() -> None:
    module = FakeMt5()
    module.result = result(Retcode.NO_CHANGES, deal=0, order=0)
    assert isinstance(door(module).send(a_modify()), Filled)


def test_no_changes_to_a_deal_is_a_refusal() -> None:
    module = FakeMt5()
    module.result = result(Retcode.NO_CHANGES)
    assert isinstance(door(module).send(an_open()), Rejected)


@COMMANDS
@pytest.mark.parametrize("retcode", [10008, 10011, 10012, 10031, 0, 10005, 10037, 19999, -1])
def test_law_4_what_is_not_proven_is_unknown(retcode: int, command: Command) -> None:
    module = FakeMt5()
    module.result = result(retcode, order=1348595935)
    assert door(module).send(command) == Unknown(
        code=retcode, comment="said the broker", order=1348595935
    )


@pytest.mark.history(36)
@COMMANDS
@pytest.mark.parametrize("code", [-2, -8, -10004])
def test_law_4_what_never_left_is_refused(code: int, command: Command) -> None:
    module = FakeMt5()
    module.failures["order_send"] = (code, "text")
    assert door(module).send(command) == Rejected(retcode=code, comment="text", sent=False)


@COMMANDS
@pytest.mark.parametrize("code", [1, -1, -3, -7, -10000, -10001, -10002, -10003, -10005, -99])
def test_law_4_silence_for_any_other_cause_is_unknown(code: int, command: Command) -> None:
    module = FakeMt5()
    module.failures["order_send"] = (code, "text")
    assert door(module).send(command) == Unknown(code=code, comment="text")


@COMMANDS
@pytest.mark.parametrize("raised", [SystemError("odd"), OSError("pipe"), ValueError("x")], ids=repr)
def test_law_4_an_exception_is_unknown(raised: Exception, command: Command) -> None:
    module = FakeMt5()
    module.failures["order_send"] = raised
    assert door(module).send(command) == Unknown(code=0, comment=repr(raised))


@pytest.mark.parametrize("answer", [object(), result(retcode=None)], ids=["no result", "no code"])
def test_law_4_an_answer_that_cannot_be_read_is_unknown(answer: Any) -> None:
    module = FakeMt5()
    module.result = answer
    assert isinstance(door(module).send(an_open()), Unknown)


@pytest.mark.parametrize("retcode", [10004, 10020, 10021])
def test_a_refusal_for_the_price_may_go_again(retcode: int) -> None:
    module = FakeMt5()
    module.result = result(retcode)
    refused = door(module).send(an_open())
    assert refused == Rejected(retcode=retcode, comment="said the broker", may_retry=True)


@pytest.mark.parametrize("retcode", [10006, 10014, 10018, 10019, 10024, 10027, 10030, 10044])
def test_any_other_refusal_stands(retcode: int) -> None:
    module = FakeMt5()
    module.result = result(retcode)
    assert door(module).send(an_open()) == Rejected(retcode=retcode, comment="said the broker")


def test_a_position_the_broker_has_closed_is_gone() -> None:
    module = FakeMt5()
    module.result = result(Retcode.POSITION_CLOSED)
    module.then["order_send"] = {"open": ()}
    refused = door(module).send(a_close())
    assert isinstance(refused, Rejected)
    assert refused.gone


def test_a_position_under_a_new_ticket_is_not_gone_and_may_be_tried_again() -> None:
    module = FakeMt5()
    module.result = result(Retcode.POSITION_CLOSED)
    module.then["order_send"] = {"open": (position(ticket=955),)}
    terminal_door = door(module)
    refused = terminal_door.send(a_close())
    assert isinstance(refused, Rejected)
    assert not refused.gone
    assert refused.may_retry
    module.calls.clear()
    terminal_door.send(a_close())
    assert module.sent()["position"] == 955


def test_a_position_nobody_can_look_at_is_not_gone() -> None:
    module = FakeMt5()
    module.result = result(Retcode.POSITION_CLOSED)
    terminal_door = door(module)
    terminal_door.positions()
    module.failures["positions_get"] = (-10004, "No IPC connection")
    refused = terminal_door.send(a_close())
    assert isinstance(refused, Rejected)
    assert not refused.gone


def test_tickets_seen_on_another_account_are_not_used() -> None:
    module = FakeMt5()
    terminal_door = door(module)
    module.open = (position(ticket=123456),)
    module.then["positions_get"] = {"account": account(login=777)}
    terminal_door.positions()
    module.account, module.open = account(), (position(ticket=955),)
    terminal_door.send(a_close())
    assert module.sent()["position"] == 955


def test_an_identifier_that_no_position_has_is_gone_without_an_order() -> None:
    module = FakeMt5()
    module.open = ()
    refused = door(module).send(a_close())
    assert isinstance(refused, Rejected)
    assert refused.gone
    assert not refused.sent
    assert "order_send" not in module.names_called()


def test_a_ticket_nobody_can_look_up_sends_nothing() -> None:
    module = FakeMt5()
    module.failures["positions_get"] = (-10002, "IPC recv failed")
    refused = door(module).send(a_close())
    assert isinstance(refused, Rejected)
    assert (refused.retcode, refused.sent, refused.gone) == (-10002, False, False)
    assert "order_send" not in module.names_called()


@pytest.mark.parametrize("retcode", [10014, 10016, 10029])
def test_a_refusal_by_levels_or_volumes_asks_what_the_contract_is_by_now(retcode: int) -> None:
    """A broker widens its levels before the news; what was remembered would be refused again."""
    module = FakeMt5()
    module.result = result(retcode)
    terminal_door = door(module)
    assert _stops_level(terminal_door) == 0
    module.symbols["GOLD.c"] = symbol(trade_stops_level=50)
    assert _stops_level(terminal_door) == 0
    terminal_door.send(an_open())
    assert _stops_level(terminal_door) == 50


def test_a_contract_that_nobody_tells_anew_stays_as_it_was() -> None:
    module = FakeMt5()
    module.result = result(10016)
    terminal_door = door(module)
    assert _stops_level(terminal_door) == 0
    module.failures["symbol_info"] = (-10002, "IPC recv failed")
    assert isinstance(terminal_door.send(an_open()), Rejected)
    assert _stops_level(terminal_door) == 0


def _stops_level(terminal_door: Mt5Terminal) -> int:
    spec = terminal_door.spec("GOLD.c")
    assert isinstance(spec, SymbolSpec)
    return spec.stops_level_points
