"""Open copies are brought where their master's positions are, and left alone where they are."""

from decimal import Decimal

import pytest

from domain.control import Command
from domain.legs import LegState
from domain.outcomes import Filled, Outcome, Rejected
from tests.builders import a_spec
from tests.fakes import GONE, FakeDoor, told
from tests.unit.nodes.teller import Teller

REFUSED = Rejected(retcode=10018, comment="Market closed")


@pytest.fixture
def teller() -> Teller:
    return Teller()


def test_law_2_a_stop_moved_by_hand_is_left_alone_until_the_masters_moves(teller: Teller) -> None:
    """History 30."""
    identifier = teller.copies(501)
    teller.slave.door.change(identifier, sl="1283.00")
    teller.turn(20)
    assert teller.slave.door.modifies == []
    teller.say(teller.moves(501, sl="1281.00"))
    teller.turn()
    assert teller.slave.door.held[identifier].sl == Decimal("1281.00")


def test_law_2_a_stop_moved_by_hand_is_left_alone_across_a_restart(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.change(identifier, sl="1283.00")
    teller.slave.start()
    teller.turn(20)
    assert teller.slave.door.modifies == []


def test_law_2_a_reduction_by_hand_is_not_topped_up_nor_taken_further(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.reduce(identifier, "0.70")
    teller.say(teller.halves(501))
    teller.turn(4)
    assert teller.slave.door.held[identifier].volume == Decimal("0.30")
    assert teller.slave.last[1] == "nothing_to_do"


def test_law_2_the_minimum_is_kept_and_closed_with_the_master() -> None:
    """History 16."""
    teller = Teller()
    identifier = teller.copies(501, volume="0.01", initial_volume="0.01")
    teller.say(teller.halves(501, volume="0.005"))
    teller.turn(2)
    assert identifier in teller.slave.door.held
    teller.say(teller.closes(501))
    teller.turn(2)
    assert identifier not in teller.slave.door.held


def test_law_2_the_choice_to_close_the_minimum_is_the_one_at_the_open() -> None:
    teller = Teller(partial_below_min="close")
    identifier = teller.copies(501, volume="0.01", initial_volume="0.01")
    teller.say(teller.halves(501, volume="0.005"))
    teller.turn(2)
    assert identifier not in teller.slave.door.held
    assert not teller.slave.unanswered(teller.facts)


def test_a_close_that_filled_in_part_goes_on_until_nothing_is_left(teller: Teller) -> None:
    def a_part(door: FakeDoor, command: object) -> Outcome:
        identifier = command.identifier  # type: ignore[attr-defined]
        door.reduce(identifier, "0.40", magic=command.magic)  # type: ignore[attr-defined]
        deal = door.deals[-1]
        return Filled(
            order=deal.order, deal=deal.ticket, volume=deal.volume, price=deal.price, in_part=True
        )

    identifier = teller.copies(501)
    teller.slave.door.answers = [a_part]
    teller.say(teller.closes(501))
    teller.turn(2)
    assert identifier not in teller.slave.door.held
    assert [str(order.volume) for order in teller.slave.door.closes] == ["1.00", "0.60"]
    assert teller.slave.leg().state is LegState.CLOSED


def test_law_1_gone_says_the_broker_but_only_its_deals_prove_it(teller: Teller) -> None:
    """History 12."""
    identifier = teller.copies(501)
    teller.slave.door.answers = [GONE]
    teller.say(teller.closes(501))
    teller.turn()
    assert teller.slave.leg().state is LegState.OPEN
    teller.turn(8)
    assert identifier not in teller.slave.door.held
    assert teller.slave.leg().state is LegState.CLOSED


@pytest.mark.parametrize("seconds", [1.0, 30.0])
def test_law_1_a_copy_that_is_not_listed_is_not_closed_without_its_deals(
    teller: Teller, seconds: float
) -> None:
    """History 10, on the slave."""
    identifier = teller.copies(501)
    teller.slave.door.unlisted = {identifier}
    teller.turn(4, seconds=seconds / 4)
    assert teller.slave.leg().state is LegState.OPEN
    teller.slave.door.unlisted = set()
    teller.turn(200)
    assert teller.slave.leg().state is LegState.OPEN
    assert teller.slave.report.alarms == ()
    teller.say(teller.closes(501))
    teller.turn()
    assert identifier not in teller.slave.door.held


def test_a_copy_closed_by_its_stop_is_closed_with_what_it_brought(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.shut(identifier, net="-55.20")
    teller.turn(4)
    leg = teller.slave.leg()
    assert (leg.state, leg.net) == (LegState.CLOSED, Decimal("-55.20"))
    assert teller.slave.door.closes == []


def test_a_close_of_ours_is_reckoned_from_its_deals(teller: Teller) -> None:
    teller.copies(501)

    def with_a_loss(door: FakeDoor, command: object) -> Outcome:
        identifier = command.identifier  # type: ignore[attr-defined]
        door.shut(identifier, net="-12.50", magic=command.magic)  # type: ignore[attr-defined]
        deal = door.deals[-1]
        return Filled(order=deal.order, deal=deal.ticket, volume=deal.volume, price=deal.price)

    teller.slave.door.answers = [with_a_loss]
    teller.say(teller.closes(501))
    teller.turn(4)
    leg = teller.slave.leg()
    assert (leg.net, leg.state) == (Decimal("-12.50"), LegState.CLOSED)
    assert leg.closed_at_ms > 0
    assert leg.closing is not None
    assert leg.closing.prices.filled is not None


def test_law_5_a_symbol_whose_contract_cannot_be_read_is_closed_later(teller: Teller) -> None:
    identifier = teller.copies(501)
    specs, teller.slave.door.specs = teller.slave.door.specs, {}
    teller.say(teller.closes(501))
    teller.turn(40)
    assert identifier in teller.slave.door.held
    assert teller.slave.report.alarms != ()
    teller.slave.door.specs = specs
    teller.turn(10, seconds=10)
    assert identifier not in teller.slave.door.held
    assert teller.slave.report.alarms == ()


def test_halted_holds_a_looser_stop_back_with_a_reason_and_sends_it_when_resumed(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    teller.slave.control.orders.append(Command(command="c", kind="HALT", by="operator"))
    teller.turn()
    teller.say(teller.moves(501, sl="1270.00"))
    teller.turn(4)
    assert teller.slave.last == ("PositionModified", "nothing_to_do", "LOOSER_STOP_HELD")
    assert teller.slave.door.modifies == []
    teller.slave.control.orders.append(Command(command="d", kind="RESUME", by="operator"))
    teller.turn(4)
    assert teller.slave.door.held[identifier].sl == Decimal("1270.00")


def test_an_event_that_was_refused_and_then_done_has_copied_for_its_last_word(
    teller: Teller,
) -> None:
    teller.copies(501)
    teller.slave.door.answers = [REFUSED]
    teller.say(teller.moves(501, sl="1281.00"))
    teller.turn(8)
    assert told(teller.slave.verdicts)[1:] == [
        ("PositionModified", "rejected", "BROKER_REJECTED"),
        ("PositionModified", "copied", "NONE"),
    ]


def test_stops_are_rounded_to_the_slaves_ticks_and_then_as_wanted(teller: Teller) -> None:
    teller.slave.door.specs["XAUUSD"] = a_spec(tick_size="0.25")
    identifier = teller.copies(501)
    teller.say(teller.moves(501, sl="1281.37"))
    teller.turn(20)
    assert teller.slave.door.held[identifier].sl == Decimal("1281.25")
    assert len(teller.slave.door.modifies) == 1


def test_law_2_a_stop_tightened_by_hand_stays_when_the_master_moves_only_its_target(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    teller.slave.door.change(identifier, sl="1284.00")
    teller.turn(4)
    teller.say(teller.moves(501, tp="1299.00"))
    teller.turn(8)
    held = teller.slave.door.held[identifier]
    assert (held.sl, held.tp) == (Decimal("1284.00"), Decimal("1299.00"))
    assert len(teller.slave.door.modifies) == 1


def test_stops_the_broker_ignored_at_the_open_are_set_once_it_shows_them_missing(
    teller: Teller,
) -> None:
    def without_stops(door: FakeDoor, command: object) -> Outcome:
        filled = door.execute(command)  # type: ignore[arg-type]
        door.change(filled.order, sl="0", tp="0")  # type: ignore[union-attr]
        return filled

    teller.slave.door.answers = [without_stops]
    identifier = teller.copies(501)
    teller.turn(4)
    assert teller.slave.door.held[identifier].sl == Decimal("1280.00")
    teller.slave.door.change(identifier, sl="1283.00")
    teller.slave.start()
    teller.turn(8)
    assert teller.slave.door.held[identifier].sl == Decimal("1283.00")
    assert len(teller.slave.door.modifies) == 1
