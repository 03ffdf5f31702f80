"""Copies above the largest order of the paper broker, which takes 100 lots at once."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.copy_settings import Size
from tests.copying import Begin, Copying, beginnings

pytestmark = pytest.mark.integration

EURUSD, FTMO = "EURUSD", "FTMO-Demo"
#: 100 lots of the master's are 230 here.
LARGER = Size(multiplier=Decimal("2.3"))


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    with beginnings(tmp_path / "state") as begin:
        yield begin


def a_large_copy(begin: Begin, kind: str = "hedging") -> tuple[Copying, int]:
    """And the master's position."""
    copying = begin(FTMO, FTMO, ("hedging", kind), deposit=10_000_000.0, size=LARGER)
    order = copying.master.deal(EURUSD, 100.0)
    copying.until(lambda: copying.verdicts() == [("PositionOpened", "copied")])
    return copying, order


def volumes(copying: Copying) -> list[float]:
    return sorted(copying.slave.held().values())


def deals(copying: Copying) -> list[Any]:
    return [
        deal for deal in copying.slave.module.history_deals_get(0, 2_000_000_000) if deal.symbol
    ]


def the_master_halves_and_closes(copying: Copying, order: int, left: list[float]) -> None:
    copying.master.deal(EURUSD, 50.0, position=order)
    copying.until(lambda: volumes(copying) == left)
    copying.until(lambda: copying.verdicts()[-1] == ("PositionReduced", "copied"))
    copying.master.deal(EURUSD, 50.0, position=order)
    copying.until(lambda: not copying.slave.held())
    copying.until(lambda: copying.verdicts()[-1] == ("PositionClosed", "copied"))
    copying.looks(2)


def test_a_large_copy_is_opened_reduced_and_closed_in_parts(begin: Begin) -> None:
    copying, order = a_large_copy(begin)
    assert volumes(copying) == [30, 100, 100]
    the_master_halves_and_closes(copying, order, [15, 50, 50])
    made = deals(copying)
    assert all(deal.volume <= 100 for deal in made)
    assert len({deal.magic for deal in made if deal.entry == 0}) == 3
    assert len(made) == 9
    assert len(copying.verdicts()) == 3


def test_law_14_parts_share_a_netting_position_and_close_it_whole(begin: Begin) -> None:
    """No order is larger than 100 lots, though the position is."""
    copying, order = a_large_copy(begin, "netting")
    assert volumes(copying) == [230]
    the_master_halves_and_closes(copying, order, [115])
    made = deals(copying)
    assert all(deal.volume <= 100 for deal in made)
    assert sum(deal.volume for deal in made) == 460


@pytest.mark.parametrize("kind", ["hedging", "netting"])
def test_law_11_parts_are_found_again_without_the_journal(begin: Begin, kind: str) -> None:
    copying, order = a_large_copy(begin, kind)
    held = volumes(copying)
    copying.slave.journal = type(copying.slave.journal)()
    copying.start()
    copying.looks(2)
    assert volumes(copying) == held
    assert len([leg for leg in copying.slave.journal.legs() if leg.live]) == 3
    left = [115.0] if kind == "netting" else [15.0, 50.0, 50.0]
    the_master_halves_and_closes(copying, order, left)
    assert len([deal for deal in deals(copying) if deal.entry == 0]) == 3
