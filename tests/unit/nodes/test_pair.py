"""A master's core and a slave's core joined by lists: what the trader does is copied, answered."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.control import Settings
from domain.legs import LegState
from domain.market import Side, Unknowable
from domain.policies import KillSwitch
from tests.fakes import filled_in_part, told
from tests.unit.nodes.rollovers import close_for_the_night, open_anew
from tests.unit.nodes.swarm import Swarm
from utils.clock import Now


def test_a_whole_life_is_copied_and_every_event_has_one_answer() -> None:
    swarm = Swarm()
    order = swarm.trade("1.00", sl="1280.00", tp="1295.00")
    swarm.master.door.change(order, sl="1282.00")
    swarm.turn()
    swarm.master.door.reduce(order, "0.40")
    swarm.turn()
    copy = swarm.slave.door.held[9001]
    assert (copy.volume, copy.sl) == (Decimal("0.60"), Decimal("1282.00"))
    swarm.master.door.shut(order)
    swarm.turn()
    assert not swarm.slave.door.held
    assert told(swarm.slave.verdicts) == [
        ("PositionOpened", "copied", "NONE"),
        ("PositionModified", "copied", "NONE"),
        ("PositionReduced", "copied", "NONE"),
        ("PositionClosed", "copied", "NONE"),
    ]
    assert not swarm.slave.unanswered(swarm.master.facts)


def test_a_sell_is_copied_as_a_sell() -> None:
    swarm = Swarm()
    swarm.trade(side=Side.SELL, sl="1295.00", tp="1280.00")
    assert swarm.slave.door.held[9001].side is Side.SELL


def test_a_reduction_and_new_stops_in_one_look_are_both_copied() -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.master.door.reduce(order, "0.40")
    swarm.master.door.change(order, sl="1282.00")
    swarm.turn()
    copy = swarm.slave.door.held[9001]
    assert (copy.volume, copy.sl) == (Decimal("0.60"), Decimal("1282.00"))
    assert not swarm.slave.unanswered(swarm.master.facts)


def test_law_2_a_copy_closed_by_hand_is_never_opened_again() -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.slave.door.shut(9001)
    swarm.turn(4)
    assert swarm.slave.leg().state is LegState.CLOSED
    swarm.master.door.change(order, sl="1283.00")
    swarm.turn(4)
    swarm.slave.start()
    swarm.turn(8)
    swarm.master.start()
    swarm.turn(8)
    assert len(swarm.slave.door.opens) == 1
    assert swarm.slave.verdicts[1].reason.value == "ALREADY_CLOSED_HERE"


@pytest.mark.history(13)
@pytest.mark.parametrize("journal", ["kept", "deleted"])
@pytest.mark.parametrize("slave_too", [False, True], ids=["slave goes on", "slave restarts too"])
def test_law_2_a_copy_that_was_stopped_out_is_not_opened_again_by_a_master_that_was_killed(
    journal: str, slave_too: bool
) -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.slave.door.shut(9001)
    swarm.turn(2)
    if journal == "deleted":
        swarm.master.journal = type(swarm.master.journal)()
    swarm.master.start()
    if slave_too:
        swarm.slave.start()
    swarm.turn(8)
    assert ("PositionOpened" in swarm.master.told) is (journal == "deleted")
    assert len(swarm.slave.door.opens) == 1
    swarm.master.door.shut(order)
    swarm.turn(4)
    assert len(swarm.slave.door.sent) == 1


@pytest.mark.history(15)
def test_law_2_a_slave_that_starts_every_day_opens_nothing_that_is_open_already() -> None:
    swarm = Swarm()
    copied = swarm.trade()
    swarm.slave.settings = msgspec.structs.replace(swarm.slave.settings, follows=())
    swarm.slave.control.orders.append(swarm.slave.settings_told())
    swarm.turn(2)
    before = swarm.trade()
    swarm.slave.settings = msgspec.structs.replace(swarm.slave.settings, follows=None)
    for _ in range(3):
        swarm.turn(48, seconds=1_800)
        swarm.slave.start()
        swarm.turn(8)
    assert [command.comment for command in swarm.slave.door.opens] == [str(copied)]
    for order in (copied, before):
        swarm.master.door.shut(order)
    swarm.turn(8)
    assert not swarm.slave.door.held


@pytest.mark.history(25)
def test_law_3_a_master_that_was_set_back_a_day_rises_above_what_its_slaves_have_heard() -> None:
    """Its journal and its clock are yesterday's, as with a machine restored from a backup."""
    swarm = Swarm()
    yesterday = deepcopy(swarm.master.journal)
    order = swarm.trade()
    heard = swarm.master.beats[-1].head
    now = swarm.clock.now()
    swarm.clock._now = Now(now.monotonic_s, now.utc_ms - 86_400_000)
    for door in (swarm.master.door, swarm.slave.door):
        door.ahead_ms += 86_400_000
    swarm.master.journal = yesterday
    swarm.master.start()
    swarm.turn(40)
    assert swarm.master.beats[-1].head > heard
    assert (len(swarm.slave.door.opens), swarm.slave.door.closes) == (1, [])
    assert swarm.slave.leg(order).state is LegState.OPEN
    swarm.master.door.shut(order)
    swarm.turn(4)
    assert not swarm.slave.door.held


@pytest.mark.history(41)
def test_law_3_a_master_that_forgot_everything_in_a_second_of_emptiness_closes_nothing() -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.master.journal = type(swarm.master.journal)()
    swarm.master.start()
    swarm.master.door.unlisted = {order}
    swarm.turn(4)
    swarm.slave.start()
    swarm.turn(4)
    assert swarm.master.told == []
    swarm.master.door.unlisted = set()
    swarm.turn(40)
    assert swarm.slave.door.closes == []
    assert swarm.slave.leg().state is LegState.OPEN
    assert len(swarm.slave.door.opens) == 1
    swarm.master.door.shut(order)
    swarm.turn(8)
    assert not swarm.slave.door.held


@pytest.mark.history(14)
@pytest.mark.parametrize("what", ["paused", "disconnected"])
def test_law_2_what_was_opened_while_the_master_could_not_look_is_too_old(what: str) -> None:
    swarm = Swarm()
    swarm.slave.follow_for_long()
    swarm.turn(4)
    if what == "disconnected":
        swarm.master.door.mute = Unknowable("pipe is closed")
    away = swarm.slave if what == "paused" else swarm
    away.turn(40, seconds=15)
    swarm.master.door.trade()
    away.turn(40, seconds=15)
    swarm.master.door.mute = None
    swarm.turn(8)
    assert swarm.master.told == ["PositionOpened"]
    assert swarm.slave.last[1:] == ("missed", "SIGNAL_TOO_OLD")
    assert swarm.slave.door.sent == []


@pytest.mark.history(29)
@pytest.mark.parametrize("jump_ms", [3_600_000, -3_600_000], ids=["spring", "autumn"])
@pytest.mark.parametrize("whose", ["master", "slave"])
def test_law_10_a_brokers_clock_that_jumps_an_hour_denies_nothing(jump_ms: int, whose: str) -> None:
    swarm = Swarm()
    before = swarm.trade()
    getattr(swarm, whose).door.ahead_ms += jump_ms
    swarm.turn(4)
    for _ in range(3):
        swarm.trade()
        assert swarm.slave.last == ("PositionOpened", "copied", "NONE")
        swarm.turn(8, seconds=1_200)
    swarm.master.door.shut(before)
    swarm.turn(4)
    assert len(swarm.slave.door.held) == 3


@pytest.mark.history(47)
@pytest.mark.parametrize("quiet_s", [1, 600])
def test_law_10_a_deal_newer_than_the_newest_tick_is_copied(quiet_s: int) -> None:
    swarm = Swarm()
    swarm.master.door.newest_ms = swarm.master.door.server_ms()
    swarm.turn(quiet_s, seconds=1)
    swarm.trade()
    assert swarm.slave.last == ("PositionOpened", "copied", "NONE")


@pytest.mark.history(31)
def test_a_rollover_that_gives_every_position_another_ticket_changes_nothing() -> None:
    """The identifiers stay, on master and slave alike."""
    swarm = Swarm()
    order = swarm.trade()
    for door in (swarm.master.door, swarm.slave.door):
        for identifier, held in door.held.items():
            door.held[identifier] = msgspec.structs.replace(held, ticket=held.ticket + 70_000)
    swarm.turn(40)
    swarm.slave.start()
    swarm.master.start()
    swarm.turn(40)
    assert swarm.master.told == []
    assert len(swarm.slave.door.sent) == 1
    swarm.master.door.reduce(order, "0.40")
    swarm.turn(2)
    assert swarm.slave.door.held[9001].volume == Decimal("0.60")


def test_law_2_told_again_after_a_restart_no_second_order_is_sent() -> None:
    swarm = Swarm()
    swarm.trade()
    swarm.slave.start()
    swarm.turn(8)
    swarm.master.start()
    swarm.turn(8)
    assert len(swarm.slave.door.opens) == 1
    assert len(swarm.slave.door.held) == 1


def test_a_close_while_the_slave_was_down_is_made_up_for() -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.master.door.shut(order)
    swarm.master.turn(4)
    swarm.slave.start()
    swarm.turn(4)
    assert not swarm.slave.door.held
    assert not swarm.slave.unanswered(swarm.master.facts)


@pytest.mark.history(35)
def test_law_9_what_was_opened_while_the_slave_was_down_is_missed_and_not_opened_late() -> None:
    swarm = Swarm()
    swarm.slave.follow_for_long()
    swarm.trade()
    earlier = swarm.master.door.server_ms() - 10_000
    order = swarm.master.door.trade(opened_server_ms=earlier)
    swarm.master.turn(4)
    swarm.slave.start()
    swarm.turn(4)
    assert swarm.slave.last == ("PositionOpened", "missed", "SLAVE_WAS_DOWN")
    swarm.master.door.shut(order)
    swarm.turn(2)
    assert len(swarm.slave.door.sent) == 1
    assert not swarm.slave.unanswered(swarm.master.facts)


@pytest.mark.history(31)
@pytest.mark.parametrize("turns_between", [0, 1, 8])
def test_law_1_a_position_that_is_closed_for_the_night_and_opened_anew_is_the_same_leg(
    turns_between: int,
) -> None:
    swarm = Swarm()
    order = swarm.trade()
    doors = {swarm.master.door: order, swarm.slave.door: 9001}
    rolled = {door: close_for_the_night(door, held) for door, held in doors.items()}
    swarm.turn(turns_between)
    for door, before in rolled.items():
        open_anew(door, before)
    swarm.turn(80)
    assert swarm.master.told == ["PositionOpened"]
    assert (len(swarm.slave.door.sent), swarm.slave.leg(order).state) == (1, LegState.OPEN)
    swarm.master.door.reduce(order, "0.40")
    swarm.turn(2)
    assert swarm.slave.door.held[9001].volume == Decimal("0.60")
    swarm.master.door.shut(order)
    swarm.turn(2)
    assert not swarm.slave.door.held
    assert told(swarm.slave.verdicts)[1:] == [
        ("PositionReduced", "copied", "NONE"),
        ("PositionClosed", "copied", "NONE"),
    ]


@pytest.mark.history(31)
def test_law_1_one_that_is_closed_for_the_night_and_not_opened_anew_is_gone() -> None:
    swarm = Swarm()
    order = swarm.trade()
    close_for_the_night(swarm.master.door, order)
    swarm.turn(16)
    assert swarm.master.told == ["PositionOpened"]
    swarm.turn(16)
    assert swarm.master.told == ["PositionOpened", "PositionClosed"]
    assert not swarm.slave.door.held


@pytest.mark.history(35)
@pytest.mark.parametrize("listens", [True, False], ids=["between two looks", "slave down"])
def test_law_9_a_position_that_came_and_went_unseen_was_missed(listens: bool) -> None:
    swarm = Swarm()
    swarm.turn(8)
    order = swarm.master.door.trade()
    if not listens:
        swarm.master.turn(2)
    swarm.master.door.shut(order)
    swarm.master.turn(8)
    if not listens:
        swarm.slave.start()
    swarm.turn(4)
    why = "FLASH" if listens else "CLOSED_MEANWHILE"
    assert sorted(told(swarm.slave.verdicts)) == [
        ("PositionClosed", "nothing_to_do", "NEVER_COPIED"),
        ("PositionOpened", "missed", why),
    ]
    assert not swarm.slave.unanswered(swarm.master.facts)
    assert swarm.slave.door.sent == []


@pytest.mark.history(33)
def test_law_3_a_lost_close_is_found_by_the_next_heartbeat() -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.bus.disturbance = lambda signal: () if type(signal).__name__ == "PositionClosed" else (0,)
    swarm.master.door.shut(order)
    swarm.turn(8)
    assert not swarm.slave.door.held
    assert not swarm.slave.unanswered(swarm.master.facts)


@pytest.mark.history(38)
def test_law_3_a_doubled_open_is_opened_once() -> None:
    swarm = Swarm()
    swarm.bus.disturbance = lambda _: (0, 0)
    swarm.trade()
    swarm.turn(4)
    assert len(swarm.slave.door.opens) == 1


@pytest.mark.history(17)
def test_law_2_half_of_what_was_filled_stays_when_the_master_halves() -> None:
    swarm = Swarm()
    swarm.slave.door.answers = [filled_in_part("0.30")]
    order = swarm.trade()
    assert swarm.slave.last == ("PositionOpened", "partial", "FILLED_IN_PART")
    swarm.master.door.reduce(order, "0.50")
    swarm.turn(2)
    assert swarm.slave.door.held[9001].volume == Decimal("0.15")


def test_law_9_a_verdict_knows_when_each_step_was_and_at_what_price() -> None:
    swarm = Swarm()
    swarm.trade(price_open="1285.05")
    given = swarm.slave.verdicts[0]
    times = given.times
    assert 0 < times.seen_us <= times.published_us
    assert 0 < times.decided_us <= times.sent_us <= times.answered_us
    prices = given.prices
    assert (prices.master, prices.at_decision, prices.requested, prices.filled) == (
        Decimal("1285.05"),
        Decimal("1285.10"),
        Decimal("1285.10"),
        Decimal("1285.10"),
    )
    assert prices.spread_points == 10


EDITS: dict[str, dict[str, Any]] = {
    "suffix": {"suffix": ".new"},
    "symbol mapped elsewhere": {"symbol_map": {"XAUUSD": "NOSUCH"}},
    "magic number": {"magic_number": 7},
    "largest volume": {"max_lot": Decimal("0.01")},
    "no room": {"max_open_trades": 0},
    "age": {"max_signal_age_ms": 1},
    "slippage": {"slippage_tolerance": Decimal(0)},
    "smallest volume closed": {"partial_below_min": "close"},
    "daily loss": {"kill_switch": KillSwitch(daily_loss=Decimal(1))},
    "disabled": {"enabled": False},
    "follows nobody": {"follows": ()},
}


@pytest.mark.history(4)
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("restarted", [False, True])
def test_law_2_settings_act_once_and_an_edit_orders_nothing(
    edit: dict[str, Any], restarted: bool
) -> None:
    swarm = Swarm()
    order = swarm.trade()
    magic = swarm.slave.leg().magic
    swarm.slave.settings = msgspec.structs.replace(swarm.slave.settings, **edit)
    if restarted:
        swarm.slave.start()
    else:
        swarm.slave.control.orders.append(swarm.slave.settings_told())
    swarm.turn(40)
    assert len(swarm.slave.door.sent) == 1
    swarm.master.door.reduce(order, "0.40")
    swarm.turn(2)
    assert swarm.slave.door.held[9001].volume == Decimal("0.60")
    swarm.master.door.shut(order)
    swarm.turn(4)
    assert not swarm.slave.door.held
    fronts = {(order.symbol, order.magic // 10**12) for order in swarm.slave.door.closes}
    assert fronts == {("XAUUSD", magic // 10**12)}


@pytest.mark.history(5)
@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        pytest.param("DRAINING", {"document": None}, id="slave gone"),
        pytest.param("ACCOUNT_DISABLED", {"enabled": False}, id="slave disabled"),
        pytest.param("DRAINING", {"all_masters": ()}, id="master disabled"),
    ],
)
@pytest.mark.parametrize("restarted", [False, True])
def test_law_2_disabling_stops_opens_and_the_open_copy_is_followed_to_its_end(
    reason: str, changes: dict[str, Any], restarted: bool
) -> None:
    """The supervisor names a disabled master no more, and keeps its node until no copy is left."""
    swarm = Swarm()
    swarm.trade()
    if "enabled" in changes:
        swarm.slave.settings = msgspec.structs.replace(swarm.slave.settings, **changes)
        changes = {}
    if restarted:
        swarm.slave.start(**changes)
    swarm.slave.control.orders.append(swarm.slave.settings_told(**changes))
    swarm.master.control.orders.append(Settings(document={"enabled": False}))
    swarm.turn(4)
    second = swarm.trade()
    assert swarm.slave.last == ("PositionOpened", "denied", reason)
    assert 9001 in swarm.slave.door.held
    for order in (501, second):
        swarm.master.door.shut(order)
    swarm.turn(2)
    assert not swarm.slave.door.held
