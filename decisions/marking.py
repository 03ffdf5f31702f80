"""The marks by which we find our own positions at the broker (law 4)."""

import hashlib

from domain.ids import LegKey, Magic

_TAIL = 10**12
#: What MetaTrader's Python package lets through, in UTF-16 units.
COMMENT_LIMIT = 29


def magic_for_leg(magic_number: int, swarm: str, account: str, key: LegKey) -> Magic:
    """`magic_number` in front, then 12 digits of this leg on this account of this swarm."""
    return _magic(magic_number, f"{swarm}|{account}|{key.text}")


def magic_for_intent(magic_number: int, intent: str) -> Magic:
    """The mark of a closing order: the same number in front, digits of the intent behind."""
    return _magic(magic_number, f"intent|{intent}")


def magic_number_of(magic: int) -> int:
    """The operator's own number, which stands in front."""
    return magic // _TAIL


def is_not_anothers(mark: int, shown: int) -> bool:
    """What shows this may bear the mark: as it is, or rewritten by the broker into something else.

    Another mark with the operator's number in front is another order's, whatever its number.
    """
    return shown in {mark, 0} or magic_number_of(shown) != magic_number_of(mark)


def comment_for(key: LegKey) -> str:
    """Starts with the master's ticket, so that a person can follow a copy by eye."""
    return str(key.opening_order)[:COMMENT_LIMIT]


def is_named(key: LegKey, comment: str) -> bool:
    """Whether a comment begins with the order of this leg."""
    digits = comment[: len(comment) - len(comment.lstrip("0123456789"))]
    return digits == str(key.opening_order)


def _magic(magic_number: int, text: str) -> Magic:
    tail = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % _TAIL
    return Magic(magic_number * _TAIL + tail)
