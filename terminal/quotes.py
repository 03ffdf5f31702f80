"""Bid, ask and the newest tick time of the symbols we watch."""

from typing import Any

from decisions.ages import CLOCK_MOVED_MS
from domain.market import Quote
from terminal import exact
from terminal.calls import Calls, NoAnswerError
from terminal.contracts import Contracts

#: Ticks of one clock that are read together lie no further apart, where both are fresh.
TOGETHER_MS = 2_000


class Quotes:
    """The market as one terminal shows it."""

    def __init__(self, calls: Calls, contracts: Contracts) -> None:
        self._calls = calls
        self._contracts = contracts
        self._newest_ms: dict[str, int] = {}
        self._before_the_clock_went_back: dict[str, int] = {}
        self._went_back_to_ms: int | None = None

    def forget(self) -> None:
        """Drop all times; another server has another clock."""
        self._newest_ms.clear()
        self._before_the_clock_went_back.clear()
        self._went_back_to_ms = None

    def quote(self, symbol: str) -> Quote | None:
        """The newest bid and ask; None where they are absent, zero, crossed or no numbers."""
        try:
            spec = self._contracts.watch(symbol)
            return None if spec is None else self._read(symbol, spec.digits)
        except NoAnswerError:
            return None

    def newest_server_ms(self) -> int:
        """The newest tick time over all symbols watched; 0 while there is none."""
        for symbol in self._contracts.watched():
            self._note(symbol)
        self._leave_the_old_clock()
        outdated = self._before_the_clock_went_back
        told = (ms for symbol, ms in self._newest_ms.items() if ms != outdated.get(symbol))
        return max(told, default=0)

    def _read(self, symbol: str, digits: int) -> Quote | None:
        tick = self._tick(symbol)
        bid, ask = exact.price(tick.bid, digits), exact.price(tick.ask, digits)
        if bid <= 0 or ask < bid:
            return None
        return Quote(bid=bid, ask=ask, server_ms=self._newest_ms[symbol])

    def _note(self, symbol: str) -> None:
        try:
            self._tick(symbol)
        except NoAnswerError:
            return  # the last time known of this symbol stays

    def _tick(self, symbol: str) -> Any:  # noqa: ANN401 - MetaTrader's own type
        tick = self._calls.ask(self._calls.module.symbol_info_tick, symbol)
        told_ms = tick.time_msc or tick.time * 1000
        self._notice_a_clock_that_went_back(symbol, told_ms)
        self._newest_ms[symbol] = told_ms
        return tick

    def _notice_a_clock_that_went_back(self, symbol: str, told_ms: int) -> None:
        """Ticks of a symbol only ever get older where the server's clock was set back."""
        if 0 < told_ms < self._newest_ms.get(symbol, 0) - CLOCK_MOVED_MS:
            self._went_back_to_ms = told_ms

    def _leave_the_old_clock(self) -> None:
        """What others show from before, all read once more, is no time until they tick again."""
        if self._went_back_to_ms is None:
            return
        latest_ms = self._went_back_to_ms + TOGETHER_MS
        ahead = {symbol: ms for symbol, ms in self._newest_ms.items() if ms > latest_ms}
        self._before_the_clock_went_back |= ahead
        self._went_back_to_ms = None
