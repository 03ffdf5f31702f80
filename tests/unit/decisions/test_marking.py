"""The marks by which we find our own positions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.marking import (
    comment_for,
    is_named,
    magic_for_intent,
    magic_for_leg,
    magic_number_of,
    named_by,
)
from domain.ids import LegKey, OpeningOrder
from domain.mt5_words import MAX_COMMENT_SENT

HIGHEST_NUMBER = 9_223_371
numbers = st.integers(0, HIGHEST_NUMBER)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
keys = st.builds(LegKey, st.integers(1, 10**10), words, st.integers(1, 2**63 - 1))


@given(numbers, words, words, keys)
def test_law_4_a_magic_fits_where_metatrader_keeps_it(
    number: int, swarm: str, account: str, key: LegKey
) -> None:
    assert 0 <= magic_for_leg(number, swarm, account, key) < 2**63


@given(words)
def test_law_4_so_does_that_of_a_closing_order(intent: str) -> None:
    assert 0 <= magic_for_intent(HIGHEST_NUMBER, intent) < 2**63


@given(numbers, words, words, keys)
def test_law_4_the_operators_own_number_is_read_off_exactly(
    number: int, swarm: str, account: str, key: LegKey
) -> None:
    """Through a float the last digits of a large one would be lost."""
    magic = magic_for_leg(number, swarm, account, key)
    assert type(magic) is int
    assert magic_number_of(magic) == number
    assert magic_number_of(magic_for_intent(number, "i")) == number


def test_law_4_234000_stays_readable_in_front() -> None:
    magic = magic_for_leg(234000, "swarm", "Apex_Slave_01", LegKey(1, "S", OpeningOrder(2)))
    assert str(magic).startswith("234000")
    assert len(str(magic)) == len("234000") + 12


def test_law_4_another_leg_account_or_swarm_has_another_mark() -> None:
    key = LegKey(1, "S", OpeningOrder(2))
    others = [
        magic_for_leg(234000, "swarm", "A", key),
        magic_for_leg(234000, "other", "A", key),
        magic_for_leg(234000, "swarm", "B", key),
        magic_for_leg(234000, "swarm", "A", LegKey(1, "S", OpeningOrder(3))),
        magic_for_leg(234000, "swarm", "A", LegKey(2, "S", OpeningOrder(2))),
        magic_for_leg(234000, "swarm", "A", LegKey(1, "T", OpeningOrder(2))),
        magic_for_leg(234000, "swarm", "A", LegKey(1, "S", OpeningOrder(2), 1)),
        magic_for_intent(234000, "one"),
        magic_for_intent(234000, "other"),
    ]
    assert len(set(others)) == len(others)


def test_the_same_leg_has_the_same_mark_for_ever() -> None:
    """A mark that changes with a release would make strangers of our own open positions."""
    key = LegKey(7001, "FTMO-Demo", OpeningOrder(501))
    assert magic_for_leg(234000, "swarm", "Apex_Slave_01", key) == GOLDEN


def test_a_further_part_has_a_mark_of_its_own_for_ever() -> None:
    key = LegKey(7001, "FTMO-Demo", OpeningOrder(501), 1)
    assert magic_for_leg(234000, "swarm", "Apex_Slave_01", key) == GOLDEN_PART


GOLDEN = 234000933007343225
GOLDEN_PART = 234000728900058423


@given(keys, st.integers(0, 99))
def test_a_comment_names_the_order_and_the_part(key: LegKey, part: int) -> None:
    key = LegKey(key.master_login, key.master_server, key.opening_order, part)
    comment = comment_for(key)
    assert len(comment) <= MAX_COMMENT_SENT
    assert named_by(comment) == (key.opening_order, part)
    assert named_by(f"{comment} [sl]") == (key.opening_order, part)
    assert is_named(key, comment)
    assert not is_named(LegKey(1, "S", key.opening_order, part + 1), comment)


@pytest.mark.parametrize(
    ("comment", "named"),
    [
        ("501", (501, 0)),
        ("501.2", (501, 2)),
        ("501.", (501, 0)),
        ("501 by hand", (501, 0)),
        ("501.234", (501, 0)),
        ("[sl 1.385]", None),
        ("", None),
        ("12345678901234567890", None),
        ("\u0661\u0662", None),
    ],
)
def test_what_a_comment_that_was_written_over_names(
    comment: str, named: tuple[int, int] | None
) -> None:
    assert named_by(comment) == named


def test_a_comment_starts_with_the_masters_ticket_and_fits() -> None:
    assert comment_for(LegKey(1, "S", OpeningOrder(557416654))).startswith("557416654")
    longest = comment_for(LegKey(1, "S", OpeningOrder(2**63 - 1)))
    assert len(longest) <= MAX_COMMENT_SENT
