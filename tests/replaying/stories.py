"""How far the nodes are, read from their journals while they write them."""

import sqlite3
from pathlib import Path

from db.journal import journal_path
from db.journal_rows import FACTS, decode, decode_fact, stamp_key
from domain.records import Cursor
from domain.signals import (
    OrderGone,
    OrderModified,
    OrderPlaced,
    PositionClosed,
    PositionModified,
    PositionOpened,
    PositionReduced,
)

NOTHING = ""
NEWER = "SELECT key, body FROM records WHERE kind = ? AND key > ? ORDER BY key"
CURSOR = "SELECT body FROM records WHERE kind = 'cursor' AND key = ?"

Stops = tuple[float, float, float]


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5.0)


class Story:
    """What a master has told so far, as the book that comes of it."""

    def __init__(self, state: Path, master: str) -> None:
        self._file = _opened(journal_path(state, master))
        self.last = NOTHING
        self.told = 0
        #: By the opening order: lots, stop loss, take profit.
        self.positions: dict[int, Stops] = {}
        #: By ticket: the price each waits for.
        self.orders: dict[int, float] = {}

    def read_on(self) -> None:
        """Take in what was told since."""
        for key, body in self._file.execute(NEWER, (FACTS, self.last)).fetchall():
            self.last = key
            self.told += 1
            self._take(decode_fact(body))

    def _take(self, fact: object) -> None:
        match fact:
            case PositionClosed():
                self.positions.pop(fact.position.opening_order, None)
            case PositionOpened() | PositionModified() | PositionReduced():
                held = fact.position
                figures = (float(held.volume), float(held.sl), float(held.tp))
                self.positions[held.opening_order] = figures
            case OrderGone():
                self.orders.pop(fact.order.opening_order, None)
            case OrderPlaced() | OrderModified():
                self.orders[fact.order.opening_order] = float(fact.order.price)

    def close(self) -> None:
        self._file.close()


class Place:
    """How far a slave has answered one master's story."""

    def __init__(self, state: Path, slave: str, master: str) -> None:
        self._file, self._master = _opened(journal_path(state, slave)), master

    def has_reached(self, key: str) -> bool:
        """It has answered that fact, and all before it."""
        row = self._file.execute(CURSOR, (self._master,)).fetchone()
        return row is not None and stamp_key(decode(Cursor, row[0]).stamp) >= key

    def close(self) -> None:
        self._file.close()
