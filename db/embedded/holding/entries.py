"""Byte strings kept in order, in pieces small enough to insert into."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

_PIECE = 512
_MOST_IN_PIECE = 2 * _PIECE


class OrderedEntries:
    """Finds all entries between two bounds; each costs little more than its bytes."""

    def __init__(self) -> None:
        self._pieces: list[list[bytes]] = []
        self._lasts: list[bytes] = []

    def __len__(self) -> int:
        return sum(map(len, self._pieces))

    def fill(self, entries: Iterable[bytes]) -> None:
        """Hold exactly these."""
        ordered = sorted(entries)
        self._pieces = [ordered[at : at + _PIECE] for at in range(0, len(ordered), _PIECE)]
        self._lasts = [piece[-1] for piece in self._pieces]

    def add(self, entry: bytes) -> None:
        """Put a new entry in its place."""
        if not self._pieces:
            self._pieces, self._lasts = [[entry]], [entry]
            return
        at = min(bisect_left(self._lasts, entry), len(self._lasts) - 1)
        piece = self._pieces[at]
        insort(piece, entry)
        self._lasts[at] = piece[-1]
        if len(piece) > _MOST_IN_PIECE:
            self._pieces[at : at + 1] = [piece[:_PIECE], piece[_PIECE:]]
            self._lasts[at : at + 1] = [piece[_PIECE - 1], piece[-1]]

    def discard(self, entry: bytes) -> None:
        """Take an entry out, if it is there."""
        at = bisect_left(self._lasts, entry)
        if at == len(self._lasts):
            return
        piece = self._pieces[at]
        place = bisect_left(piece, entry)
        if piece[place] != entry:
            return
        del piece[place]
        if piece:
            self._lasts[at] = piece[-1]
        else:
            del self._pieces[at], self._lasts[at]

    def between(self, low: bytes, high: bytes) -> Iterator[bytes]:
        """Entries from `low` on and before `high`, in order."""
        for at in range(bisect_left(self._lasts, low), len(self._pieces)):
            piece = self._pieces[at]
            start, end = bisect_left(piece, low), bisect_left(piece, high)
            yield from piece[start:end]
            if end < len(piece):
                return

    def count(self, low: bytes, high: bytes) -> int:
        """How many entries lie between, without touching them."""
        if low >= high:
            return 0
        return self._before(high) - self._before(low)

    def _before(self, bound: bytes) -> int:
        at = bisect_left(self._lasts, bound)
        full = sum(map(len, self._pieces[:at]))
        return full + (bisect_left(self._pieces[at], bound) if at < len(self._pieces) else 0)
