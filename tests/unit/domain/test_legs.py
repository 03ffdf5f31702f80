"""What a leg says of itself."""

import msgspec

from domain.ids import Magic, SlaveIdentifier
from domain.legs import LegState
from tests.builders import a_leg


def test_a_close_that_was_heard_before_its_open_leaves_a_tombstone() -> None:
    leg = msgspec.structs.replace(
        a_leg(), state=LegState.CLOSED, identifier=SlaveIdentifier(0), magic=Magic(0)
    )
    assert leg.is_tombstone
    assert not leg.live


def test_a_copy_that_was_closed_is_no_tombstone() -> None:
    closed = msgspec.structs.replace(a_leg(), state=LegState.CLOSED)
    assert not closed.is_tombstone
