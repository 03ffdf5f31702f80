"""Orders that wait, placed, modified and cancelled through the door."""

from decimal import Decimal
from typing import Any

import pytest

from domain.market import Lifetime, PendingKind
from domain.mt5_words import ExpirationFlag, OrderType, Retcode, TimeInForce
from domain.orders import PendingCommand
from domain.outcomes import Cancelled, Placed, Rejected, Unknown
from tests.unit.terminal.doors import TICKET, UNTIL, UNTIL_MS, a_cancel, a_change, a_placing, door
from tests.unit.terminal.fake_mt5 import FakeMt5, account, order, result, symbol, terminal

COMMANDS = pytest.mark.parametrize(
    "command", [a_placing(), a_change(), a_cancel()], ids=["place", "modify", "cancel"]
)
ABOUT_ONE = pytest.mark.parametrize("command", [a_change(), a_cancel()], ids=["modify", "cancel"])
SAID = "said the broker"


def answering(retcode: int, **changes: Any) -> FakeMt5:
    """A terminal at which the order in question waits."""
    module = FakeMt5()
    module.result = result(retcode, **({"order": 950, "deal": 0} | changes))
    module.waiting = (order(),)
    return module


def test_a_placing_says_everything_in_the_types_the_module_takes() -> None:
    module = answering(Retcode.DONE)
    door(module).send(a_placing())
    request = module.sent()
    assert request == {
        "action": 5, "symbol": "GOLD.c", "volume": 0.5, "type": 2, "price": 1270.1,
        "stoplimit": 0.0, "sl": 1260.0, "tp": 0.0, "type_time": 2, "expiration": 1_399_060_000,
        "type_filling": 2, "magic": 234000123456789012, "comment": "557416654",
    }  # fmt: skip
    floats = ("volume", "price", "stoplimit", "sl", "tp")
    assert {type(request[name]) for name in floats} == {float}
    assert {type(request[name]) for name in request.keys() - {*floats, "symbol", "comment"}} == {
        int
    }


@pytest.mark.parametrize("kind", PendingKind)
def test_each_kind_is_named_by_its_number(kind: PendingKind) -> None:
    module = answering(Retcode.DONE)
    door(module).send(a_placing(kind=kind, stop_limit_price=Decimal("1269.55")))
    assert module.sent()["type"] == OrderType[kind.name]
    assert module.sent()["stoplimit"] == 1269.55


def test_a_modification_says_all_prices_and_the_lifetime() -> None:
    module = answering(Retcode.DONE)
    door(module).send(a_change())
    assert module.sent() == {
        "action": 7, "order": 950, "symbol": "GOLD.c", "price": 1271.3, "stoplimit": 0.0,
        "sl": 0.0, "tp": 1290.0, "type_time": 0, "expiration": 0,
    }  # fmt: skip


def test_a_cancel_names_the_order() -> None:
    module = answering(Retcode.DONE)
    assert door(module).send(a_cancel()) == Cancelled(order=950)
    assert module.sent() == {"action": 8, "order": 950}


@pytest.mark.parametrize("retcode", [Retcode.DONE, Retcode.PLACED], ids=["done", "placed"])
def test_law_4_an_order_that_is_to_wait_is_placed_by_both_codes(retcode: int) -> None:
    assert door(answering(retcode)).send(a_placing()) == Placed(order=950, lifetime=UNTIL)


def test_an_order_that_was_filled_in_part_at_once_is_placed() -> None:
    module = answering(Retcode.DONE_PARTIAL, deal=700)
    assert door(module).send(a_placing()) == Placed(order=950, lifetime=UNTIL)


@pytest.mark.parametrize("retcode", [Retcode.DONE, Retcode.PLACED, Retcode.DONE_PARTIAL])
def test_law_4_an_order_without_a_number_is_unknown(retcode: int) -> None:
    outcome = door(answering(retcode, order=0)).send(a_placing())
    assert outcome == Unknown(code=retcode, comment=SAID)


@pytest.mark.parametrize("retcode", [Retcode.DONE, Retcode.NO_CHANGES])
def test_an_order_that_is_as_wanted_is_placed(retcode: int) -> None:
    module = answering(retcode, order=0)
    assert door(module).send(a_change()) == Placed(order=950, lifetime=Lifetime())


@ABOUT_ONE
@pytest.mark.parametrize("retcode", [Retcode.PLACED, Retcode.DONE_PARTIAL])
def test_law_4_a_change_that_is_only_accepted_is_unknown(
    retcode: int, command: PendingCommand
) -> None:
    outcome = door(answering(retcode)).send(command)
    assert outcome == Unknown(code=retcode, comment=SAID, order=950)


@pytest.mark.parametrize("command", [a_placing(), a_cancel()], ids=["place", "cancel"])
def test_no_changes_to_anything_else_is_a_refusal(command: PendingCommand) -> None:
    outcome = door(answering(Retcode.NO_CHANGES)).send(command)
    assert outcome == Rejected(retcode=10025, comment=SAID)


@COMMANDS
@pytest.mark.parametrize("retcode", [10011, 10012, 10031, 0, 10005, 10037, 19999, -1])
def test_law_4_what_is_not_proven_of_a_waiting_order_is_unknown(
    retcode: int, command: PendingCommand
) -> None:
    outcome = door(answering(retcode, order=1348595935)).send(command)
    assert outcome == Unknown(code=retcode, comment=SAID, order=1348595935)


@COMMANDS
@pytest.mark.parametrize("code", [-2, -8, -10004])
def test_law_4_what_never_left_is_refused_without_a_look(
    code: int, command: PendingCommand
) -> None:
    module = answering(Retcode.DONE)
    module.failures["order_send"] = (code, "text")
    outcome = door(module).send(command)
    assert outcome == Rejected(retcode=code, comment="text", sent=False)
    assert "orders_get" not in module.names_called()


@COMMANDS
@pytest.mark.parametrize("code", [1, -1, -3, -7, -10000, -10001, -10002, -10003, -10005, -99])
def test_law_4_silence_for_any_other_cause_is_unknown(code: int, command: PendingCommand) -> None:
    module = answering(Retcode.DONE)
    module.failures["order_send"] = (code, "text")
    assert door(module).send(command) == Unknown(code=code, comment="text")


@COMMANDS
@pytest.mark.parametrize("raised", [SystemError("odd"), OSError("pipe")], ids=repr)
def test_law_4_an_exception_is_unknown(raised: Exception, command: PendingCommand) -> None:
    module = answering(Retcode.DONE)
    module.failures["order_send"] = raised
    assert door(module).send(command) == Unknown(code=0, comment=repr(raised))


REFUSALS = [10006, 10013, 10014, 10015, 10016, 10018, 10022, 10029, 10033, 10034, 10035, 10036]


@COMMANDS
@pytest.mark.parametrize("retcode", REFUSALS)
def test_any_refusal_about_an_order_that_waits_stands(
    retcode: int, command: PendingCommand
) -> None:
    outcome = door(answering(retcode)).send(command)
    assert outcome == Rejected(retcode=retcode, comment=SAID)


@ABOUT_ONE
@pytest.mark.parametrize("retcode", [10013, 10023, 10029, 10035, 10036])
def test_law_15_an_order_that_a_look_no_longer_shows_is_gone_whatever_the_code(
    retcode: int, command: PendingCommand
) -> None:
    """Never a success: it may have been filled as well as cancelled."""
    module = answering(retcode)
    module.waiting = ()
    assert door(module).send(command) == Rejected(retcode=retcode, comment=SAID, gone=True)


@ABOUT_ONE
@pytest.mark.parametrize(
    "silence",
    [
        pytest.param({"failures": {"orders_get": (-1, "Call failed")}}, id="no answer"),
        pytest.param({"account": account(login=777)}, id="another account"),
        pytest.param({"terminal": terminal(connected=False)}, id="no connection"),
    ],
)
def test_law_1_an_order_nobody_can_look_for_is_not_gone(
    silence: dict[str, Any], command: PendingCommand
) -> None:
    module = answering(10036)
    module.waiting = ()
    module.then["order_send"] = silence
    assert door(module).send(command) == Rejected(retcode=10036, comment=SAID)


def test_a_placing_that_is_refused_is_never_gone() -> None:
    module = answering(10036)
    module.waiting = ()
    assert door(module).send(a_placing()) == Rejected(retcode=10036, comment=SAID)


def test_a_price_that_moved_may_be_tried_anew() -> None:
    outcome = door(answering(Retcode.PRICE_OFF)).send(a_placing())
    assert outcome == Rejected(retcode=10021, comment=SAID, may_retry=True)


@pytest.mark.parametrize("command", [a_placing(), a_change(lifetime=UNTIL)], ids=["new", "changed"])
@pytest.mark.parametrize(
    ("allowed", "sent"),
    [
        pytest.param(15, UNTIL, id="everything"),
        pytest.param(
            ExpirationFlag.GTC | ExpirationFlag.SPECIFIED_DAY,
            Lifetime(kind=TimeInForce.SPECIFIED_DAY, until_server_ms=UNTIL_MS),
            id="days",
        ),
        pytest.param(ExpirationFlag.GTC, Lifetime(), id="until cancelled"),
    ],
)
def test_whoever_asked_is_told_of_the_lifetime_that_the_symbol_allows(
    command: PendingCommand, allowed: int, sent: Lifetime
) -> None:
    module = answering(Retcode.DONE)
    module.symbols["GOLD.c"] = symbol(expiration_mode=int(allowed))
    assert door(module).send(command) == Placed(order=TICKET, lifetime=sent)
    request = module.sent()
    assert request["type_time"] == sent.kind
    assert request["expiration"] == sent.until_server_ms // 1000


@pytest.mark.parametrize("command", [a_placing(), a_change()], ids=["place", "modify"])
def test_a_symbol_nobody_can_look_up_sends_nothing(command: PendingCommand) -> None:
    module = answering(Retcode.DONE)
    module.failures["symbol_info"] = (-10002, "IPC recv failed")
    outcome = door(module).send(command)
    assert isinstance(outcome, Rejected)
    assert (outcome.retcode, outcome.sent, outcome.gone) == (-10002, False, False)
    assert "order_send" not in module.names_called()


def test_a_cancel_needs_no_symbol() -> None:
    module = answering(Retcode.DONE)
    module.failures["symbol_info"] = (-10002, "IPC recv failed")
    assert door(module).send(a_cancel()) == Cancelled(order=950)
