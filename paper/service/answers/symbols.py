"""Symbols and their last prices."""

from domain.mt5_words import LastError
from paper.broker.brokers import SymbolProfile
from paper.broker.quotes import TickRow
from paper.service.rows import Row
from paper.service.session import Session
from paper.service.symbol_rows import symbol_row
from paper.service.world import ServerRefusal
from paper.wire.group_filter import group_filter


def symbols_total(session: Session) -> int:
    """How many symbols the broker offers."""
    return len(session.house.market.profiles)


def symbols_get(session: Session, group: str = "*") -> list[Row]:
    """SymbolInfo of all symbols in a group."""
    passes = group_filter(group)
    return [
        _symbol_row(session, profile)
        for name, profile in session.house.market.profiles.items()
        if passes(name)
    ]


def symbol_info(session: Session, name: str) -> Row:
    """SymbolInfo of one symbol."""
    return _symbol_row(session, profile_of(session, name))


def _symbol_row(session: Session, profile: SymbolProfile) -> Row:
    return symbol_row(
        session.house,
        profile,
        session.account.terms.currency,
        selected=profile.name not in session.terminal.hidden,
    )


def profile_of(session: Session, name: str) -> SymbolProfile:
    """The symbol of that name, or the refusal of one nobody offers."""
    profile = session.house.market.profiles.get(name)
    if profile is None:
        raise ServerRefusal(
            LastError.NOT_FOUND, f"{session.house.profile.name} has no symbol {name!r}"
        )
    return profile


def symbol_info_tick(session: Session, name: str) -> TickRow:
    """The last Tick; all zero while there was none."""
    profile_of(session, name)
    quote = session.house.market.quotes.get(name)
    return quote.row() if quote else [0, 0.0, 0.0, 0.0, 0, 0, 0, 0.0]


def symbol_select(session: Session, name: str, enable: bool) -> bool:  # noqa: FBT001 - MetaTrader's flag
    """Show a symbol in Market Watch or hide it; one that is held or waited for stays."""
    if name not in session.house.market.profiles:
        raise ServerRefusal(LastError.FAIL, f"no symbol {name!r}")
    if enable:
        session.terminal.hidden.discard(name)
        return True
    if any(position.symbol == name for position in session.account.positions.values()):
        raise ServerRefusal(LastError.FAIL, f"{name} has open positions")
    if any(order.symbol == name for order in session.account.waiting.values()):
        raise ServerRefusal(LastError.FAIL, f"{name} has waiting orders")
    session.terminal.hidden.add(name)
    return True
