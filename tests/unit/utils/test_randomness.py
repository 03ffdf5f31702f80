"""Tokens: nobody can repeat them, unless a simulation wants to."""

from utils.randomness import drawn_from, seeded, token


def test_tokens_drawn_from_a_seed_are_the_same_again() -> None:
    with drawn_from(seeded(7)):
        first = [token(), token(4)]
    with drawn_from(seeded(7)):
        assert [token(), token(4)] == first
    assert [len(one) for one in first] == [16, 8]


def test_tokens_are_unrepeatable_again_afterwards() -> None:
    with drawn_from(seeded(7)):
        drawn = token()
    assert token() != drawn
