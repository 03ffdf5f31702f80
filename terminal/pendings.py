"""The orders of an account that wait for their price, or why nobody can say which there are."""

from decimal import Decimal
from typing import Any, Final

from domain.market import Lifetime, PendingKind, PendingOrder
from domain.mt5_words import OrderType, TimeInForce
from terminal import exact
from terminal.accounts import Accounts
from terminal.calls import Calls, NoAnswerError
from terminal.contracts import Contracts

LOOKS: Final = 2
KINDS: Final = {OrderType[kind.name].value: kind for kind in PendingKind}
#: On their way to a deal at the market; what waits for no price is not copied.
NEVER_WAIT: Final = frozenset({OrderType.BUY, OrderType.SELL, OrderType.CLOSE_BY})


class Pendings:
    """Looks at the orders of one account."""

    def __init__(self, calls: Calls, accounts: Accounts, contracts: Contracts) -> None:
        self._calls = calls
        self._accounts = accounts
        self._contracts = contracts

    def all(self) -> tuple[PendingOrder, ...]:
        """Every order that waits for its price, whoever placed it."""
        return self._accounts.at_home(self._look)

    def waits(self, ticket: int) -> bool:
        """Whether a look just now shows this order at work."""
        return self.at_work(ticket) is not None

    def at_work(self, ticket: int) -> Any | None:  # noqa: ANN401 - MetaTrader's own type
        """The order as the terminal lists it, of whatever type; None where it lists none such."""
        listed = self._accounts.at_home(lambda: self._connected_look(ticket=int(ticket)))
        return next((one for one in listed if one.ticket == ticket), None)

    def _look(self) -> tuple[PendingOrder, ...]:
        listed = self._agreed()
        return tuple(self._pending(one) for one in listed if one.type not in NEVER_WAIT)

    def _agreed(self) -> tuple[Any, ...]:
        """A list that the count agrees with; one placed or filled in between differs once only."""
        doubt = ""
        for _ in range(LOOKS):
            listed = self._connected_look()
            total = self._calls.ask(self._calls.module.orders_total)
            if len(listed) == total:
                return listed
            doubt = f"{len(listed)} orders are listed, yet orders_total() is {total}"
        raise NoAnswerError(doubt)

    def _connected_look(self, **by: int) -> tuple[Any, ...]:
        listed: tuple[Any, ...] = self._calls.ask(self._calls.module.orders_get, **by)
        if not self._accounts.state().connected:
            raise NoAnswerError("the terminal has no connection to its trade server")
        return listed

    def _pending(self, told: Any) -> PendingOrder:  # noqa: ANN401 - MetaTrader's own type
        spec = self._contracts.watch(told.symbol)
        step = spec.volume_step if spec else Decimal(0)
        price, limit, sl, tp = (
            exact.price(value, spec.digits) if spec else exact.number(value)
            for value in (told.price_open, told.price_stoplimit, told.sl, told.tp)
        )
        return PendingOrder(
            ticket=told.ticket,
            symbol=told.symbol,
            kind=_kind(told),
            volume=exact.volume(told.volume_current, step),
            initial_volume=exact.volume(told.volume_initial, step),
            price=price,
            stop_limit_price=limit,
            sl=sl,
            tp=tp,
            lifetime=_lifetime(told),
            magic=told.magic,
            comment=told.comment,
            placed_server_ms=told.time_setup_msc or told.time_setup * 1000,
        )


def _kind(told: Any) -> PendingKind:  # noqa: ANN401 - MetaTrader's own type
    kind = KINDS.get(told.type)
    if kind is None:
        raise NoAnswerError(f"order {told.ticket} has the type {told.type}, which nobody knows")
    return kind


def _lifetime(told: Any) -> Lifetime:  # noqa: ANN401 - MetaTrader's own type
    try:
        kind = TimeInForce(told.type_time)
    except ValueError:
        raise NoAnswerError(
            f"order {told.ticket} has the lifetime {told.type_time}, which nobody knows"
        ) from None
    return Lifetime(kind=kind, until_server_ms=told.time_expiration * 1000)
