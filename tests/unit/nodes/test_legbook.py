"""Law 4: one mark, one copy at a time."""

import msgspec

from domain.ids import Magic
from domain.legs import LegState
from nodes.bookkeeping.legbook import LegBook
from tests.builders import a_key, a_leg

MARK = Magic(234000_000000000007)


def test_law_4_a_mark_is_taken_while_the_copy_that_bears_it_is_open_and_free_after() -> None:
    leg = msgspec.structs.replace(a_leg(501), magic=MARK)
    book = LegBook([leg])
    assert book.magic_is_taken(MARK, by_other_than=a_key(502))
    assert not book.magic_is_taken(MARK, by_other_than=a_key(501))
    book.put(msgspec.structs.replace(leg, state=LegState.CLOSED))
    assert not book.magic_is_taken(MARK, by_other_than=a_key(502))
