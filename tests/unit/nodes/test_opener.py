"""Opening a copy: decided, written down, sent, answered; at most once per leg."""

from decimal import Decimal

import msgspec
import pytest

from domain.control import Command
from domain.legs import Intent, LegState
from domain.market import Identity, Unknowable
from domain.outcomes import Filled, Outcome, Rejected, Unknown
from domain.policies import Hold
from domain.records import Record
from tests.builders import a_quote, a_spec
from tests.fakes import Answer, FakeDoor, done_but_unknown, filled_in_part, lost, told
from tests.unit.nodes.teller import Teller

REQUOTE = Rejected(retcode=10004, comment="Requote", may_retry=True)
NO_MONEY = Rejected(retcode=10019, comment="No money")
WRONG_FILLING = Rejected(retcode=10030, comment="Invalid fill")
COPIED = ("PositionOpened", "copied", "NONE")


@pytest.fixture
def teller() -> Teller:
    return Teller()


def after_open(teller: Teller, **changes: object) -> tuple[str, str, str]:
    teller.say(teller.opens(501, **changes))  # type: ignore[arg-type]
    teller.turn()
    return teller.slave.last


def test_a_copy_carries_our_marks_and_everything_the_settings_decided(teller: Teller) -> None:
    assert after_open(teller) == COPIED
    order = teller.slave.door.opens[0]
    assert str(order.magic).startswith("234000")
    assert order.comment.startswith("501")
    leg = teller.slave.leg()
    assert (leg.state, leg.identifier, leg.magic) == (LegState.OPEN, 9001, order.magic)
    assert (leg.symbol, leg.filled_volume, leg.sl_sent) == ("XAUUSD", order.volume, order.sl)


def test_a_symbol_is_mapped_and_only_an_unmapped_one_gets_the_suffix() -> None:
    teller = Teller(symbol_map={"XAUUSD": "GOLD"}, suffix=".c")
    teller.slave.door.specs = {"GOLD": a_spec("GOLD"), "EURUSD.c": a_spec("EURUSD.c")}
    assert after_open(teller) == COPIED
    teller.say(teller.opens(502, symbol="EURUSD"))
    teller.turn()
    assert [order.symbol for order in teller.slave.door.opens] == ["GOLD", "EURUSD.c"]


def test_a_symbol_the_broker_does_not_know_is_a_verdict(teller: Teller) -> None:
    assert after_open(teller, symbol="NOSUCH") == ("PositionOpened", "denied", "UNKNOWN_SYMBOL")
    assert teller.slave.door.sent == []


def test_law_4_the_intent_stands_in_the_journal_before_the_order_leaves(teller: Teller) -> None:
    seen = []

    def look(door: FakeDoor, command: object) -> object:
        seen.append(
            (
                [i.kind for i in teller.slave.journal.open_intents()],
                [leg.state for leg in teller.slave.legs],
            )
        )
        return door.execute(command)  # type: ignore[arg-type]

    teller.slave.door.answers = [look]  # type: ignore[list-item]
    after_open(teller)
    assert seen == [(["OpenPosition"], [LegState.OPENING])]
    assert teller.slave.journal.open_intents() == []


@pytest.mark.history(39)
def test_law_4_a_journal_that_cannot_be_written_opens_nothing(teller: Teller) -> None:
    teller.slave.journal.full = True
    teller.say(teller.opens(501))
    teller.turn(4)
    assert teller.slave.door.sent == []
    teller.slave.journal.full = False
    teller.turn(400)
    assert teller.slave.door.sent == []
    assert teller.slave.last == ("PositionOpened", "denied", "JOURNAL_UNWRITABLE")
    assert teller.slave.journal.open_intents() == []


@pytest.mark.history(39)
def test_law_4_a_journal_that_cannot_be_written_stops_no_close_and_raises_an_alarm(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    teller.slave.journal.full = True
    teller.say(teller.closes(501))
    teller.turn(5)
    assert identifier not in teller.slave.door.held
    assert any("journal" in alarm for alarm in teller.slave.report.alarms)
    teller.slave.journal.full = False
    teller.turn(5)
    assert teller.slave.leg().state is LegState.CLOSED
    assert not teller.slave.unanswered(teller.facts)
    assert teller.slave.report.alarms == ()


def test_a_refused_filling_is_followed_by_the_one_the_symbol_allows(teller: Teller) -> None:
    teller.slave.door.answers = [WRONG_FILLING]
    assert after_open(teller) == COPIED
    assert [order.filling for order in teller.slave.door.opens] == [1, 0]


def test_when_every_filling_is_refused_the_open_is(teller: Teller) -> None:
    teller.slave.door.answers = [WRONG_FILLING] * 10
    assert after_open(teller) == ("PositionOpened", "rejected", "BROKER_REJECTED")
    assert len(teller.slave.door.opens) <= 4
    assert teller.slave.verdicts[-1].retcode == 10030


def test_law_4_a_requote_is_tried_again_at_the_new_price(teller: Teller) -> None:
    teller.slave.door.answers = [REQUOTE]
    quotes = [a_quote(ask="1285.10"), a_quote(ask="1285.20")]
    teller.slave.door.before_quote = lambda: teller.slave.door.quotes.update(
        XAUUSD=quotes[min(len(teller.slave.door.sent), 1)]
    )
    assert after_open(teller) == COPIED
    assert [str(order.price) for order in teller.slave.door.opens] == ["1285.10", "1285.20"]


def test_law_4_a_requote_is_not_followed_beyond_the_tolerance(teller: Teller) -> None:
    teller.slave.door.answers = [REQUOTE]
    teller.slave.door.before_quote = lambda: teller.slave.door.quotes.update(
        XAUUSD=a_quote(ask="1290.00") if teller.slave.door.sent else a_quote()
    )
    assert after_open(teller) == ("PositionOpened", "denied", "PRICE_MOVED")
    assert len(teller.slave.door.opens) == 1


def test_law_4_a_broker_that_requotes_for_ever_is_asked_four_times(teller: Teller) -> None:
    teller.slave.door.answers = [REQUOTE] * 10
    assert after_open(teller)[1] == "rejected"
    assert len(teller.slave.door.opens) == 4


@pytest.mark.parametrize("tries", [1, 2, 7])
def test_how_often_an_open_is_tried_is_the_accounts_to_say(tries: int) -> None:
    teller = Teller(open_tries=tries)
    teller.slave.door.answers = [REQUOTE] * 10
    teller.say(teller.opens(501))
    teller.turn()
    assert len(teller.slave.door.opens) == tries


@pytest.mark.parametrize("answers", [[REQUOTE, REQUOTE], [REQUOTE] * 10, [WRONG_FILLING]])
def test_law_4_a_refused_try_leaves_no_open_intent_behind(
    teller: Teller, answers: list[Rejected]
) -> None:
    teller.slave.door.answers = list(answers)
    after_open(teller)
    before = teller.slave.last
    assert teller.slave.journal.open_intents() == []
    teller.slave.start()
    teller.turn(400, seconds=1)
    assert teller.slave.last == before


def test_a_refusal_that_nothing_cures_is_told_with_the_brokers_code(teller: Teller) -> None:
    teller.slave.door.answers = [NO_MONEY]
    assert after_open(teller) == ("PositionOpened", "rejected", "BROKER_REJECTED")
    assert teller.slave.verdicts[-1].retcode == 10019
    teller.turn(400)
    assert len(teller.slave.door.sent) == 1


def test_an_order_that_never_left_is_told_so(teller: Teller) -> None:
    teller.slave.door.answers = [Rejected(retcode=-8, comment="disabled", sent=False)]
    assert after_open(teller) == ("PositionOpened", "rejected", "NOT_SENT")


def test_a_fill_in_part_is_told_with_what_was_filled(teller: Teller) -> None:
    teller.slave.door.answers = [filled_in_part("0.30")]
    assert after_open(teller) == ("PositionOpened", "partial", "FILLED_IN_PART")
    assert str(teller.slave.verdicts[-1].volume) == "0.30"


@pytest.mark.parametrize("answer", [lost, done_but_unknown], ids=["lost", "done"])
def test_law_4_an_unknown_open_is_never_sent_again(teller: Teller, answer: object) -> None:
    teller.slave.door.answers = [answer]  # type: ignore[list-item]
    after_open(teller)
    assert told(teller.slave.verdicts)[0] == ("PositionOpened", "unknown", "OUTCOME_UNKNOWN")
    teller.say(teller.beat(book_hash="doubt"))
    teller.turn(400)
    assert len(teller.slave.door.opens) == 1


@pytest.mark.history(23)
def test_law_10_a_decision_that_took_too_long_is_taken_again(teller: Teller) -> None:
    """The node was stopped between deciding and sending."""
    stops = [2.0]

    def stop_once() -> None:
        if stops:
            teller.clock.pass_s(stops.pop())

    teller.slave.door.before_quote = stop_once
    assert after_open(teller) == COPIED
    assert len(teller.slave.door.opens) == 1


def test_law_10_a_node_that_is_always_too_slow_opens_nothing(teller: Teller) -> None:
    teller.slave.door.before_quote = lambda: teller.clock.pass_s(2.0)
    assert after_open(teller) == ("PositionOpened", "denied", "LOOP_STALLED")
    assert teller.slave.door.sent == []


@pytest.mark.history(23)
def test_law_10_a_decision_that_grew_old_while_its_intent_was_written_is_thrown_away(
    teller: Teller,
) -> None:
    """The disk took an hour."""
    write = teller.slave.journal.write

    def slowly(*records: Record) -> None:
        write(*records)
        if any(isinstance(r, Intent) and not r.outcome for r in records):
            teller.clock.pass_s(3600)

    teller.slave.journal.write = slowly  # type: ignore[method-assign]
    assert after_open(teller) == ("PositionOpened", "denied", "LOOP_STALLED")
    assert teller.slave.door.sent == []
    assert teller.slave.journal.open_intents() == []


def test_law_10_a_decision_that_grew_old_in_the_last_look_at_the_login_is_taken_again(
    teller: Teller,
) -> None:
    look, hangs_s = teller.slave.door.identity, [30.0]

    def slowly() -> Identity | Unknowable:
        teller.clock.pass_s(hangs_s.pop() if hangs_s else 0.0)
        return look()

    teller.slave.door.identity = slowly  # type: ignore[method-assign]
    teller.say(teller.opens(501))
    teller.slave.loop.step()
    assert len(teller.slave.door.opens) == 1
    assert teller.slave.journal.open_intents() == []


def test_law_10_a_close_is_sent_however_long_it_took(teller: Teller) -> None:
    identifier = teller.copies(501)
    look = teller.slave.door.identity

    def slowly() -> Identity | Unknowable:
        teller.clock.pass_s(30)
        return look()

    teller.slave.door.identity = slowly  # type: ignore[method-assign]
    teller.say(teller.closes(501))
    teller.turn()
    assert identifier not in teller.slave.door.held
    assert not thrown_away(teller)


def thrown_away(teller: Teller) -> list[Intent]:
    """Orders that we kept back ourselves."""
    return [intent for intent in teller.slave.journal.of(Intent) if intent.outcome == "rejected"]


def test_law_10_what_was_decided_just_now_is_sent_at_once(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.say(teller.halves(501), teller.moves(501, sl="1281.00"))
    teller.turn()
    held = teller.slave.door.held[identifier]
    assert (held.volume, held.sl) == (Decimal("0.50"), Decimal("1281.00"))
    assert not thrown_away(teller)


def test_law_6_a_halt_that_came_during_a_try_denies_the_next_one(teller: Teller) -> None:
    def halt(door: FakeDoor, command: object) -> Rejected:
        teller.slave.control.orders.append(Command(command="h", kind="HALT", by="operator"))
        return REQUOTE

    teller.slave.door.answers = [halt]
    assert after_open(teller) == ("PositionOpened", "denied", "TRADING_HALTED")
    assert len(teller.slave.door.opens) == 1


def test_law_2_a_close_that_came_during_a_try_denies_the_next_one(teller: Teller) -> None:
    def close(door: FakeDoor, command: object) -> Rejected:
        teller.say(teller.closes(501))
        return REQUOTE

    teller.slave.door.answers = [close]
    after_open(teller)
    assert told(teller.slave.verdicts) == [
        ("PositionOpened", "denied", "CLOSED_MEANWHILE"),
        ("PositionClosed", "nothing_to_do", "NEVER_COPIED"),
    ]
    assert len(teller.slave.door.opens) == 1


def test_law_11_a_node_killed_between_two_tries_has_missed_the_open(teller: Teller) -> None:
    class Killed(BaseException):
        """Not an error: the process is gone."""

    def die() -> None:
        if teller.slave.door.sent:
            raise Killed

    teller.slave.door.answers = [REQUOTE]
    teller.slave.door.before_quote = die
    teller.say(teller.opens(501))
    with pytest.raises(Killed):
        teller.slave.turn()
    teller.slave.door.before_quote = lambda: None
    teller.slave.start()
    teller.turn(8)
    assert teller.slave.last == ("PositionOpened", "missed", "SLAVE_WAS_DOWN")
    assert teller.slave.leg().state is LegState.MISSED
    teller.say(teller.closes(501))
    teller.turn(8)
    assert not teller.slave.unanswered(teller.facts)
    assert len(teller.slave.door.sent) == 1


def test_law_5_a_decision_that_crashes_is_a_refusal(teller: Teller) -> None:
    teller.slave.door.specs["XAUUSD"] = a_spec(tick_size=0)
    assert after_open(teller) == ("PositionOpened", "denied", "DECISION_CRASHED")
    assert teller.slave.door.sent == []


def test_law_5_a_price_that_is_no_number_is_a_refusal(teller: Teller) -> None:
    teller.slave.door.quotes["XAUUSD"] = a_quote(ask="NaN")
    assert after_open(teller)[1] == "denied"
    assert teller.slave.door.sent == []


def test_law_8_nothing_is_sent_to_another_account(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.sent.clear()
    teller.slave.door.at = Identity(666, "Elsewhere")
    teller.say(teller.opens(502), teller.closes(501))
    teller.turn(20)
    assert teller.slave.door.sent == []
    assert Hold.WRONG_LOGIN.value in teller.slave.report.holds
    assert identifier in teller.slave.door.held
    # Connecting would log the terminal in again, against whoever logged it in elsewhere.
    assert teller.slave.door.connects == 0


@pytest.mark.history(8)
def test_law_8_closes_go_on_after_three_good_looks_and_opens_wait_for_an_operator(
    teller: Teller,
) -> None:
    home = teller.slave.door.at
    identifier = teller.copies(501)
    teller.slave.door.at = Identity(666, "Elsewhere")
    teller.turn(2)
    teller.say(teller.closes(501))
    teller.turn()
    teller.slave.door.at = home
    teller.turn(200)
    assert identifier not in teller.slave.door.held
    teller.say(teller.opens(502))
    teller.turn()
    assert teller.slave.last == ("PositionOpened", "denied", "WRONG_LOGIN")
    teller.slave.control.orders.append(Command(command="c", kind="RESUME", by="operator"))
    teller.say(teller.opens(503))
    teller.turn()
    assert teller.slave.last == COPIED


@pytest.mark.history(12)
def test_law_8_a_login_that_changed_while_an_order_was_out_makes_it_unknown(
    teller: Teller,
) -> None:

    def switch(door: FakeDoor, command: object) -> Rejected:
        door.at = Identity(666, "Elsewhere")
        return Rejected(retcode=10036, comment="Position closed", gone=True)

    identifier = teller.copies(501)
    teller.slave.door.answers = [switch]
    teller.say(teller.closes(501))
    teller.turn()
    assert teller.slave.leg().state is LegState.OPEN
    assert teller.slave.unanswered(teller.facts)
    assert identifier in teller.slave.door.held


@pytest.mark.history(8)
def test_law_8_nothing_goes_out_before_the_third_good_look(teller: Teller) -> None:
    home = teller.slave.door.at
    identifier = teller.copies(501)
    teller.slave.door.sent.clear()
    teller.slave.door.at = Identity(666, "Elsewhere")
    teller.turn(40, seconds=0.25)
    teller.say(teller.opens(502), teller.moves(501, sl="1281.00"), teller.closes(501))
    teller.turn(2, seconds=0.25)
    assert teller.slave.door.sent == []
    teller.slave.door.at = home
    teller.turn(2, seconds=0.25)
    assert teller.slave.door.sent == []
    assert identifier in teller.slave.door.held
    teller.turn(120, seconds=0.25)
    assert [type(order).__name__ for order in teller.slave.door.sent] == ["ClosePosition"]


@pytest.mark.history(36)
@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        pytest.param(
            Rejected(retcode=-2, comment="Invalid params", sent=False),
            ("rejected", "NOT_SENT"),
            id="none with -2",
        ),
        pytest.param(
            Unknown(code=10008, comment="Order placed", order=9050),
            ("unknown", "OUTCOME_UNKNOWN"),
            id="10008",
        ),
    ],
)
def test_law_4_what_was_never_sent_is_refused_and_what_was_only_placed_is_unknown(
    teller: Teller, outcome: Outcome, verdict: tuple[str, str]
) -> None:
    teller.slave.door.answers = [outcome]
    assert after_open(teller)[1:] == verdict
    teller.turn(400)
    assert len(teller.slave.door.opens) == 1


def test_law_5_a_terminal_that_does_not_answer_opens_nothing(teller: Teller) -> None:
    teller.slave.door.mute = Unknowable("pipe is closed")
    assert after_open(teller) == ("PositionOpened", "denied", "TERMINAL_UNKNOWN")


def test_max_open_trades_counts_legs_whose_end_nobody_knows() -> None:
    teller = Teller(max_open_trades=1)
    teller.slave.door.answers = [lost]
    after_open(teller)
    teller.say(teller.opens(502))
    teller.turn()
    assert teller.slave.last == ("PositionOpened", "denied", "MAX_OPEN_TRADES")


def test_what_was_seen_between_two_looks_only_is_missed(teller: Teller) -> None:
    teller.say(msgspec.structs.replace(teller.opens(501), flash=True))
    teller.turn()
    assert teller.slave.last == ("PositionOpened", "missed", "FLASH")
    assert teller.slave.door.sent == []


def test_law_8_a_fill_told_by_another_account_is_nobodys(teller: Teller) -> None:
    def switch(door: FakeDoor, command: object) -> Filled:
        door.at = Identity(666, "Elsewhere")
        return Filled(order=5, deal=6, volume=Decimal(1), price=Decimal(1285))

    teller.slave.door.answers = [switch]
    assert after_open(teller) == ("PositionOpened", "unknown", "OUTCOME_UNKNOWN")
    assert teller.slave.leg().state is LegState.OPENING


def then_silent(outcome: Outcome) -> Answer:
    """The terminal says this, and nothing any more."""

    def say(door: FakeDoor, command: object) -> Outcome:
        door.mute = Unknowable("account_info: No IPC connection (-10004)")
        return outcome

    return say


def then_elsewhere(outcome: Outcome) -> Answer:
    """It says this, and is somewhere else."""

    def say(door: FakeDoor, command: object) -> Outcome:
        door.at = Identity(666, "Elsewhere")
        return outcome

    return say


DIED = Unknown(code=-10002, comment="IPC recv failed")
LATE = Unknown(code=10012, comment="Request timeout", order=5)
DONE = Filled(order=5, deal=6, volume=Decimal(1), price=Decimal(1285))
HALF_DONE = msgspec.structs.replace(DONE, in_part=True)


@pytest.mark.parametrize(
    ("answer", "said", "order"),
    [
        pytest.param(
            then_silent(DIED), "-10002 IPC recv failed; after the order: acc", 0, id="death"
        ),
        pytest.param(then_silent(LATE), "10012 Request timeout; order 5; after", 5, id="timeout"),
        pytest.param(then_silent(DONE), "10009 executed; order 5; after the", 5, id="fill"),
        pytest.param(then_silent(HALF_DONE), "10010 executed; order 5; after", 5, id="part"),
        pytest.param(then_silent(NO_MONEY), "10019 No money; after the order", 0, id="refusal"),
        pytest.param(then_elsewhere(DONE), "order 5; after the order: the", 0, id="another's"),
    ],
)
def test_law_9_an_order_that_is_not_believed_still_says_what_was_said_of_it(
    teller: Teller, answer: Answer, said: str, order: int
) -> None:
    """Another account's order number is told of, and never looked for in ours."""
    teller.slave.door.answers = [answer]
    assert after_open(teller) == ("PositionOpened", "unknown", "OUTCOME_UNKNOWN")
    assert said in teller.slave.verdicts[-1].detail
    assert [intent.order for intent in teller.slave.journal.open_intents()] == [order]


def test_law_4_an_order_that_never_left_is_refused_though_the_terminal_is_gone(
    teller: Teller,
) -> None:
    teller.slave.door.answers = [then_silent(Rejected(retcode=-10004, comment="x", sent=False))]
    assert after_open(teller) == ("PositionOpened", "rejected", "NOT_SENT")
    assert teller.slave.leg().state is LegState.REJECTED


def test_law_2_an_open_whose_leg_is_not_in_the_newest_book_does_not_go_out(
    teller: Teller,
) -> None:
    """The book lost it, and nobody said closed."""
    before = teller.book
    teller.opens(501)
    teller.book = msgspec.structs.replace(before, stamp=teller.book.stamp)
    teller.say(teller.beat())
    teller.turn(2)
    assert teller.slave.last == ("PositionOpened", "missed", "CLOSED_MEANWHILE")
    assert teller.slave.door.sent == []


def test_law_9_an_open_told_again_after_a_restart_keeps_its_answer(teller: Teller) -> None:
    teller.slave.door.answers = [lost]
    teller.say(teller.opens(501))
    teller.turn()
    teller.slave.start()
    teller.turn(8)
    assert told(teller.slave.verdicts) == [("PositionOpened", "unknown", "OUTCOME_UNKNOWN")]


def test_law_8_a_wrong_login_seen_only_around_an_order_stops_opens_until_a_person_has_looked(
    teller: Teller,
) -> None:
    home = teller.slave.door.at

    def switch(door: FakeDoor, command: object) -> Rejected:
        door.at = Identity(666, "Elsewhere")
        return Rejected(retcode=10006, comment="Request rejected")

    teller.slave.door.answers = [switch]
    teller.say(teller.opens(501))
    teller.slave.turn(seconds=0)
    teller.slave.door.at = home
    teller.turn(8)
    teller.say(teller.opens(502))
    teller.turn()
    assert teller.slave.last == ("PositionOpened", "denied", "WRONG_LOGIN")
    assert len(teller.slave.door.opens) == 1


@pytest.mark.history(8)
def test_law_8_a_wrong_login_is_remembered_over_a_restart_until_an_operator_resumes(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    home = teller.slave.door.at
    teller.slave.door.at = Identity(666, "Elsewhere")
    teller.turn(4)
    teller.slave.door.at = home
    teller.turn(20)
    teller.slave.start()
    teller.turn(8)
    teller.say(teller.opens(502), teller.closes(501))
    teller.turn(2)
    assert ("PositionOpened", "denied", "WRONG_LOGIN") in told(teller.slave.verdicts)
    assert identifier not in teller.slave.door.held
    teller.slave.control.orders.append(Command(command="c", kind="RESUME", by="operator"))
    teller.say(teller.opens(503))
    teller.turn()
    assert teller.slave.last == COPIED


def test_law_10_a_signal_from_the_future_is_an_alarm_for_a_while(teller: Teller) -> None:
    teller.say(teller.opens(501, age_ms=-30_000))
    teller.turn(6)
    assert teller.slave.last == ("PositionOpened", "denied", "SIGNAL_FROM_FUTURE")
    assert any(alarm.startswith("clock: ") for alarm in teller.slave.report.alarms)
    teller.turn(70, seconds=1)
    assert teller.slave.report.alarms == ()
