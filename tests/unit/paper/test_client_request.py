"""The rule of each field of a trade request, made from what is known of MetaTrader's module."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paper.module.failures import BadArgument, Unrepresentable
from paper.module.request_rules import trade_request
from paper.wire.mt5_fields import FIELDS

FACTS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "contract_facts.json").read_text(encoding="utf-8")
)
KINDS: dict[str, str] = FACTS["request_fields"]
NAMES = [field.partition(":")[0] for field in FIELDS["TradeRequest"].split()]
TAKEN: dict[str, tuple[Any, ...]] = {
    "u32": (0, 1, 2**32 - 1, True),
    "u64": (0, 1, 2**64 - 1, True),
    "i64": (0, -(2**63), 2**63 - 1, True),
    "f64": (0.0, -1.5, np.float64(2.5), float("inf")),
    "text of 29": ("", "x" * 29, "\U0001f600" * 14 + "x", np.str_("x")),
}
REFUSED: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("u32", "u64", "i64"), (None, 1.0, "1", b"1", np.int64(1), Decimal(1), [])),
    "f64": (None, 1, True, "1.0", np.float32(1), Decimal("1.0")),
    "text of 29": (None, 5, b"x", "x" * 30, "\U0001f600" * 15),
}
TOO_LARGE: dict[str, tuple[int, ...]] = {
    "u32": (-1, 2**32), "u64": (-1, 2**64), "i64": (-(2**63) - 1, 2**63),
}  # fmt: skip


def fields_with(values: dict[str, tuple[Any, ...]]) -> list[Any]:
    return [
        pytest.param(key, value, id=f"{key} {type(value).__name__} {value!a:.12}")
        for key, kind in KINDS.items()
        for value in values.get(kind, ())
    ]


def test_every_field_has_a_rule() -> None:
    assert sorted(KINDS) == sorted(NAMES)


@pytest.mark.parametrize(("key", "value"), fields_with(TAKEN))
def test_a_value_of_the_right_kind_stands_in_its_place(key: str, value: Any) -> None:
    values = dict(zip(NAMES, trade_request(({key: value},), {}), strict=True))
    assert values.pop(key) == value
    assert set(values.values()) <= {0, ""}
    assert trade_request((), {key: value}) == trade_request(({key: value},), {})


@pytest.mark.parametrize(("key", "value"), fields_with(REFUSED))
def test_a_value_of_another_kind_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(BadArgument) as refused:
        trade_request(({key: value},), {})
    assert type(refused.value) is BadArgument
    assert (refused.value.code, refused.value.text) == (-2, f'Invalid "{key}" argument')


@pytest.mark.parametrize(("key", "value"), fields_with(TOO_LARGE))
def test_a_number_that_c_cannot_hold_is_an_error_of_its_own(key: str, value: int) -> None:
    with pytest.raises(Unrepresentable) as refused:
        trade_request(({key: value},), {})
    assert refused.value.text == f'Invalid "{key}" argument'
