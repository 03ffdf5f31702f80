"""One call into a module with the MetaTrader5 API, its error read at once."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from domain.market import Unknowable
from domain.mt5_words import LastError

T = TypeVar("T")


class MetaTraderModule(Protocol):
    """The part of MetaTrader's Python API that we use."""

    initialize: Callable[..., Any]
    shutdown: Callable[..., Any]
    last_error: Callable[..., Any]
    terminal_info: Callable[..., Any]
    account_info: Callable[..., Any]
    symbol_info: Callable[..., Any]
    symbol_info_tick: Callable[..., Any]
    symbol_select: Callable[..., Any]
    symbols_get: Callable[..., Any]
    positions_total: Callable[..., Any]
    positions_get: Callable[..., Any]
    orders_total: Callable[..., Any]
    orders_get: Callable[..., Any]
    history_orders_get: Callable[..., Any]
    history_deals_get: Callable[..., Any]
    copy_rates_from_pos: Callable[..., Any]
    order_calc_profit: Callable[..., Any]
    order_send: Callable[..., Any]


class NoAnswerError(Exception):
    """A call gave nothing one could believe; `code` is last_error()'s, 0 where there was none."""

    def __init__(self, why: str, code: int = 0) -> None:
        super().__init__(why)
        self.code = code


class Calls:
    """Calls of one module. The secret is blotted out of every text that leaves here."""

    def __init__(self, module: MetaTraderModule, secret: str = "") -> None:
        self.module = module
        self._secret = secret

    def ask(self, call: Callable[..., Any], *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - whatever the module answers
        """The module's answer; None and False are failures and become NoAnswerError."""
        name = getattr(call, "__name__", "call")
        try:
            answer = call(*args, **kwargs)
            # Before anything else: the error is one per process, and the next call resets it.
            error = self.module.last_error() if answer is None or answer is False else None
        except Exception as raised:  # noqa: BLE001 - whatever a module raises is no answer
            raise NoAnswerError(self.clean(f"{name} raised {raised!r}")) from None
        if error is None:
            return answer
        raise NoAnswerError(self.clean(f"{name}: {error[1]} ({error[0]})"), error[0])

    def clean(self, text: str) -> str:
        """The text without the secret."""
        return text.replace(self._secret, "***") if self._secret else text


def told(read: Callable[[], T]) -> T | Unknowable:
    """What was read, or why it cannot be known."""
    try:
        return read()
    except NoAnswerError as why:
        return Unknowable(str(why))


def not_found(error: NoAnswerError) -> bool:
    """True where the terminal answered that there is no such thing."""
    return error.code == LastError.NOT_FOUND
