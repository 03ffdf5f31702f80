"""A master core on a scripted terminal: what it tells, and what it must not."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from db.journal import Journal
from db.journal_file import JournalRefused
from domain.book import Stamp
from domain.control import Command, CommandDone, Settings, Stop
from domain.market import Identity, Position, Unknowable
from domain.signals import (
    Malformed,
    NotReady,
    PositionClosed,
    PositionOpened,
    Snapshot,
    SnapshotRequest,
)
from messaging import wire
from tests.builders import EPOCH, MASTER, MASTER_AT, SLAVE
from tests.fakes import FakeClock, FakeDoor, FakeJournal
from tests.unit.nodes.swarm import MasterSide
from utils.clock import Now, taken_from

MUTE = Unknowable("pipe is closed")
NOTHING = Stamp(0, 0)
ANOTHER = Identity(8002, "FTMO-Demo")


@pytest.fixture
def master() -> MasterSide:
    side = MasterSide()
    side.turn()
    return side


def asked(master: MasterSide, *legs: int, have: Stamp = NOTHING) -> Snapshot | NotReady:
    """What the master answers to a slave that holds these legs."""
    answers: list[Snapshot | NotReady] = []
    master.outlet.answer = lambda _, answer: answers.append(answer)  # type: ignore[method-assign]
    request = SnapshotRequest(slave=SLAVE, have=have, legs=legs)
    master.outlet.asked.append((b"0", wire.encode(request)))
    master.turn()
    return answers[-1]


def fate(master: MasterSide, order: int) -> str:
    answer = asked(master, order)
    assert isinstance(answer, Snapshot)
    return answer.legs[0].fate


# what is told


def test_open_modify_reduce_and_close_are_told_in_order_with_the_resulting_state(
    master: MasterSide,
) -> None:
    order = master.door.trade("1.00", sl="1280.00")
    master.turn()
    master.door.change(order, sl="1282.00")
    master.turn()
    master.door.reduce(order, "0.40")
    master.turn()
    master.door.shut(order)
    master.turn()
    names = ["PositionOpened", "PositionModified", "PositionReduced", "PositionClosed"]
    assert master.told == names
    volumes = [fact.position.volume for fact in master.facts]
    assert volumes == [1, 1, Decimal("0.60"), 0]
    assert [fact.stamp.seq for fact in master.facts] == [1, 2, 3, 4]


def test_everything_told_stands_in_the_journal_with_a_journey_of_its_own(
    master: MasterSide,
) -> None:
    master.door.trade()
    master.door.trade()
    master.turn()
    assert master.journal.facts_since(NOTHING) == master.facts
    assert len({fact.journey for fact in master.facts}) == 2


def test_a_close_is_told_before_an_open_seen_in_the_same_look(master: MasterSide) -> None:
    order = master.door.trade()
    master.turn()
    master.door.shut(order)
    master.door.trade()
    master.turn()
    assert master.told[1:] == ["PositionClosed", "PositionOpened"]


def test_a_reduction_and_new_stops_seen_together_are_both_told_with_the_new_volume(
    master: MasterSide,
) -> None:
    order = master.door.trade()
    master.turn()
    master.door.reduce(order, "0.40")
    master.door.change(order, sl="1282.00")
    master.turn()
    assert master.told[1:] == ["PositionReduced", "PositionModified"]
    assert {fact.position.volume for fact in master.facts[1:]} == {Decimal("0.60")}


def test_nothing_is_told_twice(master: MasterSide) -> None:
    master.door.trade()
    master.turn(10)
    assert master.told == ["PositionOpened"]


@pytest.mark.history(14)
def test_law_10_the_age_of_an_open_counts_from_its_deal(master: MasterSide) -> None:
    """The terminal was away for twenty minutes."""
    master.door.mute = MUTE
    master.turn(2)
    master.door.trade()
    master.turn(2, seconds=600)
    master.door.mute = None
    master.turn()
    assert master.told == ["PositionOpened"]
    assert master.facts[0].age_ms == pytest.approx(1_200_250, abs=50)


def test_law_2_a_position_found_at_the_very_first_look_is_as_old_as_it_is() -> None:
    master = MasterSide()
    master.door.trade(opened_server_ms=master.door.server_ms() - 3_600_000)
    master.turn(3)
    assert master.facts[0].age_ms >= 3_600_000


def test_law_2_without_the_brokers_clock_no_open_is_told() -> None:
    master = MasterSide()
    master.door.newest_ms = 0
    master.door.trade()
    master.turn(3)
    assert master.told == []
    master.door.newest_ms = None
    master.turn()
    assert master.told == ["PositionOpened"]


def test_a_position_found_reduced_is_told_with_the_volume_it_began_with() -> None:
    master = MasterSide()
    order = master.door.trade("1.00", opened_server_ms=master.door.server_ms() - 60_000)
    master.door.reduce(order, "0.40")
    master.turn(2)
    position = master.facts[0].position
    assert (position.volume, position.initial_volume) == (Decimal("0.60"), 1)


# what is not


@pytest.mark.parametrize("looks", [5, 40])
def test_law_1_nothing_is_told_on_an_answer_that_cannot_be_believed(
    master: MasterSide, looks: int
) -> None:
    master.door.trade()
    master.turn()
    master.door.mute = MUTE
    master.turn(looks)
    assert master.told == ["PositionOpened"]
    assert "pipe is closed" in master.report.alarms
    master.door.mute = None
    master.turn(5)
    assert master.told == ["PositionOpened"]
    assert master.report.alarms == ()


@pytest.mark.history(10)
def test_law_1_an_empty_list_for_a_second_closes_nothing(master: MasterSide) -> None:
    order = master.door.trade()
    master.turn()
    master.door.unlisted = {order}
    master.turn(4)
    master.door.unlisted = set()
    master.turn(40)
    assert master.told == ["PositionOpened"]


@pytest.mark.history(11)
def test_law_1_one_of_ten_that_is_missing_is_not_closed(master: MasterSide) -> None:
    """The deals that do show say it is open, however often one looks."""
    orders = [master.door.trade() for _ in range(10)]
    master.turn()
    master.door.unlisted = {orders[3]}
    master.turn(100)
    assert master.told == ["PositionOpened"] * 10


@pytest.mark.history(40)
def test_law_1_a_leg_halved_earlier_is_not_closed_by_being_missing(master: MasterSide) -> None:
    order = master.door.trade()
    master.turn()
    master.door.reduce(order, "0.50")
    master.turn()
    master.door.unlisted = {order}
    master.turn(100)
    assert master.told == ["PositionOpened", "PositionReduced"]


def test_law_1_where_no_deal_shows_five_looks_over_five_seconds_close_with_an_alarm(
    master: MasterSide,
) -> None:
    order = master.door.trade()
    master.turn()
    master.door.deals_hidden = True
    master.door.shut(order)
    master.turn(4, seconds=1.2)
    assert master.told == ["PositionOpened"]
    master.turn(2, seconds=1.2)
    assert master.told == ["PositionOpened", "PositionClosed"]
    assert any("deals do not show" in alarm for alarm in master.report.alarms)
    master.turn(50, seconds=1.3)
    assert master.report.alarms == ()


def test_law_1_many_looks_in_a_short_time_are_not_enough(master: MasterSide) -> None:
    order = master.door.trade()
    master.turn()
    master.door.deals_hidden = True
    master.door.shut(order)
    master.turn(40, seconds=0.11)
    assert master.told == ["PositionOpened"]


def test_law_1_looks_that_could_not_be_believed_break_the_row_of_equal_ones(
    master: MasterSide,
) -> None:
    order = master.door.trade()
    master.turn()
    master.door.deals_hidden = True
    master.door.unlisted = {order}
    master.turn(4, seconds=1.1)
    master.door.mute = MUTE
    master.turn(20, seconds=1.1)
    master.door.mute = None
    master.turn(2, seconds=1.1)
    assert master.told == ["PositionOpened"]


def test_law_1_a_close_whose_deals_come_late_is_told_when_they_sum_to_zero(
    master: MasterSide,
) -> None:
    order = master.door.trade()
    master.turn()
    deals, master.door.unlisted = list(master.door.deals), {order}
    master.turn(2)
    master.door.shut(order)
    assert len(master.door.deals) == len(deals) + 1
    master.turn()
    assert master.told == ["PositionOpened", "PositionClosed"]
    assert master.facts[1].price == master.door.deals[-1].price


def test_law_8_another_login_tells_nothing(master: MasterSide) -> None:
    master.door.trade()
    master.turn()
    master.door.at = Identity(666, "Elsewhere")
    held, master.door.held = master.door.held, {}
    master.door.trade()
    master.turn(40)
    assert master.told == ["PositionOpened"]
    assert any("666" in alarm for alarm in master.report.alarms)
    master.door.at, master.door.held = Identity(7001, "FTMO-Demo"), held
    master.turn(4)
    assert master.told == ["PositionOpened"]


def test_law_8_a_terminal_of_another_account_is_not_begun_with() -> None:
    master = MasterSide()
    master.door.at = Identity(666, "Elsewhere")
    master.door.trade()
    master.turn(12)
    assert master.outlet.said == []
    assert not master.report.ready
    assert any("wanted 7001" in alarm for alarm in master.report.alarms)


def test_a_terminal_that_is_away_is_tried_again_in_peace(master: MasterSide) -> None:
    master.door.mute = MUTE
    before = master.door.connects
    master.turn(40, seconds=0.1)
    assert 1 <= master.door.connects - before <= 3


def test_a_terminal_that_cannot_be_reached_at_the_start_is_begun_with_later() -> None:
    master = MasterSide()
    master.door.mute = MUTE
    master.turn(4)
    assert not master.report.ready
    assert any("cannot connect" in alarm for alarm in master.report.alarms)
    master.door.mute = None
    master.turn(12)
    assert master.report.ready


# the story


def test_a_heartbeat_names_the_head_and_takes_no_seq(master: MasterSide) -> None:
    master.door.trade()
    master.turn(4)
    beat = master.beats[-1]
    assert beat.head == master.facts[-1].stamp
    assert beat.confirmed
    assert [fact.stamp.seq for fact in master.facts] == [1]


def test_law_3_a_snapshot_says_held_closed_or_unknown_of_each_leg(master: MasterSide) -> None:
    held, shut = master.door.trade(), master.door.trade()
    master.turn()
    master.door.shut(shut)
    master.turn()
    assert [fate(master, order) for order in (held, shut, 12345)] == ["held", "closed", "unknown"]


def test_law_3_a_leg_whose_deals_do_not_answer_is_unknown(master: MasterSide) -> None:
    shut = master.door.trade()
    master.turn()
    master.door.shut(shut)
    master.turn()
    master.door.deals_hidden = True
    assert fate(master, shut) == "unknown"


def test_law_3_a_snapshot_carries_the_facts_since(master: MasterSide) -> None:
    for _ in range(3):
        master.door.trade()
        master.turn()
    answer = asked(master, have=master.facts[0].stamp)
    assert isinstance(answer, Snapshot)
    assert answer.facts == tuple(master.facts[1:])
    assert len(answer.book.positions) == 3


def test_a_slave_that_has_nothing_gets_the_book_and_no_old_facts(master: MasterSide) -> None:
    master.door.trade()
    master.turn()
    answer = asked(master)
    assert isinstance(answer, Snapshot)
    assert answer.facts == ()
    assert len(answer.book.positions) == 1


def test_law_3_a_book_that_is_not_confirmed_answers_not_ready() -> None:
    master = MasterSide()
    master.turn()
    master.door.trade()
    master.turn()
    master.start()
    master.door.mute = None
    master.door.unlisted = {501}
    master.turn()
    assert isinstance(asked(master, 501), NotReady)
    assert not master.beats[-1].confirmed
    master.door.unlisted = set()
    assert isinstance(asked(master, 501), Snapshot)


def test_a_malformed_request_is_not_answered_and_harms_nobody(master: MasterSide) -> None:
    master.outlet.requests = lambda: [(b"0", Malformed("not msgpack", 3))]  # type: ignore[method-assign]
    master.turn(2)
    assert master.report.ready


# restarts


def test_law_11_a_restart_tells_the_closes_that_happened_meanwhile_and_no_open_again(
    master: MasterSide,
) -> None:
    kept, shut = master.door.trade(), master.door.trade()
    master.turn()
    master.door.shut(shut)
    master.start()
    master.turn(4)
    assert master.told == ["PositionClosed"]
    assert isinstance(master.facts[0], PositionClosed)
    assert master.facts[0].position.opening_order == shut
    assert fate(master, kept) == "held"


def test_law_3_every_start_is_a_higher_epoch_even_when_the_machines_clock_was_set_back(
    master: MasterSide,
) -> None:
    first = master.beats[-1].head.epoch
    master.clock.pass_s(-3600)
    master.start()
    master.turn()
    assert master.beats[-1].head.epoch > first
    assert first > EPOCH


def test_law_3_a_master_that_is_killed_as_soon_as_it_rose_stays_above(master: MasterSide) -> None:
    heard = Stamp(master.beats[-1].head.epoch + 86_400_000, 3)
    asked(master, have=heard)
    master.start()
    master.turn(3)
    assert master.beats[-1].head.epoch > heard.epoch + 1


def test_law_3_a_start_is_above_every_epoch_that_the_database_knows(master: MasterSide) -> None:
    """Its journal is gone, and the machine's clock is a day behind."""
    known = master.clock.now().utc_ms + 86_400_000
    master.journal, master.known_epochs = FakeJournal(), (known, 7)
    master.start()
    master.turn(3)
    assert master.beats[-1].head.epoch > known


def test_law_3_a_master_rises_above_the_epoch_that_a_slave_has_heard(master: MasterSide) -> None:
    order = master.door.trade()
    master.turn()
    heard = Stamp(master.beats[-1].head.epoch + 86_400_000, 3)
    answer = asked(master, order, have=heard)
    assert isinstance(answer, Snapshot)
    assert (answer.book.stamp, answer.legs[0].fate) == (Stamp(heard.epoch + 1, 0), "held")
    master.door.shut(order)
    master.turn(2)
    assert master.facts[-1].stamp == Stamp(heard.epoch + 1, 1)
    assert master.beats[-1].head == Stamp(heard.epoch + 1, 1)
    before = master.beats[-1].head.epoch
    master.start()
    master.turn(3)
    assert master.beats[-1].head.epoch > before


@pytest.mark.history(41)
def test_law_1_a_restart_in_a_second_of_emptiness_closes_nothing(master: MasterSide) -> None:
    order = master.door.trade()
    master.turn()
    master.start()
    master.door.unlisted = {order}
    master.turn(4)
    master.door.unlisted = set()
    master.turn(20)
    assert master.told == []
    assert fate(master, order) == "held"


def test_an_orderly_end_leaves_the_whole_book_in_the_journal(master: MasterSide) -> None:
    master.door.trade()
    master.turn()
    master.loop.finish()
    kept = master.journal.book()
    assert kept is not None
    assert kept.stamp == master.facts[-1].stamp


# a disk that is full


@pytest.mark.history(39)
def test_law_4_a_full_disk_keeps_no_fact_from_the_slaves(master: MasterSide) -> None:
    """Not even the one at which the whole book is written down."""
    master.journal.full = True
    for _ in range(120):
        master.door.trade()
        master.turn()
    assert len(master.facts) == 120


def test_law_3_what_a_full_disk_did_not_take_is_told_to_whoever_missed_it(
    master: MasterSide,
) -> None:
    heard = master.beats[-1].head
    master.journal.full = True
    order = master.door.trade()
    master.turn()
    master.door.shut(order)
    master.turn(2)
    answer = asked(master, order, have=heard)
    assert isinstance(answer, Snapshot)
    assert [type(fact).__name__ for fact in answer.facts] == ["PositionOpened", "PositionClosed"]


def test_a_full_disk_is_an_alarm_until_it_takes_the_book_again(master: MasterSide) -> None:
    master.journal.full = True
    master.door.trade()
    master.turn(8)
    assert any("slaves are told everything" in alarm for alarm in master.report.alarms)
    master.journal.full = False
    master.turn(40)
    assert master.report.alarms == ()


def test_a_full_disk_does_not_keep_a_master_from_ending_in_order(master: MasterSide) -> None:
    master.journal.full = True
    master.loop.finish()


# control


def test_a_master_stops_when_told(master: MasterSide) -> None:
    master.control.orders.append(Settings(document={"name": MASTER}))
    master.turn()
    assert not master.loop.stopping
    master.control.orders.append(Stop(why="Ctrl+C"))
    master.turn()
    assert master.loop.stopping


def test_law_2_a_master_whose_document_is_gone_goes_on_telling_and_says_so(
    master: MasterSide,
) -> None:
    master.turn(4)
    master.control.orders.append(Settings(document=None))
    master.turn(4)
    master.door.trade()
    master.turn(4)
    assert not master.loop.stopping
    assert "PositionOpened" in master.told
    assert any("document is gone" in alarm for alarm in master.report.alarms)
    master.control.orders.append(Settings(document={"name": MASTER}))
    master.turn(8)
    assert master.report.alarms == ()


def test_a_master_has_no_kill_switch_and_says_so(master: MasterSide) -> None:
    master.control.orders.append(Command(command="c1", kind="HALT", by="operator"))
    master.turn()
    done = [m for m in master.control.said if isinstance(m, CommandDone)]
    assert [d.command for d in done] == ["c1"]
    assert "no kill switch" in done[0].result


def test_a_report_says_where_the_master_is_and_how_far(master: MasterSide) -> None:
    master.door.trade()
    master.turn(5)
    report = master.report
    assert report.ready
    assert report.addresses == master.outlet.addresses()
    assert (report.positions, report.seq) == (1, 1)


def test_a_loop_rests_until_something_is_due(master: MasterSide) -> None:
    assert 0.0 <= master.loop.rest_s() <= 0.5
    assert MasterSide().loop.rest_s() == 0.0
    assert list(master.loop.waitables()) == []


# positions that lived between two looks


@pytest.mark.history(35)
def test_law_9_what_lived_between_two_looks_is_told_from_its_deals(master: MasterSide) -> None:
    master.turn(8)
    order = master.door.trade("0.40")
    master.door.shut(order)
    master.turn(8)
    assert master.told == ["PositionOpened", "PositionClosed"]
    opened = master.facts[0]
    assert isinstance(opened, PositionOpened)
    assert opened.flash
    assert (opened.position.opening_order, opened.position.volume) == (order, Decimal("0.40"))
    master.turn(20)
    assert len(master.told) == 2


@pytest.mark.history(35)
def test_law_9_it_is_told_though_its_own_deals_come_later_than_the_accounts(
    master: MasterSide,
) -> None:
    """A history that lags shows the close in one answer, and not in the other."""
    master.turn(8)
    order = master.door.trade("0.40")
    master.door.shut(order)
    deals_of = master.door.deals_of
    master.door.deals_of = lambda number: deals_of(number)[:1]  # type: ignore[method-assign, index]
    master.turn(8)
    assert master.told == []
    master.door.deals_of = deals_of  # type: ignore[method-assign]
    master.turn(8)
    assert master.told == ["PositionOpened", "PositionClosed"]


@pytest.mark.parametrize("earlier", [0, 1], ids=["nothing told before", "something told before"])
def test_law_9_what_lived_while_the_master_was_down_is_told_from_its_deals(
    master: MasterSide, earlier: int
) -> None:
    master.turn(8)
    for _ in range(earlier):
        master.door.shut(master.door.trade())
        master.turn(8)
    order = master.door.trade("0.40")
    master.door.shut(order)
    master.start()
    master.turn(8)
    assert [type(fact).__name__ for fact in master.facts] == ["PositionOpened", "PositionClosed"]
    assert {fact.position.opening_order for fact in master.facts} == {order}


def test_law_9_a_clock_that_goes_back_brings_no_old_life_again_and_hides_no_new_one(
    master: MasterSide,
) -> None:
    master.turn(8)
    seen = master.door.trade()
    master.turn(4)
    master.door.shut(seen)
    master.turn(4)
    master.door.shut(master.door.trade())
    master.turn(8)
    told = list(master.told)

    master.turn(40, seconds=30)
    master.door.ahead_ms -= 3_600_000
    master.turn(8)
    assert master.told == told
    flash = master.door.trade()
    master.door.shut(flash)
    master.turn(8)
    assert [fact.position.opening_order for fact in master.facts[len(told) :]] == [flash] * 2


def test_law_10_a_terminal_that_is_long_in_answering_makes_no_position_young() -> None:
    class SlowDoor(FakeDoor):
        takes_s = 0.0

        def positions(self) -> tuple[Position, ...] | Unknowable:
            found = super().positions()
            clock.pass_s(self.takes_s)
            return found

    clock = FakeClock()
    steady_s, utc_ns = lambda: clock.now().monotonic_s, lambda: clock.now().utc_ms * 1_000_000
    with taken_from(steady_s, utc_ns):
        master = MasterSide(clock)
        master.door = door = SlowDoor(MASTER_AT, clock)
        master.start()
        master.turn(8)
        door.trade()
        door.takes_s = 8.0
        master.turn()
    (opened,) = master.facts
    assert isinstance(opened, PositionOpened)
    assert opened.age_ms >= 8_000


def test_law_10_a_tick_that_was_long_in_coming_sets_no_clock_forward() -> None:
    class SlowDoor(FakeDoor):
        takes_s = 0.0

        def newest_server_ms(self) -> int:
            clock.pass_s(self.takes_s)
            return super().newest_server_ms()

    clock = FakeClock()
    steady_s, utc_ns = lambda: clock.now().monotonic_s, lambda: clock.now().utc_ms * 1_000_000
    with taken_from(steady_s, utc_ns):
        master = MasterSide(clock)
        master.door = door = SlowDoor(MASTER_AT, clock)
        master.start()
        master.turn(8)
        door.takes_s = 8.0
        master.turn()
        door.takes_s = 0.0
        master.turn(4)
        door.trade()
        master.turn()
    (opened,) = master.facts
    assert isinstance(opened, PositionOpened)
    assert opened.age_ms <= 1_000


@pytest.mark.parametrize("step_s", [30, -30, 3_600, -3_600])
def test_law_10_a_clock_of_ours_that_was_set_makes_no_new_deal_old(
    master: MasterSide, step_s: int
) -> None:
    master.turn(8)
    now = master.clock.now()
    master.clock._now = Now(now.monotonic_s, now.utc_ms + step_s * 1000)
    master.door.ahead_ms -= step_s * 1000
    master.turn(4)
    master.door.trade()
    master.turn()
    (opened,) = master.facts
    assert isinstance(opened, PositionOpened)
    assert 0 <= opened.age_ms <= 300


def test_law_8_another_accounts_deals_are_no_facts_of_this_master(master: MasterSide) -> None:
    master.turn(8)
    master.door.at = Identity(666, "Elsewhere")
    master.door.shut(master.door.trade())
    master.turn(8)
    assert master.told == []


# another account


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[MasterSide]:
    """A master with a real journal, whose position stayed behind on another account."""
    side = MasterSide()
    side.journal = Journal(tmp_path / "m.sqlite", "swarm-1", MASTER)  # type: ignore[assignment]
    side.start()
    side.turn()
    side.door.trade()
    side.turn()
    side.door = FakeDoor(ANOTHER, side.clock)
    yield side
    side.journal.close()  # type: ignore[attr-defined]


def test_a_master_that_is_meant_to_be_another_account_begins_a_book_of_its_own(
    moved: MasterSide,
) -> None:
    before = moved.beats[-1].head.epoch
    moved.expected = ANOTHER
    moved.start()
    moved.turn(2)
    snapshot = asked(moved, 500, have=Stamp(before, 1))
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.book.login, snapshot.book.positions) == (ANOTHER.login, ())
    assert snapshot.book.stamp.epoch > before
    assert [leg.fate for leg in snapshot.legs] == ["unknown"]
    assert moved.told == []
    moved.start()
    moved.turn(2)
    assert moved.beats[-1].login == ANOTHER.login


def test_a_master_whose_document_names_no_account_is_refused_by_its_journal(
    moved: MasterSide,
) -> None:
    moved.expected = None
    moved.start()
    with pytest.raises(JournalRefused, match="write the login that is meant into the document"):
        moved.turn()


@pytest.mark.history(35)
@pytest.mark.parametrize("hour_ms", [3_600_000, -3_600_000], ids=["ahead", "back"])
def test_a_flash_is_told_though_the_brokers_clock_was_wrong_meanwhile(hour_ms: int) -> None:
    """What opened while the clock showed another hour is new by its order's number."""
    master = MasterSide()
    master.turn(8)
    master.door.ahead_ms += hour_ms
    flash = master.door.trade()
    master.door.shut(flash)
    master.door.ahead_ms -= hour_ms
    master.turn(140)
    assert [fact.position.opening_order for fact in master.facts] == [flash] * 2


@pytest.mark.history(35)
def test_a_flash_is_told_after_a_restart_though_the_clock_was_ahead_before_it() -> None:
    master = MasterSide()
    master.turn(8)
    master.door.ahead_ms += 3_600_000
    known = master.door.trade()
    master.turn(4)
    master.door.ahead_ms -= 3_600_000
    flash = master.door.trade()
    master.door.shut(flash)
    master.start()
    master.turn(12)
    assert [fact.position.opening_order for fact in master.facts] == [flash] * 2
    assert known != flash


@pytest.mark.history(35)
def test_a_flash_is_told_though_the_run_that_came_after_it_ended_before_its_first_search() -> None:
    master = MasterSide()
    master.turn(8)
    master.door.mute = Unknowable("pipe is closed")
    flash = master.door.trade()
    master.door.shut(flash)
    master.clock.pass_s(30)
    master.door.mute, master.door.newest_ms = None, 0
    master.start()
    master.turn(4)
    assert master.facts == []
    master.door.newest_ms = None
    master.clock.pass_s(30)
    master.start()
    master.turn(12)
    assert [fact.position.opening_order for fact in master.facts] == [flash] * 2


@pytest.mark.history(29)
def test_law_10_an_age_that_cannot_be_is_an_alarm_and_the_clock_is_measured_anew() -> None:
    master = MasterSide()
    master.turn(8)
    master.door.ahead_ms += 30_000
    master.door.newest_ms = master.door.server_ms() - 30_000
    master.door.trade()
    master.turn(2, seconds=0.6)
    (told,) = master.facts
    assert isinstance(told, PositionOpened)
    assert told.age_ms < -2_000
    assert any("ahead of its broker's clock" in alarm for alarm in master.report.alarms)
    master.door.newest_ms = None
    master.turn(4)
    master.door.trade()
    master.turn(2)
    later = master.facts[-1]
    assert isinstance(later, PositionOpened)
    assert -2_000 <= later.age_ms < 2_000
