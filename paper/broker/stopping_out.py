"""Stop-out: positions are closed for want of margin, the largest loss first."""

from domain.mt5_words import Reason, StopOutMode
from paper.broker.brokers import BrokerProfile
from paper.broker.by_server import Why, close_by_server
from paper.broker.counting import is_countable
from paper.broker.moment import Moment
from paper.broker.money import Figures, figures, floating_profit
from paper.broker.records import Changes, Position


def stop_out(moment: Moment) -> Changes | None:
    """Close the worst position that can be closed now, while the account is below its level."""
    if not moment.account.positions:
        return None
    now = figures(moment.market, moment.account)
    if not is_below(now, moment.broker) or not _is_known(moment):
        return None
    position = _worst(moment)
    if position is None:
        return None
    return close_by_server(
        moment.market,
        moment.account,
        position,
        Why(Reason.SO, comment(now)),
        now_msc=moment.now_msc,
        ticket=moment.next_ticket,
    )


def is_below(now: Figures, broker: BrokerProfile) -> bool:
    """Whether margin no longer suffices; who ties up none is stopped when all is lost.

    In per cent the margin level counts, in money the free margin.
    """
    if not now.margin:
        return now.equity < 0
    if broker.stop_out_mode == StopOutMode.MONEY:
        return now.margin_free <= broker.stop_out_level
    return now.margin_level <= broker.stop_out_level


def comment(now: Figures) -> str:
    """Margin level, equity and margin at that moment."""
    return f"[so {now.margin_level:.2f}%/{now.equity:.2f}/{now.margin:.2f}]"[:31]


def _is_known(moment: Moment) -> bool:
    """Just after a start some quotes are missing: what is not known yet closes nothing."""
    account, market = moment.account, moment.market
    symbols = {position.symbol for position in account.positions.values()}
    return all(
        symbol in market.quotes and is_countable(market, account, symbol) for symbol in symbols
    )


def _worst(moment: Moment) -> Position | None:
    """Out of the hours of its symbol nothing can be closed."""
    market, account = moment.market, moment.account
    closable = (
        position
        for position in account.positions.values()
        if market.is_open(position.symbol, moment.now_msc)
    )
    return min(closable, key=lambda p: floating_profit(market, account, p) + p.swap, default=None)
