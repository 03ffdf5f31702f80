"""In which order a slave deals with what its masters said, and that each thing has an answer."""

from decimal import Decimal

import pytest

from domain.book import Stamp
from domain.control import Command
from domain.legs import LegState
from domain.market import Unknowable
from domain.outcomes import Outcome, Rejected
from domain.signals import SnapshotRequest
from tests.builders import EPOCH, SLAVE, a_book, a_key
from tests.fakes import FakeDoor, FakeJournal, lost, told
from tests.unit.nodes.teller import Teller

REFUSED = Rejected(retcode=10018, comment="Market closed")


@pytest.fixture
def teller() -> Teller:
    return Teller()


def kinds(teller: Teller) -> list[str]:
    return [type(command).__name__ for command in teller.slave.door.sent]


def test_a_close_overtakes_twenty_opens_that_came_before_it(teller: Teller) -> None:
    teller.copies(501)
    teller.slave.door.sent.clear()
    teller.say(*(teller.opens(order) for order in range(600, 620)), teller.closes(501))
    teller.turn()
    assert kinds(teller) == ["ClosePosition"] + ["OpenPosition"] * 20


def test_a_close_that_comes_while_opens_are_being_sent_is_the_next_order(teller: Teller) -> None:
    teller.copies(501)
    teller.slave.door.sent.clear()
    close = []

    def in_between() -> None:
        if len(teller.slave.door.sent) == 1 and not close:
            close.append(teller.closes(501))
            teller.say(close[0])

    teller.slave.door.before_quote = in_between
    teller.say(*(teller.opens(order) for order in range(600, 604)))
    teller.turn()
    assert kinds(teller).index("ClosePosition") <= 2
    assert kinds(teller).count("OpenPosition") == 4


def test_reductions_go_before_new_stops_and_both_before_opens(teller: Teller) -> None:
    for order in (501, 502):
        teller.copies(order)
    teller.slave.door.sent.clear()
    teller.say(teller.opens(600), teller.moves(501, sl="1281.00"), teller.halves(502))
    teller.turn()
    assert kinds(teller) == ["ClosePosition", "ModifyPosition", "OpenPosition"]


@pytest.mark.history(22)
def test_law_2_an_open_and_its_close_in_one_drain_open_nothing(teller: Teller) -> None:
    teller.say(teller.opens(501), teller.closes(501))
    teller.turn(4)
    assert teller.slave.door.sent == []
    assert not teller.slave.unanswered(teller.facts)


def test_law_2_a_close_before_its_open_leaves_a_tombstone(teller: Teller) -> None:
    opened, closed = teller.opens(501), teller.closes(501)
    teller.say(closed)
    teller.slave.turn()
    assert teller.slave.leg().state is LegState.CLOSED
    teller.say(opened)
    teller.turn(8)
    assert teller.slave.door.sent == []
    assert not teller.slave.unanswered(teller.facts)


def test_a_change_of_a_position_whose_open_is_in_the_same_drain_comes_after_it(
    teller: Teller,
) -> None:
    teller.say(teller.opens(501), teller.moves(501, sl="1281.00"), teller.halves(501))
    teller.turn()
    copy = next(iter(teller.slave.door.held.values()))
    assert (copy.volume, copy.sl) == (Decimal("0.50"), Decimal("1281.00"))
    assert not teller.slave.unanswered(teller.facts)
    assert {kind for _, kind, _ in told(teller.slave.verdicts)} == {"copied"}


@pytest.mark.parametrize("enabled", [True, False], ids=["copied", "denied"])
def test_law_9_what_changed_of_an_order_is_answered_before_the_position_it_became(
    enabled: bool,
) -> None:
    teller = Teller(enabled=enabled)
    placed, changed = teller.places(501), teller.changes_order(501, price="1274.00")
    filled, gone = teller.fills_order(501)
    teller.say(placed, changed, filled)
    teller.turn(8)
    teller.say(gone)
    teller.turn(8)
    assert not teller.slave.unanswered(teller.facts)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(["moves", "closes"], id="moved, then closed"),
        pytest.param(["halves", "closes"], id="halved, then closed"),
        pytest.param(["moves", "halves"], id="moved, then halved"),
        pytest.param(["moves", "halves", "closes"], id="moved, halved, closed"),
    ],
)
def test_law_9_an_event_that_is_overtaken_has_an_answer_too(
    teller: Teller, changes: list[str]
) -> None:
    teller.copies(501)
    teller.say(*(getattr(teller, change)(501) for change in changes))
    teller.turn(4)
    assert not teller.slave.unanswered(teller.facts)


@pytest.mark.parametrize("copied", [True, False])
def test_law_9_so_has_one_of_a_copy_that_is_there_no_more(teller: Teller, copied: bool) -> None:
    if copied:
        identifier = teller.copies(501)
        teller.slave.door.shut(identifier)
        teller.turn(4)
    else:
        teller.say(teller.opens(501, age_ms=60_000))
        teller.turn()
    teller.say(teller.moves(501, sl="1281.00"), teller.halves(501), teller.closes(501))
    teller.turn(4)
    reason = "ALREADY_CLOSED_HERE" if copied else "NEVER_COPIED"
    assert {v[2] for v in told(teller.slave.verdicts)[1:]} == {reason}
    assert not teller.slave.unanswered(teller.facts)


def test_an_old_change_never_takes_back_a_newer_one(teller: Teller) -> None:
    """The close acted before the gap was filled, and nobody knows yet how it came out."""
    identifier = teller.copies(501)
    missing = teller.halves(501)
    teller.slave.door.answers = [lost]
    teller.say(teller.closes(501))
    teller.slave.turn()
    teller.say(missing)
    teller.turn(8)
    assert identifier not in teller.slave.door.held
    assert all(order.whole for order in teller.slave.door.closes)
    assert not teller.slave.unanswered(teller.facts)


@pytest.mark.history(32, 42)
def test_law_3_a_picture_older_than_a_close_that_acted_early_does_not_take_it_back(
    teller: Teller,
) -> None:
    """The close was refused, and is still owed."""
    identifier = teller.copies(501)
    teller.moves(501, sl="1281.00")
    before = teller.book
    close = teller.closes(501)
    after, teller.book = teller.book, before
    teller.slave.door.answers = [REFUSED] * 3
    teller.say(close)
    teller.turn(24)
    assert identifier not in teller.slave.door.held
    teller.book = after
    teller.say(close)
    teller.turn(8)
    assert len(teller.slave.door.closes) == 4
    assert not teller.slave.unanswered(teller.facts)


@pytest.mark.history(32)
def test_law_3_a_close_behind_a_lost_message_is_done_while_the_master_hangs(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    teller.copies(502)
    lost_one, close = teller.moves(502, sl="1281.00"), teller.closes(501)
    teller.say(close)
    teller.slave.turn()
    assert identifier not in teller.slave.door.held
    teller.slave.turn(40)
    assert len(teller.slave.door.closes) == 1
    assert teller.slave.unanswered(teller.facts) == [lost_one]
    teller.turn(4)
    assert not teller.slave.unanswered(teller.facts)


def test_law_3_a_reduction_behind_a_lost_message_is_done_while_the_master_hangs(
    teller: Teller,
) -> None:
    """Only opens wait for a gap to be filled: a fact carries the resulting state."""
    identifier = teller.copies(501)
    teller.copies(502)
    teller.moves(502, sl="1281.00")
    teller.say(teller.halves(501))
    teller.slave.turn(4)
    assert teller.slave.door.held[identifier].volume == Decimal("0.50")


@pytest.mark.history(42)
def test_law_3_a_snapshot_that_comes_after_a_newer_open_leaves_it_alone(teller: Teller) -> None:
    teller.copies(501)
    asked = SnapshotRequest(slave=SLAVE, have=teller.book.stamp, legs=(501,))
    before = teller.snapshot(asked)
    identifier = teller.copies(502)
    teller.hear(before)
    teller.turn(8)
    assert identifier in teller.slave.door.held
    assert teller.slave.leg(502).state is LegState.OPEN
    assert teller.slave.door.closes == []
    assert len(teller.slave.door.opens) == 2


def test_law_3_only_closed_closes_a_copy_and_absence_only_asks(teller: Teller) -> None:
    """The master forgot the position: its book has it no more, and it cannot say closed."""
    identifier = teller.copies(501)
    teller.book = type(teller.book)(
        master=teller.book.master,
        login=teller.book.login,
        server=teller.book.server,
        stamp=teller.book.stamp,
    )
    teller.say(teller.beat())
    teller.turn(8)
    assert identifier in teller.slave.door.held
    teller.shut.add(501)
    teller.say(teller.beat(book_hash="doubt"))
    teller.turn(8)
    assert identifier not in teller.slave.door.held


def test_law_3_a_book_of_another_account_says_nothing_of_our_legs(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.book = type(teller.book)(
        master=teller.book.master, login=9, server="Other", stamp=teller.book.stamp
    )
    teller.shut.add(501)
    teller.say(teller.beat())
    teller.turn(8)
    assert identifier in teller.slave.door.held


def test_law_2_of_what_a_snapshot_brings_closes_go_first(teller: Teller) -> None:
    teller.copies(501)
    second = teller.copies(502)
    teller.halves(501)
    teller.closes(502)
    # A master that has lost its journal: the picture comes without what led to it.
    teller.facts.clear()
    teller.say(teller.beat())
    teller.turn(4)
    first, then = teller.slave.door.closes
    assert (first.identifier, first.whole, then.whole) == (second, True, False)


def test_a_snapshot_brings_a_leg_where_its_master_is(teller: Teller) -> None:
    teller.copies(501)
    teller.moves(501, sl="1281.00")
    teller.halves(501)
    teller.say(teller.beat())
    teller.turn(8)
    copy = next(iter(teller.slave.door.held.values()))
    assert (copy.volume, copy.sl) == (Decimal("0.50"), Decimal("1281.00"))
    assert not teller.slave.unanswered(teller.facts)


def test_law_2_a_lost_open_is_copied_when_the_gap_is_filled_in_time(teller: Teller) -> None:
    teller.opens(501)
    teller.say(teller.beat())
    teller.turn(4)
    assert len(teller.slave.door.opens) == 1


def test_law_2_a_lost_open_that_is_closed_already_is_not_opened(teller: Teller) -> None:
    teller.opens(501)
    teller.closes(501)
    teller.say(teller.beat())
    teller.turn(4)
    assert teller.slave.door.sent == []
    assert not teller.slave.unanswered(teller.facts)


@pytest.mark.history(15, 35)
def test_law_9_positions_that_were_there_before_this_slave_are_missed(teller: Teller) -> None:
    teller.opens(501)
    teller.slave.journal = type(teller.slave.journal)()
    teller.slave.start()
    teller.turn(4)
    assert teller.slave.last == ("PositionOpened", "missed", "EXISTED_BEFORE")
    assert teller.slave.leg().state is LegState.MISSED
    teller.slave.start()
    teller.turn(4)
    assert len(teller.slave.verdicts) == 1


def test_law_3_an_open_that_a_new_slave_hears_before_its_first_picture_is_copied(
    teller: Teller,
) -> None:
    """It was up and heard it in time: only the order of the first two messages was unlucky."""
    teller.slave.journal = FakeJournal()
    teller.slave.start()
    heard = teller.opens(501)
    teller.say(heard)
    teller.turn(4)
    assert told(teller.slave.verdicts) == [("PositionOpened", "copied", "NONE")]
    assert not teller.slave.unanswered([heard])
    assert len(teller.slave.door.opens) == 1


def test_law_5_a_refused_close_comes_back_by_itself_until_it_is_done(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.answers = [REFUSED] * 12
    teller.say(teller.closes(501))
    teller.turn(40, seconds=1)
    assert any(a_key().text in alarm for alarm in teller.slave.report.alarms)
    teller.turn(200, seconds=2)
    assert identifier not in teller.slave.door.held
    assert len(teller.slave.door.closes) == 13
    assert not teller.slave.unanswered(teller.facts)
    assert teller.slave.report.alarms == ()


def test_law_5_a_refused_close_is_tried_again_before_all_that_waits_is_answered(
    teller: Teller,
) -> None:
    teller.copies(501)
    teller.slave.door.sent.clear()
    teller.slave.door.answers = [REFUSED]
    teller.slave.door.before_quote = lambda: teller.clock.pass_s(0.1)
    teller.say(teller.closes(501), *(teller.opens(order) for order in range(600, 650)))
    teller.turn(40)
    sent = kinds(teller)
    assert sent.count("ClosePosition") == 2
    assert sent[-1] == "OpenPosition"


def test_of_many_stops_that_were_told_meanwhile_the_last_one_is_sent(teller: Teller) -> None:
    teller.copies(501)
    moves = [teller.moves(501, sl=f"{1270 + step}.00") for step in range(10)]
    teller.say(*moves)
    teller.turn()
    assert [order.sl for order in teller.slave.door.modifies] == [1279]
    assert not teller.slave.unanswered(teller.facts)


@pytest.mark.history(30)
def test_law_2_refused_stops_are_tried_ever_more_slowly_with_an_alarm(teller: Teller) -> None:
    """The broker refuses for ever; that is no reason to leave the copy alone otherwise."""
    identifier = teller.copies(501)
    teller.slave.door.answers = [Rejected(retcode=10016, comment="Invalid stops")] * 1000
    teller.say(teller.moves(501, sl="1281.00"))
    teller.turn(600, seconds=1)
    assert len(teller.slave.door.modifies) <= 30
    assert any("10016" in alarm for alarm in teller.slave.report.alarms)
    teller.slave.door.answers = []
    teller.say(teller.beat(), teller.halves(501))
    teller.turn()
    assert teller.slave.door.held[identifier].volume == Decimal("0.50")


def test_law_5_a_close_goes_out_in_every_state_and_an_open_in_none_but_active(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    teller.slave.control.orders.append(Command(command="c", kind="HALT", by="operator"))
    teller.turn()
    teller.say(teller.opens(502), teller.closes(501))
    teller.turn()
    assert identifier not in teller.slave.door.held
    assert len(teller.slave.door.opens) == 1
    assert ("PositionOpened", "denied", "TRADING_HALTED") in told(teller.slave.verdicts)


def test_law_9_a_change_that_waits_is_answered_after_a_restart_though_a_later_one_was(
    teller: Teller,
) -> None:
    teller.copies(501)
    door = teller.slave.door
    door.mute = Unknowable("no connection")
    teller.say(teller.moves(501, sl="1281.00"), teller.halves(501))
    teller.turn(2)
    door.mute = None
    door.answers = [FakeDoor.execute, *[lost] * 20]
    teller.turn(8)
    assert ("PositionReduced", "copied", "NONE") in told(teller.slave.verdicts)
    assert [type(fact).__name__ for fact in teller.slave.unanswered(teller.facts)] == [
        "PositionModified"
    ]
    door.answers = []
    teller.slave.start()
    teller.turn(20, seconds=1)
    assert not teller.slave.unanswered(teller.facts)


def test_law_9_a_change_told_again_after_a_restart_keeps_its_answer(teller: Teller) -> None:
    """An unknown open keeps the journal's cursor back, so that later events are heard again."""
    teller.copies(501)
    teller.slave.door.answers = [lost]
    teller.say(teller.opens(502))
    teller.turn()
    for sl in ("1281.00", "1282.00"):
        teller.say(teller.moves(501, sl=sl))
        teller.turn()
    before = told(teller.slave.verdicts)
    teller.slave.start()
    teller.turn(8)
    assert told(teller.slave.verdicts) == before
    assert len(teller.slave.door.modifies) == 2


def forgets_its_positions(teller: Teller) -> None:
    """The master starts again without its journal, before its terminal has loaded the history."""
    teller.book = a_book(stamp=Stamp(EPOCH + 1, 0))
    teller.facts = []
    teller.say(teller.beat())


def test_law_3_a_copy_of_unknown_fate_is_asked_about_until_its_master_can_tell(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    forgets_its_positions(teller)
    teller.turn(40)
    assert identifier in teller.slave.door.held
    teller.shut.add(501)
    teller.turn(24)
    assert identifier not in teller.slave.door.held


def test_law_3_asking_is_bounded_in_rate_and_ends_with_the_copy(teller: Teller) -> None:
    identifier = teller.copies(501)
    forgets_its_positions(teller)
    asked = []
    snapshot = teller.snapshot
    teller.snapshot = lambda request: (asked.append(request), snapshot(request))[1]  # type: ignore[func-returns-value,method-assign]
    teller.turn(240)
    assert 8 <= len(asked) <= 14
    teller.slave.door.shut(identifier)
    teller.turn(4)
    asked.clear()
    teller.turn(120)
    assert asked == []


def test_law_2_an_older_fact_does_not_raise_a_tombstone_from_the_dead(teller: Teller) -> None:
    """The close acts early, then a snapshot brings the reduction in front of it, then the fill."""

    def lost_but_kept(door: FakeDoor, command: object) -> Outcome:
        kept.append(command)
        return lost(door, command)  # type: ignore[arg-type]

    kept: list[object] = []
    teller.slave.door.answers = [lost_but_kept]
    teller.say(teller.opens(501))
    teller.turn(70, seconds=1)
    teller.halves(501, volume="0.75")
    teller.say(teller.closes(501))
    teller.turn(8)
    teller.slave.door.execute(kept[0])  # type: ignore[arg-type]
    teller.turn(8)
    assert teller.slave.door.held == {}
    assert len(teller.slave.door.opens) == 1


def test_law_2_a_position_first_seen_when_reduced_is_copied_as_it_is_and_left_alone(
    teller: Teller,
) -> None:
    identifier = teller.copies(501, volume="0.50", initial_volume="1.00")
    teller.turn(8)
    assert kinds(teller) == ["OpenPosition"]
    teller.say(teller.halves(501, volume="0.25"))
    teller.turn(4)
    assert teller.slave.door.held[identifier].volume == Decimal("0.25")


def test_law_9_an_open_overtaken_by_its_own_close_says_so() -> None:
    teller = Teller()
    teller.say(teller.opens(501), teller.closes(501))
    teller.turn()
    assert ("PositionOpened", "denied", "CLOSED_MEANWHILE") in told(teller.slave.verdicts)
    assert teller.slave.door.sent == []
