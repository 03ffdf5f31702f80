"""What a broker says of its symbols: asked once per connection, then remembered."""

from contextlib import suppress
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import Any

from domain.contracts import Offered
from domain.market import SymbolSpec
from terminal import exact
from terminal.accounts import Accounts
from terminal.calls import Calls, NoAnswerError, not_found

#: Each costs a call per look at the clock; together they are hardly ever all silent.
WATCHED_FOR_THE_CLOCK = 5
#: What orders are rounded to and sized by; dividing by a zero here would end the node.
NEVER_ZERO = ("point", "tick_size", "contract_size", "volume_min", "volume_max", "volume_step")


class Contracts:
    """The symbols of one connection."""

    def __init__(self, calls: Calls, accounts: Accounts) -> None:
        self._calls = calls
        self._accounts = accounts
        self._known: dict[str, SymbolSpec] = {}
        self._watched: dict[str, None] = {}

    def forget(self) -> None:
        """Ask again; after a reconnect the account, and with it the broker, may be another."""
        self._known.clear()
        self._watched.clear()

    def watched(self) -> tuple[str, ...]:
        """The symbols whose ticks the terminal keeps for us."""
        return tuple(self._watched)

    def watch_market(self) -> None:
        """Watch some of the symbols shown already: the broker's clock is in their ticks.

        Without them a terminal that has traded nothing yet would not know what time it is there.
        """
        shown = self._calls.ask(self._calls.module.symbols_get)
        names = (symbol.name for symbol in shown if symbol.select)
        self._watched.update(dict.fromkeys(islice(names, WATCHED_FOR_THE_CLOCK)))

    def offered(self) -> tuple[Offered, ...]:
        """Every symbol of this broker; there may be many thousands, so nobody waits for this."""
        ask = self._calls.ask
        told = self._accounts.at_home(lambda: ask(self._calls.module.symbols_get))
        # One that is badly described shall not hide all others.
        return tuple(_offered(one) for one in told if isfinite(one.trade_contract_size))

    def watch(self, symbol: str) -> SymbolSpec | None:
        """The contract of a symbol whose prices we need; None when the broker has no such."""
        spec = self.known(symbol)
        if spec is not None and symbol not in self._watched:
            # Outside the Market Watch prices are stale, or not there at all.
            self._calls.ask(self._calls.module.symbol_select, symbol, True)  # noqa: FBT003 - positional only
            self._watched[symbol] = None
        return spec

    def sound(self, symbol: str) -> SymbolSpec | None:
        """The contract, for orders: one that says nothing sensible of volumes or prices is none."""
        spec = self.watch(symbol)
        return None if spec is None else _sound(spec)

    def anew(self, symbol: str) -> SymbolSpec | None:
        """The contract as the terminal shows it now; it is the one that is known from now on.

        One that says nothing sensible, or is not there, leaves what was known: closes need it.
        """
        spec = self._accounts.at_home(lambda: self._ask(symbol))
        if spec is not None:
            self._known[symbol] = _sound(spec)
        return spec

    def known(self, symbol: str) -> SymbolSpec | None:
        """The contract of a symbol, as history needs it; None when the broker has no such."""
        spec = self._known.get(symbol)
        if spec is None:
            # Another account may be another broker's; what it says is not to be remembered.
            spec = self._accounts.at_home(lambda: self._ask(symbol))
            if spec is not None:
                self._known[symbol] = spec
        return spec

    def renew(self, symbol: str) -> None:
        """It may have changed. Where nobody says what it is now, what is known stays."""
        with suppress(NoAnswerError):
            spec = self._accounts.at_home(lambda: self._ask(symbol))
            if spec is not None:
                self._known[symbol] = spec

    def _ask(self, symbol: str) -> SymbolSpec | None:
        try:
            told = self._calls.ask(self._calls.module.symbol_info, symbol)
        except NoAnswerError as why:
            if not_found(why) and self._accounts.state().connected:
                # Without its server a terminal may simply not have the list of symbols yet.
                return None
            raise
        return _spec(told)


def _sound(spec: SymbolSpec) -> SymbolSpec:
    broken = _not_positive(spec)
    if broken:
        raise NoAnswerError(
            f"the contract of {spec.name} has {', '.join(broken)}; wanted more than 0. "
            "Look at the symbol's specification in the terminal, and ask the broker."
        )
    return spec


def _not_positive(spec: SymbolSpec) -> list[str]:
    figures = {name: getattr(spec, name) for name in NEVER_ZERO}
    return [f"{name} {value:f}" for name, value in figures.items() if value <= 0]


def _offered(told: Any) -> Offered:  # noqa: ANN401 - MetaTrader's own type
    return Offered(
        symbol=told.name,
        base=told.currency_base,
        profit=told.currency_profit,
        digits=told.digits,
        contract_size=exact.number(told.trade_contract_size),
    )


def _spec(told: Any) -> SymbolSpec:  # noqa: ANN401 - MetaTrader's own type
    point = exact.number(told.point) or Decimal(1).scaleb(-told.digits)
    return SymbolSpec(
        name=told.name,
        digits=told.digits,
        point=point,
        tick_size=exact.number(told.trade_tick_size) or point,
        contract_size=exact.number(told.trade_contract_size),
        volume_min=exact.number(told.volume_min),
        volume_max=exact.number(told.volume_max),
        volume_step=exact.number(told.volume_step),
        stops_level_points=told.trade_stops_level,
        freeze_level_points=told.trade_freeze_level,
        filling_flags=told.filling_mode,
        execution_mode=told.trade_exemode,
        trade_mode=told.trade_mode,
        lifetime_flags=told.expiration_mode,
        kind_flags=told.order_mode,
        calc_mode=told.trade_calc_mode,
        base=told.currency_base,
        profit=told.currency_profit,
    )
