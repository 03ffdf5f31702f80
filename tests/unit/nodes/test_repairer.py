"""Open copies are brought where their master's positions are, and left alone where they are."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.control import Command
from domain.legs import LegState
from domain.market import Side, Unknowable
from domain.mt5_words import Filling, Retcode
from domain.orders import ClosePosition
from domain.outcomes import Filled, Outcome, Rejected, Unknown
from nodes.repairing.modify_budget import A_DAY
from tests.builders import a_deal, a_key, a_spec, an_account
from tests.fakes import GONE, FakeDoor, filled_in_part, lost, told
from tests.unit.nodes.teller import Teller

REFUSED = Rejected(retcode=10018, comment="Market closed")


@pytest.fixture
def teller() -> Teller:
    return Teller()


@pytest.mark.history(30)
def test_law_2_a_stop_moved_by_hand_is_left_alone_until_the_masters_moves(teller: Teller) -> None:
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


@pytest.mark.history(16)
def test_law_2_the_minimum_is_kept_and_closed_with_the_master(teller: Teller) -> None:
    teller.slave.door.answers = [filled_in_part("0.01")]
    identifier = teller.copies(501, volume="1.00")
    for volume in ("0.99", "0.50", "0.01"):
        teller.say(teller.halves(501, volume=volume))
        teller.turn(8)
    assert teller.slave.door.held[identifier].volume == Decimal("0.01")
    assert teller.slave.door.closes == []
    assert not teller.slave.unanswered(teller.facts)
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


def a_part(door: FakeDoor, command: object) -> Outcome:
    """Of a close 0.4 lots are filled."""
    identifier = command.identifier  # type: ignore[attr-defined]
    door.reduce(identifier, "0.40", magic=command.magic)  # type: ignore[attr-defined]
    deal = door.deals[-1]
    return Filled(
        order=deal.order, deal=deal.ticket, volume=deal.volume, price=deal.price, in_part=True
    )


def test_a_close_that_filled_in_part_goes_on_until_nothing_is_left(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.answers = [a_part]
    teller.say(teller.closes(501))
    teller.turn(2)
    assert identifier not in teller.slave.door.held
    assert [str(order.volume) for order in teller.slave.door.closes] == ["1.00", "0.60"]
    assert teller.slave.leg().state is LegState.CLOSED


def fills_the_rest(door: FakeDoor, identifier: int, volume: str, *, with_deal: bool = True) -> None:
    """The broker goes on with an order it had filled in part."""
    held, more = door.held[identifier], Decimal(volume)
    door.held[identifier] = msgspec.structs.replace(held, volume=held.volume + more)
    if with_deal:
        door.deals.append(a_deal(identifier, ticket=77, order=identifier, volume=more))


@pytest.mark.history(36)
def test_law_2_a_rest_that_fills_late_belongs_to_the_copy(teller: Teller) -> None:
    """A reduction keeps its ratio to all that was filled."""
    teller.slave.door.answers = [filled_in_part("0.40")]
    identifier = teller.copies(501)
    assert teller.slave.last == ("PositionOpened", "partial", "FILLED_IN_PART")

    fills_the_rest(teller.slave.door, identifier, "0.20")
    teller.turn()
    assert teller.slave.last == ("PositionOpened", "partial", "FILLED_IN_PART")
    assert str(teller.slave.verdicts[-1].volume) == "0.60"
    fills_the_rest(teller.slave.door, identifier, "0.40")
    teller.turn()
    assert teller.slave.last == ("PositionOpened", "copied", "NONE")

    teller.say(teller.halves(501))
    teller.turn(2)
    assert [str(order.volume) for order in teller.slave.door.closes] == ["0.50"]
    assert str(teller.slave.door.held[identifier].volume) == "0.50"


def test_law_1_a_copy_that_merely_looks_larger_is_as_large_as_its_deals(teller: Teller) -> None:
    teller.slave.door.answers = [filled_in_part("0.40")]
    identifier = teller.copies(501)
    fills_the_rest(teller.slave.door, identifier, "0.60", with_deal=False)
    teller.turn()
    assert str(teller.slave.leg().filled_volume) == "0.40"
    teller.slave.door.deals_of = lambda _: Unknowable("no")  # type: ignore[method-assign]
    teller.turn()
    assert str(teller.slave.leg().filled_volume) == "0.40"


@pytest.mark.history(12)
def test_law_1_gone_says_the_broker_but_only_its_deals_prove_it(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.answers = [GONE]
    teller.say(teller.closes(501))
    teller.turn()
    assert teller.slave.leg().state is LegState.OPEN
    teller.turn(8)
    assert identifier not in teller.slave.door.held
    assert teller.slave.leg().state is LegState.CLOSED


@pytest.mark.history(10, 11)
@pytest.mark.parametrize("missing", [1, 10], ids=["one of ten", "all of ten"])
@pytest.mark.parametrize("seconds", [1.0, 30.0])
def test_law_1_a_copy_that_is_not_listed_is_not_closed_without_its_deals(
    teller: Teller, seconds: float, missing: int
) -> None:
    """On the slave."""
    copies = [teller.copies(order) for order in range(501, 511)]
    teller.slave.door.unlisted = set(copies[:missing])
    teller.turn(4, seconds=seconds / 4)
    assert {teller.slave.leg(order).state for order in range(501, 511)} == {LegState.OPEN}
    teller.slave.door.unlisted = set()
    teller.turn(200)
    assert {teller.slave.leg(order).state for order in range(501, 511)} == {LegState.OPEN}
    assert teller.slave.report.alarms == ()
    assert set(teller.slave.door.held) == set(copies)
    teller.say(teller.closes(501))
    teller.turn()
    assert set(teller.slave.door.held) == set(copies[1:])


@pytest.mark.history(10)
def test_law_1_a_second_in_which_neither_positions_nor_deals_are_shown_closes_nothing(
    teller: Teller,
) -> None:
    """A terminal that has just connected again has loaded neither."""
    identifier = teller.copies(501)
    teller.slave.door.unlisted, teller.slave.door.deals_hidden = {identifier}, True
    teller.turn(8, seconds=0.25)
    assert teller.slave.leg().state is LegState.OPEN
    teller.slave.door.unlisted, teller.slave.door.deals_hidden = set(), False
    teller.turn(8)
    assert teller.slave.leg().state is LegState.OPEN
    assert len(teller.slave.door.sent) == 1


@pytest.mark.history(40)
def test_law_1_a_copy_that_was_halved_is_not_closed_by_being_missing(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.say(teller.halves(501))
    teller.turn(2)
    teller.slave.door.unlisted = {identifier}
    teller.turn(100, seconds=1)
    assert teller.slave.leg().state is LegState.OPEN
    teller.slave.door.unlisted = set()
    teller.turn(80, seconds=1)
    assert teller.slave.leg().volume == Decimal("0.50")
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


def in_parts(*volumes: str) -> list[Any]:
    """Answers of a broker that fills a close in these parts."""

    def part(volume: str) -> Any:
        def answer(door: FakeDoor, command: Any) -> Outcome:
            door.reduce(command.identifier, volume, magic=command.magic)
            deal = door.deals[-1]
            return Filled(
                order=deal.order,
                deal=deal.ticket,
                volume=deal.volume,
                price=deal.price,
                in_part=deal.volume < command.volume,
            )

        return answer

    return [part(volume) for volume in volumes]


def test_a_close_tries_another_filling_where_the_broker_refuses_one(teller: Teller) -> None:
    def picky(door: FakeDoor, command: Any) -> Outcome:
        if command.filling == Filling.IOC:
            return Rejected(retcode=Retcode.INVALID_FILL, comment="Unsupported filling mode")
        return door.execute(command)

    identifiers = [teller.copies(501), teller.copies(502)]
    teller.slave.door.answers = [picky] * 10
    for order in (501, 502):
        teller.say(teller.closes(order))
        teller.turn()
    assert not set(identifiers) & set(teller.slave.door.held)
    assert [c.filling for c in teller.slave.door.closes] == [Filling.IOC, Filling.FOK, Filling.FOK]
    assert "rejected" not in {kind for _, kind, _ in told(teller.slave.verdicts)}


def test_a_broker_that_refuses_every_filling_is_asked_ever_more_slowly(teller: Teller) -> None:
    teller.copies(501)
    refused = Rejected(retcode=Retcode.INVALID_FILL, comment="Unsupported filling mode")
    teller.slave.door.answers = [refused] * 1000
    teller.say(teller.closes(501))
    teller.turn(240)
    assert len(teller.slave.door.closes) <= 30
    assert teller.slave.report.alarms != ()
    teller.slave.door.answers = []
    teller.turn(200)
    assert teller.slave.door.held == {}


def test_a_change_of_stops_nobody_answers_for_is_sent_ever_more_slowly(teller: Teller) -> None:
    teller.copies(501)
    teller.slave.door.answers = [lost] * 1000
    teller.say(teller.moves(501, sl="1281.00"))
    teller.turn(240)
    assert len(teller.slave.door.modifies) <= 10


def test_law_9_a_reduction_that_was_done_does_not_answer_for_stops_that_were_refused(
    teller: Teller,
) -> None:
    teller.copies(501)
    teller.slave.door.answers = [FakeDoor.execute] + [Rejected(retcode=10016, comment="Stops")] * 9
    teller.say(teller.moves(501, sl="1284.99"), teller.halves(501))
    teller.turn()
    assert told(teller.slave.verdicts)[1:] == [
        ("PositionReduced", "copied", "NONE"),
        ("PositionModified", "rejected", "BROKER_REJECTED"),
    ]


def test_law_9_new_stops_do_not_answer_for_a_reduction_too_small_to_do(teller: Teller) -> None:
    teller.slave.door.specs["XAUUSD"] = a_spec(volume_min="0.1", volume_step="0.1")
    teller.copies(501, volume="0.10", initial_volume="0.10")
    teller.say(teller.moves(501, sl="1281.00"), teller.halves(501, volume="0.05"))
    teller.turn(4)
    found = told(teller.slave.verdicts)
    assert ("PositionModified", "copied", "NONE") in found
    assert [kind for event, kind, _ in found if event == "PositionReduced"] == ["nothing_to_do"]


def test_law_9_what_waits_for_an_order_that_was_refused_is_told_so(teller: Teller) -> None:
    teller.copies(501)
    teller.slave.door.answers = [REFUSED]
    teller.say(teller.moves(501, sl="1281.00"), teller.halves(501))
    teller.turn(8)
    found = told(teller.slave.verdicts)[1:]
    assert found == [
        ("PositionModified", "rejected", "RETRYING"),
        ("PositionReduced", "rejected", "BROKER_REJECTED"),
        ("PositionReduced", "copied", "NONE"),
        ("PositionModified", "copied", "NONE"),
    ]


def test_law_9_new_stops_of_a_position_closed_since_are_not_called_copied(teller: Teller) -> None:
    teller.copies(501)
    teller.say(teller.moves(501, sl="1281.00"), teller.closes(501))
    teller.turn(2)
    found = told(teller.slave.verdicts)[1:]
    assert ("PositionModified", "nothing_to_do", "ALREADY_CLOSED_HERE") in found
    assert ("PositionClosed", "copied", "NONE") in found


@pytest.mark.parametrize("what", ["closes", "halves"])
def test_an_order_filled_in_two_parts_ends_as_copied_with_the_whole_volume(
    teller: Teller, what: str
) -> None:
    identifier = teller.copies(501)
    teller.slave.door.answers = in_parts("0.30")
    change = getattr(teller, what)(501)
    teller.say(change)
    teller.turn(2)
    words = [(v.kind.value, v.volume) for v in teller.slave.verdicts[1:]]
    whole = Decimal("1.00") if what == "closes" else Decimal("0.50")
    assert words == [("partial", Decimal("0.30")), ("copied", whole)]
    left = teller.slave.door.held.get(identifier)
    assert (left.volume if left else 0) == Decimal("1.00") - whole


def test_an_order_filled_in_part_whose_rest_is_too_small_stays_partial() -> None:
    teller = Teller()
    teller.slave.door.specs["XAUUSD"] = a_spec(volume_min="0.2", volume_step="0.1")
    teller.copies(501)
    teller.slave.door.answers = in_parts("0.40")
    teller.say(teller.halves(501))
    teller.turn(4)
    assert teller.slave.last[1:] == ("partial", "FILLED_IN_PART")


def test_law_1_a_copy_without_a_single_deal_is_closed_after_five_looks_with_an_alarm(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    teller.slave.door.deals_hidden = True
    teller.slave.door.shut(identifier, net="-7.50")
    teller.turn(18)
    assert teller.slave.leg().state is LegState.OPEN
    teller.turn(20)
    assert teller.slave.leg().state is LegState.CLOSED
    assert any("no deal" in alarm for alarm in teller.slave.report.alarms)
    teller.slave.door.deals_hidden = False
    teller.turn(8)
    assert teller.slave.leg().net == Decimal("-7.50")
    assert teller.slave.report.alarms == ()


def test_law_1_a_copy_that_is_listed_again_starts_the_looks_anew(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.deals_hidden = True
    for _ in range(4):
        teller.slave.door.unlisted = {identifier}
        teller.turn(12)
        assert teller.slave.leg().state is LegState.OPEN
        teller.slave.door.unlisted = set()
        teller.turn(20)


@pytest.mark.history(10)
def test_law_1_looks_that_could_not_be_believed_break_the_row_of_equal_ones(
    teller: Teller,
) -> None:
    """The terminal comes back after twenty seconds, and has loaded nothing yet."""
    identifier = teller.copies(501)
    teller.slave.door.unlisted, teller.slave.door.deals_hidden = {identifier}, True
    teller.turn(16)
    assert teller.slave.leg().state is LegState.OPEN
    teller.slave.door.mute = Unknowable("pipe is closed")
    teller.turn(80)
    teller.slave.door.mute = None
    teller.turn(8)
    assert teller.slave.leg().state is LegState.OPEN


def test_law_1_however_much_is_asked_about_one_look_it_counts_once(teller: Teller) -> None:
    """A node that turns slowly has looked three times in twelve seconds, not six."""
    identifier = teller.copies(501)
    teller.slave.door.unlisted, teller.slave.door.deals_hidden = {identifier}, True
    teller.turn(4, seconds=6.0)
    assert teller.slave.leg().state is LegState.OPEN
    teller.turn(2, seconds=6.0)
    assert teller.slave.leg().state is LegState.CLOSED


def test_law_1_a_look_in_vain_for_a_masters_sake_breaks_the_row_as_well(teller: Teller) -> None:
    """What it moves is compared at once, and the terminal gives no answer just then."""
    identifier = teller.copies(501)
    teller.slave.door.unlisted, teller.slave.door.deals_hidden = {identifier}, True
    teller.turn(18)
    listing = teller.slave.door.positions
    teller.slave.door.positions = lambda: Unknowable("busy")  # type: ignore[method-assign]
    teller.say(teller.moves(501, sl="1281.00"))
    teller.slave.loop.step()
    teller.slave.door.positions = listing  # type: ignore[method-assign]
    teller.turn(48)
    assert teller.slave.leg().state is LegState.OPEN


def test_law_1_a_copy_taken_for_closed_that_is_listed_again_is_followed_again(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    teller.slave.door.deals_hidden = True
    teller.slave.door.unlisted = {identifier}
    teller.turn(60)
    assert teller.slave.leg().state is LegState.CLOSED
    teller.slave.door.unlisted = set()
    teller.turn(8)
    assert teller.slave.leg().state is LegState.OPEN
    assert teller.slave.report.alarms == ()


def test_a_copy_whose_number_the_broker_did_not_tell_is_known_by_its_mark(teller: Teller) -> None:
    def without_a_number(door: FakeDoor, command: object) -> Outcome:
        filled = door.execute(command)  # type: ignore[arg-type]
        return msgspec.structs.replace(filled, order=0)

    teller.slave.door.answers = [without_a_number]
    teller.say(teller.opens(501))
    teller.turn(4)
    assert teller.slave.leg().identifier in teller.slave.door.held
    teller.say(teller.closes(501))
    teller.turn()
    assert teller.slave.door.held == {}


def test_law_9_a_closed_leg_keeps_the_masters_price_and_the_times_of_the_close(
    teller: Teller,
) -> None:
    teller.copies(501)
    close = msgspec.structs.replace(teller.closes(501), price=Decimal("1286.40"))
    teller.say(close)
    teller.turn(2)
    closing = teller.slave.leg().closing
    assert closing is not None
    assert closing.prices.master == Decimal("1286.40")
    assert closing.times.seen_us == close.seen_at_us
    assert closing == msgspec.structs.replace(
        closing, times=teller.slave.verdicts[-1].times, prices=teller.slave.verdicts[-1].prices
    )


def test_law_7_one_legs_crash_is_an_alarm_and_the_others_go_on(teller: Teller) -> None:
    broken, sound = teller.copies(501), teller.copies(502, symbol="EURUSD")
    teller.slave.door.specs["XAUUSD"] = a_spec(volume_step="0")
    teller.say(teller.halves(501), teller.closes(502))
    teller.turn(4)
    assert set(teller.slave.door.held) == {broken}, sound
    teller.slave.start()
    teller.turn(4)
    assert any("DivisionByZero" in alarm for alarm in teller.slave.report.alarms)
    teller.slave.door.specs["XAUUSD"] = a_spec()
    teller.turn(40)
    assert teller.slave.door.held[broken].volume == Decimal("0.50")
    assert teller.slave.report.alarms == ()


def test_what_a_close_brought_is_reckoned_after_a_restart_too(teller: Teller) -> None:
    teller.copies(501)

    def with_a_loss(door: FakeDoor, command: Any) -> Outcome:
        door.shut(command.identifier, net="-12.50", magic=command.magic)
        door.deals_hidden = True
        deal = door.deals[-1]
        return Filled(order=deal.order, deal=deal.ticket, volume=deal.volume, price=deal.price)

    teller.slave.door.answers = [with_a_loss]
    teller.say(teller.closes(501))
    teller.turn(4)
    teller.slave.door.deals_hidden = False
    teller.slave.start()
    teller.turn(8)
    assert teller.slave.leg().net == Decimal("-12.50")


def test_law_2_a_stop_that_was_set_by_hand_before_the_masters_may_be_moved_on(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    teller.turn(2)
    teller.slave.door.change(identifier, sl="1281.00")
    teller.say(teller.moves(501, sl="1281.00"))
    teller.turn(2)
    teller.slave.door.change(identifier, sl="1283.00")
    for _ in range(2):
        teller.turn(8)
        assert teller.slave.door.held[identifier].sl == Decimal("1283.00")
        teller.slave.start()


def oldest_first(door: FakeDoor, command: Any) -> Outcome:
    """A broker that closes the oldest position of a symbol before any other."""
    if isinstance(command, ClosePosition) and command.identifier != min(door.held):
        return Rejected(retcode=Retcode.FIFO_CLOSE, comment="Only the oldest may be closed")
    return door.execute(command)


@pytest.mark.history(34)
def test_law_5_a_close_that_has_to_wait_for_an_older_one_backs_off_and_raises_an_alarm(
    teller: Teller,
) -> None:
    """Not even the broker's own rule makes us give up."""
    older, newer = teller.copies(501), teller.copies(502)
    teller.slave.door.answers = [oldest_first] * 1_000
    teller.say(teller.closes(502))
    teller.turn(240, seconds=0.25)
    assert set(teller.slave.door.held) == {older, newer}
    assert 3 <= len(teller.slave.door.closes) <= 9
    assert any("10045" in alarm for alarm in teller.slave.report.alarms)
    assert teller.slave.last == ("PositionClosed", "rejected", "BROKER_REJECTED")
    teller.say(teller.closes(501))
    teller.turn(140, seconds=0.25)
    assert teller.slave.door.held == {}
    assert teller.slave.report.alarms == ()
    assert not teller.slave.unanswered(teller.facts)


@pytest.mark.history(34)
def test_an_open_against_a_broker_that_forbids_hedging_is_refused_once(teller: Teller) -> None:
    kept = teller.copies(501)
    forbidden = Rejected(retcode=Retcode.HEDGE_PROHIBITED, comment="Hedging is prohibited")
    teller.slave.door.answers = [forbidden]
    teller.say(teller.opens(502, side=Side.SELL, sl=0, tp=0))
    teller.turn(400)
    assert teller.slave.last == ("PositionOpened", "rejected", "BROKER_REJECTED")
    assert len(teller.slave.door.opens) == 2
    teller.say(teller.closes(502), teller.closes(501))
    teller.turn(4)
    assert kept not in teller.slave.door.held
    assert not teller.slave.unanswered(teller.facts)


@pytest.mark.history(30)
def test_law_2_stops_that_trail_are_sent_at_most_four_times_a_second_and_the_newest_wins(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    teller.turn(2)
    for step in range(20):
        teller.say(teller.moves(501, sl=str(1281 + step / 10)))
        teller.turn(seconds=0.05)
    teller.turn(4)
    assert len(teller.slave.door.modifies) <= 6
    assert teller.slave.door.held[identifier].sl == Decimal("1282.9")
    assert not teller.slave.unanswered(teller.facts)


@pytest.mark.history(30)
def test_law_2_when_the_days_budget_of_changes_is_spent_only_tighter_stops_go_out(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    for _ in range(A_DAY - 1):
        teller.slave.loop._repairer._work.budget.spend(a_key(999))
    for tp in ("1297", "1298"):
        teller.say(teller.moves(501, tp=tp))
        teller.turn(4)
    assert teller.slave.door.held[identifier].tp == 1297
    assert teller.slave.last == ("PositionModified", "nothing_to_do", "MODIFY_BUDGET")
    assert any("only tighter ones" in alarm for alarm in teller.slave.report.alarms)
    teller.say(teller.moves(501, sl="1283", tp="1298"))
    teller.turn(4)
    assert teller.slave.door.held[identifier].sl == 1283
    teller.turn(1, seconds=86_400)
    teller.say(teller.moves(501, sl="1283", tp="1299"))
    teller.turn(8)
    assert teller.slave.door.held[identifier].tp == 1299


def test_law_4_a_mark_on_two_positions_is_an_alarm(teller: Teller) -> None:
    identifier = teller.copies(501)
    held = teller.slave.door.held[identifier]
    teller.slave.door.trade("1.00", magic=held.magic)
    teller.turn(6)
    assert any(str(held.magic) in alarm for alarm in teller.slave.report.alarms)


@pytest.mark.history(10)
def test_law_1_looks_that_show_different_lists_are_not_equal(teller: Teller) -> None:
    """The terminal is still loading: every look shows other positions than the last."""
    identifier = teller.copies(501)
    teller.slave.door.deals_hidden, teller.slave.door.unlisted = True, {identifier}
    for _ in range(30):
        teller.turn(4)
        teller.slave.door.trade("0.10")
    assert teller.slave.leg().state is LegState.OPEN


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(Unknown(code=-10002, comment="IPC recv failed"), id="then nobody knows"),
        pytest.param(Rejected(retcode=10027, comment="AutoTrading disabled"), id="and again"),
    ],
)
def test_law_9_a_close_that_was_refused_has_its_last_word_after_a_restart(
    teller: Teller, then: Outcome
) -> None:
    """What was only refused so far is heard anew by the next start, and answered."""
    teller.copies(501)
    refused = Rejected(retcode=10027, comment="AutoTrading disabled")
    teller.slave.door.answers = [refused, then]
    teller.say(teller.closes(501))
    teller.turn(4)
    assert teller.slave.last[1] in {"unknown", "rejected"}
    teller.slave.door.answers = []
    teller.slave.start()
    teller.turn(20)
    assert teller.slave.door.held == {}
    assert teller.slave.last[1] in {"copied", "nothing_to_do"}


def test_law_9_a_close_that_filled_in_part_has_its_last_word_after_a_restart(
    teller: Teller,
) -> None:
    teller.copies(501)
    teller.slave.door.answers = [a_part, Rejected(retcode=10027, comment="AutoTrading disabled")]
    teller.say(teller.closes(501))
    teller.turn()
    teller.slave.start()
    teller.turn(20)
    assert teller.slave.door.held == {}
    assert teller.slave.last[1] in {"copied", "nothing_to_do"}


@pytest.mark.history(23, 46)
@pytest.mark.parametrize(
    ("netting", "what", "at_most"),
    [
        pytest.param(True, "closes", "0.40", id="a close of a shared position"),
        pytest.param(True, "halves", "0", id="a reduction of a shared position"),
        pytest.param(False, "halves", "0", id="a reduction"),
    ],
)
def test_law_10_what_was_decided_before_the_node_stood_still_is_decided_again(
    netting: bool, what: str, at_most: str
) -> None:
    """While it was stopped its user sold 0.6 of 1.0: sent as decided it would cross zero."""
    teller = Teller()
    door = teller.slave.door
    door.account_state = an_account(hedging=not netting)
    teller.slave.start()
    teller.turn(4)
    identifier = teller.copies(501)
    stops = [600.0]

    def stop_once() -> None:
        if stops and len(door.sent) == 1:
            teller.clock.pass_s(stops.pop())
            door.reduce(identifier, "0.60")

    door.before_quote = stop_once
    teller.say(getattr(teller, what)(501))
    teller.turn(8)
    assert not stops
    assert sum(close.volume for close in door.closes) <= Decimal(at_most)
    assert teller.slave.journal.open_intents() == []


@pytest.mark.history(23)
def test_law_10_nor_is_what_was_decided_by_a_list_from_before_it_stood_still(
    teller: Teller,
) -> None:
    """The terminal had answered, and the node was stopped before it heard."""
    identifier = teller.copies(501)
    door = teller.slave.door
    door.answers = [REFUSED]
    teller.say(teller.halves(501))
    teller.turn()
    look, stops = door.positions, [600.0]

    def stopped_as_it_answers() -> Any:
        listed = look()
        if stops:
            teller.clock.pass_s(stops.pop())
            door.reduce(identifier, "0.60")
        return listed

    door.positions = stopped_as_it_answers  # type: ignore[method-assign]
    teller.turn(8)
    assert not stops
    assert len(door.closes) == 1
    assert door.held[identifier].volume == Decimal("0.40")


def test_law_10_stops_that_were_decided_anew_do_not_wait_for_the_budgets_pause(
    teller: Teller,
) -> None:
    teller.copies(501)
    door, stops = teller.slave.door, [600.0]
    look = door.positions

    def slow_once() -> Any:
        listed = look()
        teller.clock.pass_s(stops.pop() if stops else 0.0)
        return listed

    door.positions = slow_once  # type: ignore[method-assign]
    teller.say(teller.moves(501, sl="1281.00"))
    teller.slave.loop.step()
    assert [str(order.sl) for order in door.modifies] == ["1281.00"]


@pytest.mark.parametrize("what", ["halves", "moves"])
def test_law_5_a_terminal_that_is_always_too_slow_delays_an_order_by_one_look(
    teller: Teller, what: str
) -> None:
    identifier = teller.copies(501)
    teller.slave.door.before_quote = lambda: teller.clock.pass_s(2.0)
    teller.say(teller.halves(501) if what == "halves" else teller.moves(501, sl="1281.00"))
    teller.turn()
    held = teller.slave.door.held[identifier]
    assert (held.volume, held.sl) != (Decimal("1.00"), Decimal("1280.00"))
    assert len(teller.slave.door.sent) == 2


def test_law_14_what_is_given_back_while_a_shared_copy_is_closed_is_closed_as_well() -> None:
    """Its user had sold 0.1 of it, and buys it back while our close of the 0.9 is on its way."""
    teller = Teller()
    door = teller.slave.door
    door.account_state = an_account(hedging=False)
    teller.slave.start()
    teller.turn(4)
    identifier = teller.copies(501)
    door.reduce(identifier, "0.10")
    teller.turn(2)

    def buys_it_back(door: FakeDoor, command: object) -> Outcome:
        fills_the_rest(door, identifier, "0.10")
        filled: Outcome = door.execute(command)
        return filled

    door.answers = [buys_it_back]
    teller.say(teller.closes(501))
    teller.turn(4)
    assert [str(close.volume) for close in door.closes] == ["0.90", "0.10"]
    assert identifier not in door.held
    assert teller.slave.leg().state is LegState.CLOSED
    assert teller.slave.last == ("PositionClosed", "copied", "NONE")
