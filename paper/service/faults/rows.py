"""Answers as a client sees them through a fault: rows late, gone, or with other values in them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from paper.service.faults.kinds import (
    Comment,
    CrossedTicks,
    Field,
    LateRows,
    MissingRows,
    StaleTicks,
    ZeroPrices,
)
from paper.service.faults.rules import Called
from paper.service.faults.script import Live
from paper.wire.mt5_fields import FIELDS

Row = list[Any]
Bend = Callable[[Any, Live, "Seen", Row], Row | None]
"""A row as it is shown, or None where it is not."""

SHOWN: Final = {
    "positions_get": "TradePosition",
    "orders_get": "TradeOrder",
    "history_orders_get": "TradeOrder",
    "history_deals_get": "TradeDeal",
    "symbols_get": "SymbolInfo",
    "symbol_info": "SymbolInfo",
    "symbol_info_tick": "Tick",
    "account_info": "AccountInfo",
    "terminal_info": "TerminalInfo",
}
SINGLE: Final = frozenset({"symbol_info", "symbol_info_tick", "account_info", "terminal_info"})
PRICE_DIGITS: Final = 8
"""More than any symbol has: enough to take a float's dust away."""
QUOTED: Final = ("time", "time_msc", "bid", "ask")
TIMES: Final = ("time_done_msc", "time_setup_msc", "time_msc")
"""When a record came about: the first of these that it has and that is not 0."""
PLACES: Final = {
    kind: {field.partition(":")[0]: place for place, field in enumerate(fields.split())}
    for kind, fields in FIELDS.items()
}


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks, and when."""

    called: Called
    broker: str
    server_ms: int
    points: Mapping[str, float]

    @property
    def places(self) -> dict[str, int]:
        """Where each field of the answer's rows stands."""
        return PLACES[SHOWN[self.called.verb]]

    def value(self, row: Row, field: str) -> Any:  # noqa: ANN401 - a field of any kind
        """One field of a row; None where such rows have none."""
        place = self.places.get(field)
        return None if place is None else row[place]

    def symbol(self, row: Row) -> str:
        """The row's symbol; ticks and empty symbols go by what was asked for."""
        own = self.value(row, "symbol") or self.value(row, "name")
        return str(own or (self.called.args or [""])[0])

    def point(self, row: Row) -> float:
        """The smallest step of the row's symbol."""
        return self.points.get(self.symbol(row), 0.0)


def bent(live: Live, seen: Seen, payload: object) -> object:
    """The answer through one fault; calls that have no rows are answered as they are."""
    verb = seen.called.verb
    if verb not in SHOWN or not isinstance(live.rule.fault, ROW_FAULTS):
        return payload
    plain = msgspec.to_builtins(payload)
    if verb in SINGLE:
        return _bent_row(live, seen, plain) or plain
    return _bent_rows(live, seen, plain)


def _bent_rows(live: Live, seen: Seen, rows: list[Row]) -> list[Row]:
    if isinstance(live.rule.fault, MissingRows):
        gone = _gone(live.rule.fault, live, seen, rows)
        return [row for row in rows if row not in gone]
    shown = (_bent_row(live, seen, row) for row in rows)
    return [row for row in shown if row is not None]


def _bent_row(live: Live, seen: Seen, row: Row) -> Row | None:
    bend = BENDS.get(type(live.rule.fault))
    return (
        row
        if bend is None or not _is_meant(live, seen, row)
        else bend(live.rule.fault, live, seen, row)
    )


def _is_meant(live: Live, seen: Seen, row: Row) -> bool:
    return live.rule.scope.symbol in ("", seen.symbol(row))


def _gone(fault: MissingRows, live: Live, seen: Seen, rows: list[Row]) -> list[Row]:
    meant = [row for row in rows if _is_meant(live, seen, row)]
    if fault.ticket:
        return [row for row in meant if seen.value(row, "ticket") == fault.ticket]
    if fault.which == "all" or not meant:
        return meant
    place = {"first": 0, "last": -1}.get(fault.which)
    return [meant[live.draws.randrange(len(meant)) if place is None else place]]


def _late(fault: LateRows, _live: Live, seen: Seen, row: Row) -> Row | None:
    came_about = next((when for field in TIMES if (when := seen.value(row, field))), 0)
    return row if came_about <= seen.server_ms - fault.ms else None


def _commented(fault: Comment, _live: Live, seen: Seen, row: Row) -> Row:
    place = seen.places.get("comment")
    return row if place is None else _with(row, place, rewritten(fault, row[place]))


def rewritten(fault: Comment, comment: str) -> str:
    """Cut to what is kept, or replaced by the text; neither given clears it."""
    return fault.text if fault.keep is None else comment[: fault.keep] + fault.text


def _shown_otherwise(fault: Field, _live: Live, seen: Seen, row: Row) -> Row:
    place = seen.places.get(fault.field)
    if place is None or (fault.reasons and seen.value(row, "reason") not in fault.reasons):
        return row
    return _with(row, place, fault.value)


def _stale(_fault: StaleTicks, live: Live, seen: Seen, row: Row) -> Row:
    """As it stood when the fault began; a symbol without a price then keeps the first one seen."""
    stood = live.memory.setdefault((seen.broker, seen.symbol(row)), _prices(seen, row))
    changed = list(row)
    for field, value in zip(QUOTED, stood, strict=True):
        if field in seen.places:
            changed[seen.places[field]] = value
    return changed


def _prices(seen: Seen, row: Row) -> list[Any]:
    return [seen.value(row, field) for field in QUOTED]


def _crossed(fault: CrossedTicks, _live: Live, seen: Seen, row: Row) -> Row:
    if "bid" not in seen.places:
        return row
    points = fault.points * seen.point(row)
    ask = round(seen.value(row, "bid") - points, PRICE_DIGITS)
    return _with(row, seen.places["ask"], ask)


def _zero(_fault: ZeroPrices, _live: Live, seen: Seen, row: Row) -> Row:
    for field in ("bid", "ask"):
        if field in seen.places:
            row = _with(row, seen.places[field], 0.0)
    return row


def _with(row: Row, place: int, value: object) -> Row:
    return [*row[:place], value, *row[place + 1 :]]


BENDS: Final[dict[type, Bend]] = {
    LateRows: _late,
    Comment: _commented,
    Field: _shown_otherwise,
    StaleTicks: _stale,
    CrossedTicks: _crossed,
    ZeroPrices: _zero,
}
ROW_FAULTS: Final = (MissingRows, *BENDS)
