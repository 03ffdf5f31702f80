"""A broker's change of what a lot is, and a person's word on it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.contracts import (
    FINGERPRINT_LENGTH,
    InForce,
    after_seeing,
    changes,
    contract_of,
    fingerprint,
)
from domain.contracts import Contract
from domain.mt5_words import CalcMode, SymbolTradeMode
from tests.builders import a_spec

USUAL: dict[str, Any] = {"base": "XAU", "profit": "USD", "calc_mode": CalcMode.CFD}


def a_contract(**terms: Any) -> Contract:
    return contract_of(a_spec(**(USUAL | terms)))


KNOWN = a_contract()
OTHERS = {
    "contract_size": "10",
    "digits": 3,
    "tick_size": "0.1",
    "volume_min": "0.1",
    "volume_step": "0.1",
    "calc_mode": CalcMode.FOREX,
    "base": "USD",
    "profit": "EUR",
}


@pytest.mark.parametrize(("term", "value"), OTHERS.items(), ids=OTHERS)
def test_every_term_that_money_depends_on_changes_the_contract(term: str, value: Any) -> None:
    found = a_contract(**{term: value})

    assert fingerprint(found) != fingerprint(KNOWN)
    assert after_seeing(KNOWN, found, None) == InForce(KNOWN, found)
    (told,) = changes(KNOWN, found)
    assert told.startswith(f"{term} ")
    assert told.endswith(f" -> {value}")


@pytest.mark.parametrize(
    "terms",
    [
        {"volume_max": "10"},
        {"stops_level_points": 30},
        {"freeze_level_points": 5},
        {"filling_flags": 1},
        {"trade_mode": SymbolTradeMode.CLOSE_ONLY},
    ],
    ids=str,
)
def test_what_changes_no_money_changes_no_contract(terms: dict[str, Any]) -> None:
    assert a_contract(**terms) == KNOWN


def test_the_first_sight_is_in_force() -> None:
    assert after_seeing(None, KNOWN, None) == InForce(KNOWN)


def test_another_contract_is_in_force_once_its_own_fingerprint_is_accepted() -> None:
    found, third = a_contract(contract_size="10"), a_contract(contract_size="1")

    assert after_seeing(KNOWN, found, fingerprint(found)) == InForce(found)
    assert after_seeing(KNOWN, third, fingerprint(found)) == InForce(KNOWN, third)
    assert after_seeing(KNOWN, found, fingerprint(KNOWN)) == InForce(KNOWN, found)


def test_a_change_that_is_taken_back_needs_nobody() -> None:
    assert after_seeing(KNOWN, KNOWN, None) == InForce(KNOWN)


def test_terms_are_told_before_and_after() -> None:
    found = a_contract(contract_size="10.0", volume_step="0.10")

    assert changes(KNOWN, found) == ("contract_size 100 -> 10", "volume_step 0.01 -> 0.1")
    assert changes(KNOWN, KNOWN) == ()


NUMBERS = st.decimals("0.00001", "1000000", places=5)


@given(NUMBERS, NUMBERS)
def test_fingerprints_are_equal_where_the_terms_are_however_they_are_written(
    one: Decimal, other: Decimal
) -> None:
    written = a_contract(contract_size=one), a_contract(contract_size=one.normalize())

    assert written[0] == written[1]
    assert fingerprint(written[0]) == fingerprint(written[1])
    assert len(fingerprint(written[0])) == FINGERPRINT_LENGTH
    both = a_contract(contract_size=one), a_contract(contract_size=other)
    assert (fingerprint(both[0]) == fingerprint(both[1])) is (one == other)


def test_a_fingerprint_is_the_same_on_every_machine() -> None:
    assert fingerprint(KNOWN) == "6ca2bbf88018"
