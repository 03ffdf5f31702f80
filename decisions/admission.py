"""Is this fact the next one, a duplicate, or is something missing before it?"""

from enum import Enum, auto

from domain.book import Stamp


class Admission(Enum):
    """What to do with a fact, by its stamp."""

    NEXT = auto()
    DUPLICATE = auto()
    GAP = auto()


def admit(cursor: Stamp, stamp: Stamp) -> Admission:
    """Compare a fact's stamp with the last one acted on. A new epoch always leaves a gap."""
    if stamp <= cursor:
        return Admission.DUPLICATE
    if stamp.epoch == cursor.epoch and stamp.seq == cursor.seq + 1:
        return Admission.NEXT
    return Admission.GAP


def behind(cursor: Stamp, head: Stamp) -> bool:
    """A heartbeat names a head that we have not reached."""
    return head > cursor


def new_epoch(*known: int) -> int:
    """An epoch above everything known: database, journal, UTC ms, what slaves report (law 3)."""
    return max(known) + 1
