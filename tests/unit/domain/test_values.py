"""What the nouns know of themselves."""

from decimal import Decimal

import pytest

from domain.book import Stamp
from domain.control import NodeReport
from domain.ids import LegKey, NodeName, OpeningOrder
from domain.legs import LegState
from domain.market import Side, Unknowable, known
from domain.outcomes import Filled, Rejected, Unknown
from domain.policies import Latch
from domain.records import JournalUnwritable
from domain.verdicts import VerdictKind
from tests.builders import (
    a_book,
    a_book_order,
    a_book_position,
    a_deal,
    a_key,
    a_leg,
    a_quote,
    a_target,
    opened,
    placed,
)


def test_a_leg_key_is_one_line_that_names_account_order_and_part() -> None:
    assert LegKey(7001, "FTMO-Demo", OpeningOrder(501)).text == "7001@FTMO-Demo#501.0"
    assert LegKey(7001, "FTMO-Demo", OpeningOrder(501), 2).text == "7001@FTMO-Demo#501.2"


def test_a_fact_and_a_book_name_the_same_leg() -> None:
    assert opened().leg_key == a_key()
    assert a_book().leg_key(OpeningOrder(501)) == a_key()


def test_a_book_finds_a_position_by_the_order_that_opened_it() -> None:
    book = a_book(a_book_position(7), a_book_position(8))
    assert book.find(OpeningOrder(8)) == a_book_position(8)
    assert book.find(OpeningOrder(9)) is None


def test_stamps_are_ordered_by_epoch_and_then_by_seq() -> None:
    assert Stamp(1, 9) < Stamp(2, 0) < Stamp(2, 1)


def test_a_buy_opens_at_the_ask_and_closes_at_the_bid() -> None:
    quote = a_quote("1.10", "1.20")
    assert (quote.entry(Side.BUY), quote.exit(Side.BUY)) == (Decimal("1.20"), Decimal("1.10"))
    assert (quote.entry(Side.SELL), quote.exit(Side.SELL)) == (Decimal("1.10"), Decimal("1.20"))
    assert (Side.BUY.opposite, Side.SELL.opposite) == (Side.SELL, Side.BUY)


def test_the_volumes_of_a_deal_count_by_its_side() -> None:
    assert a_deal(side=Side.BUY).signed_volume == 1
    assert a_deal(side=Side.SELL).signed_volume == -1


@pytest.mark.parametrize("state", LegState)
def test_a_leg_lives_while_a_position_may_be_at_the_broker(state: LegState) -> None:
    live = state in {LegState.OPENING, LegState.PENDING, LegState.OPEN, LegState.CLOSING}
    assert a_leg(state=state).live is live


def test_a_master_position_without_volume_is_closed() -> None:
    assert a_target(volume=0).closed
    assert not a_target(volume="0.01").closed


def test_a_verdict_is_one_of_the_words_of_the_vocabulary() -> None:
    words = {"copied", "partial", "denied", "missed", "rejected", "nothing_to_do", "unknown"}
    assert {kind.value for kind in VerdictKind} == words


def test_a_journal_that_cannot_be_written_says_why() -> None:
    assert str(JournalUnwritable("disk full")) == "disk full"


def test_an_outcome_says_no_more_than_the_broker_did() -> None:
    refused = Rejected(retcode=10004, comment="Requote")
    assert (refused.sent, refused.may_retry, refused.gone) == (True, False, False)
    assert not Filled(order=1, deal=2, volume=Decimal(1), price=Decimal(0)).in_part
    assert Unknown(code=-10001, comment="pipe").order == 0


def test_a_report_of_a_node_that_has_just_started_claims_nothing() -> None:
    report = NodeReport(name=NodeName("A"), role="SLAVE", pid=1, ready=False, state="ACTIVE")
    assert (report.open_legs, report.holds, report.latch) == (0, (), Latch())


def test_an_order_that_waits_names_the_price_it_waits_for() -> None:
    fact = placed(order=a_book_order(price="1279.50"))
    assert fact.price == Decimal("1279.50")
    assert fact.subject == fact.order


def test_a_figure_nobody_could_tell_is_a_missing_one_to_those_who_can_do_without() -> None:
    assert known(Decimal(2)) == 2
    assert known(Unknowable("no answer")) is None
