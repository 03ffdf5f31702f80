"""Two workers take tests that wait, a third those that compute, and then whatever is left."""

import pytest

from tests.sharing_out import next_piece, piece_of

LEFT = ["tests/unit/test_a.py", "tests/integration/test_b.py", "tests/e2e/test_c.py"]


@pytest.mark.parametrize(
    ("worker", "takes"),
    [
        pytest.param("gw0", ["test_c.py", "test_b.py", "test_a.py"], id="the first waits"),
        pytest.param("gw1", ["test_c.py", "test_b.py", "test_a.py"], id="the second waits"),
        pytest.param("gw2", ["test_a.py", "test_b.py", "test_c.py"], id="the third computes"),
        pytest.param("gw3", ["test_c.py", "test_b.py", "test_a.py"], id="who replaces one waits"),
    ],
)
def test_a_worker_takes_what_suits_it_first_and_then_what_is_left(
    worker: str, takes: list[str]
) -> None:
    left, taken = list(LEFT), []
    while left:
        taken.append(next_piece(left, worker))
        left.remove(taken[-1])
    assert [piece.rsplit("/")[-1] for piece in taken] == takes


@pytest.mark.parametrize(
    ("test", "piece"),
    [
        pytest.param("tests/unit/test_a.py::test_x[a::b/c]", "tests/unit/test_a.py", id="a file"),
        pytest.param(
            "tests/contract/mongodb/test_a.py::test_x", "tests/contract/mongodb", id="its server's"
        ),
    ],
)
def test_what_shares_something_stays_together(test: str, piece: str) -> None:
    assert piece_of(test) == piece
