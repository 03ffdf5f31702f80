"""The only file that makes random numbers."""

import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_token_hex: Callable[[int], str] = secrets.token_hex


def seeded(seed: int) -> random.Random:
    """A repeatable generator."""
    return random.Random(seed)  # noqa: S311 - replays and jitter, never secrets


def unseeded() -> random.Random:
    """A generator nobody can repeat: jitter."""
    return random.SystemRandom()


def token(length_bytes: int = 8) -> str:
    """A hexadecimal name nobody else has, 2 × length_bytes characters."""
    return _token_hex(length_bytes)


@contextmanager
def drawn_from(generator: random.Random) -> Iterator[None]:
    """For as long as this lasts, tokens can be repeated: for simulations, never for secrets."""
    global _token_hex  # noqa: PLW0603 - a process has one source of tokens
    before = _token_hex

    def repeatable(length_bytes: int) -> str:
        return generator.randbytes(length_bytes).hex()

    _token_hex = repeatable
    try:
        yield
    finally:
        _token_hex = before
