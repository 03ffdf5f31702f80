"""What the documents of nodes say, and those that somebody has spoiled do not."""

from typing import Any

import pytest

from db.nodes import addresses_of, epochs_of

PAIR = ["tcp://127.0.0.1:5555", "tcp://127.0.0.1:5556"]
M = {"name": "M", "addresses": PAIR, "epoch": 7}


@pytest.mark.parametrize(
    "spoiled",
    [
        {"x": 1},
        {"name": 5, "addresses": PAIR},
        {"name": "S", "addresses": 5, "epoch": "x"},
        {"name": "S", "addresses": ["a", "b"], "epoch": None},
        {"name": "S", "addresses": PAIR[:1], "epoch": [1]},
        {"name": "S", "addresses": ["tcp://h:x", "tcp://h:1"]},
    ],
    ids=str,
)
def test_a_spoiled_document_keeps_no_other_from_being_read(spoiled: dict[str, Any]) -> None:
    assert addresses_of([spoiled, M]) == {"M": (PAIR[0], PAIR[1])}
    assert {n: e for n, e in epochs_of([spoiled, M]).items() if e} == {"M": 7}
