"""The stored half of each account's kill switch, and the story of its moves."""

from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from db.moments import date_of_ms, ms_of_date
from db.schema import KILL_SWITCH_EVENTS, LATCHES
from domain.policies import STRICTNESS, Latch, TradingState
from domain.records import LatchChange


class Latches:
    """The latches of one database."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._latches = database[LATCHES]
        self._events = database[KILL_SWITCH_EVENTS]

    def of(self, account: str) -> Latch | None:
        """The latch of one account, where one was ever moved."""
        found = self._latches.find_one({"account_id": account})
        return None if found is None else _latch(found)

    def all(self) -> dict[str, Latch]:
        """Every latch by account."""
        return {str(found["account_id"]): _latch(found) for found in self._latches.find()}

    def store(self, change: LatchChange) -> None:
        """Write the move down once, and the latch where nothing stricter or newer stands."""
        event = latch_event(change)
        self._events.update_one(
            {"account_id": change.account, "event_id": event["event_id"]},
            {"$setOnInsert": event},
            upsert=True,
        )
        self._put(change.account, change.after)

    def _put(self, account: str, latch: Latch) -> None:
        strictness = STRICTNESS[latch.state]
        older = {"counter": {"$lt": latch.counter}}
        looser = {"counter": latch.counter, "strictness": {"$lte": strictness}}
        values = _words(latch) | {"strictness": strictness}
        try:
            self._latches.update_one(
                {"account_id": account, "$or": [older, looser]}, {"$set": values}, upsert=True
            )
        except DuplicateKeyError:
            return  # a stricter or newer one stands there, and stays


def latch_event(change: LatchChange) -> dict[str, Any]:
    """The move as one document of the story."""
    after = change.after
    event_id = f"{after.counter}/{after.state.value}/{after.at_ms}"
    return {
        "event_id": event_id,
        "account_id": change.account,
        "timestamp": date_of_ms(after.at_ms),
        "before": change.before.state.value,
        **_words(after),
    }


def _words(latch: Latch) -> dict[str, Any]:
    return {
        "state": latch.state.value,
        "counter": latch.counter,
        "reason": latch.reason,
        "by": latch.by,
        "at": date_of_ms(latch.at_ms),
    }


def _latch(found: dict[str, Any]) -> Latch:
    return Latch(
        state=TradingState(found["state"]),
        counter=int(found["counter"]),
        reason=str(found.get("reason", "")),
        by=str(found.get("by", "")),
        at_ms=ms_of_date(found.get("at")),
    )
