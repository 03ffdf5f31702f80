"""A slave core as its supervisor sees it: settings, commands, holds, reports."""

from decimal import Decimal
from itertools import takewhile
from typing import Any

import msgspec
import pytest

from domain.control import Command, CommandDone, NodeReport, Settings, Stop, SupervisorBeat
from domain.market import Identity, Unknowable
from domain.policies import KillSwitch, Latch, TradingState
from domain.problems import Problem
from domain.records import EquitySample, MasterAt
from nodes.reporting import Alarms, in_words, percentile
from tests.builders import MASTER, an_account, some_settings
from tests.fakes import FakeDoor
from tests.unit.nodes.swarm import SlaveSide
from tests.unit.nodes.teller import Teller

HALTED = TradingState.HALTED
BAD = (Problem(field="max_lot", wanted="a number", found="'x'", what_to_do="Write a number."),)


@pytest.fixture
def teller() -> Teller:
    return Teller()


def command(kind: str, name: str = "c1") -> Command:
    return Command(command=name, kind=kind, by="operator", why="news")


def done(slave: SlaveSide) -> list[tuple[str, str]]:
    return [(m.command, m.result) for m in slave.control.said if isinstance(m, CommandDone)]


def test_halt_and_resume_are_obeyed_and_acknowledged(teller: Teller) -> None:
    teller.slave.control.orders += [
        command("HALT"),
        command("RESUME", "c2"),
        command("DANCE", "c3"),
    ]
    teller.turn()
    assert done(teller.slave)[:2] == [("c1", "HALTED"), ("c2", "ACTIVE")]
    assert "DANCE" in done(teller.slave)[2][1]


def test_law_6_a_halt_is_heard_between_the_orders_of_a_basket(teller: Teller) -> None:
    def halt(door: FakeDoor, order: Any) -> Any:
        teller.slave.control.orders.append(command("HALT"))
        return door.execute(order)

    teller.slave.door.answers = [halt]
    teller.say(*(teller.opens(order) for order in range(600, 620)))
    teller.turn()
    assert len(teller.slave.door.opens) == 1


def test_law_13_a_slave_that_is_long_busy_reports_between_its_orders(teller: Teller) -> None:
    """The supervisor takes ten silent seconds for a hang, and kills."""

    def slowly(door: FakeDoor, order: Any) -> Any:
        teller.clock.pass_s(0.9)
        return door.execute(order)

    before = len(teller.slave.control.said)
    teller.slave.door.answers = [slowly] * 20
    teller.say(*(teller.opens(order) for order in range(600, 620)))
    for _ in range(20):
        teller.say(teller.beat())
        teller.slave.turn(seconds=0)
    told = teller.slave.control.said[before:]
    assert len([m for m in told if isinstance(m, NodeReport)]) >= 9


def test_law_5_the_daily_loss_is_watched_between_the_orders_of_a_basket() -> None:
    teller = Teller(kill_switch=KillSwitch(daily_loss=Decimal(200)))
    teller.turn(8)

    def slowly(door: FakeDoor, order: Any) -> Any:
        teller.clock.pass_s(1.1)
        return door.execute(order)

    def at_a_loss(door: FakeDoor, order: Any) -> Any:
        door.account_state = an_account(profit="-200")
        return slowly(door, order)

    teller.slave.door.answers = [*[slowly] * 6, at_a_loss]
    teller.say(*(teller.opens(order) for order in range(600, 620)))
    for _ in range(20):
        teller.say(teller.beat())
        teller.slave.turn(seconds=0)
    assert len(teller.slave.door.opens) == 7
    assert teller.slave.last == ("PositionOpened", "denied", "TRADING_HALTED")


def test_law_6_a_halt_survives_a_restart(teller: Teller) -> None:
    teller.slave.control.orders.append(command("HALT"))
    teller.turn()
    teller.slave.start()
    teller.turn(5)
    assert teller.slave.report.state == "HALTED"


@pytest.mark.history(9)
def test_law_6_a_halt_that_only_the_database_knows_is_taken_over(teller: Teller) -> None:
    teller.slave.start(latch=Latch(state=HALTED, counter=2))
    teller.turn(5)
    assert teller.slave.report.state == "HALTED"
    told = teller.slave.settings_told(latch=Latch(state=HALTED, counter=3))
    teller.slave.control.orders.append(told)
    teller.turn(5)
    assert teller.slave.report.latch.counter == 3


def test_law_6_who_starts_us_knows_of_a_halt_before_it_counts_as_done(teller: Teller) -> None:
    """On a full disk the launcher's memory is the only place where it survives a crash."""
    teller.slave.journal.full = True
    said = teller.slave.control.said
    said.clear()
    teller.slave.control.orders.append(command("HALT"))
    teller.turn()
    until_done = list(takewhile(lambda message: not isinstance(message, CommandDone), said))
    assert any(isinstance(m, NodeReport) and m.latch.state is HALTED for m in until_done)


def test_law_6_a_halt_on_a_full_disk_says_so_and_is_stored_as_soon_as_there_is_room(
    teller: Teller,
) -> None:
    teller.slave.journal.full = True
    teller.slave.control.orders.append(command("HALT"))
    teller.turn(5)
    assert done(teller.slave) == [
        ("c1", "HALTED (in force, not stored yet: the journal cannot be written)")
    ]
    assert any("journal" in alarm for alarm in teller.slave.report.alarms)
    teller.slave.journal.full = False
    teller.turn(5)
    assert teller.slave.report.alarms == ()
    teller.slave.start()
    teller.turn(5)
    assert teller.slave.report.state == "HALTED"


def test_law_6_a_resume_that_is_told_again_is_acknowledged_and_not_done_again(
    teller: Teller,
) -> None:
    """The database was silent, and never heard that it had been done."""
    resume = command("RESUME", "c1")
    teller.slave.control.orders += [resume, command("HALT", "c2"), resume]
    teller.turn(5)
    assert teller.slave.report.state == "HALTED"
    assert done(teller.slave) == [("c1", "ACTIVE"), ("c2", "HALTED"), ("c1", "ACTIVE")]


def test_law_6_an_old_resume_with_a_higher_counter_does_not_lift_a_newer_halt(
    teller: Teller,
) -> None:
    teller.slave.control.orders.append(command("HALT"))
    teller.turn()
    old = Latch(counter=7, by="operator", at_ms=1)
    teller.slave.control.orders.append(teller.slave.settings_told(latch=old))
    teller.turn(5)
    assert teller.slave.report.state == "HALTED"
    teller.slave.control.orders.append(command("RESUME", "c2"))
    teller.turn(5)
    assert (teller.slave.report.state, teller.slave.report.latch.counter) == ("ACTIVE", 8)


@pytest.mark.history(6, 44)
def test_law_5_without_its_supervisor_it_closes_and_does_not_open() -> None:
    """When the supervisor is back, opens resume by themselves."""
    teller = Teller()
    teller.slave.has_supervisor = True
    teller.slave.start()
    teller.turn(2)
    identifier = teller.copies(501)
    teller.turn(24)
    teller.say(teller.opens(502), teller.closes(501))
    teller.turn()
    assert identifier not in teller.slave.door.held
    assert teller.slave.last == ("PositionOpened", "denied", "SUPERVISOR_LOST")
    teller.slave.control.orders.append(SupervisorBeat(pid=1))
    teller.say(teller.opens(503))
    teller.turn()
    assert teller.slave.last == ("PositionOpened", "copied", "NONE")


@pytest.mark.history(38)
def test_law_3_a_master_that_told_two_stories_opens_nothing_for_a_while_and_closes_at_once(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    told = teller.opens(502)
    teller.say(told)
    teller.turn()
    teller.say(msgspec.structs.replace(told, price=told.price + 1))
    teller.say(teller.closes(501), teller.opens(503))
    teller.turn()
    assert identifier not in teller.slave.door.held
    assert teller.slave.last == ("PositionOpened", "denied", "BOOK_UNCONFIRMED")
    for _ in range(12):
        teller.say(teller.beat())
        teller.turn(seconds=1)
    teller.say(teller.opens(504))
    teller.turn()
    assert teller.slave.last == ("PositionOpened", "copied", "NONE")
    assert len(teller.slave.door.opens) == 3


@pytest.mark.history(38)
def test_law_3_two_stories_under_one_stamp_are_an_alarm(teller: Teller) -> None:
    told = teller.opens(501)
    teller.say(told)
    teller.turn()
    teller.say(msgspec.structs.replace(told, price=told.price + 1))
    teller.turn(5)
    assert any(MASTER in alarm for alarm in teller.slave.report.alarms)


@pytest.mark.parametrize(("allowed", "reason"), [(False, "DATABASE_SILENT"), (True, "NONE")])
def test_law_12_opens_without_a_database_are_the_operators_choice(
    allowed: bool, reason: str
) -> None:
    teller = Teller(opens_without_database=allowed)
    teller.slave.start(database=False)
    teller.turn(4)
    teller.say(teller.opens(501))
    teller.turn()
    assert teller.slave.last[2] == reason


def test_law_7_a_document_that_is_no_good_leaves_the_last_good_one_in_force(
    teller: Teller,
) -> None:
    teller.slave.parse = lambda _: BAD  # type: ignore[method-assign,assignment]
    teller.slave.start()
    teller.turn(5)
    teller.say(teller.opens(501))
    teller.turn(5)
    assert teller.slave.last == ("PositionOpened", "copied", "NONE")
    assert teller.slave.report.alarms == (
        "settings: last good settings stay in force: "
        "max_lot: wanted a number, found 'x'. Write a number.",
    )


def test_a_good_document_is_kept_for_a_start_without_a_database(teller: Teller) -> None:
    assert teller.slave.journal.settings() == {"name": teller.slave.settings.name}


def test_law_12_where_nobody_tells_where_its_masters_are_it_follows_them_where_they_were(
    teller: Teller,
) -> None:
    """A start with a silent database: closes go on."""
    identifier = teller.copies(501)
    teller.slave.start(masters={}, all_masters=(), database=False)
    teller.turn(4)
    teller.say(teller.closes(501))
    teller.turn(2)
    assert identifier not in teller.slave.door.held


def test_where_masters_are_is_kept_for_the_same_purpose(teller: Teller) -> None:
    assert {at.master for at in teller.slave.journal.of(MasterAt)} == {MASTER}


def test_the_daily_loss_halts_the_account_and_closes_go_on() -> None:
    teller = Teller(kill_switch=KillSwitch(daily_loss=Decimal(200)))
    teller.turn(8)
    identifier = teller.copies(501)
    teller.slave.door.account_state = an_account(profit="-200")
    teller.turn(8)
    teller.say(teller.opens(502), teller.closes(501))
    teller.turn()
    assert teller.slave.last == ("PositionOpened", "denied", "TRADING_HALTED")
    assert identifier not in teller.slave.door.held


def test_an_account_that_follows_nobody_opens_nothing(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.settings = some_settings(follows=())
    teller.slave.control.orders.append(teller.slave.settings_told())
    teller.turn()
    teller.say(teller.opens(502), teller.closes(501))
    teller.turn()
    assert teller.slave.last == ("PositionOpened", "denied", "DRAINING")
    assert identifier not in teller.slave.door.held
    teller.slave.control.orders.append(teller.slave.settings_told())
    teller.turn()
    assert teller.slave.inlet.followed == {}


def test_it_stops_when_told_and_leaves_its_copies_as_they_are(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.control.orders.append(Stop(why="Ctrl+C"))
    teller.turn()
    assert teller.slave.loop.stopping
    teller.slave.loop.finish()
    assert identifier in teller.slave.door.held


def test_a_report_says_how_it_fares(teller: Teller) -> None:
    teller.copies(501)
    teller.turn(5)
    report = teller.slave.report
    assert report.ready
    assert (report.state, report.open_legs, report.positions) == ("ACTIVE", 1, 1)
    assert report.last_verdicts == ("PositionOpened XAUUSD copied",)
    assert report.figures["latency_ms_p50"] >= 0


def test_a_report_names_the_master_whose_book_is_not_confirmed() -> None:
    teller = Teller()
    teller.slave.start()
    teller.slave.turn(5)
    assert not teller.slave.report.ready
    assert f"BOOK_UNCONFIRMED:{MASTER}" in teller.slave.report.holds


def test_a_terminal_that_is_away_is_told_and_tried_again(teller: Teller) -> None:
    teller.slave.door.mute = Unknowable("pipe is closed")
    teller.turn(20)
    assert "terminal: pipe is closed" in teller.slave.report.alarms
    assert teller.slave.door.connects >= 2
    teller.slave.door.mute = None
    teller.turn(20)
    assert teller.slave.report.alarms == ()


def test_what_the_day_has_brought_is_known_as_soon_as_the_terminal_is_back() -> None:
    """Else every open of the next second would be denied."""
    teller = Teller(kill_switch=KillSwitch(daily_loss=Decimal(200)))
    teller.turn(8)
    door = teller.slave.door
    door.mute = Unknowable("pipe is closed")
    teller.turn(8)

    def answers_again() -> Identity:
        door.mute = None
        return door.at

    door.connect = answers_again  # type: ignore[method-assign]
    while door.mute:
        teller.turn(seconds=0.05)
    teller.say(teller.opens(501))
    teller.turn(seconds=0.05)
    assert teller.slave.last == ("PositionOpened", "copied", "NONE")


def test_the_money_is_sampled_now_and_then(teller: Teller) -> None:
    teller.turn(40)
    samples = teller.slave.journal.of(EquitySample)
    assert 2 <= len(samples) <= 4
    assert samples[0].balance == 10_000


def test_law_10_what_follows_a_look_that_took_long_is_of_the_moment_after_it(
    teller: Teller,
) -> None:
    look = teller.slave.door.positions

    def slowly() -> Any:
        teller.clock.pass_s(9)
        return look()

    teller.slave.door.positions = slowly  # type: ignore[method-assign]
    teller.clock.pass_s(1)
    teller.slave.loop.step()
    newest = teller.slave.journal.of(EquitySample)[-1]
    assert newest.at_ms == teller.slave.report.sent_at_ms == teller.clock.now().utc_ms


def test_a_loop_rests_until_something_is_due(teller: Teller) -> None:
    assert 0.0 <= teller.slave.loop.rest_s() <= 1.0
    assert list(teller.slave.loop.waitables()) == []


def test_settings_that_arrive_as_a_deletion_drain_and_keep_the_loop(teller: Teller) -> None:
    teller.slave.control.orders.append(Settings(document=None, masters=teller.slave.masters))
    teller.turn(5)
    assert not teller.slave.loop.stopping
    assert "DRAINING" in teller.slave.report.holds


@pytest.mark.parametrize(
    ("document", "changes"),
    [
        pytest.param(None, {}, id="document deleted"),
        pytest.param({"name": "S"}, {"enabled": False}, id="disabled"),
        pytest.param({"name": "S"}, {"follows": ()}, id="follows nobody"),
    ],
)
def test_an_account_that_drains_loosens_no_stop_whatever_it_drains_by(
    document: dict[str, str] | None, changes: dict[str, Any]
) -> None:
    teller = Teller()
    identifier = teller.copies(501, sl="1280.00")
    teller.slave.settings = msgspec.structs.replace(teller.slave.settings, **changes)
    teller.slave.control.orders.append(teller.slave.settings_told(document=document))
    teller.turn(5)
    assert "DRAINING" in teller.slave.report.holds
    teller.say(teller.moves(501, sl="1200.00"))
    teller.turn(4)
    assert teller.slave.door.held[identifier].sl == Decimal("1280.00")
    teller.say(teller.closes(501))
    teller.turn()
    assert not teller.slave.door.held


def test_an_alarm_is_told_once_and_ends_once() -> None:
    alarms = Alarms()
    alarms.raise_("terminal", "away")
    alarms.raise_("terminal", "still away")
    assert alarms.texts() == ("terminal: still away",)
    alarms.clear("terminal")
    alarms.clear("terminal")
    assert alarms.texts() == ()


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [([], 0.5, 0.0), ([3.0, 1.0, 2.0], 0.5, 2.0), ([1.0, 2.0], 0.99, 2.0), ([1.0], 1.0, 1.0)],
)
def test_percentiles(values: list[float], share: float, value: float) -> None:
    assert percentile(values, share) == value


def test_a_verdict_in_words_has_its_reason_and_detail(teller: Teller) -> None:
    teller.have_followed_for_long()
    teller.say(teller.opens(501, age_ms=6000))
    teller.turn()
    given: Any = teller.slave.verdicts[-1]
    assert in_words(given).startswith("PositionOpened XAUUSD missed SIGNAL_TOO_OLD (")


def test_law_7_a_document_that_is_wrong_stops_opens_and_says_so(teller: Teller) -> None:
    why = "path: wanted a terminal of its own"
    teller.slave.control.orders.append(teller.slave.settings_told(close_only=why))
    teller.turn()
    teller.say(teller.opens(501))
    teller.turn()
    assert teller.slave.last == ("PositionOpened", "denied", "BAD_DOCUMENT")
    teller.turn(6)
    report = [m for m in teller.slave.control.said if isinstance(m, NodeReport)][-1]
    assert any(why in alarm for alarm in report.alarms)
