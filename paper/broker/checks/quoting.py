"""Whether the price asked for can still be had."""

from domain.mt5_words import Execution, Retcode
from paper.broker.asking import Ask, Refusal


def requote(ask: Ask) -> Refusal | None:
    """Instant execution promises the price asked for, within the deviation."""
    if ask.profile.execution == Execution.MARKET:
        return None
    away_points = abs(ask.price - ask.request.price) / ask.profile.point
    if away_points <= ask.request.deviation + 0.5:
        return None
    return Refusal(Retcode.REQUOTE, "Requote", by_server=True, with_quote=True)
