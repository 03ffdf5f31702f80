"""One call done under the faults that strike it: what the client will be told."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from domain.mt5_words import LastError
from paper.broker.records import TradeRequest
from paper.service.answering import answer
from paper.service.faults.kinds import LoginTimeout, Refuse
from paper.service.faults.orders import sent
from paper.service.faults.rows import ROW_FAULTS, Seen, bent
from paper.service.faults.rules import Called
from paper.service.faults.script import Live
from paper.service.session import Session
from paper.service.world import ServerRefusal
from paper.wire.protocol import OK

Told = tuple[int, object]
IPC_TIMEOUT: Final = -10005
COUNTED: Final = {
    "positions_total": "positions_get",
    "orders_total": "orders_get",
    "history_orders_total": "history_orders_get",
    "history_deals_total": "history_deals_get",
}
"""Totals count what the getter of the same rows would show."""


def told(session: Session, called: Called, struck: Sequence[Live] = ()) -> Told:
    """Code and payload of the answer."""
    try:
        return _refused(session, called, struck) or (OK, _answered(session, called, struck))
    except ServerRefusal as refused:
        return refused.code, str(refused)


def _refused(session: Session, called: Called, struck: Sequence[Live]) -> Told | None:
    for live in struck:
        fault = live.rule.fault
        if isinstance(fault, LoginTimeout):
            return IPC_TIMEOUT, "never authorised"
        if isinstance(fault, Refuse):
            if fault.executed:
                _answered(session, called, [other for other in struck if other is not live])
            return fault.code, fault.text
    return None


def _answered(session: Session, called: Called, struck: Sequence[Live]) -> object:
    if called.verb in COUNTED and any(isinstance(live.rule.fault, ROW_FAULTS) for live in struck):
        return _counted(session, called, struck)
    if called.verb == "order_send" and struck:
        return sent(session, _request(called), [live.rule.fault for live in struck])
    payload = answer(session, called.verb, called.args)
    if not struck:
        return payload
    seen = _seen(session, called)
    for live in struck:
        payload = bent(live, seen, payload)
    return payload


def _counted(session: Session, called: Called, struck: Sequence[Live]) -> int:
    args: list[Any] = ["window", *called.args] if called.args else ["all"]
    rows_of = msgspec.structs.replace(called, verb=COUNTED[called.verb], args=args)
    rows = _answered(session, rows_of, struck)
    return len(rows) if isinstance(rows, list) else 0


def _request(called: Called) -> TradeRequest:
    try:
        return msgspec.convert(called.args[0], TradeRequest)
    except (IndexError, msgspec.ValidationError) as wrong:
        raise ServerRefusal(LastError.INVALID_PARAMS, f"order_send: {wrong}") from wrong


def _seen(session: Session, called: Called) -> Seen:
    house = session.house
    return Seen(
        called=called,
        broker=house.profile.name,
        server_ms=house.server_ms(session.utc_ms()),
        points={name: profile.point for name, profile in house.market.profiles.items()},
    )
