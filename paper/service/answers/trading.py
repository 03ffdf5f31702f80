"""Requests, and what they would cost or earn."""

import msgspec

from domain.mt5_words import MAX_COMMENT_KEPT, LastError
from paper.broker.asking import Ask
from paper.broker.engine import check, execute
from paper.broker.formulas import Trade
from paper.broker.money import margin, profit
from paper.broker.records import NOTHING, Answer, CheckAnswer, TradeRequest
from paper.service.answers.symbols import profile_of
from paper.service.session import Session
from paper.service.world import ServerRefusal


def order_check(session: Session, request: TradeRequest) -> CheckAnswer:
    """What the request would do to the account."""
    return check(_as_ask(session, request))


def order_send(session: Session, request: TradeRequest) -> Answer:
    """Execute a request; what it changed is on disk when this returns."""
    ask = _as_ask(session, request)
    session.terminal.requests_sent += 1
    ask.account.pace.note(ask.now_msc)
    answer, changes = execute(ask)
    if changes != NOTHING:
        session.world.settle([session.house.apply(session.account.terms.login, changes)])
    return answer


def _as_ask(session: Session, request: TradeRequest) -> Ask:
    terminal, house = session.terminal, session.house
    if terminal.switches.tradeapi_disabled:
        raise ServerRefusal(
            LastError.AUTO_TRADING_DISABLED,
            "Auto-Trading using Python API disabled in Terminal",
        )
    now_msc = house.server_ms(session.utc_ms())
    return Ask(
        request=msgspec.structs.replace(request, comment=request.comment[:MAX_COMMENT_KEPT]),
        account=session.account,
        market=house.market,
        broker=house.profile,
        switches=terminal.switches,
        now_msc=now_msc,
        next_ticket=house.next_ticket,
        request_id=terminal.requests_sent + 1,
        routing=session.routing,
        hidden=_hidden(session),
        requests_lately=session.account.pace.lately(now_msc),
    )


def _hidden(session: Session) -> frozenset[str]:
    """What is not in Market Watch; a symbol that is held or waited for always is."""
    hidden, account = session.terminal.hidden, session.account
    if not hidden:
        return frozenset()
    shown = {position.symbol for position in account.positions.values()}
    shown |= {order.symbol for order in account.waiting.values()}
    return frozenset(hidden - shown)


def order_calc_margin(session: Session, kind: int, symbol: str, lots: float, price: float) -> float:
    """Margin in deposit currency, whatever is already open."""
    terms = session.account.terms
    trade = Trade(kind & 1, lots, price)
    profile = profile_of(session, symbol)
    return margin(session.house.market, profile, terms.currency, terms.leverage, trade)


def order_calc_profit(
    session: Session, kind: int, symbol: str, lots: float, price_open: float, price_close: float
) -> float:
    """Profit in deposit currency between two prices."""
    trade = Trade(kind & 1, lots, price_open)
    currency = session.account.terms.currency
    return profit(session.house.market, profile_of(session, symbol), currency, trade, price_close)
