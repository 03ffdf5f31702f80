"""Copies at a broker with a stops level and a freeze level, which refuses what breaks them."""

from decimal import Decimal
from typing import Any

import pytest

from domain.market import Position
from domain.mt5_words import Retcode
from domain.orders import ClosePosition, ModifyPosition
from domain.outcomes import Rejected
from domain.reasons import Reason
from tests.builders import a_quote, a_spec
from tests.fakes import FakeDoor
from tests.unit.nodes.swarm import Swarm

D = Decimal
STOPS_OFF = Rejected(retcode=Retcode.INVALID_STOPS, comment="Invalid stops")
FROZEN = Rejected(retcode=Retcode.FROZEN, comment="Position frozen")
#: The least distance of a stop, and within what nothing is touched: points of 0.01.
STOPS, FREEZE = 100, 50


class Refusing:
    """Judges by the price of the moment, and counts what it refused."""

    def __init__(self, door: FakeDoor) -> None:
        self._door = door
        self.refused = 0

    def __call__(self, door: FakeDoor, command: Any) -> Any:
        bid = self._bid()
        held = door.held.get(getattr(command, "identifier", 0))
        if isinstance(command, ModifyPosition | ClosePosition) and held and self._near(held, bid):
            self.refused += 1
            return FROZEN
        if not isinstance(command, ClosePosition) and not self._fits(command.sl, command.tp, bid):
            self.refused += 1
            return STOPS_OFF
        return door.execute(command)

    def _bid(self) -> Decimal:
        quote = self._door.quotes.get("XAUUSD") or a_quote()
        return quote.bid

    def _near(self, held: Position, bid: Decimal) -> bool:
        return any(abs(stop - bid) * 100 <= FREEZE for stop in (held.sl, held.tp) if stop)

    def _fits(self, sl: Decimal, tp: Decimal, bid: Decimal) -> bool:
        return (not sl or (bid - sl) * 100 >= STOPS) and (not tp or (tp - bid) * 100 >= STOPS)


class Strict:
    """A swarm whose slave's broker is strict."""

    def __init__(self, **stops: str) -> None:
        self.swarm = Swarm()
        self.door = self.swarm.slave.door
        self.door.specs["XAUUSD"] = a_spec(stops_level_points=STOPS, freeze_level_points=FREEZE)
        self.broker = Refusing(self.door)
        self.door.answers = [self.broker] * 10_000
        self.order = self.swarm.trade("1.00", **({"sl": "1280.00", "tp": "1295.00"} | stops))

    def at(self, bid: str, turns: int = 4) -> None:
        self.door.quotes["XAUUSD"] = a_quote(bid, str(D(bid) + D("0.10")))
        self.swarm.turn(turns)

    def move(self, **stops: str) -> None:
        self.swarm.master.door.change(self.order, **stops)
        self.swarm.turn(2)

    @property
    def stops(self) -> tuple[str, str]:
        ((_, held),) = self.door.held.items()
        return f"{held.sl:f}", f"{held.tp:f}"

    @property
    def last(self) -> Reason:
        return self.swarm.slave.verdicts[-1].reason


def test_a_copy_opens_with_its_stop_a_little_wider_and_gets_the_right_one_later() -> None:
    strict = Strict(sl="1284.70")
    assert strict.stops == ("1284.00", "1295.00")
    verdict = strict.swarm.slave.verdicts[-1]
    assert (verdict.kind.value, verdict.reason) == ("copied", Reason.STOPS_MOVED)
    assert verdict.detail == "SL 1284, not 1284.7: 100 points from the price at least"
    strict.at("1285.69")
    assert strict.stops == ("1284.00", "1295.00")
    strict.at("1285.70")
    assert strict.stops == ("1284.70", "1295.00")
    assert (strict.broker.refused, len(strict.door.modifies)) == (0, 1)


def test_a_masters_stop_too_near_here_is_followed_as_near_as_it_may_be() -> None:
    strict = Strict()
    strict.move(sl="1284.70")
    assert (strict.stops[0], strict.last) == ("1284.00", Reason.STOPS_MOVED)
    for _ in range(20):
        strict.at("1285.10")
        strict.at("1284.90")
    assert strict.stops[0] == "1284.00"
    strict.at("1286.00")
    assert strict.stops[0] == "1284.70"
    assert (strict.broker.refused, len(strict.door.modifies)) == (0, 2)


def test_new_stops_of_a_frozen_copy_wait_until_it_thaws() -> None:
    strict = Strict()
    strict.at("1280.40")
    strict.move(sl="1270.00")
    assert (strict.stops[0], strict.last) == ("1280.00", Reason.FROZEN)
    strict.at("1280.60")
    assert strict.stops[0] == "1270.00"
    assert strict.broker.refused == 0


def test_a_close_of_a_frozen_copy_goes_out_as_soon_as_it_thaws() -> None:
    strict = Strict()
    strict.at("1280.40")
    strict.swarm.master.door.shut(strict.order)
    strict.swarm.turn(20)
    assert strict.door.held
    strict.at("1280.60", turns=1)
    assert not strict.door.held
    assert strict.broker.refused == 0
    assert strict.swarm.slave.last == ("PositionClosed", "copied", "NONE")


def test_a_close_is_tried_all_the_same_where_the_freeze_lasts() -> None:
    """What the terminal tells of it may be wrong; and no stream of refusals comes of it."""
    strict = Strict()
    strict.at("1280.40")
    strict.swarm.master.door.shut(strict.order)
    strict.swarm.turn(480)
    assert 1 <= strict.broker.refused <= 10
    assert any("10029" in alarm for alarm in strict.swarm.slave.report.alarms)
    strict.door.answers = []
    strict.swarm.turn(130)
    assert not strict.door.held


@pytest.mark.parametrize("tries", [1, 4])
def test_an_open_whose_stop_the_price_has_come_near_is_worked_out_anew(tries: int) -> None:
    """Refused between look and order: other stops, and no more tries than allowed."""
    swarm = Swarm(open_tries=tries)
    swarm.slave.door.specs["XAUUSD"] = a_spec(stops_level_points=STOPS)
    swarm.slave.door.answers = [STOPS_OFF]
    swarm.trade("1.00", sl="1280.00", tp="1295.00")
    assert len(swarm.slave.door.opens) == min(tries, 2)
    assert bool(swarm.slave.door.held) is (tries > 1)


def test_a_level_that_the_broker_does_not_tell_is_found_by_going_wider() -> None:
    """The copy is opened, and its stop goes where it belongs when the price has moved away."""
    swarm = Swarm(open_tries=5)
    broker = Refusing(swarm.slave.door)
    swarm.slave.door.answers = [broker] * 100
    swarm.trade("1.00", sl="1284.70", tp="1295.00")
    ((_, copy),) = swarm.slave.door.held.items()
    assert D("1283") < copy.sl <= D("1284")
    assert len(swarm.slave.door.opens) == 5
    assert swarm.slave.verdicts[-1].reason is Reason.STOPS_MOVED
    swarm.turn(240)
    assert broker.refused <= 15
    swarm.slave.door.quotes["XAUUSD"] = a_quote("1286.00", "1286.10")
    swarm.turn(130)
    ((_, copy),) = swarm.slave.door.held.items()
    assert copy.sl == D("1284.70")
    assert swarm.slave.report.alarms == ()
