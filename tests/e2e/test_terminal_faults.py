"""What terminals, brokers and clocks do to a slave; it is flat when its master is."""

from collections.abc import Iterator
from typing import Any

import pytest

from paper.admin import Admin
from tests.machine import (
    COPIED_WITHIN_S,
    OTHER,
    READY_WITHIN_S,
    SLAVE,
    Account,
    Desk,
    Machine,
    Trader,
    until_flat,
)
from tests.waiting import eventually
from utils.clock import set_offset

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

# Nothing is taken for hung before ten seconds of silence.
NOTICED_WITHIN_S = 20
FLAT_WITHIN_S = 30
HOUR_MS = 3_600_000
MASTERS_TERMINAL = "ftmo"
# The first slave's broker fills all or nothing.
FILLER = "filler"
FILLS_IN_PART = {
    "path": FILLER,
    "suffix": "",
    "symbol_map": {},
    "paper": {"broker": "FTMO-Demo", "deposit": 50_000},
}

Fault = dict[str, Any]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A master and two slaves, ready."""
    machine = Machine(tmp_path_factory.mktemp("swarm"))
    machine.environ["MURMURATION_CLOCK"] = str(machine.folder / "clock")
    try:
        machine.begin()
        with Desk.at(machine) as desk:
            desk.add_slave(OTHER, **FILLS_IN_PART)
            machine.wait_ready(SLAVE, OTHER)
            yield desk
    finally:
        machine.end()


class Ring:
    """The master's trader, the slave's terminal, and who lets things go wrong there."""

    def __init__(self, desk: Desk, admin: Admin, trader: Trader) -> None:
        self.desk = desk
        self.admin = admin
        self.trader = trader
        self.terminal = desk.path(SLAVE)
        self.ticket = 0

    def fault(self, kind: str, **settings: Any) -> None:
        self.admin.fault(kind, self.terminal, **settings)

    def verdicts(self, event: str, slave: str = SLAVE) -> set[str]:
        """What a slave has said so far of the position that was opened last."""
        return set(self.desk.verdicts(event, slave, self.ticket))

    def buy(self) -> None:
        self.ticket = self.trader.buy()

    def sell(self, volume: float) -> None:
        """So much of it."""
        self.trader.reduce(self.ticket, volume)

    def open(self, verdict: str) -> None:
        """Just after a reconnect or a jump of a clock opens are denied for a moment: then again."""
        self.buy()
        kinds = eventually(
            lambda: self.verdicts("PositionOpened") & {verdict, "denied"}, COPIED_WITHIN_S
        )
        if verdict not in kinds:
            self.trader.close_all()
            self.open(verdict)

    def close(self) -> None:
        self.trader.close_all()
        eventually(lambda: "copied" in self.verdicts("PositionClosed"), FLAT_WITHIN_S)

    def held_and_deals(self) -> tuple[int, int]:
        """The slave's account as its broker has it, whatever the terminal shows."""
        rows = self.admin.status()["terminals"]
        row = next(row for row in rows if row["key"] == self.terminal)
        return row["positions"], row["deals"]

    def price(self, bid: float) -> None:
        self.admin.tick("EURUSD", bid, bid + 0.0001)
        eventually(lambda: self.trader.tick().bid == bid)

    def our_clock(self, offset_ms: int) -> None:
        set_offset(self.desk.machine.folder / "clock", offset_ms)

    def leave(self) -> None:
        """As it was found."""
        self.our_clock(0)
        self.admin.clear_faults()
        self.admin.resume()
        self.trader.close_all()
        eventually(lambda: self.held_and_deals()[0] == 0, FLAT_WITHIN_S)
        self.trader.leave()


@pytest.fixture
def ring(desk: Desk) -> Iterator[Ring]:
    with desk.machine.admin() as admin:
        ring = Ring(desk, admin, Trader(desk.machine))
        yield ring
        ring.leave()


TIMED_OUT: Fault = {"kind": "retcode", "code": 10012, "times": 1}
NONE: Fault = {"kind": "refuse", "call": "order_send", "code": -10002, "times": 1}
DEATH: Fault = {"kind": "death", "call": "order_send", "times": 1}
PIPE: Fault = {"kind": "pipe_lost", "call": "order_send", "times": 1}
NOT_EXECUTED = {"10012": TIMED_OUT, "None": NONE, "death before": DEATH}
EXECUTED: dict[str, Fault] = {
    "10012, executed, no ticket": {**TIMED_OUT, "executed": True, "ticket": False},
    "None, executed": {**NONE, "executed": True},
    "death after": {**DEATH, "when": "after"},
    "pipe lost after": {**PIPE, "when": "after"},
    "placed, filled late": {"kind": "fill", "rest_after_ms": 700, "times": 1},
    "requotes": {"kind": "retcode", "code": 10004, "times": 2},
    "rows late": {"kind": "late_rows", "call": "*", "ms": 500, "for_ms": 2_000},
    "positions vanish": {"kind": "missing_rows", "for_ms": 1_000},
}
SHOWN: dict[str, Fault] = {
    "no fill price": {"kind": "no_fill_price", "times": 1},
    "magic shown as 0": {"kind": "field", "call": "positions_get", "field": "magic", "value": 0},
    "comment cleared": {"kind": "comment", "times": 1},
}


def table(*faults: dict[str, Fault]) -> pytest.MarkDecorator:
    cases = [pytest.param(case, id=name) for some in faults for name, case in some.items()]
    return pytest.mark.parametrize("fault", cases)


@table(EXECUTED)
def test_what_is_executed_is_done_once_whatever_is_said_of_it(ring: Ring, fault: Fault) -> None:
    _, deals = ring.held_and_deals()
    ring.fault(**fault)
    ring.open("copied")
    assert ring.held_and_deals() == (1, deals + 1)
    ring.admin.clear_faults()
    ring.fault(**fault)
    ring.close()
    assert ring.held_and_deals() == (0, deals + 2)


@table(SHOWN)
def test_a_copy_that_is_shown_with_less_is_closed_with_its_master(ring: Ring, fault: Fault) -> None:
    _, deals = ring.held_and_deals()
    ring.fault(**fault)
    ring.open("copied")
    ring.close()
    assert ring.held_and_deals() == (0, deals + 2)


@table(NOT_EXECUTED)
def test_a_close_that_was_not_executed_is_done_all_the_same(ring: Ring, fault: Fault) -> None:
    _, deals = ring.held_and_deals()
    ring.open("copied")
    ring.fault(**fault)
    ring.close()
    assert ring.held_and_deals() == (0, deals + 2)


@table(NOT_EXECUTED)
def test_law_4_an_open_that_nobody_can_speak_for_is_not_sent_again(
    ring: Ring, fault: Fault
) -> None:
    before = ring.held_and_deals()
    ring.fault(**fault)
    ring.open("unknown")
    ring.trader.close_all()
    eventually(lambda: ring.desk.is_ready(SLAVE), READY_WITHIN_S)
    assert ring.held_and_deals() == before


@pytest.fixture
def filler(ring: Ring) -> Iterator[Account]:
    """The account of the other slave."""
    account = Account(ring.desk.machine, FILLER)
    yield account
    ring.trader.close_all()
    account.leave()


def fill_in_part(ring: Ring, rest_after_ms: int) -> None:
    """The next open, and the next reduction."""
    for order, part in (("open", 0.3), ("close", 0.5)):
        fault: Fault = {"order": order, "first_part": part, "rest_after_ms": rest_after_ms}
        ring.admin.fault("fill", FILLER, times=1, **fault)


@pytest.mark.history(36)
def test_law_4_the_rest_of_a_fill_in_part_is_cancelled(ring: Ring, filler: Account) -> None:
    """A reduction is brought to its end by another order."""
    fill_in_part(ring, rest_after_ms=60_000)
    ring.buy()
    eventually(lambda: ring.verdicts("PositionOpened", OTHER) == {"partial"}, COPIED_WITHIN_S)
    assert (filler.volumes(), filler.terminal.orders_get()) == ([0.03], ())
    ring.sell(0.05)
    eventually(lambda: "copied" in ring.verdicts("PositionReduced", OTHER), COPIED_WITHIN_S)
    assert (filler.volumes(), filler.terminal.orders_get()) == ([0.01], ())
    ring.sell(0.05)
    until_flat(filler)


def test_law_4_a_rest_that_cannot_be_cancelled_belongs_to_its_copy(
    ring: Ring, filler: Account
) -> None:
    """It fills late, and a reduction is not sent again for it."""
    fill_in_part(ring, rest_after_ms=700)
    ring.admin.fault("refuse", FILLER, call="orders_get", code=-1)
    ring.buy()
    eventually(lambda: "copied" in ring.verdicts("PositionOpened", OTHER), COPIED_WITHIN_S)
    assert filler.volumes() == [0.1]
    ring.sell(0.06)
    eventually(lambda: "copied" in ring.verdicts("PositionReduced", OTHER), COPIED_WITHIN_S)
    assert filler.volumes() == [0.04]
    ring.sell(0.04)
    until_flat(filler)


def test_law_7_a_slave_hung_in_order_send_is_replaced_and_the_others_copy(ring: Ring) -> None:
    ring.open("copied")
    ring.close()
    desk, (_, deals) = ring.desk, ring.held_and_deals()
    before = desk.machine.pids()
    ring.fault("hang", call="order_send", when="after", times=1)
    ring.buy()
    eventually(lambda: "copied" in ring.verdicts("PositionOpened", OTHER), COPIED_WITHIN_S)
    assert ring.admin.faults()[-1]["struck"] == 1
    assert ring.verdicts("PositionOpened") == set()

    desk.machine.node(SLAVE).another_than(before[SLAVE], NOTICED_WITHIN_S)
    assert "hung: nothing heard for" in desk.machine.said()
    eventually(lambda: "copied" in ring.verdicts("PositionOpened"), READY_WITHIN_S)
    ring.close()
    assert ring.held_and_deals() == (0, deals + 2)
    eventually(lambda: desk.is_ready(SLAVE), READY_WITHIN_S)
    assert {**desk.machine.pids(), SLAVE: 0} == {**before, SLAVE: 0}


def test_law_8_an_order_under_whose_feet_the_account_was_switched_is_not_believed(
    ring: Ring,
) -> None:
    before = ring.held_and_deals()
    ring.fault("other_account", call="order_send", times=1)
    ring.open("unknown")
    ring.admin.clear_faults()
    eventually(lambda: "WRONG_LOGIN" in ring.desk.report(SLAVE).get("holds", ()), COPIED_WITHIN_S)
    assert ring.held_and_deals() == before
    ring.trader.close_all()
    resumed = ring.desk.machine.command("resume", SLAVE)
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    eventually(lambda: "WRONG_LOGIN" not in ring.desk.report(SLAVE)["holds"], COPIED_WITHIN_S)


def test_law_10_opens_wait_for_a_price_after_a_clock_jumped_and_closes_for_nothing(
    ring: Ring,
) -> None:
    pids = ring.desk.machine.pids()
    ring.admin.pause()
    ring.price(1.300)
    ring.open("copied")
    ring.our_clock(HOUR_MS)
    ring.open("missed")
    assert ring.desk.denied("SIGNAL_TOO_OLD") is not None
    ring.price(1.301)
    ring.open("copied")
    ring.our_clock(-HOUR_MS)
    ring.open("copied")
    ring.admin.fault("server_clock", MASTERS_TERMINAL, ms=HOUR_MS)
    ring.price(1.302)
    ring.open("copied")
    ring.our_clock(0)
    assert ring.held_and_deals()[0] == 4
    ring.trader.close_all()
    eventually(lambda: ring.held_and_deals()[0] == 0, COPIED_WITHIN_S)
    assert ring.desk.machine.pids() == pids

    # The clock goes back, and one symbol ticks: the other still shows the hour before.
    ring.admin.tick("XAUUSD", 1_300.0, 1_300.3)
    ring.admin.clear_faults()
    ring.price(1.303)
    ring.open("copied")
