"""Whether the price and the volume asked for can be had."""

from domain.mt5_words import Filling, Retcode
from paper.broker.asking import TOLERANCE, Ask, Refusal
from paper.broker.checks.orders import AT_A_PRICE
from paper.broker.routing import first_lots


def requote(ask: Ask) -> Refusal | None:
    """Instant and request execution promise the price asked for, within the deviation."""
    if ask.profile.execution not in AT_A_PRICE:
        return None
    away_points = abs(ask.price - ask.request.price) / ask.profile.point
    if away_points <= ask.request.deviation + 0.5:
        return None
    return Refusal(Retcode.REQUOTE, "Requote", by_server=True, with_quote=True)


def whole_volume(ask: Ask) -> Refusal | None:
    """Fill or kill takes no part; an order filled later is filled whole."""
    lots = first_lots(ask)
    if ask.request.type_filling != Filling.FOK or not lots:
        return None
    if lots >= ask.request.volume * (1 - TOLERANCE):
        return None
    return Refusal(Retcode.REJECT, "Request rejected", by_server=True)
