"""What special houses do to copies: renumbered tickets, the oldest closed first."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.copying import DAY_S, Begin, Copying, beginnings

pytestmark = pytest.mark.integration


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    with beginnings(tmp_path / "state") as begin:
        yield begin


@pytest.mark.history(31)
def test_law_4_a_rollover_that_renumbers_tickets_leaves_every_leg_what_it_was(
    begin: Begin,
) -> None:
    """On both sides, and over a restart of both nodes."""
    copying = begin("Meridian-Demo", "Meridian-Demo")
    order = copying.master.deal("EURUSD_m", 0.2)
    copying.until(copying.slave.held)
    ((copy, _),) = copying.slave.held().items()
    before = copying.master.tickets(), copying.slave.tickets()

    copying.admin.advance_clock(DAY_S * 1000)
    copying.until(lambda: copying.master.tickets().isdisjoint(before[0]))
    copying.until(lambda: copying.slave.tickets().isdisjoint(before[1]))
    copying.looks(3)
    copying.start()
    copying.looks(3)
    assert copying.verdicts() == [("PositionOpened", "copied")]
    assert (copying.master.held(), copying.slave.held()) == ({order: 0.2}, {copy: 0.2})

    (ticket,) = copying.master.tickets()
    copying.master.deal("EURUSD_m", 0.1, position=ticket)
    copying.until(lambda: copying.slave.held() == {copy: 0.1})
    copying.master.deal("EURUSD_m", 0.1, position=ticket)
    copying.until(lambda: not copying.slave.held())
    copying.looks(2)
    assert copying.verdicts()[1:] == [("PositionReduced", "copied"), ("PositionClosed", "copied")]
    (leg,) = copying.slave.journal.legs()
    assert (leg.key.opening_order, leg.filled_volume) == (order, Decimal("0.2"))
    assert len(copying.slave.module.history_deals_get(0, 2_000_000_000, group="*EURUSD*")) == 3


def two_copies(copying: Copying) -> tuple[int, int]:
    """The master's tickets, the older one first."""
    older = copying.master.deal("EURUSD", 0.2)
    copying.until(copying.slave.held)
    newer = copying.master.deal("EURUSD", 0.1)
    copying.until(lambda: len(copying.slave.journal.verdicts) == 2)
    return older, newer


@pytest.mark.history(34)
def test_law_2_where_the_oldest_is_closed_first_there_is_one_leg_per_symbol(begin: Begin) -> None:
    copying = begin("FTMO-Demo", "Liberty-Demo")
    two_copies(copying)
    assert copying.verdicts() == [("PositionOpened", "copied"), ("PositionOpened", "denied")]
    assert list(copying.slave.held().values()) == [0.2]


@pytest.mark.history(34)
def test_law_5_where_the_oldest_is_closed_first_a_close_that_is_blocked_comes_back(
    begin: Begin,
) -> None:
    """Somebody's own position is older than the copy, and has to go first."""
    copying = begin("FTMO-Demo", "Liberty-Demo")
    own = copying.slave.deal("EURUSD", 0.2)
    order = copying.master.deal("EURUSD", 0.1)
    copying.until(lambda: len(copying.slave.held()) == 2)
    copying.master.deal("EURUSD", 0.1, position=order)
    copying.until(lambda: "10045" in str(copying.reports[-1].alarms))
    assert sorted(copying.slave.held().values()) == [0.1, 0.2]
    copying.slave.deal("EURUSD", 0.2, position=own)
    copying.until(lambda: not copying.slave.held())
    copying.until(lambda: copying.reports[-1].alarms == ())
