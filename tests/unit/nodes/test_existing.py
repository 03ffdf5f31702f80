"""Positions that a master had before it was followed: decided once, when the follow begins."""

from decimal import Decimal
from typing import Any

import pytest

from decisions.rebuilding import Remembered
from domain.copy_settings import CopyExisting, LateEntry
from domain.legs import LegState
from domain.outcomes import Rejected
from domain.records import Cursor, Follow
from tests.builders import MASTER, a_quote, some_settings
from tests.fakes import FakeDoor, FakeJournal, lost, told
from tests.unit.nodes.teller import Teller

COPIED = ("PositionOpened", "copied", "NONE")
EXISTED = ("PositionOpened", "missed", "EXISTED_BEFORE")
AWAY = a_quote("1289.90", "1290.00")
#: No market yet.
CROSSED = a_quote("1285.10", "1285.00")


def first_follow(policy: CopyExisting, quote: Any = None, **settings: Any) -> Teller:
    """The master has a position when the slave hears its first book."""
    teller = Teller(copy_existing=policy, **settings)
    if quote is not None:
        teller.slave.door.quotes["XAUUSD"] = quote
    teller.opens(501, volume="0.40", initial_volume="1.00")
    teller.slave.journal = FakeJournal()
    teller.slave.start()
    return teller


def volumes(teller: Teller) -> list[Decimal]:
    return [held.volume for held in teller.slave.door.held.values()]


@pytest.mark.parametrize(
    ("policy", "quote", "copies"),
    [
        (CopyExisting.NO, None, 0),
        (CopyExisting.NEAR, None, 1),
        (CopyExisting.NEAR, AWAY, 0),
        (CopyExisting.ALWAYS, None, 1),
        (CopyExisting.ALWAYS, AWAY, 1),
    ],
)
def test_what_was_there_is_copied_or_not_as_the_account_says(
    policy: CopyExisting, quote: Any, copies: int
) -> None:
    teller = first_follow(policy, quote)
    teller.turn(8)
    assert len(teller.slave.door.held) == copies
    reasons = {(CopyExisting.NO, 0): EXISTED, (CopyExisting.NEAR, 0): None}
    wanted = reasons.get((policy, copies), COPIED)
    assert teller.slave.last == (wanted or ("PositionOpened", "denied", "PRICE_MOVED"))
    assert len(teller.slave.verdicts) == 1


def test_it_is_as_large_as_the_masters_is_by_now_and_follows_it() -> None:
    teller = first_follow(CopyExisting.NEAR)
    teller.turn(8)
    assert volumes(teller) == [Decimal("0.40")]
    teller.say(teller.halves(501, "0.20"))
    teller.turn(4)
    assert volumes(teller) == [Decimal("0.20")]
    teller.say(teller.closes(501))
    teller.turn(4)
    assert teller.slave.door.held == {}


@pytest.mark.parametrize("policy", list(CopyExisting))
def test_law_2_it_is_decided_once(policy: CopyExisting) -> None:
    teller = first_follow(policy, AWAY)
    teller.turn(8)
    before = len(teller.slave.door.sent)
    teller.slave.door.quotes["XAUUSD"] = a_quote()
    teller.slave.settings = some_settings(copy_existing=CopyExisting.ALWAYS)
    for _ in range(3):
        teller.slave.start()
        teller.turn(8)
    assert len(teller.slave.door.sent) == before


def test_law_2_closed_by_hand_it_stays_closed() -> None:
    teller = first_follow(CopyExisting.ALWAYS)
    teller.turn(8)
    (identifier,) = teller.slave.door.held
    teller.slave.door.shut(identifier)
    for _ in range(3):
        teller.turn(8)
        teller.slave.start()
    assert teller.slave.door.held == {}
    assert len(teller.slave.door.opens) == 1


def test_what_was_opened_while_the_slave_was_down_is_not_taken_for_existing() -> None:
    teller = first_follow(CopyExisting.ALWAYS)
    teller.turn(8)
    teller.facts.clear()
    teller.opens(502)
    # Its master remembers no facts any more: only the book has it.
    teller.facts.clear()
    teller.slave.start()
    teller.turn(8)
    assert teller.slave.last == ("PositionOpened", "missed", "SLAVE_WAS_DOWN")
    assert len(teller.slave.door.opens) == 1


def test_a_journal_from_before_follows_were_written_down_begins_no_follow() -> None:
    teller = Teller(copy_existing=CopyExisting.ALWAYS)
    teller.copies(500)
    teller.opens(501)
    teller.facts.clear()
    teller.slave.journal._follows.clear()
    teller.slave.start()
    teller.turn(8)
    assert teller.slave.last == ("PositionOpened", "missed", "SLAVE_WAS_DOWN")


def test_law_11_a_crash_on_the_way_doubles_nothing_and_forgets_nothing() -> None:
    """It dies after the first of two orders, before the broker's answer is known."""

    class Killed(BaseException):
        """Not an error: the process is gone."""

    def dies(door: FakeDoor, command: Any) -> Any:
        door.execute(command)
        raise Killed

    teller = first_follow(CopyExisting.ALWAYS)
    teller.opens(502)
    teller.slave.door.answers = [dies]
    with pytest.raises(Killed):
        teller.turn(8)
    teller.slave.start()
    teller.turn(8)
    assert len(teller.slave.door.opens) == 2
    assert {leg.state for leg in teller.slave.legs} == {LegState.OPEN}
    assert len(teller.slave.door.held) == 2


def test_an_unknown_end_is_never_sent_again() -> None:
    teller = first_follow(CopyExisting.ALWAYS)
    teller.slave.door.answers = [lost]
    teller.turn(8)
    teller.slave.start()
    teller.turn(4 * 70)
    assert len(teller.slave.door.opens) == 1
    assert teller.slave.last == ("PositionOpened", "missed", "NEVER_ANSWERED")


def test_what_its_master_closed_meanwhile_is_not_opened() -> None:
    teller = first_follow(CopyExisting.ALWAYS)
    teller.slave.door.quotes["XAUUSD"] = CROSSED
    teller.turn(4)
    teller.say(teller.closes(501))
    teller.turn(1)
    teller.slave.door.quotes["XAUUSD"] = a_quote()
    teller.turn(8)
    assert teller.slave.door.sent == []
    assert not teller.slave.unanswered(teller.facts[1:])
    assert teller.slave.last == ("PositionOpened", "missed", "CLOSED_MEANWHILE")


def test_what_was_closed_while_it_waited_is_answered_whatever_is_asked_for_by_then() -> None:
    """`copy_existing` was taken back before it could be decided."""
    teller = first_follow(CopyExisting.ALWAYS)
    teller.slave.door.quotes["XAUUSD"] = CROSSED
    teller.turn(4)
    teller.say(teller.closes(501))
    teller.slave.settings = some_settings(copy_existing=CopyExisting.NO)
    teller.slave.control.orders.append(teller.slave.settings_told())
    teller.slave.door.quotes["XAUUSD"] = a_quote()
    teller.turn(8)
    assert teller.slave.door.sent == []
    assert teller.slave.last == ("PositionOpened", "missed", "CLOSED_MEANWHILE")


def test_what_was_closed_behind_the_first_book_is_answered_too() -> None:
    """Closes go first: the book is compared when the position is known to have ended."""
    teller = first_follow(CopyExisting.ALWAYS)
    teller.turn(1)
    teller.say(teller.closes(501))
    teller.turn(8)
    assert teller.slave.door.sent == []
    given = told(teller.slave.verdicts)
    assert given.count(("PositionOpened", "missed", "CLOSED_MEANWHILE")) == 1
    assert given.count(("PositionClosed", "nothing_to_do", "NEVER_COPIED")) == 1


def test_it_waits_a_moment_for_a_first_price() -> None:
    teller = first_follow(CopyExisting.NEAR)
    teller.slave.door.quotes["XAUUSD"] = CROSSED
    teller.turn(8)
    assert teller.slave.verdicts == []
    teller.slave.door.quotes["XAUUSD"] = a_quote()
    teller.turn(4)
    assert teller.slave.last == COPIED


def test_it_does_not_wait_for_ever() -> None:
    teller = first_follow(CopyExisting.NEAR)
    teller.slave.door.quotes["XAUUSD"] = CROSSED
    for _ in range(61):
        teller.say(teller.beat())
        teller.turn(4)
    assert teller.slave.last == ("PositionOpened", "denied", "NO_MARKET")
    teller.slave.door.quotes["XAUUSD"] = a_quote()
    teller.turn(8)
    assert teller.slave.door.sent == []


def test_what_a_new_master_tells_of_its_old_positions_existed_before() -> None:
    """Both nodes are new: the master tells when it has found out how old they are."""
    teller = Teller(copy_existing=CopyExisting.NEAR)
    teller.say(teller.opens(501, age_ms=10**8))
    teller.turn(4)
    assert teller.slave.last == COPIED
    assert len(teller.slave.door.held) == 1


def test_no_order_waits_for_what_existed_and_is_too_far_away() -> None:
    teller = first_follow(CopyExisting.NEAR, AWAY, late_entry=LateEntry.ORDER)
    teller.turn(8)
    assert teller.slave.door.sent == []
    assert teller.slave.last == ("PositionOpened", "denied", "PRICE_MOVED")


def test_to_follow_again_is_another_beginning() -> None:
    teller = first_follow(CopyExisting.NO)
    teller.turn(8)
    teller.slave.settings = some_settings(follows=(), copy_existing=CopyExisting.ALWAYS)
    teller.slave.control.orders.append(teller.slave.settings_told())
    teller.turn(4)
    teller.opens(502)
    teller.slave.settings = some_settings(follows=(MASTER,), copy_existing=CopyExisting.ALWAYS)
    teller.slave.control.orders.append(teller.slave.settings_told())
    teller.turn(8)
    assert [order.leg.opening_order for order in teller.slave.door.opens] == [502]
    assert EXISTED in told(teller.slave.verdicts)


def test_a_follow_that_is_named_again_while_copies_are_open_begins_at_once() -> None:
    """What is opened while the slave is down later on was not there before."""
    teller = first_follow(CopyExisting.ALWAYS)
    teller.turn(8)
    for follows in ((), (MASTER,)):
        teller.slave.settings = some_settings(follows=follows, copy_existing=CopyExisting.ALWAYS)
        teller.slave.control.orders.append(teller.slave.settings_told())
        teller.turn(4)
    teller.opens(502)
    # Its master remembers no facts any more: only the book has it.
    teller.facts.clear()
    teller.slave.start()
    teller.turn(8)
    assert teller.slave.last == ("PositionOpened", "missed", "SLAVE_WAS_DOWN")
    assert [order.leg.opening_order for order in teller.slave.door.opens] == [501]


class Database:
    """What a slave whose journal is new is told by `trades`."""

    def __init__(self, remembered: Remembered) -> None:
        self.says: Remembered | None = None
        self.remembered = remembered

    def answer(self) -> Remembered | None:
        return self.says

    def taken(self) -> None:
        """Nobody has to be told."""


def test_law_11_a_lost_journal_begins_no_follow() -> None:
    teller = first_follow(CopyExisting.ALWAYS)
    cursor = Cursor(master=MASTER, stamp=teller.book.stamp)
    database = Database(Remembered(legs=(), cursors=(cursor,)))
    teller.slave.recollection = database
    teller.slave.start()
    teller.turn(8)
    assert teller.slave.verdicts == []
    database.says = database.remembered
    teller.turn(8)
    assert teller.slave.door.sent == []
    assert teller.slave.last == ("PositionOpened", "missed", "SLAVE_WAS_DOWN")


def test_a_refusal_by_the_broker_is_the_last_word() -> None:
    teller = first_follow(CopyExisting.ALWAYS)
    teller.slave.door.answers = [Rejected(retcode=10014, comment="Invalid volume")]
    teller.turn(8)
    teller.slave.start()
    teller.turn(8)
    assert teller.slave.last == ("PositionOpened", "rejected", "BROKER_REJECTED")
    assert len(teller.slave.door.opens) == 1


def test_law_11_a_copy_that_is_found_meanwhile_is_followed_and_not_opened_again() -> None:
    """The journal was lost: the slave has followed this master for long, and its copy is there."""
    teller = Teller(copy_existing=CopyExisting.ALWAYS)
    identifier = teller.copies(501)
    teller.opens(502)
    teller.slave.journal = FakeJournal()
    teller.slave.door.quotes["XAUUSD"] = CROSSED
    teller.slave.door.deals_hidden = True
    teller.slave.start()
    teller.turn(4)
    teller.slave.door.deals_hidden = False
    teller.slave.door.quotes.clear()
    teller.turn(40)
    assert list(teller.slave.door.held) == [identifier]
    assert len(teller.slave.door.opens) == 1
    assert told(teller.slave.verdicts) == [("PositionOpened", "missed", "SLAVE_WAS_DOWN")]
    teller.say(teller.closes(501))
    teller.turn(4)
    assert teller.slave.door.held == {}


def test_what_is_remembered_of_a_follow_is_what_was_there() -> None:
    teller = first_follow(CopyExisting.NO)
    teller.turn(8)
    (follow,) = teller.slave.journal.of(Follow)
    assert follow.existing == (501,)
