"""Whether an order that names a position can close it."""

from domain.mt5_words import Retcode
from paper.broker.asking import TOLERANCE, Ask, Refusal


def closing(ask: Ask) -> Refusal | None:
    """An order that names a position must be able to close it; netting accounts need no name."""
    if ask.account.nets or not ask.request.position:
        return None
    position = ask.position
    if position is None:
        return Refusal(Retcode.POSITION_CLOSED, "Position doesn't exist", by_server=True)
    if position.symbol != ask.symbol or position.type == ask.request.type:
        return Refusal(Retcode.INVALID, "Invalid request")
    if ask.request.volume > position.volume + TOLERANCE * ask.profile.volume_step:
        return Refusal(Retcode.INVALID_CLOSE_VOLUME, "Invalid close volume", by_server=True)
    return None


def nobody_else_closes(ask: Ask) -> Refusal | None:
    """Closing orders on their way leave enough of the position for this one."""
    if ask.account.nets or not ask.request.position:
        return None
    position = ask.held
    lots = ask.request.volume + ask.account.lots_being_closed(position)
    if lots <= position.volume + TOLERANCE * ask.profile.volume_step:
        return None
    return Refusal(Retcode.CLOSE_ORDER_EXIST, "Close order already exists", by_server=True)
