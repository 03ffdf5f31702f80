"""Whose account it is, what is in it, and whether the terminal can trade."""

from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import Any, TypeVar

from domain.market import AccountState, Identity, TerminalState
from domain.mt5_words import MarginMode
from terminal import exact
from terminal.calls import Calls, NoAnswerError

T = TypeVar("T")


class Accounts:
    """The account of one terminal. `home` is the only one whose answers are believed."""

    def __init__(self, calls: Calls, home: Identity | None) -> None:
        self._calls = calls
        self.home = home

    def identity(self) -> Identity:
        """Which account the terminal is logged in to, whoever that is."""
        return _identity(self._told())

    def account(self) -> AccountState:
        """The money of the account we were started for."""
        told = self._told()
        self._check_home(_identity(told))
        return _account(told)

    def state(self) -> TerminalState:
        """Connection and permission to trade."""
        told = self._calls.ask(self._calls.module.terminal_info)
        return TerminalState(
            connected=bool(told.connected),
            trade_allowed=bool(told.trade_allowed) and not told.tradeapi_disabled,
            data_path=told.data_path,
        )

    def at_home(self, read: Callable[[], T]) -> T:
        """What was read, provided that it is our account before and after."""
        self._check_home(self.identity())
        found = read()
        self._check_home(self.identity())
        return found

    def settle_in(self) -> Identity:
        """After a connect: the account found, which becomes home where none was named."""
        found = self.identity()
        self.home = self.home or found
        return found

    def check_path(self, wanted: str) -> None:
        """That we are attached to the terminal we were told of. A paper terminal's is a key."""
        if PureWindowsPath(wanted).suffix.lower() != ".exe":
            return
        found = self._calls.ask(self._calls.module.terminal_info).path
        if not _same_folder(wanted, found):
            raise NoAnswerError(
                f"attached to the terminal in {found!r}, wanted the one of {wanted!r}: "
                "correct `path` in the account's document, or close the other terminal"
            )

    def _told(self) -> Any:  # noqa: ANN401 - MetaTrader's own type
        return self._calls.ask(self._calls.module.account_info)

    def _check_home(self, found: Identity) -> None:
        if self.home is not None and found != self.home:
            raise NoAnswerError(
                f"the terminal is logged in to {found.login} at {found.server}, "
                f"wanted {self.home.login} at {self.home.server}"
            )


def _identity(told: Any) -> Identity:  # noqa: ANN401 - MetaTrader's own type
    if not told.login:
        raise NoAnswerError("the terminal is not logged in to any account")
    return Identity(told.login, told.server)


def _account(told: Any) -> AccountState:  # noqa: ANN401 - MetaTrader's own type
    return AccountState(
        identity=_identity(told),
        currency=told.currency,
        balance=exact.money(told.balance),
        equity=exact.money(told.equity),
        profit=exact.money(told.profit),
        margin=exact.money(told.margin),
        margin_free=exact.money(told.margin_free),
        trade_allowed=bool(told.trade_allowed and told.trade_expert),
        hedging=told.margin_mode == MarginMode.RETAIL_HEDGING,
        closes_oldest_first=bool(told.fifo_close),
    )


def _same_folder(exe: str, folder: str) -> bool:
    if PureWindowsPath(exe).parent == PureWindowsPath(folder):
        return True
    try:
        return Path(exe).parent.samefile(folder)  # junctions and 8.3 names
    except OSError:
        return False
