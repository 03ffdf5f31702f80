"""What a node wrote reaches the database: once, all of it, however often either side is away."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pymongo.database import Database

from db.clients import opened
from db.delivering import deliver
from db.journal import Journal, journal_path
from db.moments import moment
from db.outbox import Outbox
from db.schema import DECISIONS, EQUITY, LATCHES, SIGNALS, SWARM, TRADES
from db.setting_up import set_up
from db.shipping import Shipper
from domain.account_fields import AccountDefaults
from domain.ids import SlaveSymbol
from domain.legs import LegState
from domain.market import Side
from domain.reasons import Reason
from domain.verdicts import VerdictKind
from tests.integration.stores.conftest import Server
from tests.records_made import (
    MASTER,
    MOMENT_MS,
    SLAVE,
    closed_leg,
    equity,
    latch_change,
    leg,
    verdict,
)
from tests.records_made import (
    opened as position_opened,
)
from tests.waiting import eventually

pytestmark = pytest.mark.integration

Documents = Database[dict[str, Any]]
NAME = "prop_copy_trader"
NOW = moment(MOMENT_MS)
AT = datetime(2014, 5, 2, 12, 30, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(journal_path(tmp_path, SLAVE), "swarm-1", SLAVE)
    yield made
    made.close()


@pytest.fixture
def ready(database: Documents) -> Documents:
    set_up(database, AccountDefaults(), NOW)
    return database


@pytest.fixture
def shipping(journal: Journal) -> Iterator[Callable[[str], Shipper]]:
    begun: list[Shipper] = []

    def start(uri: str) -> Shipper:
        shipper = Shipper(journal.path, lambda: uri, NAME)
        begun.append(shipper)
        shipper.start()
        return shipper

    yield start
    for shipper in begun:
        shipper.stop(0.1)


def identified(uri: str, swarm: str = "swarm-1") -> None:
    with opened(uri, NAME) as database:
        set_up(database, AccountDefaults(), NOW)
        database[SWARM].replace_one({"_id": "swarm"}, {"swarm_id": swarm}, upsert=True)


def count(uri: str, collection: str) -> int:
    with opened(uri, NAME) as database:
        return database[collection].count_documents({})


def delivered(database: Documents, journal: Journal) -> list[str]:
    """Ship without forgetting, as a crash between the two would."""
    outbox = Outbox(journal.path)
    try:
        return [why for _, why in deliver(database, outbox.batch(100), SLAVE, NOW)]
    finally:
        outbox.close()


def only(database: Documents, collection: str) -> dict[str, Any]:
    (document,) = database[collection].find()
    return document


def test_a_trade_keeps_the_words_of_the_earlier_system(journal: Journal, ready: Documents) -> None:
    journal.write(leg(501))
    assert delivered(ready, journal) == []
    trade = only(ready, TRADES)
    assert (trade["master_ticket"], trade["slave_ticket"]) == (501, 9501)
    assert (trade["slave_name"], trade["symbol"]) == (SLAVE, "GOLD")
    assert (trade["direction"], trade["status"]) == ("BUY", "OPEN")
    assert (trade["open_time"], trade["close_time"]) == (AT, None)


def test_a_trade_keeps_every_price_and_time_of_its_opening_and_closing(
    journal: Journal, ready: Documents
) -> None:
    journal.write(leg(501), closed_leg(501))
    delivered(ready, journal)
    trade = only(ready, TRADES)
    assert trade["status"] == "CLOSED"
    assert trade["close_time"] == datetime(2014, 5, 2, 12, 31, tzinfo=UTC)
    assert trade["price_filled"].to_decimal() == Decimal("1285.21")
    assert trade["closing_prices"]["price_filled"].to_decimal() == Decimal("1285.21")
    assert trade["times"]["opening"]["seen"] == AT
    assert trade["times"]["opening"]["seen_us"] == MOMENT_MS * 1000 + 1
    assert trade["times"]["closing"]["answered"] is None
    assert trade["pnl"].to_decimal() == Decimal("-1.50")
    assert (trade["leg_key"], trade["journey_id"]) == ("7001@FTMO-Demo#501.0", "j501")


@pytest.mark.parametrize(
    ("kind", "reason", "expected"),
    [
        (VerdictKind.COPIED, Reason.NONE, (None, None, "copied")),
        (VerdictKind.DENIED, Reason.DAILY_LOSS, ("DAILY_LOSS", None, None)),
        (VerdictKind.DENIED, Reason.PRICE_MOVED, (None, "PRICE_MOVED", None)),
        (VerdictKind.MISSED, Reason.FLASH, (None, None, "missed FLASH")),
    ],
    ids=["copied", "a limit", "a filter", "missed"],
)
def test_a_verdict_becomes_a_decision(
    journal: Journal,
    ready: Documents,
    kind: VerdictKind,
    reason: Reason,
    expected: tuple[object, ...],
) -> None:
    journal.write(verdict(kind, reason))
    assert delivered(ready, journal) == []
    found = only(ready, DECISIONS)
    told = (found["risk_reason"], found["filter_reason"], found["execution_result"])
    assert told == expected
    assert (found["account_id"], found["strategy"], found["decision"]) == (SLAVE, "copy", kind)
    assert (found["timestamp"], found["journey_id"]) == (AT, "j501")


def test_a_brokers_refusal_carries_its_code(journal: Journal, ready: Documents) -> None:
    journal.write(verdict(VerdictKind.REJECTED, Reason.BROKER_REJECTED, retcode=10006))
    delivered(ready, journal)
    assert only(ready, DECISIONS)["execution_result"] == "rejected BROKER_REJECTED 10006"


def test_a_later_verdict_on_the_same_event_takes_the_place_of_the_first(
    journal: Journal, ready: Documents
) -> None:
    journal.write(verdict(VerdictKind.UNKNOWN, Reason.OUTCOME_UNKNOWN))
    journal.write(verdict(VerdictKind.COPIED, side=Side.SELL))
    delivered(ready, journal)
    assert only(ready, DECISIONS)["decision"] == "copied"


def test_a_crash_between_shipping_and_forgetting_doubles_nothing(
    journal: Journal, ready: Documents
) -> None:
    journal.write(leg(1), closed_leg(1), verdict(), position_opened(), equity(), latch_change())
    delivered(ready, journal)
    before = {name: list(ready[name].find()) for name in (TRADES, DECISIONS, SIGNALS, EQUITY)}
    delivered(ready, journal)
    assert {name: list(ready[name].find()) for name in before} == before
    assert all(len(documents) == 1 for documents in before.values())
    assert only(ready, LATCHES)["state"] == "HALTED"


def test_a_record_the_database_refuses_keeps_no_other_from_arriving(
    journal: Journal, ready: Documents
) -> None:
    nameless = leg(2, symbol=SlaveSymbol(""))
    journal.write(leg(1), nameless, leg(3), verdict())
    (why,) = delivered(ready, journal)
    assert "validation" in why
    assert sorted(trade["master_ticket"] for trade in ready[TRADES].find()) == [1, 3]
    assert ready[DECISIONS].count_documents({}) == 1


def test_bytes_that_are_no_record_are_named_and_passed_by(
    journal: Journal, ready: Documents
) -> None:
    outbox = Outbox(journal.path)
    outbox._file.execute("INSERT INTO outbox (kind, body) VALUES ('leg', x'01')")
    outbox._file.execute("INSERT INTO outbox (kind, body) VALUES ('latch', x'01')")
    outbox.close()
    journal.write(leg(1))
    assert len(delivered(ready, journal)) == 2
    assert ready[TRADES].count_documents({}) == 1


def test_while_the_database_is_away_all_is_kept_and_arrives_when_it_is_back(
    server: Server, journal: Journal, shipping: Callable[[str], Shipper]
) -> None:
    server.start()
    identified(server.uri)
    shipper = shipping(server.uri)
    journal.write(leg(1), verdict())
    shipper.nudge()
    eventually(lambda: count(server.uri, TRADES) == 1)
    server.kill()
    journal.write(*(leg(order, LegState.OPEN) for order in range(2, 600)))
    shipper.nudge()
    eventually(lambda: shipper.trouble, 15)
    eventually(lambda: shipper.pending() == 598, 15)
    server.start()
    eventually(lambda: shipper.pending() == 0 and not shipper.trouble, 20)
    assert count(server.uri, TRADES) == 599
    assert shipper.last_success_ms > 0
    assert shipper.stop()


def test_a_journal_that_cannot_be_opened_at_first_is_shipped_as_soon_as_it_can(
    server: Server, journal: Journal, shipping: Callable[[str], Shipper]
) -> None:
    server.start()
    identified(server.uri)
    journal.write(leg(1))
    journal.close()
    folder = journal.path.parent
    away = folder.rename(folder.with_name("away"))
    shipper = shipping(server.uri)
    eventually(lambda: "unable to open" in shipper.trouble)
    away.rename(folder)
    eventually(lambda: count(server.uri, TRADES) == 1, 15)
    eventually(lambda: not shipper.trouble)
    assert shipper.stop()


def test_an_embedded_database_is_found_again_wherever_it_starts(
    server: Server, journal: Journal
) -> None:
    server.start()
    identified(server.uri)
    journal.write(leg(1))
    found = [""]
    shipper = Shipper(journal.path, lambda: found[0], NAME)
    shipper.start()
    eventually(lambda: "nobody knows where" in shipper.trouble, 10)
    found[0] = server.uri
    eventually(lambda: count(server.uri, TRADES) == 1, 10)
    assert shipper.stop()


def test_nothing_goes_to_a_database_of_another_swarm(
    server: Server, journal: Journal, shipping: Callable[[str], Shipper]
) -> None:
    server.start()
    identified(server.uri, "another")
    journal.write(leg(1))
    shipper = shipping(server.uri)
    eventually(lambda: "swarm-1" in shipper.trouble, 10)
    assert count(server.uri, TRADES) == 0
    assert not shipper.stop()
    identified(server.uri)
    assert shipping(server.uri).stop()
    assert count(server.uri, TRADES) == 1


def test_what_another_database_may_have_taken_is_not_forgotten(
    server: Server, journal: Journal
) -> None:
    """A client finds a server again by its address: during a batch another may stand there."""
    server.start()
    identified(server.uri)
    journal.write(leg(1))

    def where() -> str:
        if count(server.uri, TRADES):
            identified(server.uri, "another")
        return server.uri

    shipper = Shipper(journal.path, where, NAME)
    shipper.start()
    try:
        eventually(lambda: "found one of another" in shipper.trouble, 10)
        assert pending_in(journal) == 1
    finally:
        shipper.stop(0.1)


def pending_in(journal: Journal) -> int:
    outbox = Outbox(journal.path)
    try:
        return outbox.pending()
    finally:
        outbox.close()


def test_stopping_ships_what_is_left(
    server: Server, journal: Journal, shipping: Callable[[str], Shipper]
) -> None:
    server.start()
    identified(server.uri)
    shipper = shipping(server.uri)
    eventually(lambda: shipper.last_success_ms)
    journal.write(position_opened(), *(leg(order) for order in range(700)))
    assert shipper.stop()
    assert (count(server.uri, TRADES), count(server.uri, SIGNALS)) == (700, 1)


def test_a_refused_record_is_kept_aside_with_the_reason(
    server: Server, journal: Journal, shipping: Callable[[str], Shipper]
) -> None:
    server.start()
    identified(server.uri)
    journal.write(leg(1, symbol=SlaveSymbol("")), leg(2))
    shipper = shipping(server.uri)
    eventually(lambda: shipper.refused == 1)
    assert shipper.stop()
    assert count(server.uri, TRADES) == 1
    (alarm,) = shipper.alarms()
    assert "refuses 1 records" in alarm
    assert str(journal.path) in alarm
    again = shipping(server.uri)
    eventually(again.alarms)


def test_an_idle_shipper_still_notices_that_the_database_answers(
    server: Server, journal: Journal, shipping: Callable[[str], Shipper]
) -> None:
    server.start()
    identified(server.uri)
    shipper = shipping(server.uri)
    eventually(lambda: shipper.last_success_ms > 0)
    assert MASTER not in shipper.trouble
    assert shipper.trouble == ""


def test_the_decision_that_closed_a_copy_gets_its_result_when_the_deals_tell_it(
    journal: Journal, ready: Documents
) -> None:
    close = msgspec.structs.replace(verdict(), event="PositionClosed", leg=leg(501).key)
    journal.write(close)
    delivered(ready, journal)
    assert only(ready, DECISIONS)["pnl"] is None
    journal.write(closed_leg(501))
    delivered(ready, journal)
    assert only(ready, DECISIONS)["pnl"].to_decimal() == Decimal("-1.50")
