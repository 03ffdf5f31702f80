"""What one connection may ask in MetaTrader's own words, and the answers."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec

from domain.mt5_words import MAX_COMMENT_KEPT, LastError
from paper.address import Address
from paper.broker.account import Account
from paper.broker.brokers import SymbolProfile
from paper.broker.checks import Ask
from paper.broker.engine import check, execute
from paper.broker.house import House
from paper.broker.market import NoRateError, TickRow
from paper.broker.money import Trade, figures, margin, profit
from paper.broker.records import Answer, CheckAnswer, Deal, Order, Position, TradeRequest
from paper.service.calls import CallTable
from paper.service.rows import Row, account_row, position_row, symbol_row, terminal_row, version_row
from paper.service.world import ServerRefusal, Terminal, World
from paper.wire.group_filter import group_filter

OpenBy = Literal["all", "ticket", "symbol"]
PastBy = Literal["window", "ticket", "position"]
Numbers = Annotated[list[int], msgspec.Meta(min_length=1, max_length=2)]
Past = TypeVar("Past", Order, Deal)


class Session:
    """One client's view: the terminal it has taken up, and MetaTrader's calls on it."""

    def __init__(self, world: World, place: Address, utc_ms: Callable[[], int]) -> None:
        self._world = world
        self._place = place
        self._utc_ms = utc_ms
        self._terminal: Terminal | None = None

    def ask(self, verb: str, args: list[Any]) -> object:
        """Answer one call; a ServerRefusal says why there is no answer."""
        try:
            return CALLS.ask(self, verb, args)
        except NoRateError as missing:
            raise ServerRefusal(LastError.FAIL, f"{verb}: {missing}") from missing

    @property
    def terminal(self) -> Terminal:
        """The terminal taken up by initialize."""
        if self._terminal is None:
            raise ServerRefusal(LastError.FAIL, "call initialize first")
        return self._terminal

    @property
    def house(self) -> House:
        """The broker of the terminal's account."""
        return self._world.house_of(self.terminal)

    @property
    def account(self) -> Account:
        """The terminal's account."""
        return self._world.account_of(self.terminal)

    def initialize(
        self, key: str, login: int, _password: str, server: str, _timeout_ms: int
    ) -> dict[str, object]:
        """Take up a terminal; with a login, log it in."""
        terminal = self._world.terminal(key)
        if server and not login:
            raise ServerRefusal(LastError.INVALID_PARAMS, "a server was given without a login")
        if login:
            self._world.log_in(terminal, login, server)
        self._terminal = terminal
        return self._welcome()

    def login(self, login: int, _password: str, server: str, _timeout_ms: int) -> dict[str, object]:
        """Switch the terminal to another account."""
        self._world.log_in(self.terminal, login, server)
        return self._welcome()

    def _welcome(self) -> dict[str, object]:
        house = self.house
        return {
            "pub_port": self._place.pub_port,
            "instance": self._place.instance,
            "key": self.terminal.key,
            "broker": house.profile.name,
            "version": version_row(),
            "account": self.account_info(),
            "terminal": self.terminal_info(),
            "ticks": {name: quote.row() for name, quote in house.market.quotes.items()},
            "changed": self.terminal.changes_told,
        }

    def shutdown(self) -> bool:
        """Let go of the terminal."""
        self._terminal = None
        return True

    def version(self) -> Row:
        """Version, build and date."""
        return version_row()

    def terminal_info(self) -> Row:
        """TerminalInfo."""
        return terminal_row(self.terminal.key, self.house.profile, self.terminal.switches)

    def account_info(self) -> Row:
        """AccountInfo."""
        house, account = self.house, self.account
        now = figures(house.market, account)
        return account_row(account, house.profile, now, self.terminal.switches)

    def symbols_total(self) -> int:
        """How many symbols the broker offers."""
        return len(self.house.market.profiles)

    def symbols_get(self, group: str = "*") -> list[Row]:
        """SymbolInfo of all symbols in a group."""
        passes = group_filter(group)
        return [
            self._symbol_row(profile)
            for name, profile in self.house.market.profiles.items()
            if passes(name)
        ]

    def symbol_info(self, name: str) -> Row:
        """SymbolInfo of one symbol."""
        return self._symbol_row(self._profile(name))

    def _symbol_row(self, profile: SymbolProfile) -> Row:
        return symbol_row(
            self.house,
            profile,
            self.account.terms.currency,
            selected=profile.name not in self.terminal.hidden,
        )

    def _profile(self, name: str) -> SymbolProfile:
        profile = self.house.market.profiles.get(name)
        if profile is None:
            raise ServerRefusal(
                LastError.NOT_FOUND, f"{self.house.profile.name} has no symbol {name!r}"
            )
        return profile

    def symbol_info_tick(self, name: str) -> TickRow:
        """The last Tick; all zero while there was none."""
        self._profile(name)
        quote = self.house.market.quotes.get(name)
        return quote.row() if quote else [0, 0.0, 0.0, 0.0, 0, 0, 0, 0.0]

    def symbol_select(self, name: str, enable: bool) -> bool:  # noqa: FBT001 - MetaTrader's flag
        """Show a symbol in Market Watch or hide it; one that is held cannot be hidden."""
        if name not in self.house.market.profiles:
            raise ServerRefusal(LastError.FAIL, f"no symbol {name!r}")
        if enable:
            self.terminal.hidden.discard(name)
            return True
        if any(position.symbol == name for position in self.account.positions.values()):
            raise ServerRefusal(LastError.FAIL, f"{name} has open positions")
        self.terminal.hidden.add(name)
        return True

    def positions_total(self) -> int:
        """How many positions are open."""
        return len(self.account.positions)

    def positions_get(self, kind: OpenBy, value: object = None) -> list[Row]:
        """TradePosition of all, of one ticket or of one symbol."""
        market, account = self.house.market, self.account
        return [
            position_row(market, account, position)
            for position in account.positions.values()
            if _is_wanted(kind, value, position)
        ]

    def orders_total(self) -> int:
        """How many orders wait: none, pending orders are not offered yet."""
        return 0

    def orders_get(self, _kind: OpenBy, _value: object = None) -> list[Row]:
        """TradeOrder of waiting orders: none, pending orders are not offered yet."""
        return []

    def history_orders_get(self, kind: PastBy, values: Numbers) -> list[Order]:
        """Past orders of a window (by the time they were done), a ticket or a position."""
        account = self.account
        if kind == "window":
            return _within(account.orders.values(), values, lambda order: order.time_done)
        if kind == "ticket":
            return _present(account.orders.get(values[0]))
        return account.orders_of(values[0])

    def history_deals_get(self, kind: PastBy, values: Numbers) -> list[Deal]:
        """Deals of a window, of a ticket (a deal's, else an order's) or of a position."""
        account = self.account
        if kind == "window":
            return _within(account.deals.values(), values, lambda deal: deal.time)
        if kind == "ticket":
            return _present(account.deals.get(values[0])) or account.deals_of_order(values[0])
        return account.deals_of(values[0])

    def history_orders_total(self, window: Numbers) -> int:
        """How many orders a window holds."""
        return len(self.history_orders_get("window", window))

    def history_deals_total(self, window: Numbers) -> int:
        """How many deals a window holds."""
        return len(self.history_deals_get("window", window))

    def order_check(self, request: TradeRequest) -> CheckAnswer:
        """What the request would do to the account."""
        return check(self._as_ask(request))

    def order_send(self, request: TradeRequest) -> Answer:
        """Execute a request; what it changed is on disk when this returns."""
        ask = self._as_ask(request)
        self.terminal.requests_sent += 1
        answer, changes = execute(ask)
        if changes.deals or changes.kept:
            self._world.settle([self.house.apply(self.account.terms.login, changes)])
        return answer

    def _as_ask(self, request: TradeRequest) -> Ask:
        terminal, house = self.terminal, self.house
        if terminal.switches.tradeapi_disabled:
            raise ServerRefusal(
                LastError.AUTO_TRADING_DISABLED,
                "Auto-Trading using Python API disabled in Terminal",
            )
        return Ask(
            request=msgspec.structs.replace(request, comment=request.comment[:MAX_COMMENT_KEPT]),
            account=self.account,
            market=house.market,
            switches=terminal.switches,
            now_msc=house.server_ms(self._utc_ms()),
            next_ticket=house.next_ticket,
            request_id=terminal.requests_sent + 1,
        )

    def order_calc_margin(self, kind: int, symbol: str, lots: float, price: float) -> float:
        """Margin in deposit currency, whatever is already open."""
        terms = self.account.terms
        trade = Trade(kind & 1, lots, price)
        profile = self._profile(symbol)
        return margin(self.house.market, profile, terms.currency, terms.leverage, trade)

    def order_calc_profit(
        self, kind: int, symbol: str, lots: float, price_open: float, price_close: float
    ) -> float:
        """Profit in deposit currency between two prices."""
        trade = Trade(kind & 1, lots, price_open)
        currency = self.account.terms.currency
        return profit(self.house.market, self._profile(symbol), currency, trade, price_close)


CALLS: Final = CallTable(
    (
        Session.initialize,
        Session.login,
        Session.shutdown,
        Session.version,
        Session.terminal_info,
        Session.account_info,
        Session.symbols_total,
        Session.symbols_get,
        Session.symbol_info,
        Session.symbol_info_tick,
        Session.symbol_select,
        Session.positions_total,
        Session.positions_get,
        Session.orders_total,
        Session.orders_get,
        Session.history_orders_total,
        Session.history_orders_get,
        Session.history_deals_total,
        Session.history_deals_get,
        Session.order_check,
        Session.order_send,
        Session.order_calc_margin,
        Session.order_calc_profit,
    )
)


def _is_wanted(kind: OpenBy, value: object, position: Position) -> bool:
    if kind == "all":
        return True
    return value == (position.ticket if kind == "ticket" else position.symbol)


def _within(records: Iterable[Past], window: Numbers, time_of: Callable[[Past], int]) -> list[Past]:
    first_s, last_s = window[0], window[-1]
    return [record for record in records if first_s <= time_of(record) <= last_s]


def _present(record: Past | None) -> list[Past]:
    return [] if record is None else [record]
