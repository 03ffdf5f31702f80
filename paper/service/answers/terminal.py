"""Taking up a terminal, and what it says of itself and its account."""

from domain.mt5_words import LastError
from paper.service.rows import Row, account_row, terminal_row, version_row
from paper.service.session import Session
from paper.service.world import ServerRefusal


def initialize(
    session: Session, key: str, login: int, _password: str, server: str, _timeout_ms: int
) -> dict[str, object]:
    """Take up a terminal; with a login, log it in."""
    if server and not login:
        raise ServerRefusal(LastError.INVALID_PARAMS, "a server was given without a login")
    session.take_up(session.door.terminal(key, login, server))
    return _welcome(session)


def login(
    session: Session, login: int, _password: str, server: str, _timeout_ms: int
) -> dict[str, object]:
    """Switch the terminal to another account."""
    session.door.log_in(session.terminal, login, server)
    return _welcome(session)


def _welcome(session: Session) -> dict[str, object]:
    house = session.house
    return {
        "pub_port": session.place.pub_port,
        "instance": session.place.instance,
        "key": session.terminal.key,
        "broker": house.profile.name,
        "version": version_row(),
        "account": account_info(session),
        "terminal": terminal_info(session),
        "ticks": {name: quote.row() for name, quote in house.market.quotes.items()},
        "changed": session.terminal.changes_told,
    }


def shutdown(session: Session) -> bool:
    """Let go of the terminal."""
    session.let_go()
    return True


def version(_session: Session) -> Row:
    """Version, build and date."""
    return version_row()


def terminal_info(session: Session) -> Row:
    """TerminalInfo."""
    return terminal_row(session.terminal.key, session.house.profile, session.terminal.switches)


def account_info(session: Session) -> Row:
    """AccountInfo."""
    house, account = session.house, session.account
    now = house.figures_of(account)
    return account_row(account, house.profile, now, session.terminal.switches)
