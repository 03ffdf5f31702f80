"""Law 3: what a slave hears, in which order, and what it asks for."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest

from decisions.booking import book_hash
from domain.book import Book, Stamp
from domain.ids import LegKey, NodeName
from domain.signals import (
    Fact,
    MasterHeartbeat,
    NotReady,
    Snapshot,
    SnapshotRequest,
)
from messaging import wire
from messaging.in_memory import InMemoryBus
from nodes.inbox import REMEMBERED_FACTS, Arrival, Inbox, SnapshotTaken
from tests.builders import (
    EPOCH,
    MASTER,
    SLAVE,
    a_book,
    a_book_order,
    a_book_position,
    a_key,
    closed,
    modified,
    opened,
    placed,
    reduced,
)

STRANGER = NodeName("Nobody")


class Listening:
    """An inbox that follows one master."""

    def __init__(self, cursor: Stamp | None = None) -> None:
        self.bus = InMemoryBus(now_us=lambda: 77)
        self.outlet = self.bus.outlet(MASTER)
        self.inlet = self.bus.inlet()
        self.copied: set[LegKey] = set()
        self.inbox = Inbox(SLAVE, self.inlet, self.copied.__contains__)
        self.inbox.follow(MASTER, self.outlet.addresses(), cursor)
        self.now_s = 0.0

    def says(self, *signals: Any) -> list[Any]:
        for signal in signals:
            self.outlet.publish(signal)
        return self.inbox.take()

    def answers(self, book: Book, *facts: Fact) -> list[Any]:
        snapshot = Snapshot(book=book, book_hash=book_hash(book), legs=(), facts=facts)
        self.inlet.hear(MASTER, wire.encode(snapshot))
        return self.inbox.take()

    def asks(self, after_s: float = 0.0, **legs: Any) -> list[SnapshotRequest]:
        self.now_s += after_s
        self.inbox.ask_where_due({MASTER: tuple(legs.values())}, self.now_s)
        return [request for _, request in self.outlet.requests()]  # type: ignore[misc]


def up_to(seq: int) -> Listening:
    """Up to date at this seq, with position 501 in the book."""
    heard = Listening()
    heard.asks()
    heard.answers(a_book(a_book_position(), seq=seq))
    return heard


def handled(arrivals: list[Any]) -> list[tuple[str, int, bool]]:
    return [
        (type(a.fact).__name__, a.fact.stamp.seq, a.early)
        for a in arrivals
        if isinstance(a, Arrival)
    ]


def a_beat(book: Book, **changes: Any) -> MasterHeartbeat:
    usual = {
        "master": MASTER,
        "login": book.login,
        "server": book.server,
        "head": book.stamp,
        "book_hash": book_hash(book),
        "confirmed": True,
        "sent_at_us": 0,
    }
    return MasterHeartbeat(**(usual | changes))


def test_nothing_is_confirmed_before_a_snapshot_and_one_is_asked_for_at_once() -> None:
    heard = Listening()
    assert not heard.inbox.is_confirmed(MASTER)
    assert heard.asks(leg=501) == [SnapshotRequest(slave=SLAVE, have=Stamp(0, 0), legs=(501,))]
    heard.answers(a_book(a_book_position(), seq=3))
    assert heard.inbox.is_confirmed(MASTER)
    assert heard.inbox.still_holds(MASTER, 501)
    assert heard.inbox.cursor(MASTER) == Stamp(EPOCH, 3)


def test_the_story_goes_on_where_the_journal_left_it() -> None:
    heard = Listening(cursor=Stamp(EPOCH, 9))
    assert heard.asks()[0].have == Stamp(EPOCH, 9)


def test_facts_in_order_are_handled_once_each() -> None:
    heard = up_to(3)
    first = opened(4, a_book_position(7))
    assert handled(heard.says(first, modified(5, a_book_position(7, sl=0)))) == [
        ("PositionOpened", 4, False),
        ("PositionModified", 5, False),
    ]
    assert heard.says(first) == []
    assert heard.inbox.still_holds(MASTER, 7)


def test_an_arrival_knows_when_it_came() -> None:
    assert up_to(3).says(opened(4))[0].received_us == 77


def test_law_3_a_gap_asks_and_the_open_behind_it_waits_for_the_answer() -> None:
    heard = up_to(3)
    late = opened(5, a_book_position(8))
    assert heard.says(late) == []
    assert not heard.inbox.is_confirmed(MASTER)
    assert len(heard.asks()) == 1
    missing = opened(4, a_book_position(7))
    book = a_book(a_book_position(), a_book_position(7), a_book_position(8), seq=5)
    arrivals = heard.answers(book, missing, late)
    assert handled(arrivals) == [("PositionOpened", 4, False), ("PositionOpened", 5, False)]
    assert all(a.from_snapshot for a in arrivals[:-1])
    assert isinstance(arrivals[-1], SnapshotTaken)


@pytest.mark.history(32)
def test_law_3_a_close_acts_at_once_in_a_gap_and_once_only() -> None:
    """Seq 4 is lost, the master hangs, seq 5 is a close."""
    heard = up_to(3)
    assert handled(heard.says(closed(5))) == [("PositionClosed", 5, True)]
    assert heard.says(closed(5)) == []
    missing = modified(4, a_book_position(sl=0))
    arrivals = heard.answers(a_book(seq=5), missing, closed(5))
    assert handled(arrivals) == [("PositionModified", 4, False)]


def test_law_3_what_a_new_slave_hears_before_its_first_picture_is_handled_with_it() -> None:
    """It has nothing yet, so the picture comes without facts; what it heard it did not miss."""
    heard = Listening()
    mine, early = opened(4, a_book_position(7)), reduced(5, a_book_position(7, volume="0.50"))
    assert heard.says(mine, early, opened(6, a_book_position(8))) == []
    book = a_book(a_book_position(), a_book_position(7, volume="0.50"), seq=5)
    arrivals = heard.answers(book)
    assert handled(arrivals) == [("PositionOpened", 4, False), ("PositionReduced", 5, False)]
    assert not arrivals[0].from_snapshot
    later = a_book(a_book_position(), a_book_position(7), a_book_position(8), seq=6)
    assert handled(heard.answers(later)) == [("PositionOpened", 6, False)]


def test_law_3_what_acted_before_its_turn_does_not_act_again_in_its_turn() -> None:
    heard = up_to(3)
    assert handled(heard.says(closed(5))) == [("PositionClosed", 5, True)]
    late = modified(4, a_book_position(sl=0))
    assert handled(heard.says(late, closed(5))) == [("PositionModified", 4, False)]
    assert heard.inbox.cursor(MASTER) == Stamp(EPOCH, 5)


def test_law_3_a_change_behind_a_gap_waits_where_its_open_may_be_what_is_missing() -> None:
    heard = up_to(3)
    assert heard.says(reduced(5, a_book_position(7, volume="0.50"))) == []
    heard.copied.add(a_key(7))
    early = heard.says(reduced(6, a_book_position(7, volume="0.25")))
    assert handled(early) == [("PositionReduced", 6, True)]


@pytest.mark.parametrize("open_", [opened, placed], ids=["a position", "an order"])
def test_law_3_an_open_behind_a_gap_waits_though_an_order_of_ours_waits_for_it(open_: Any) -> None:
    """Ours would be withdrawn, and a copy opened, before what is missing is known."""
    heard = up_to(3)
    heard.copied.add(a_key(7))
    what = a_book_position(7) if open_ is opened else a_book_order(7)
    assert heard.says(open_(5, what)) == []


def test_law_3_what_a_snapshot_tells_beyond_its_own_book_is_not_acted_on() -> None:
    heard = up_to(3)
    later = opened(5, a_book_position(8))
    book = a_book(a_book_position(), seq=4)
    assert handled(heard.answers(book, modified(4, a_book_position(sl=0)), later)) == [
        ("PositionModified", 4, False)
    ]


def test_law_3_a_close_acts_before_the_first_snapshot() -> None:
    assert handled(Listening().says(closed(5))) == [("PositionClosed", 5, True)]


def test_law_3_a_close_of_a_higher_epoch_acts_at_once_and_one_of_a_lower_never() -> None:
    heard = up_to(3)
    assert handled(heard.says(closed(1, stamp=Stamp(EPOCH + 1, 1)))) == [
        ("PositionClosed", 1, True)
    ]
    assert heard.says(closed(9, stamp=Stamp(EPOCH - 1, 9))) == []


@pytest.mark.history(42)
def test_law_3_an_older_snapshot_is_dropped_and_newer_facts_stay() -> None:
    heard = up_to(10)
    heard.says(opened(11, a_book_position(7)))
    assert heard.answers(a_book(a_book_position(), seq=10)) == []
    assert heard.inbox.still_holds(MASTER, 7)
    assert heard.inbox.cursor(MASTER) == Stamp(EPOCH, 11)


def test_law_3_a_snapshot_of_an_older_epoch_is_dropped() -> None:
    heard = up_to(3)
    assert heard.answers(a_book(stamp=Stamp(EPOCH - 1, 99))) == []
    assert heard.inbox.still_holds(MASTER, 501)


def test_law_3_facts_already_handled_are_not_handled_again_out_of_a_snapshot() -> None:
    heard = up_to(3)
    told = opened(4, a_book_position(7))
    heard.says(told)
    book = a_book(a_book_position(), a_book_position(7), seq=4)
    assert handled(heard.answers(book, told)) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"head": Stamp(EPOCH, 4)}, id="a head further on", marks=pytest.mark.history(33)
        ),
        pytest.param({"head": Stamp(EPOCH + 1, 0)}, id="a new epoch"),
        pytest.param({"book_hash": "f" * 32}, id="another book at the same head"),
    ],
)
def test_law_3_a_heartbeat_that_tells_another_story_asks(changes: dict[str, Any]) -> None:
    heard = up_to(3)
    heard.says(a_beat(a_book(a_book_position(), seq=3), **changes))
    assert not heard.inbox.is_confirmed(MASTER)
    assert len(heard.asks()) == 1


def test_a_heartbeat_that_agrees_asks_nothing() -> None:
    heard = up_to(3)
    heard.says(a_beat(a_book(a_book_position(), seq=3)))
    heard.says(a_beat(a_book(seq=2), book_hash="late and other"))
    assert heard.inbox.is_confirmed(MASTER)
    assert heard.asks(after_s=60) == []


def test_a_master_that_does_not_vouch_for_its_book_is_not_believed_until_it_does() -> None:
    heard = up_to(3)
    book = a_book(a_book_position(), seq=3)
    heard.says(a_beat(book, confirmed=False))
    assert not heard.inbox.is_confirmed(MASTER)
    heard.says(a_beat(book))
    assert heard.inbox.is_confirmed(MASTER)


def test_law_3_asking_slows_down_and_never_ends() -> None:
    heard = Listening()
    asked = [heard.now_s for _ in range(4000) if heard.asks(after_s=0.05)]
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert gaps[0] == pytest.approx(0.5, abs=0.06)
    assert 4.9 <= max(gaps) <= 5.06
    assert asked[-1] > 190


def test_after_an_answer_the_next_doubt_is_asked_at_once_again() -> None:
    heard = Listening()
    for _ in range(10):
        heard.asks(after_s=5)
    heard.answers(a_book(seq=3))
    heard.says(opened(9))
    assert len(heard.asks()) == 1
    assert len(heard.asks(after_s=0.6)) == 1


def test_a_master_that_is_not_ready_is_asked_again() -> None:
    heard = Listening()
    heard.asks()
    heard.inlet.hear(MASTER, wire.encode(NotReady(master=MASTER, why="not yet")))
    assert heard.inbox.take() == []
    assert len(heard.asks(after_s=5)) == 1


def test_bytes_that_are_no_message_change_nothing() -> None:
    heard = up_to(3)
    heard.inlet.hear(MASTER, b"\xc1 no msgpack")
    assert heard.inbox.take() == []
    assert heard.inbox.is_confirmed(MASTER)


def test_a_doubt_from_elsewhere_takes_a_new_picture() -> None:
    heard = up_to(3)
    heard.inbox.ask_again(MASTER)
    heard.inbox.ask_again(STRANGER)
    assert len(heard.asks()) == 1


def test_a_master_nobody_follows_is_not_heard_and_knows_nothing() -> None:
    heard = up_to(3)
    heard.inbox.unfollow(MASTER)
    assert heard.says(closed(4)) == []
    assert heard.inbox.masters() == ()
    assert not heard.inbox.is_confirmed(MASTER)
    assert not heard.inbox.still_holds(MASTER, 501)
    assert heard.inbox.cursor(MASTER) == Stamp(0, 0)


def test_what_was_on_its_way_when_a_master_was_left_is_not_heard() -> None:
    heard = up_to(3)
    heard.inlet.hear(STRANGER, wire.encode(NotReady(master=STRANGER, why="x")))
    assert heard.inbox.take() == []


def test_following_again_keeps_the_story_and_wanting_is_another_matter() -> None:
    heard = up_to(3)
    heard.inbox.follow(MASTER, heard.outlet.addresses(), None)
    assert heard.inbox.cursor(MASTER) == Stamp(EPOCH, 3)
    assert not heard.inbox.is_wanted(MASTER)
    heard.inbox.want([MASTER])
    assert heard.inbox.is_wanted(MASTER)


def test_a_master_that_falls_silent_is_not_believed_until_it_speaks_again() -> None:
    heard = up_to(3)
    heard.asks(after_s=4.9)
    assert heard.inbox.is_confirmed(MASTER)
    heard.asks(after_s=0.2)
    assert not heard.inbox.is_confirmed(MASTER)
    heard.says(a_beat(a_book(a_book_position(), seq=3)))
    assert heard.inbox.is_confirmed(MASTER)
    heard.asks(after_s=4.9)
    heard.asks(after_s=4.9)
    assert heard.inbox.is_confirmed(MASTER)


def test_a_fact_is_a_sign_of_life_and_a_snapshot_is_none() -> None:
    heard = up_to(3)
    heard.asks(after_s=6)
    heard.answers(a_book(a_book_position(), seq=3))
    assert not heard.inbox.is_confirmed(MASTER)
    heard.says(modified(4, a_book_position(sl=0)))
    assert heard.inbox.is_confirmed(MASTER)


@pytest.mark.history(38)
def test_law_3_the_same_fact_again_is_dropped() -> None:
    heard = up_to(3)
    told = opened(4, a_book_position(7))
    heard.says(told)
    assert heard.says(msgspec.structs.replace(told, published_at_us=99)) == []
    assert heard.inbox.is_confirmed(MASTER)


@pytest.mark.history(38)
@pytest.mark.parametrize("by_snapshot", [False, True], ids=["heard live", "out of a snapshot"])
def test_law_3_another_story_under_the_same_stamp_is_not_believed(
    by_snapshot: bool, caplog: pytest.LogCaptureFixture
) -> None:
    heard = up_to(3)
    told, other = opened(4, a_book_position(7)), opened(4, a_book_position(8))
    book = a_book(a_book_position(), a_book_position(7), seq=4)
    if by_snapshot:
        heard.answers(book, told)
    else:
        heard.says(told)
    assert heard.says(other) == []
    assert "two_stories_under_one_stamp" in caplog.text
    assert len(heard.asks()) == 1
    heard.answers(book)
    assert not heard.inbox.is_confirmed(MASTER)
    for _ in range(11):
        heard.says(a_beat(book))
        heard.asks(after_s=1)
    assert heard.inbox.is_confirmed(MASTER)


def test_only_the_newest_facts_are_remembered() -> None:
    heard = up_to(3)
    first = modified(4, a_book_position())
    heard.says(first, *(modified(seq, a_book_position()) for seq in range(5, 4 + REMEMBERED_FACTS)))
    heard.says(modified(4 + REMEMBERED_FACTS, a_book_position()))
    heard.says(opened(4, a_book_position(9)))
    assert heard.inbox.is_confirmed(MASTER)


@pytest.mark.history(25)
def test_law_3_a_master_set_back_below_what_was_heard_is_asked_so_that_it_rises() -> None:
    """Its journal is gone and its clock went back: all that it tells would be dropped unseen."""
    heard = Listening()
    heard.asks()
    heard.answers(a_book(seq=3))
    heard.says(a_beat(a_book(), head=Stamp(EPOCH - 7_200_000, 1)))
    assert not heard.inbox.is_confirmed(MASTER)
    (request,) = heard.asks(after_s=1.0)
    assert request.have == Stamp(EPOCH, 3)
