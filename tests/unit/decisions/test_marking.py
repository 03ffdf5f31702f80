"""The marks by which we find our own positions."""

from hypothesis import given
from hypothesis import strategies as st

from decisions.marking import comment_for, magic_for_intent, magic_for_leg, magic_number_of
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


GOLDEN = 234000933007343225


def test_a_comment_starts_with_the_masters_ticket_and_fits() -> None:
    assert comment_for(LegKey(1, "S", OpeningOrder(557416654))).startswith("557416654")
    longest = comment_for(LegKey(1, "S", OpeningOrder(2**63 - 1)))
    assert len(longest) <= MAX_COMMENT_SENT
