"""What a master's symbol may be at a broker that does not know its name."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.symbol_candidates import MOST, Wanted, candidates, decimals
from domain.contracts import Offered
from tests.builders import an_offer

GOLD = an_offer("GOLD", base="XAU", profit="USD")
MICRO_GOLD = an_offer("GOLDmicro", base="XAU", profit="USD", contract_size="10")
SHARES_OF_GOLD = an_offer("GOLD.N", base="USD", profit="USD", contract_size="1")
EURO = an_offer("EURUSD.c", contract_size="100000", digits=5)
EURO_MINI = an_offer("EURUSDm", contract_size="10000", digits=5)
POUND = an_offer("GBPUSD.c", contract_size="100000", digits=5)
DOW = an_offer("DJ30", base="USD", profit="USD", contract_size="1", digits=1)
DOW_CASH = an_offer("US30Cash", base="USD", profit="USD", contract_size="1", digits=1)
TECH = an_offer("USTEC100", base="USD", profit="USD", contract_size="1", digits=1)
CODED = an_offer("FX_17", base="AUD", profit="JPY", contract_size="100000", digits=3)
BROKER = (GOLD, EURO, POUND, DOW, TECH, CODED)


def found(wanted: Wanted, *offered: Offered) -> list[tuple[str, str, bool]]:
    return [(c.symbol, c.why, c.certain) for c in candidates(wanted, offered)]


@pytest.mark.parametrize(
    ("wanted", "symbol", "why"),
    [
        pytest.param("EURUSD", "EURUSD.c", "the same name", id="a suffix here"),
        pytest.param("m.EURUSD.pro", "EURUSD.c", "the same name", id="affixes there, others here"),
        pytest.param("EURUSDm", "EURUSD.c", "the same name", id="a small letter there"),
        pytest.param("XAUUSD", "GOLD", "another name of it", id="a metal's name"),
        pytest.param("gold", "GOLD", "the same name", id="in small letters"),
        pytest.param("US30.cash", "DJ30", "another name of it", id="an index"),
        pytest.param("NAS100", "USTEC100", "its name with more", id="an index's name, and more"),
        pytest.param("AUDJPYpro", "FX_17", "its currencies", id="nothing but the currencies"),
    ],
)
def test_the_nearest_comes_first_and_says_why(wanted: str, symbol: str, why: str) -> None:
    first = candidates(Wanted(wanted), BROKER)[0]

    assert (first.symbol, first.why) == (symbol, why)


@pytest.mark.parametrize("wanted", ["COFFEE", "USDCHF", "A", "", "#.-", "30", "USD"])
def test_what_is_like_nothing_has_no_candidate(wanted: str) -> None:
    assert candidates(Wanted(wanted), BROKER) == ()


def test_one_that_fits_in_everything_is_certain() -> None:
    gold = Wanted("XAUUSD", 2, Decimal(100))

    assert found(gold, MICRO_GOLD, GOLD) == [
        ("GOLD", "another name of it", True),
        ("GOLDmicro", "another name of it, but another contract size", False),
    ]


@pytest.mark.parametrize(
    ("wanted", "offered"),
    [
        pytest.param(Wanted("EURUSD"), (EURO, EURO_MINI), id="two as near, the size is not told"),
        pytest.param(Wanted("EURUSD", 0, Decimal(1)), (EURO,), id="another contract size"),
        pytest.param(Wanted("EURUSD", 6), (EURO,), id="fewer digits than the master's prices"),
        pytest.param(Wanted("XAUUSD"), (SHARES_OF_GOLD,), id="other currencies"),
        pytest.param(Wanted("NAS100"), (TECH,), id="only part of its name"),
        pytest.param(Wanted("AUDJPY"), (CODED,), id="nothing but the currencies"),
    ],
)
def test_what_leaves_a_doubt_is_for_a_person_to_choose(
    wanted: Wanted, offered: tuple[Offered, ...]
) -> None:
    assert [certain for _, _, certain in found(wanted, *offered)] == [False] * len(offered)


def test_the_contract_size_decides_between_two_of_one_name() -> None:
    mini = Wanted("EURUSD", 5, Decimal(10_000))

    assert found(mini, EURO, EURO_MINI) == [
        ("EURUSDm", "the same name", True),
        ("EURUSD.c", "the same name, but another contract size", False),
    ]


def test_the_metal_comes_before_the_shares_of_its_name() -> None:
    metal = Wanted("XAUUSD", 2, Decimal(100))

    assert found(metal, SHARES_OF_GOLD, GOLD) == [
        ("GOLD", "another name of it", True),
        ("GOLD.N", "another name of it, but other currencies and another contract size", False),
    ]


def test_a_few_are_enough() -> None:
    many = [an_offer(f"EURUSD.{number}") for number in range(20)]

    assert len(candidates(Wanted("EURUSD"), many)) == MOST


@given(st.permutations([*BROKER, MICRO_GOLD, SHARES_OF_GOLD, EURO_MINI, DOW_CASH]), st.data())
def test_the_order_of_the_brokers_list_changes_nothing(offered: list[Any], data: Any) -> None:
    name = data.draw(st.sampled_from(["XAUUSD", "EURUSD", "US30", "GER40", "AUDJPY", "GOLDmicro"]))

    there = candidates(Wanted(name), sorted(offered, key=lambda one: one.symbol))

    assert candidates(Wanted(name), offered) == there


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_name_is_answered(wanted: str, offered: str) -> None:
    for one in candidates(Wanted(wanted), [an_offer(offered, base="", profit="")]):
        assert one.symbol == offered


@pytest.mark.parametrize(
    ("prices", "shown"),
    [
        (("1.10", "1.12345"), 5),
        (("100",), 0),
        (("0", "1285.10"), 1),
        (("1E+2",), 0),
    ],
)
def test_the_finest_price_says_how_many_digits_there_are(
    prices: tuple[str, ...], shown: int
) -> None:
    assert decimals(*map(Decimal, prices)) == shown
