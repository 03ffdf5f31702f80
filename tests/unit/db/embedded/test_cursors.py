"""How long an answer that was begun is kept for who may still ask for more."""

import pytest

from db.embedded.answering.cursors import Cursors
from db.embedded.errors import Refusal

MINUTE_S = 60.0


def an_open_cursor(cursors: Cursors, *, lasting: bool = False) -> int:
    documents = ({"_id": number} for number in range(5))
    reply = cursors.answer("d.t", documents, 2, 0.0, lasting=lasting)
    shown = reply["cursor"]
    assert isinstance(shown, dict)
    return int(shown["id"])


@pytest.mark.parametrize(("lasting", "minutes"), [(False, 10), (True, 30)])
def test_an_idle_cursor_is_forgotten_after_its_time(lasting: bool, minutes: int) -> None:
    cursors = Cursors(first=1)
    number = an_open_cursor(cursors, lasting=lasting)
    cursors.sweep(minutes * MINUTE_S)
    assert len(cursors) == 1
    cursors.sweep(minutes * MINUTE_S + 1)
    with pytest.raises(Refusal) as refused:
        cursors.more(number, "d.t", None, 0.0)
    assert (refused.value.code, refused.value.name) == (43, "CursorNotFound")


def test_asking_for_more_keeps_a_cursor() -> None:
    cursors = Cursors(first=1)
    number = an_open_cursor(cursors)
    cursors.more(number, "d.t", 1, 9 * MINUTE_S)
    cursors.sweep(18 * MINUTE_S)
    assert len(cursors) == 1


def test_the_last_document_ends_the_cursor() -> None:
    cursors = Cursors(first=1)
    number = an_open_cursor(cursors)
    reply = cursors.more(number, "d.t", 3, 1.0)
    shown = reply["cursor"]
    assert isinstance(shown, dict)
    assert ([d["_id"] for d in shown["nextBatch"]], shown["id"]) == ([2, 3, 4], 0)
    assert len(cursors) == 0
