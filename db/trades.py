"""A slave's copies as `trades` remembers them, back as legs; and how far each story was answered.

Documents from before legs were kept whole lack some of it: what is missing is taken from what is
there, so that it asks for no order by itself.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from bson import Decimal128
from pymongo.database import Database

from db.moments import ms_of_date
from db.schema import DECISIONS, TRADES
from db.shipped_documents import STEPS
from db.symbols import contracts_in_force
from decisions.rebuilding import Remembered
from domain.book import Stamp
from domain.figures import Figures, Prices, Times
from domain.ids import (
    JourneyId,
    LegKey,
    Magic,
    MasterSymbol,
    NodeName,
    OpeningOrder,
    SlaveIdentifier,
    SlaveSymbol,
)
from domain.legs import Leg, LegState, MasterTarget
from domain.market import Side
from domain.reasons import Reason
from domain.records import Cursor
from domain.terms import CopyTerms

Document = Mapping[str, Any]

ZERO = Decimal(0)
#: An open goes out for seconds only: who closed longer ago than this need not be remembered.
CLOSED_SINCE = timedelta(days=7)
#: The newest decisions, in which every master that still trades has one.
NEWEST_DECISIONS = 2_000
PRICES = {
    "master": "master_price",
    "at_decision": "price_at_decision",
    "requested": "price_requested",
    "filled": "price_filled",
    "spread_points": "spread_points",
}
#: A master takes no place beyond these for one of its story, and would never answer (docs/WIRE.md).
EPOCHS = 2**53
PLACES = 10**12
#: What a document raises that somebody has spoiled.
SPOILED = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)


def remembered(database: Database[dict[str, Any]], slave: str, now: datetime) -> Remembered:
    """What it knows of this slave; a document that somebody spoiled tells of nothing."""
    ours = {"slave_name": slave, "leg_key": {"$exists": True}}
    recent = {"$or": [{"status": "OPEN"}, {"close_time": {"$gte": now - CLOSED_SINCE}}]}
    legs = [leg_of(document) for document in database[TRADES].find(ours | recent)]
    answered = {"account_id": slave, "event_id": {"$exists": True}}
    decisions = database[DECISIONS].find(answered).sort("timestamp", -1).limit(NEWEST_DECISIONS)
    return Remembered(
        legs=tuple(leg for leg in legs if leg),
        cursors=tuple(_cursors(decisions)),
        contracts=tuple(contracts_in_force(database, slave)),
    )


def leg_of(document: Document) -> Leg | None:
    """The leg this document was made from; None where it cannot be read."""
    try:
        return _leg(document)
    except SPOILED:
        return None


def _leg(document: Document) -> Leg:
    followed = document.get("followed") or {}
    closed = document["status"] == "CLOSED"
    return Leg(
        key=LegKey(
            int(document["master_login"]),
            str(document["master_server"]),
            OpeningOrder(int(document["master_ticket"])),
            _part(document["leg_key"]),
        ),
        opened_by=_stamp(followed.get("opened_by")),
        journey=JourneyId(document["journey_id"]),
        master=NodeName(document["master_name"]),
        master_symbol=MasterSymbol(document["master_symbol"]),
        symbol=SlaveSymbol(document["symbol"]),
        side=Side(document["direction"]),
        magic=Magic(int(document["magic"])),
        comment=str(document["comment"]),
        state=LegState(document["state"]),
        target=_target(document, followed.get("target")),
        wanted_volume=_exact(document["wanted_volume"]),
        keep_minimum=bool(followed.get("keep_minimum", True)),
        master_price=_exact(followed.get("master_price")),
        master_volume_copied=_exact(followed.get("master_volume_copied")),
        reason=Reason(document["reason"]),
        identifier=SlaveIdentifier(int(document["slave_ticket"])),
        filled_volume=_exact(document["filled_volume"]),
        volume=_exact(document["volume"]),
        price_open=_exact(document["price_open"]),
        price_close=_exact(document["price_close"]) if closed else ZERO,
        net=_exact(document["pnl"]) if closed else ZERO,
        sl_sent=_exact(document["sl"]),
        tp_sent=_exact(document["tp"]),
        stops_confirmed=bool(followed.get("stops_confirmed", True)),
        answered=_stamp(followed.get("answered")),
        opened_at_ms=ms_of_date(document["open_time"]),
        closed_at_ms=ms_of_date(document["close_time"]),
        opening=_figures(document, document["times"].get("opening")),
        trail_sl=_exact(followed.get("trail_sl")),
        copy_volume=_exact(followed.get("copy_volume")),
        parts_before=_exact(followed.get("parts_before")),
        terms=msgspec.convert(followed.get("terms") or {}, CopyTerms),
        closing=_figures(document["closing_prices"], document["times"].get("closing")),
    )


def _part(key: str) -> int:
    return int(key.rpartition(".")[2])


def _target(document: Document, found: Document | None) -> MasterTarget:
    """Where it is not told, what is held here stands for it."""
    known = found or {"volume": document["volume"], "sl": document["sl"], "tp": document["tp"]}
    closed = document["status"] == "CLOSED" and found is None
    filled = document["filled_volume"]
    return MasterTarget(
        stamp=_stamp(found),
        journey=JourneyId(known.get("journey_id", "")),
        volume=ZERO if closed else _exact(known["volume"]),
        initial_volume=_exact(known.get("initial_volume", filled)),
        sl=_exact(known["sl"]),
        tp=_exact(known["tp"]),
    )


def _figures(prices: Document, times: Document | None) -> Figures | None:
    """None where no step of it was ever reached."""
    steps = {f"{step}_us": int((times or {}).get(f"{step}_us", 0)) for step in STEPS}
    shown = {name: prices.get(written) for name, written in PRICES.items()}
    if not any(steps.values()) and not any(value is not None for value in shown.values()):
        return None
    known = {name: None if value is None else _exact(value) for name, value in shown.items()}
    return Figures(times=Times(**steps), prices=Prices(**known))


def _cursors(decisions: Iterable[Document]) -> Iterable[Cursor]:
    newest: dict[str, Stamp] = {}
    for document in decisions:
        stamp = _stamp_or_none(document)
        if stamp is not None:
            master = str(document.get("master"))
            newest[master] = max(stamp, newest.get(master, stamp))
    for master, stamp in newest.items():
        if stamp.epoch:
            yield Cursor(master=NodeName(master), stamp=stamp)


def _stamp_or_none(found: Document) -> Stamp | None:
    """None where somebody has spoiled it, or where no story has such a place."""
    try:
        stamp = _stamp(found)
    except SPOILED:
        return None
    return stamp if 0 <= stamp.epoch < EPOCHS and 0 <= stamp.seq < PLACES else None


def _stamp(found: Document | None) -> Stamp:
    known = found or {}
    return Stamp(int(known.get("epoch", 0)), int(known.get("seq", 0)))


def _exact(value: object) -> Decimal:
    """A number as it was written; zero for none."""
    if value is None:
        return ZERO
    return value.to_decimal() if isinstance(value, Decimal128) else Decimal(str(value))
