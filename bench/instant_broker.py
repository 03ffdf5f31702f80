"""A module with the MetaTrader5 API that answers at once, so that no broker's time is measured."""

import time
from collections import deque
from types import ModuleType, SimpleNamespace

from domain.mt5_words import (
    DealEntry,
    Execution,
    MarginMode,
    OrderType,
    Retcode,
    SymbolTradeMode,
    TradeAction,
)

BID, ASK = 1284.31, 1284.55
LOT = 0.1
#: A day's history stays as short as on a quiet day, however many rounds are measured.
REMEMBERED_DEALS = 20
SUCCESS = (1, "Success")

API = (
    "initialize", "shutdown", "last_error", "terminal_info", "account_info", "symbol_info",
    "symbol_info_tick", "symbol_select", "symbols_get", "positions_total", "positions_get",
    "orders_total", "orders_get", "history_orders_get", "history_deals_get", "order_send",
)  # fmt: skip


class InstantBroker:
    """One account and one symbol; notes when each opening order was sent, by its comment."""

    def __init__(self, login: int, server: str, symbol: str, answers_after_s: float = 0.0) -> None:
        """Nothing is open. An order is answered after a while only where that is wanted."""
        self.sent_ns: dict[str, int] = {}
        self._answers_after_s = answers_after_s
        self._open: dict[int, SimpleNamespace] = {}
        self._deals: deque[SimpleNamespace] = deque(maxlen=REMEMBERED_DEALS)
        self._ticket = 1_000
        self._changed = False
        self._account = _account(login, server)
        self._terminal = SimpleNamespace(
            connected=True, trade_allowed=True, tradeapi_disabled=False, data_path="", path=""
        )
        self._symbol = _symbol(symbol)
        self._tick = SimpleNamespace(bid=BID, ask=ASK, time=0, time_msc=0)

    def as_module(self, *, hints: bool = False) -> ModuleType:
        """What the terminal door takes for the package; MetaTrader's own gives no hints."""
        module = ModuleType("instant_broker")
        for name in (*API, "_positions_changed") if hints else API:
            setattr(module, name, getattr(self, name))
        return module

    def open_position(self) -> None:
        """What a person does in the terminal: a market order, filled at once."""
        self._ticket += 1
        self._fill(self._ticket, DealEntry.IN, OrderType.BUY, magic=0, comment="")

    def close_positions(self) -> None:
        """Close all that is open."""
        for identifier in list(self._open):
            self._ticket += 1
            self._fill(identifier, DealEntry.OUT, OrderType.SELL, magic=0, comment="")

    def order_send(self, request: dict[str, int | float | str]) -> SimpleNamespace:
        """Fill a market order."""
        now_ns = time.time_ns()
        if self._answers_after_s:
            time.sleep(self._answers_after_s)
        comment, magic = str(request.get("comment", "")), int(request.get("magic", 0))
        self._ticket += 1
        closes = int(request.get("position", 0))
        if request["action"] != TradeAction.DEAL:
            return self._answer(Retcode.DONE, 0)
        if closes:
            self._fill(closes, DealEntry.OUT, int(request["type"]), magic=magic, comment=comment)
        else:
            self.sent_ns[comment] = now_ns
            kind = int(request["type"])
            self._fill(self._ticket, DealEntry.IN, kind, magic=magic, comment=comment)
        return self._answer(Retcode.DONE, self._ticket)

    def initialize(self, *_: object, **__: object) -> bool:
        """Always there."""
        return True

    def shutdown(self) -> bool:
        """Nothing to let go of."""
        return True

    def last_error(self) -> tuple[int, str]:
        """Nothing ever fails."""
        return SUCCESS

    def terminal_info(self) -> SimpleNamespace:
        """Connected, and programs may trade."""
        return self._terminal

    def account_info(self) -> SimpleNamespace:
        """Always the same money."""
        return self._account

    def symbol_info(self, name: str) -> SimpleNamespace | None:
        """The one contract."""
        return self._symbol if name == self._symbol.name else None

    def symbol_info_tick(self, _: str) -> SimpleNamespace:
        """Always the same price, and always new."""
        self._tick.time_msc = time.time_ns() // 1_000_000
        return self._tick

    def symbol_select(self, _: str, __: bool) -> bool:  # noqa: FBT001 - MetaTrader's signature
        """Every symbol is in the Market Watch."""
        return True

    def symbols_get(self) -> tuple[SimpleNamespace, ...]:
        """The one contract."""
        return (self._symbol,)

    def positions_total(self) -> int:
        """How many are open."""
        return len(self._open)

    def positions_get(self) -> tuple[SimpleNamespace, ...]:
        """All that is open."""
        return tuple(self._open.values())

    def orders_total(self) -> int:
        """Every order is filled at once, so that none waits."""
        return 0

    def orders_get(self, **_: int) -> tuple[SimpleNamespace, ...]:
        """None waits."""
        return ()

    history_orders_get = orders_get

    def history_deals_get(
        self, *_: int, position: int | None = None, ticket: int | None = None
    ) -> tuple[SimpleNamespace, ...]:
        """The last deals, or those of one position or order."""
        return tuple(
            deal
            for deal in self._deals
            if position in {None, deal.position_id} and ticket in {None, deal.order}
        )

    def _positions_changed(self) -> bool:
        changed, self._changed = self._changed, False
        return changed

    def _fill(
        self, identifier: int, entry: DealEntry, kind: int, *, magic: int, comment: str
    ) -> None:
        now_ms = time.time_ns() // 1_000_000
        price = ASK if kind == OrderType.BUY else BID
        made = SimpleNamespace(
            ticket=self._ticket,
            identifier=identifier,
            position_id=identifier,
            order=self._ticket,
            symbol=self._symbol.name,
            type=kind,
            entry=int(entry),
            volume=LOT,
            price=price,
            price_open=price,
            sl=1200.0,
            tp=1400.0,
            magic=magic,
            comment=comment,
            reason=3,
            time=now_ms // 1000,
            time_msc=now_ms,
            commission=0.0,
            swap=0.0,
            profit=0.0,
            fee=0.0,
        )
        self._deals.append(made)
        if entry is DealEntry.IN:
            self._open[identifier] = made
        else:
            self._open.pop(identifier, None)
        self._changed = True

    def _answer(self, retcode: Retcode, ticket: int) -> SimpleNamespace:
        return SimpleNamespace(
            retcode=int(retcode), deal=ticket, order=ticket, volume=LOT, price=ASK, comment=""
        )


def _account(login: int, server: str) -> SimpleNamespace:
    return SimpleNamespace(
        login=login,
        server=server,
        currency="USD",
        balance=100_000.0,
        equity=100_000.0,
        profit=0.0,
        margin=0.0,
        margin_free=100_000.0,
        trade_allowed=True,
        trade_expert=True,
        margin_mode=int(MarginMode.RETAIL_HEDGING),
        fifo_close=False,
    )


def _symbol(name: str) -> SimpleNamespace:
    return SimpleNamespace(
        name=name,
        select=True,
        digits=2,
        point=0.01,
        trade_tick_size=0.01,
        trade_contract_size=100.0,
        trade_calc_mode=2,
        currency_base="XAU",
        currency_profit="USD",
        volume_min=0.01,
        volume_max=50.0,
        volume_step=0.01,
        trade_stops_level=0,
        trade_freeze_level=0,
        filling_mode=3,
        trade_exemode=int(Execution.MARKET),
        trade_mode=int(SymbolTradeMode.FULL),
        expiration_mode=15,
        order_mode=127,
    )
