"""What `trades` keeps of a leg is enough to make the leg anew."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.moments import moment
from db.shipped_documents import trade
from db.trades import leg_of
from domain.book import Stamp
from domain.figures import Figures, Prices, Times
from domain.legs import Leg, LegState
from domain.reasons import Reason
from tests.records_made import MOMENT_MS, SLAVE, closed_leg, leg

NOW = moment(MOMENT_MS)
LIVE = (LegState.OPEN, LegState.CLOSING)
ENDED = (LegState.CLOSED, LegState.RELEASED)

moments_ms = st.integers(1, 4_000_000_000_000)
numbers = st.decimals(min_value=Decimal("0.00001"), max_value=Decimal(10**9), places=5)
prices = st.builds(
    Prices,
    master=numbers,
    at_decision=st.none() | numbers,
    filled=st.none() | numbers,
    spread_points=st.none() | numbers,
)
steps = st.builds(Times, seen_us=moments_ms, sent_us=moments_ms)
figures = st.none() | st.builds(Figures, times=steps, prices=prices)
stamps = st.builds(Stamp, moments_ms, st.integers(1, 10**6))


def stored(shipped: Leg, now: datetime = NOW) -> dict[str, Any]:
    """The document as the database holds it after one upsert."""
    shipment = trade(shipped, SLAVE, now)
    document: dict[str, Any] = {}
    for path, value in (shipment.key | shipment.values | shipment.once).items():
        *folders, name = path.split(".")
        inner = document
        for folder in folders:
            inner = inner.setdefault(folder, {})
        inner[name] = value
    return document


@given(
    st.sampled_from(LIVE),
    st.fixed_dictionaries(
        {
            "opened_by": stamps,
            "answered": stamps,
            "opening": figures,
            "keep_minimum": st.booleans(),
            "stops_confirmed": st.booleans(),
            "master_volume_copied": numbers,
            "copy_volume": numbers,
            "parts_before": numbers,
            "sl_sent": numbers,
            "opened_at_ms": moments_ms,
            "reason": st.sampled_from(Reason),
        }
    ),
)
def test_a_live_leg_comes_back_as_it_was(state: LegState, changes: dict[str, Any]) -> None:
    shipped = leg(501, state, **changes)
    assert leg_of(stored(shipped)) == shipped


@given(st.sampled_from(ENDED), figures, numbers)
def test_an_ended_leg_comes_back_as_it_was(
    state: LegState, closing: Figures | None, net: Decimal
) -> None:
    shipped = msgspec.structs.replace(closed_leg(), state=state, closing=closing, net=net)
    assert leg_of(stored(shipped)) == shipped


def test_a_document_from_before_legs_were_kept_whole_asks_for_no_order() -> None:
    document = stored(leg(501, volume=Decimal("0.06")))
    del document["followed"]
    found = leg_of(document)
    assert found is not None
    assert (found.target.stamp, found.opened_by) == (Stamp(0, 0), Stamp(0, 0))
    assert (found.target.volume, found.target.initial_volume) == (
        Decimal("0.06"),
        Decimal("0.10"),
    )


def test_an_older_document_of_a_closed_copy_is_closed_for_good() -> None:
    document = stored(closed_leg())
    del document["followed"]
    found = leg_of(document)
    assert found is not None
    assert (found.state, found.target.closed) == (LegState.CLOSED, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("leg_key", "nonsense"),
        ("direction", "UP"),
        ("state", "happy"),
        ("magic", None),
        ("times", None),
        ("volume", "much"),
        ("followed", [1]),
        ("master_login", {}),
    ],
)
def test_a_document_that_somebody_spoiled_tells_of_nothing(field: str, value: object) -> None:
    assert leg_of(stored(leg()) | {field: value}) is None


def test_figures_nobody_knows_do_not_take_the_place_of_known_ones() -> None:
    """A leg made anew from the broker's records knows none."""
    shipment = trade(leg(501, opening=None), SLAVE, NOW)
    assert "price_filled" not in shipment.values
    assert "times.opening" not in shipment.values
    assert "times.opening" in shipment.once
