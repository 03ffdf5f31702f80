"""Answers too long for one reply, kept until they are fetched, killed or too old."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from bson import Int64
from bson.raw_bson import RawBSONDocument

from db.embedded.errors import Refusal
from db.embedded.holding.collection import encoded
from db.embedded.values import Document

FIRST_BATCH = 101
MAX_BATCH_BYTES = 16 * 1024 * 1024 - 16 * 1024
_MOST_IDLE_S = 600.0
_MOST_IDLE_LASTING_S = 1800.0


@dataclass(slots=True)
class Cursor:
    """What is left of one answer, as bytes; one that outlasts idleness ends with its session."""

    namespace: str
    left: deque[bytes]
    used_at_s: float
    most_idle_s: float

    def batch(self, size: int | None) -> list[RawBSONDocument]:
        """The next documents, as many as asked for and as fit."""
        taken: list[RawBSONDocument] = []
        room = MAX_BATCH_BYTES
        while self.left and (size is None or len(taken) < size):
            body = self.left[0]
            if taken and len(body) > room:
                break
            room -= len(body)
            taken.append(RawBSONDocument(body))
            self.left.popleft()
        return taken


class Cursors:
    """The open cursors of all clients."""

    def __init__(self, first: int) -> None:
        self._numbers = count(first)
        self._open: dict[int, Cursor] = {}

    def __len__(self) -> int:
        return len(self._open)

    def answer(
        self,
        namespace: str,
        documents: Iterable[Document | bytes],
        size: int | None,
        now_s: float,
        *,
        lasting: bool = False,
        single: bool = False,
    ) -> Document:
        """The first batch, with a cursor when there is more and it is wanted."""
        bodies = (item if isinstance(item, bytes) else encoded(item) for item in documents)
        most_idle_s = _MOST_IDLE_LASTING_S if lasting else _MOST_IDLE_S
        cursor = Cursor(namespace, deque(bodies), now_s, most_idle_s)
        batch = cursor.batch(FIRST_BATCH if size is None else size)
        number = 0
        if cursor.left and not single:
            number = next(self._numbers)
            self._open[number] = cursor
        shown: Document = {"firstBatch": batch, "id": Int64(number), "ns": namespace}
        return {"cursor": shown, "ok": 1.0}

    def more(self, number: int, namespace: str, size: int | None, now_s: float) -> Document:
        """The next batch."""
        cursor = self._open.get(number)
        if cursor is None:
            raise Refusal(43, f"cursor id {number} not found")
        if cursor.namespace != namespace:
            raise Refusal(13, f"cursor id {number} belongs to {cursor.namespace}, not {namespace}")
        cursor.used_at_s = now_s
        batch = cursor.batch(size)
        if not cursor.left:
            del self._open[number]
        still = number if cursor.left else 0
        shown: Document = {"nextBatch": batch, "id": Int64(still), "ns": namespace}
        return {"cursor": shown, "ok": 1.0}

    def kill(self, numbers: list[int]) -> Document:
        """Forget cursors."""
        killed = [Int64(n) for n in numbers if self._open.pop(n, None) is not None]
        unknown = [Int64(n) for n in numbers if n not in killed]
        return {
            "cursorsKilled": killed,
            "cursorsNotFound": unknown,
            "cursorsAlive": [],
            "cursorsUnknown": [],
            "ok": 1.0,
        }

    def sweep(self, now_s: float) -> None:
        """Forget cursors nobody has asked for in ten minutes, and those of idle sessions."""
        old = [n for n, c in self._open.items() if now_s - c.used_at_s > c.most_idle_s]
        for number in old:
            del self._open[number]
