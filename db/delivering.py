"""Writes a batch of a node's records to the database, so that doing it twice changes nothing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from bson.errors import BSONError
from pymongo import UpdateMany, UpdateOne, WriteConcern
from pymongo.database import Database
from pymongo.errors import BulkWriteError, OperationFailure

from db.journal_rows import (
    SHIP_CONTRACT,
    SHIP_EQUITY,
    SHIP_FACT,
    SHIP_LATCH,
    SHIP_LEG,
    SHIP_MISSING_SYMBOL,
    SHIP_VERDICT,
    decode,
    decode_fact,
)
from db.latches import Latches
from db.outbox import Parcel
from db.schema import DECISIONS, TRADES
from db.shipped_documents import (
    Shipment,
    contract,
    decision,
    equity,
    missing_symbol,
    result_of_close,
    signal,
    trade,
)
from domain.legs import Leg
from domain.records import ContractKept, EquitySample, LatchChange, MissingSymbol
from domain.verdicts import Verdict

Document = dict[str, Any]

ON_DISK = WriteConcern(j=True)
"""What the database has acknowledged is forgotten here, so it must have survived a power cut."""

NEVER_TAKEN = frozenset({2, 9, 14, 52, 57, 121, 10334, 11000})
"""Codes of refusals that come again however often one asks: form, validation, key and size."""

UNFIT = (msgspec.MsgspecError, BSONError, ArithmeticError, ValueError)
"""What a record raises that cannot become a document at all."""


class Refused(NamedTuple):
    """A parcel the database will never take, and why."""

    parcel: Parcel
    why: str


def deliver(
    database: Database[Document], parcels: Sequence[Parcel], slave: str, now: datetime
) -> list[Refused]:
    """Write all of them; raises where the database does not answer, and may then be repeated."""
    lasting = database.with_options(write_concern=ON_DISK)
    by_collection: dict[str, list[tuple[Parcel, Shipment]]] = {}
    refused = []
    for parcel in parcels:
        try:
            shipment = _shipment(parcel, slave, now)
        except UNFIT as fault:
            refused.append(Refused(parcel, str(fault)))
            continue
        if shipment is None:
            refused += _move(lasting, parcel)
        else:
            by_collection.setdefault(shipment.collection, []).append((parcel, shipment))
    for name, items in by_collection.items():
        refused += _write(lasting, name, items)
    _add_results(lasting, [parcel for parcel, _ in by_collection.get(TRADES, [])], slave)
    return refused


def _add_results(database: Database[Document], parcels: Sequence[Parcel], slave: str) -> None:
    """A close is answered before its deals tell the result; the leg brings it later."""
    known = [result_of_close(decode(Leg, parcel.body), slave) for parcel in parcels]
    results = [found for found in known if found is not None]
    if results:
        writes = [UpdateMany(found.key, {"$set": found.values}) for found in results]
        database[DECISIONS].bulk_write(writes, ordered=False)


def _shipment(parcel: Parcel, slave: str, now: datetime) -> Shipment | None:
    """The upsert a parcel stands for; None for a latch, which needs more than one."""
    if parcel.kind == SHIP_LATCH:
        return None
    return _SHIPMENTS[parcel.kind](parcel.body, slave, now)


_SHIPMENTS: Mapping[str, Callable[[bytes, str, datetime], Shipment]] = {
    SHIP_LEG: lambda body, slave, now: trade(decode(Leg, body), slave, now),
    SHIP_VERDICT: lambda body, _, now: decision(decode(Verdict, body), now),
    SHIP_FACT: lambda body, _, now: signal(decode_fact(body), now),
    SHIP_EQUITY: lambda body, _, now: equity(decode(EquitySample, body), now),
    SHIP_CONTRACT: lambda body, _, now: contract(decode(ContractKept, body), now),
    SHIP_MISSING_SYMBOL: lambda body, _, now: missing_symbol(decode(MissingSymbol, body), now),
}


def _move(database: Database[Document], parcel: Parcel) -> list[Refused]:
    try:
        change = decode(LatchChange, parcel.body)
    except UNFIT as fault:
        return [Refused(parcel, str(fault))]
    return _refusal(parcel, lambda: Latches(database).store(change))


def _write(
    database: Database[Document], name: str, items: list[tuple[Parcel, Shipment]]
) -> list[Refused]:
    try:
        database[name].bulk_write([_upsert(shipment) for _, shipment in items])
    except (BulkWriteError, *UNFIT):
        return [refused for parcel, item in items for refused in _write_one(database, parcel, item)]
    return []


def _write_one(database: Database[Document], parcel: Parcel, item: Shipment) -> list[Refused]:
    write = _upsert(item)
    return _refusal(parcel, lambda: database[item.collection].bulk_write([write]))


def _refusal(parcel: Parcel, write: Callable[[], object]) -> list[Refused]:
    """Nothing, or why the database will never take it; all other faults go up."""
    try:
        write()
    except UNFIT as fault:
        return [Refused(parcel, str(fault))]
    except OperationFailure as fault:
        if _codes(fault) <= NEVER_TAKEN:
            return [Refused(parcel, str(fault))]
        raise
    return []


def _codes(fault: OperationFailure) -> set[int]:
    details = fault.details or {}
    errors = details.get("writeErrors") or [{"code": fault.code}]
    return {int(error.get("code") or 0) for error in errors}


def _upsert(shipment: Shipment) -> UpdateOne:
    change = {"$set": shipment.values, "$setOnInsert": shipment.once}
    return UpdateOne(shipment.key, change, upsert=True)
