"""Who may speak for whom: an answer that names another master than the one asked is none."""

import msgspec
import pytest

from domain.ids import NodeName
from domain.signals import Malformed, NotReady, SnapshotAnswer
from messaging import frames, wire
from tests.unit.messaging.messages import SNAPSHOT

MASTER = SNAPSHOT.book.master
OTHER = NodeName("Other")
OF_ANOTHER = msgspec.structs.replace(
    SNAPSHOT, book=msgspec.structs.replace(SNAPSHOT.book, master=OTHER), facts=()
)


@pytest.mark.parametrize(
    "answer", [OF_ANOTHER, NotReady(master=OTHER, why="soon")], ids=["a book", "not ready"]
)
def test_an_answer_that_speaks_for_another_master_is_none(answer: SnapshotAnswer) -> None:
    heard = frames.read_answer([frames.topic(MASTER), wire.encode(answer)], MASTER)
    assert isinstance(heard, Malformed)
    assert "Other" in heard.why
    assert frames.read_answer([frames.topic(OTHER), wire.encode(answer)], OTHER) == answer
