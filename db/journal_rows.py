"""Records as rows of a journal: under which kind and key each is kept, and what is shipped."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from domain.book import Stamp
from domain.legs import Intent, Leg
from domain.records import (
    BookKept,
    ContractKept,
    Cursor,
    EquitySample,
    Follow,
    LatchChange,
    MasterAt,
    MissingSymbol,
    Record,
    SettingsKept,
)
from domain.signals import (
    Fact,
    OrderGone,
    OrderModified,
    OrderPlaced,
    PositionClosed,
    PositionModified,
    PositionOpened,
    PositionReduced,
)
from domain.verdicts import Verdict

LEG = "leg"
LEG_ENDED = "leg ended"
INTENT = "intent"
INTENT_DONE = "intent done"
FACTS = "fact"
CONTRACT = "contract"
#: A slave that missed more than this has the book; older facts are in the database.
NEWEST_FACTS = 10_000

SHIP_LEG = "leg"
SHIP_VERDICT = "verdict"
SHIP_FACT = "fact"
SHIP_LATCH = "latch"
SHIP_EQUITY = "equity"
SHIP_MISSING_SYMBOL = "missing symbol"
SHIP_CONTRACT = "contract"

T = TypeVar("T")


class Kept(NamedTuple):
    """One row to write. Without a key it is only shipped; without `shipped_as` only kept."""

    kind: str
    key: str | None
    body: bytes
    shipped_as: str = ""


class Forgotten(NamedTuple):
    """One row to delete, because the record now stands under another kind."""

    kind: str
    key: str


class Thinned(NamedTuple):
    """All but the newest rows of a kind to delete."""

    kind: str
    newest: int


Row = Kept | Forgotten | Thinned


def rows_of(record: Record) -> tuple[Row, ...]:
    """The rows a record becomes."""
    return _ROWS[type(record)](record, _ENCODER.encode(record))


def decode(shape: type[T], body: bytes) -> T:
    """A body back to the record it was."""
    decoder = _DECODERS.get(shape)
    if decoder is None:
        decoder = _DECODERS[shape] = msgspec.msgpack.Decoder(shape)
    return decoder.decode(body)  # type: ignore[no-any-return]  # the decoder is the shape's own


def decode_fact(body: bytes) -> Fact:
    """A fact of whichever kind."""
    return _FACT_DECODER.decode(body)  # type: ignore[no-any-return]  # a union has no one type


def stamp_key(stamp: Stamp) -> str:
    """A key that sorts as the stamps do."""
    return f"{stamp.epoch:020d}.{stamp.seq:012d}"


def _leg(leg: Leg, body: bytes) -> tuple[Row, ...]:
    """A leg stands under one kind at a time; only one that was ever filled is shipped."""
    here, there = (LEG, LEG_ENDED) if leg.live else (LEG_ENDED, LEG)
    shipped_as = SHIP_LEG if leg.identifier else ""
    return (Forgotten(there, leg.key.text), Kept(here, leg.key.text, body, shipped_as))


def _intent(intent: Intent, body: bytes) -> tuple[Row, ...]:
    here, there = (INTENT_DONE, INTENT) if intent.outcome else (INTENT, INTENT_DONE)
    return (Forgotten(there, intent.intent), Kept(here, intent.intent, body))


def _fact(fact: Fact, body: bytes) -> tuple[Row, ...]:
    return (Kept(FACTS, stamp_key(fact.stamp), body, SHIP_FACT),)


_ROWS: Mapping[type, Callable[[Any, bytes], tuple[Row, ...]]] = {
    Leg: _leg,
    Intent: _intent,
    Verdict: lambda _, body: (Kept("verdict", None, body, SHIP_VERDICT),),
    PositionOpened: _fact,
    PositionModified: _fact,
    PositionReduced: _fact,
    PositionClosed: _fact,
    OrderPlaced: _fact,
    OrderModified: _fact,
    OrderGone: _fact,
    Cursor: lambda cursor, body: (Kept("cursor", cursor.master, body),),
    Follow: lambda follow, body: (Kept("follow", follow.master, body),),
    LatchChange: lambda change, body: (Kept("latch", change.account, body, SHIP_LATCH),),
    SettingsKept: lambda kept, body: (Kept("settings", kept.account, body),),
    MasterAt: lambda at, body: (Kept("master", at.master, body),),
    EquitySample: lambda _, body: (Kept("equity", None, body, SHIP_EQUITY),),
    MissingSymbol: lambda _, body: (Kept("missing symbol", None, body, SHIP_MISSING_SYMBOL),),
    ContractKept: lambda kept, body: (Kept(CONTRACT, kept.symbol, body, SHIP_CONTRACT),),
    BookKept: lambda kept, body: (
        Kept("book", kept.master, body),
        Thinned(FACTS, NEWEST_FACTS),
    ),
}

_ENCODER = msgspec.msgpack.Encoder()
_DECODERS: dict[type, msgspec.msgpack.Decoder[Any]] = {}
_FACT_DECODER = msgspec.msgpack.Decoder(Fact)
