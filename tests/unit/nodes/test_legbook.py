"""Law 4: one mark, one copy at a time."""

from decimal import Decimal

import msgspec

from domain.ids import Magic
from domain.legs import Leg, LegState
from nodes.bookkeeping.legbook import LegBook
from tests.builders import MASTER, a_key, a_leg

MARK = Magic(234000_000000000007)


def test_law_4_a_mark_is_taken_while_the_copy_that_bears_it_is_open_and_free_after() -> None:
    leg = msgspec.structs.replace(a_leg(501), magic=MARK)
    book = LegBook([leg])
    assert book.magic_is_taken(MARK, by_other_than=a_key(502))
    assert not book.magic_is_taken(MARK, by_other_than=a_key(501))
    book.put(msgspec.structs.replace(leg, state=LegState.CLOSED))
    assert not book.magic_is_taken(MARK, by_other_than=a_key(502))


def in_parts(order: int, *volumes: str, whole: str = "130") -> list[Leg]:
    """A copy of so many lots, and the parts of it that there are."""
    keys = (msgspec.structs.replace(a_key(order), part=part) for part in range(len(volumes)))
    return [
        a_leg(key=key, wanted_volume=lots, copy_volume=Decimal(whole), opened_at_ms=1_000)
        for key, lots in zip(keys, volumes, strict=True)
    ]


def test_the_parts_of_a_copy_are_found_by_any_of_their_keys() -> None:
    first, second, third = in_parts(501, "50", "50", "30")
    book = LegBook([third, first, a_leg(502)])
    assert book.parts_of(first.key) == [first, third]
    book.put(second)
    assert book.parts_of(third.key) == [first, second, third]
    assert book.parts_of(a_key(502)) == [a_leg(502)]
    assert book.parts_of(a_key(503)) == []


def test_a_copy_counts_once_in_however_many_parts_it_is_and_not_beside_itself() -> None:
    parts = in_parts(501, "50", "50", "30")
    book = LegBook([*parts, msgspec.structs.replace(a_leg(502), opened_at_ms=1_000)])
    assert book.live_count() == 4
    assert list(book.copies_beside(a_key(503))) == [a_key(501), a_key(502)]
    assert list(book.copies_beside(parts[1].key)) == [a_key(502)]
    assert book.opened_since(1_000, a_key(503)) == 2
    assert book.opened_since(1_000, parts[2].key) == 1


def test_a_master_is_asked_about_a_position_once() -> None:
    book = LegBook(in_parts(501, "50", "50", "30"))
    assert book.orders_by_master() == {MASTER: (501,)}


def test_only_a_live_copy_that_lacks_parts_was_interrupted() -> None:
    whole, lacking = in_parts(501, "50", "50", "30"), in_parts(502, "50", "50")
    gone = [msgspec.structs.replace(leg, state=LegState.CLOSED) for leg in in_parts(503, "50")]
    assert LegBook([*whole, *lacking, *gone, a_leg(504)]).interrupted() == [lacking]
