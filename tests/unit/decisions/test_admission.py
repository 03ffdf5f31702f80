"""Is a fact the next one, a duplicate, or is something missing before it?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.admission import Admission, admit, behind, new_epoch
from domain.book import Stamp

stamps = st.builds(Stamp, st.integers(0, 3), st.integers(0, 9))


@pytest.mark.parametrize(
    ("cursor", "stamp", "admission"),
    [
        pytest.param((5, 10), (5, 11), Admission.NEXT, id="the next"),
        pytest.param((5, 0), (5, 1), Admission.NEXT, id="the first of an epoch"),
        pytest.param((5, 10), (5, 10), Admission.DUPLICATE, id="the same again"),
        pytest.param((5, 10), (5, 3), Admission.DUPLICATE, id="an old one"),
        pytest.param(
            (5, 10),
            (4, 99),
            Admission.DUPLICATE,
            id="an older epoch",
            marks=pytest.mark.history(25),
        ),
        pytest.param(
            (5, 10), (5, 12), Admission.GAP, id="one is missing", marks=pytest.mark.history(32)
        ),
        pytest.param((5, 10), (6, 1), Admission.GAP, id="a new epoch"),
        pytest.param((5, 10), (6, 11), Admission.GAP, id="a new epoch that looks like the next"),
        pytest.param((0, 0), (5, 1), Admission.GAP, id="nothing known yet"),
    ],
)
def test_law_3_a_fact_is_admitted_by_its_stamp(
    cursor: tuple[int, int], stamp: tuple[int, int], admission: Admission
) -> None:
    assert admit(Stamp(*cursor), Stamp(*stamp)) is admission


@given(stamps, stamps)
def test_law_3_a_stamp_acted_on_is_never_acted_on_again(cursor: Stamp, stamp: Stamp) -> None:
    if admit(cursor, stamp) is not Admission.DUPLICATE:
        assert stamp > cursor
        assert admit(stamp, stamp) is Admission.DUPLICATE


@pytest.mark.history(33)
def test_a_head_that_was_not_reached_is_noticed() -> None:
    assert behind(Stamp(5, 10), Stamp(5, 11))
    assert behind(Stamp(5, 10), Stamp(6, 0))
    assert not behind(Stamp(5, 10), Stamp(5, 10))
    assert not behind(Stamp(5, 10), Stamp(4, 99))


@given(st.lists(st.integers(0, 2**53), min_size=1))
def test_law_3_a_new_epoch_is_above_everything_known(known: list[int]) -> None:
    assert new_epoch(*known) > max(known)
