"""Copies that come late, at the paper broker: an order at the master's price, or what was there."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from domain.copy_settings import CopyExisting, LateEntry
from domain.legs import LegState
from tests.copying import Begin, Copying, beginnings
from tests.fakes import FakeJournal

pytestmark = pytest.mark.integration

EURUSD = "EURUSD"


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    with beginnings(tmp_path / "state") as begin:
        yield begin


def with_settings(copying: Copying, **changes: object) -> None:
    copying.settings = msgspec.structs.replace(copying.settings, **changes)
    copying.start()


def market(copying: Copying, points: float) -> None:
    """Gone before the slave has had its turn."""
    copying.admin.fault("gap", symbol=EURUSD, points=points)


def waiting(copying: Copying) -> list[float]:
    return [order.price_open for order in copying.slave.module.orders_get()]


def late_entry(begin: Begin, points: float, seconds: int = 600) -> tuple[Copying, int]:
    """The master has bought, and the slave's order waits for the price; the master's ticket."""
    copying = begin("FTMO-Demo", "FTMO-Demo")
    with_settings(
        copying,
        late_entry=LateEntry.ORDER,
        late_entry_seconds=seconds,
        slippage_tolerance=100,
    )
    ticket = copying.master.deal(EURUSD, 0.3)
    market(copying, points)
    copying.until(lambda: waiting(copying))
    return copying, ticket


@pytest.mark.parametrize("points", [400, -400], ids=["a limit", "a stop"])
def test_it_fills_at_the_masters_price_and_ends_with_the_masters(
    begin: Begin, points: float
) -> None:
    copying, ticket = late_entry(begin, points)
    (held,) = copying.master.module.positions_get(ticket=ticket)
    assert waiting(copying) == [held.price_open]
    assert copying.verdicts() == [("PositionOpened", "missed")]
    copying.start()
    market(copying, -points * 1.2)
    copying.until(lambda: list(copying.slave.held().values()) == [0.3])
    copying.until(lambda: copying.verdicts()[-1] == ("PositionOpened", "copied"))
    assert waiting(copying) == []
    copying.master.sell(EURUSD, 0.3, position=ticket)
    copying.until(lambda: not copying.slave.held())
    copying.looks(1)
    (leg,) = copying.slave.journal.legs()
    assert leg.state is LegState.CLOSED


def test_it_is_withdrawn_with_the_masters_position(begin: Begin) -> None:
    copying, ticket = late_entry(begin, 400)
    copying.master.sell(EURUSD, 0.3, position=ticket)
    copying.until(lambda: not waiting(copying))
    market(copying, -500)
    copying.looks(3)
    assert copying.slave.held() == {}


def test_its_time_over_it_is_gone(begin: Begin) -> None:
    copying, _ = late_entry(begin, 400, seconds=2)
    copying.until(lambda: not waiting(copying))
    copying.until(lambda: copying.slave.journal.verdicts[-1].reason == "ENTRY_EXPIRED")
    market(copying, -500)
    copying.looks(3)
    assert copying.slave.held() == {}
    assert waiting(copying) == []


@pytest.mark.parametrize("policy", list(CopyExisting))
def test_what_the_master_had_is_copied_or_not_and_only_once(
    begin: Begin, policy: CopyExisting
) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo")
    copying.master.deal(EURUSD, 0.3)
    copying.until(copying.slave.held)
    copying.slave.sell(EURUSD, 0.3, position=next(iter(copying.slave.held())))
    market(copying, 400)
    # Another account from here on, which has never followed anybody.
    copying.slave.journal, copying.swarm = FakeJournal(), "another"
    with_settings(copying, copy_existing=policy, slippage_tolerance=100)
    copying.until(copying.verdicts)
    copying.looks(2)
    wanted = [0.3] if policy is CopyExisting.ALWAYS else []
    assert list(copying.slave.held().values()) == wanted
    for position in copying.slave.held():
        copying.slave.sell(EURUSD, 0.3, position=position)
    for _ in range(2):
        copying.start()
        copying.looks(3)
    assert copying.slave.held() == {}
