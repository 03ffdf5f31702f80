"""The only file that makes random numbers."""

import random
import secrets


def seeded(seed: int) -> random.Random:
    """A repeatable generator."""
    return random.Random(seed)  # noqa: S311 - replays and jitter, never secrets


def unseeded() -> random.Random:
    """A generator nobody can repeat: jitter."""
    return random.SystemRandom()


def token(length_bytes: int = 8) -> str:
    """A hexadecimal name nobody else has, 2 × length_bytes characters."""
    return secrets.token_hex(length_bytes)
