"""TRADE_ACTION_SLTP: stop loss and take profit of an open position."""

import msgspec

from paper.broker.answers import executed
from paper.broker.asking import Ask
from paper.broker.booking import on_point
from paper.broker.records import Answer, Changes


def move_stops(ask: Ask) -> tuple[Answer, Changes]:
    """Both stops at once, zero takes one away; time_update stays, it tells of volume only."""
    position = ask.held
    moved = msgspec.structs.replace(
        position,
        sl=on_point(ask.request.sl, ask.profile),
        tp=on_point(ask.request.tp, ask.profile),
        stops_msc=ask.now_msc,
    )
    return executed(ask), Changes(kept=(moved,))
