"""A master's facts as users read them in the database."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from bson import Decimal128

from db.shipped_documents import signal
from domain.signals import Fact, MasterHeartbeat
from tests.unit.messaging.messages import GONE, PLACED, SIGNALS

NOW = datetime(2026, 5, 1, tzinfo=UTC)
FACTS = {name: one for name, one in SIGNALS.items() if not isinstance(one, MasterHeartbeat)}


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_is_found_by_its_place_in_the_story_and_says_what_it_is(name: str) -> None:
    fact: Fact = FACTS[name]
    shipment = signal(fact, NOW)
    assert shipment.key == {"master": fact.master, "epoch": fact.stamp.epoch, "seq": fact.stamp.seq}
    assert shipment.values["event"] == type(fact).__name__
    assert shipment.values["master_ticket"] == fact.subject.opening_order
    assert shipment.values["direction"] == "BUY"


def test_an_order_says_its_kind_its_prices_and_what_is_left() -> None:
    told = signal(PLACED, NOW).values
    assert (told["kind"], told["time_in_force"], told["lasts_ms"]) == (
        "BUY_STOP_LIMIT", "SPECIFIED", 3600000,
    )  # fmt: skip
    prices = {name: told[name] for name in ("price", "stop_limit_price", "volume")}
    assert prices == {
        "price": Decimal128(Decimal("1.39000")),
        "stop_limit_price": Decimal128(Decimal("1.38950")),
        "volume": Decimal128(Decimal("0.30")),
    }
    assert (told["age_ms"], told["identifier"], told["fate"]) == (333, None, None)


def test_an_order_that_is_gone_says_what_became_of_it() -> None:
    assert signal(GONE, NOW).values["fate"] == "filled"
