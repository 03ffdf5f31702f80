"""The marks by which we find our own positions at the broker (law 4)."""

import hashlib
import re

from domain.ids import LegKey, Magic

_TAIL = 10**12
#: What MetaTrader's Python package lets through, in UTF-16 units.
COMMENT_LIMIT = 29
#: No order has more digits than the largest whole number of a terminal's.
_NAMED = re.compile(r"(?P<order>[0-9]{1,19})(?![0-9])(?:\.(?P<part>[0-9]{1,2})(?![0-9]))?")


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
    """Starts with the master's ticket, so that a person can follow a copy by eye.

    A further part of a copy has its number behind it: 557416654.1.
    """
    part = f".{key.part}" if key.part else ""
    return f"{key.opening_order}{part}"[:COMMENT_LIMIT]


def named_by(comment: str) -> tuple[int, int] | None:
    """The opening order and the part that a comment begins with, whatever a broker put behind."""
    named = _NAMED.match(comment)
    return None if named is None else (int(named["order"]), int(named["part"] or 0))


def is_named(key: LegKey, comment: str) -> bool:
    """Whether a comment begins with the order and the part of this leg."""
    return named_by(comment) == (key.opening_order, key.part)


def _magic(magic_number: int, text: str) -> Magic:
    tail = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % _TAIL
    return Magic(magic_number * _TAIL + tail)
