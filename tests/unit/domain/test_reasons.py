"""Every reason can be explained to the person who reads it."""

import pytest

from domain.reasons import EXPLANATIONS, Reason


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_meaning_and_something_to_do(reason: Reason) -> None:
    explanation = EXPLANATIONS[reason]
    assert explanation.meaning.endswith(".")
    assert explanation.what_to_do.endswith(".")


def test_nothing_is_explained_that_is_no_reason() -> None:
    assert set(EXPLANATIONS) == set(Reason)
