"""The edits: what is written into documents, and what each document should then bring about."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

import msgspec

Document = dict[str, Any]

NO_SUCH_SYMBOL: Final = "NOBODY.HAS.THIS"
PROBE_LOTS: Final = 0.5


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """One write to one document. `after` is the whole document then, None where it is gone."""

    kind: str
    after: Document | None
    bad_field: str = ""


VALID: Final[dict[str, Callable[[Random], Any]]] = {
    "magic_number": lambda lot: lot.randrange(1, 9_223_372),
    "max_lot": lambda lot: lot.choice([None, 0.1, 0.2, 0.5, 1, 5]),
    "max_open_trades": lambda lot: lot.choice([None, 0, 50, 90]),
    "slippage_tolerance": lambda lot: lot.choice([15000, 20000, 30000, 40000.5]),
    "symbol_map": lambda lot: lot.choice(
        [{}, {"EURUSD": "EURUSD.c"}, {"EURUSD": NO_SUCH_SYMBOL}, {"XAUUSD": "GOLD"}]
    ),
    "labels": lambda lot: [f"label {lot.randrange(1000)}"],
    "kill_switch": lambda lot: lot.choice(
        [{"enabled": False}, {"enabled": True, "daily_loss": 90000 + lot.randrange(1000)}]
    ),
    "password": lambda lot: f"${{EDITED_{lot.randrange(1000)}}}",
}
BAD: Final[dict[str, Any]] = {
    "max_lot": "much",
    "magic_number": -5,
    "max_open_trades": 1.5,
    "slippage_tolerance": "wide",
    "no_such_field": 1,
}
WEIGHTS: Final = {"valid": 60, "switch": 12, "bad": 10, "delete": 8}


def next_edit(lot: Random, before: Document | None, last_valid: Document) -> Edit:
    """A deleted document comes back, a bad one is put right, any other is changed at random."""
    if before is None:
        return Edit(kind="add", after=_changed(lot, last_valid | {"enabled": True}))
    if before != last_valid:
        return Edit(kind="correct", after=_changed(lot, last_valid))
    kind = lot.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    if kind == "delete":
        return Edit(kind="delete", after=None)
    if kind == "bad":
        field = lot.choice(sorted(BAD))
        return Edit(kind="bad", after=before | {field: BAD[field]}, bad_field=field)
    if kind == "switch":
        enabled = not before["enabled"]
        return Edit(kind="enable" if enabled else "disable", after=before | {"enabled": enabled})
    after = _changed(lot, before)
    restarts = after.get("password") != before.get("password")
    return Edit(kind="restart" if restarts else "setting", after=after)


def reasons_against(document: Document) -> set[str]:
    """Why a probe of PROBE_LOTS is not copied, from the document alone; empty where it is."""
    reasons = set()
    if not document["enabled"]:
        reasons.add("ACCOUNT_DISABLED")
    if document.get("max_lot") is not None and document["max_lot"] < PROBE_LOTS:
        reasons.add("MAX_LOT")
    if document.get("max_open_trades") == 0:
        reasons.add("MAX_OPEN_TRADES")
    if document.get("symbol_map", {}).get("EURUSD") == NO_SUCH_SYMBOL:
        reasons.add("UNKNOWN_SYMBOL")
    return reasons


def _changed(lot: Random, document: Document) -> Document:
    """Another value in one field, for certain."""
    while True:
        field = lot.choice(sorted(VALID))
        value = VALID[field](lot)
        if document.get(field) != value:
            return document | {field: value}
