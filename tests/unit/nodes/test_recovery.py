"""A slave whose journal is gone makes its legs anew, follows them, and opens nothing twice."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from decisions.rebuilding import Remembered
from domain.legs import Leg, LegState
from domain.market import Unknowable
from domain.records import Cursor, JournalUnwritable
from tests.builders import MASTER, a_spec
from tests.fakes import FakeJournal, told
from tests.unit.nodes.rollovers import close_for_the_night, open_anew
from tests.unit.nodes.swarm import Swarm


class Database:
    """What a database remembers, once it answers."""

    def __init__(self, remembered: Remembered | None = None, *, full: bool = False) -> None:
        self.remembered = remembered
        self.full = full
        self.asked = True

    def answer(self) -> Remembered | None:
        return self.remembered

    def taken(self) -> None:
        if self.full:
            raise JournalUnwritable("disk full")
        self.asked = False


def trades_of(swarm: Swarm) -> Remembered:
    """What was shipped before the journal was deleted."""
    cursor = swarm.slave.journal.cursor(MASTER)
    assert cursor is not None
    return Remembered(
        legs=tuple(leg for leg in swarm.slave.legs if leg.identifier),
        cursors=(Cursor(master=MASTER, stamp=cursor),),
        contracts=tuple(swarm.slave.journal.contracts()),
    )


def without_journal(swarm: Swarm, database: Database | None = None) -> None:
    swarm.slave.journal = FakeJournal()
    swarm.slave.recollection = database
    swarm.slave.start()


def live(swarm: Swarm) -> list[Leg]:
    return [leg for leg in swarm.slave.legs if leg.live]


@pytest.fixture(params=["trades", "the broker alone"])
def swarm_with_a_copy(request: pytest.FixtureRequest) -> tuple[Swarm, int, Database | None]:
    swarm = Swarm()
    order = swarm.trade("1.00", sl="1280.00")
    database = Database(trades_of(swarm)) if request.param == "trades" else None
    return swarm, order, database


Copied = tuple[Swarm, int, Database | None]


@pytest.mark.history(26)
def test_a_master_that_closed_meanwhile_closes_the_copy(swarm_with_a_copy: Copied) -> None:
    swarm, order, database = swarm_with_a_copy
    swarm.master.door.shut(order)
    swarm.master.turn(2)
    without_journal(swarm, database)
    swarm.turn(8)
    assert not swarm.slave.door.held
    assert len(swarm.slave.door.opens) == 1


@pytest.mark.history(26)
def test_a_copy_is_followed_as_before(swarm_with_a_copy: Copied) -> None:
    swarm, order, database = swarm_with_a_copy
    without_journal(swarm, database)
    swarm.turn(8)
    swarm.master.door.reduce(order, "0.40")
    swarm.turn(2)
    assert swarm.slave.door.held[9001].volume == Decimal("0.60")
    swarm.master.door.change(order, sl="1282.00")
    swarm.turn(2)
    assert swarm.slave.door.held[9001].sl == Decimal("1282.00")
    swarm.master.door.shut(order)
    swarm.turn(2)
    assert not swarm.slave.door.held
    assert len(swarm.slave.door.opens) == 1


@pytest.mark.history(26)
def test_what_the_master_reduced_meanwhile_is_reduced(swarm_with_a_copy: Copied) -> None:
    swarm, order, database = swarm_with_a_copy
    swarm.master.door.reduce(order, "0.40")
    swarm.master.turn(2)
    without_journal(swarm, database)
    swarm.turn(8)
    assert swarm.slave.door.held[9001].volume == Decimal("0.60")


@pytest.mark.history(13)
def test_a_copy_that_was_stopped_out_is_not_opened_again(swarm_with_a_copy: Copied) -> None:
    """Its signal is still fresh, and only the broker's deals and `trades` know of it."""
    swarm, _order, database = swarm_with_a_copy
    swarm.slave.door.shut(9001)
    without_journal(swarm, database)
    swarm.turn(8)
    assert len(swarm.slave.door.opens) == 1
    assert [leg.state for leg in swarm.slave.legs] == [LegState.CLOSED]


def test_a_fresh_signal_that_is_told_again_is_not_copied_again() -> None:
    """The cursor came back from the decisions, and the last fact before it did not."""
    swarm = Swarm(max_signal_age_ms=300_000)
    before = swarm.slave.journal.cursor(MASTER)
    assert before is not None
    swarm.trade()
    told = Remembered(cursors=(Cursor(master=MASTER, stamp=before),))
    without_journal(swarm, Database(told))
    swarm.turn(8)
    assert len(swarm.slave.door.opens) == 1
    assert [leg.state for leg in live(swarm)] == [LegState.OPEN]


def test_facts_answered_before_are_not_answered_again() -> None:
    swarm = Swarm()
    order = swarm.trade()
    swarm.master.door.change(order, sl="1282.00")
    swarm.turn()
    without_journal(swarm, Database(trades_of(swarm)))
    swarm.turn(8)
    assert swarm.slave.verdicts == []


@pytest.mark.history(26)
def test_while_the_database_is_silent_nothing_opens_and_the_node_says_so() -> None:
    swarm = Swarm()
    order = swarm.trade()
    database = Database()
    without_journal(swarm, database)
    swarm.turn(8)
    swarm.trade()
    assert swarm.slave.last == ("PositionOpened", "denied", "RECOVERING")
    assert not swarm.slave.report.ready
    assert "does not answer" in " ".join(swarm.slave.report.alarms)
    swarm.master.door.shut(order)
    swarm.turn(4)
    assert not swarm.slave.door.held


def test_when_the_database_is_back_opens_go_on_by_themselves() -> None:
    swarm = Swarm()
    swarm.trade()
    database = Database()
    remembered = trades_of(swarm)
    without_journal(swarm, database)
    swarm.turn(8)
    database.remembered = remembered
    swarm.turn(4)
    assert swarm.slave.report.ready
    assert not database.asked
    swarm.trade()
    assert len(swarm.slave.door.opens) == 2


def test_what_the_database_tells_late_takes_the_place_of_what_was_guessed() -> None:
    """The broker's records do not know which event opened a copy; `trades` do."""
    swarm = Swarm()
    swarm.trade()
    (before,) = swarm.slave.legs
    remembered = trades_of(swarm)
    database = Database()
    without_journal(swarm, database)
    swarm.turn(8)
    (guessed,) = swarm.slave.legs
    assert (guessed.journey, guessed.volume) != (before.journey, before.volume)
    database.remembered = remembered
    swarm.turn(4)
    (known,) = swarm.slave.legs
    assert (known.journey, known.opened_by) == (before.journey, before.opened_by)
    assert known.live


def test_copies_of_a_master_nobody_follows_any_more_are_followed_to_their_end() -> None:
    swarm = Swarm()
    order = swarm.trade()
    database = Database()
    remembered = trades_of(swarm)
    swarm.slave.settings = msgspec.structs.replace(swarm.slave.settings, follows=())
    without_journal(swarm, database)
    swarm.turn(4)
    database.remembered = remembered
    swarm.turn(4)
    swarm.master.door.shut(order)
    swarm.turn(4)
    assert not swarm.slave.door.held


def test_nothing_opens_before_the_broker_has_said_what_it_holds() -> None:
    swarm = Swarm()
    swarm.trade()
    swarm.slave.door.newest_ms = 0
    without_journal(swarm)
    swarm.turn(8)
    assert "RECOVERING" in swarm.slave.report.holds
    swarm.trade()
    assert len(swarm.slave.door.opens) == 1
    swarm.slave.door.newest_ms = None
    swarm.turn(8)
    assert "RECOVERING" not in swarm.slave.report.holds
    assert len(live(swarm)) == 1


def test_foreign_positions_are_left_alone_whatever_they_are_called() -> None:
    swarm = Swarm()
    order = swarm.trade()
    door = swarm.slave.door
    copy = door.held[9001]
    door.trade(magic=234000, comment=str(order))
    door.trade(magic=copy.magic + 1, comment=str(order))
    without_journal(swarm)
    swarm.master.door.shut(order)
    swarm.turn(8)
    assert sorted(door.held) == [9002, 9003]
    assert len(door.sent) == 2


def test_a_journal_that_cannot_be_written_is_asked_for_again_at_the_next_start() -> None:
    swarm = Swarm()
    swarm.trade()
    database = Database(trades_of(swarm), full=True)
    without_journal(swarm, database)
    swarm.turn(4)
    assert database.asked
    assert swarm.slave.report.ready


def test_an_unanswered_question_for_deals_of_long_ago_leaves_a_copy_as_it_is() -> None:
    swarm = Swarm()
    order = swarm.trade()
    door = swarm.slave.door
    asked: list[int] = []

    def away(identifier: int) -> Any:
        asked.append(identifier)
        return Unknowable("history not loaded")

    door.deals.clear()
    door.deals_of = away  # type: ignore[method-assign]  # the fake's own answer, for one test
    without_journal(swarm)
    swarm.turn(8)
    assert asked
    swarm.master.door.reduce(order, "0.50")
    swarm.turn(2)
    assert door.held[9001].volume == Decimal("0.50")


@pytest.mark.history(26)
def test_law_2_what_was_taken_off_by_hand_long_ago_is_not_taken_off_again_without_the_journal() -> (
    None
):
    """Its opening is further back than deals are searched: its own deals tell what was filled."""
    swarm = Swarm()
    order = swarm.trade()
    door = swarm.slave.door
    door.reduce(9001, "0.70")
    long_ago_ms = door.server_ms() - 5 * 86_400_000
    door.deals = [msgspec.structs.replace(deal, server_ms=long_ago_ms) for deal in door.deals]
    without_journal(swarm)
    swarm.turn(8)
    swarm.master.door.reduce(order, "0.50")
    swarm.turn(4)
    assert door.held[9001].volume == Decimal("0.30")


@pytest.mark.parametrize("shown", [0, 1], ids=["none of its deals", "one of the two that opened"])
def test_law_2_what_was_reduced_meanwhile_waits_for_deals_that_come_late(shown: int) -> None:
    """Until they show nobody can say how much of it ours has followed; no guess is sent."""
    swarm = Swarm()
    order = swarm.trade()
    door = swarm.slave.door
    parts = [msgspec.structs.replace(d, volume=d.volume / 2) for d in door.deals]
    parts += [msgspec.structs.replace(d, ticket=d.ticket + 500) for d in parts]
    door.deals = parts[:shown]
    without_journal(swarm)
    swarm.master.door.reduce(order, "0.50")
    swarm.turn(8)
    assert door.held[9001].volume == Decimal("1.00")
    assert not swarm.slave.report.ready
    door.deals = parts
    swarm.turn(8)
    assert door.held[9001].volume == Decimal("0.50")
    assert swarm.slave.report.ready


def test_law_5_a_copy_whose_deals_do_not_show_is_closed_with_its_masters_all_the_same() -> None:
    swarm = Swarm()
    order = swarm.trade()
    without_journal(swarm)
    swarm.slave.door.deals.clear()
    swarm.master.door.reduce(order, "0.50")
    swarm.turn(4)
    swarm.master.door.shut(order)
    swarm.turn(8)
    assert not swarm.slave.door.held


@pytest.mark.history(26, 31)
@pytest.mark.parametrize("whose", ["slave", "master"])
def test_law_2_nights_over_which_a_position_was_closed_and_opened_anew_do_not_make_it_larger(
    whose: str,
) -> None:
    """The whole folder of journals is gone: what was filled, and at first held, the deals tell."""
    swarm = Swarm()
    order = swarm.trade()
    side = swarm.slave if whose == "slave" else swarm.master
    for _ in range(2):
        open_anew(side.door, close_for_the_night(side.door, 9001 if whose == "slave" else order))
        swarm.turn(8)
    swarm.master.journal = FakeJournal()
    swarm.master.start()
    without_journal(swarm)
    swarm.turn(30)
    assert swarm.slave.door.held[9001].volume == Decimal("1.00")
    swarm.master.door.reduce(order, "0.50")
    swarm.turn(8)
    assert swarm.slave.door.held[9001].volume == Decimal("0.50")


@pytest.mark.history(26)
@pytest.mark.law(12)
def test_a_copy_of_a_swarm_whose_id_is_known_here_is_ours_without_the_journal() -> None:
    """A database was adopted since it was opened."""
    swarm = Swarm()
    order = swarm.trade()
    swarm.slave.journal, swarm.slave.swarm = FakeJournal(), "adopted"
    swarm.slave.start(swarm_ids=("adopted", "swarm"))
    swarm.turn(8)
    swarm.master.door.shut(order)
    swarm.turn(4)
    assert not swarm.slave.door.held


def with_a_waiting_order() -> tuple[Swarm, int]:
    """Our own order waits, and no journal knows of it."""
    swarm = Swarm()
    ticket = swarm.master.door.pend("1275.00")
    swarm.turn(2)
    assert len(swarm.slave.door.waiting) == 1
    without_journal(swarm)
    return swarm, ticket


@pytest.mark.history(26)
def test_law_15_an_order_that_waits_is_followed_as_before() -> None:
    swarm, ticket = with_a_waiting_order()
    swarm.turn(8)
    assert [leg.state for leg in live(swarm)] == [LegState.PENDING]
    swarm.master.door.repend(ticket, price=Decimal("1285.00"))
    swarm.turn(4)
    assert [o.price for o in swarm.slave.door.waiting.values()] == [Decimal("1285.00")]
    swarm.master.door.trigger(ticket)
    swarm.turn(4)
    assert not swarm.slave.door.waiting
    assert len(swarm.slave.door.held) == 1
    swarm.master.door.shut(ticket)
    swarm.turn(4)
    assert not swarm.slave.door.held


@pytest.mark.history(26)
def test_law_15_an_order_withdrawn_meanwhile_is_withdrawn_here() -> None:
    swarm, ticket = with_a_waiting_order()
    swarm.master.door.withdraw(ticket)
    swarm.turn(12)
    assert not swarm.slave.door.waiting
    assert len(swarm.slave.door.placings) == 1


@pytest.mark.history(27)
def test_law_15_an_order_of_ours_that_fills_in_part_meanwhile_leaves_no_rest() -> None:
    swarm, ticket = with_a_waiting_order()
    swarm.slave.door.trigger(9001, "0.40")
    swarm.turn(12)
    assert not swarm.slave.door.waiting
    assert [held.volume for held in swarm.slave.door.held.values()] == [Decimal("0.40")]
    swarm.master.door.withdraw(ticket)
    swarm.turn(8)
    assert not swarm.slave.door.held


@pytest.mark.history(27)
def test_law_15_an_order_of_ours_that_filled_meanwhile_is_the_copy_of_its_masters_fill() -> None:
    swarm, ticket = with_a_waiting_order()
    swarm.slave.door.trigger(9001)
    swarm.turn(8)
    swarm.master.door.trigger(ticket)
    swarm.turn(4)
    assert list(swarm.slave.door.held) == [9001]
    assert ("PositionOpened", "copied", "NONE") in told(swarm.slave.verdicts)
    swarm.master.door.shut(ticket)
    swarm.turn(4)
    assert not swarm.slave.door.held


def test_nothing_opens_before_the_broker_has_said_what_waits() -> None:
    swarm = Swarm()
    silent = Unknowable("orders not loaded")
    swarm.slave.door.orders = lambda: silent  # type: ignore[method-assign]  # for one test
    without_journal(swarm)
    swarm.turn(8)
    assert "RECOVERING" in swarm.slave.report.holds


@pytest.mark.parametrize("answers_at", ["the start", "later"])
def test_a_contract_that_changed_while_the_journal_was_lost_opens_nothing(answers_at: str) -> None:
    swarm = Swarm()
    swarm.trade()
    swarm.turn()
    kept = trades_of(swarm)
    swarm.slave.door.specs["XAUUSD"] = a_spec(contract_size="10")
    database = Database(kept if answers_at == "the start" else None)
    without_journal(swarm, database)
    swarm.turn(2)
    swarm.trade()
    database.remembered = kept
    swarm.turn(2)

    swarm.trade()

    assert swarm.slave.last == ("PositionOpened", "denied", "CONTRACT_CHANGED")
    assert swarm.slave.journal.contracts()[0].contract == kept.contracts[0].contract
