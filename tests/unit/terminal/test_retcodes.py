import pytest

from domain.mt5_words import Retcode
from terminal.retcodes import TABLE, Reaction, row


@pytest.mark.parametrize("code", Retcode, ids=lambda code: code.name)
def test_every_return_code_has_a_meaning(code: Retcode) -> None:
    assert TABLE[code].meaning


def test_the_table_holds_nothing_else() -> None:
    assert set(TABLE) == {code.value for code in Retcode}


@pytest.mark.history(36)
def test_law_4_exactly_these_codes_prove_nothing() -> None:
    unknown = {code for code in TABLE if row(code).reaction is Reaction.UNKNOWN}
    assert unknown == {10008, 10011, 10012, 10031}


def test_exactly_these_codes_may_go_again_at_a_new_price() -> None:
    retried = {code for code in TABLE if row(code).reaction is Reaction.NEW_PRICE}
    assert retried == {10004, 10020, 10021}


@pytest.mark.parametrize("code", [0, -1, 1, 10005, 10037, 10047, 20000])
def test_law_4_a_code_that_is_not_in_the_table_proves_nothing(code: int) -> None:
    assert row(code).reaction is Reaction.UNKNOWN
