"""What `why` says of one verdict."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bson import Decimal128

from commands.why import explained
from domain.reasons import EXPLANATIONS, Reason

SEEN = datetime(2026, 5, 1, 12, 30, 0, 120000, tzinfo=UTC)


def decision(**changes: Any) -> dict[str, Any]:
    known = {
        "account_id": "S1",
        "master": "M1",
        "event": "PositionOpened",
        "symbol": "GOLD",
        "direction": "BUY",
        "timestamp": SEEN,
        "kind": "copied",
        "reason": "NONE",
        "journey_id": "M1/1/1",
        "leg_key": "5@A#77.0",
    }
    return known | changes


def test_a_copy_is_told_with_times_and_prices() -> None:
    times = {"seen": SEEN, "seen_us": 1_000_000, "sent_us": 1_002_500}
    told = explained(
        decision(times=times, master_price=Decimal128(Decimal("1800.10"))),
        {"slave_ticket": 9, "status": "OPEN", "filled_volume": "0.10", "price_open": "1800.20"},
    )
    assert told == [
        "2026-05-01 12:30:00.120Z  S1: PositionOpened GOLD BUY of M1: copied",
        "    journey: M1/1/1",
        "    prices: master 1800.10",
        "    times: seen 2026-05-01 12:30:00.120Z, sent +2.50 ms",
        "    copy: ticket 9, 0.10 lots at 1800.20, OPEN",
    ]


def test_a_refusal_says_what_was_found_what_it_means_and_what_to_do() -> None:
    told = explained(decision(kind="denied", reason="PRICE_MOVED", detail="60 points"))
    meaning = EXPLANATIONS[Reason.PRICE_MOVED]
    assert told[0].endswith("denied PRICE_MOVED")
    assert told[1:4] == [
        "    found: 60 points",
        f"    why: {meaning.meaning}",
        f"    to do: {meaning.what_to_do}",
    ]


def test_a_reason_of_a_later_version_is_shown_as_it_stands() -> None:
    assert "MOON_PHASE is not known to this version" in explained(decision(reason="MOON_PHASE"))[1]


def test_a_document_that_lacks_nearly_everything_is_shown_all_the_same() -> None:
    assert explained({"account_id": "S1", "decision": "denied"})[0].startswith(
        "at an unknown time  S1:"
    )


def test_an_order_that_waits_is_told_as_a_position_is() -> None:
    told = explained(decision(event="OrderPlaced", master_volume="0.50"))
    assert told[0].endswith("S1: OrderPlaced GOLD BUY of M1: copied")
    assert "    volume: the master's 0.50 lots" in told


def test_every_part_of_a_large_copy_is_told() -> None:
    parts = [{"slave_ticket": n, "filled_volume": lots} for n, lots in ((9, "50"), (10, "30"))]
    told = explained(decision(), *parts)
    assert [line.partition(",")[0] for line in told[-2:]] == [
        "    copy: ticket 9",
        "    copy: ticket 10",
    ]
