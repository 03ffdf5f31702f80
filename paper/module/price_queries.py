"""Bars and ticks: integers are looked at first, then the symbol, then dates, as C does it."""

from typing import Any

from paper.module import price_arrays
from paper.module.arguments import exactly, int_32, symbol
from paper.module.dates import Dates
from paper.module.terminal_session import TerminalSession

_Args = tuple[Any, ...]


class PriceQueries:
    """What copy_rates_* and copy_ticks_* ask one terminal for."""

    def __init__(self, session: TerminalSession, dates: Dates) -> None:
        self._session = session
        self._dates = dates

    def rates_from(self, args: _Args) -> Any:  # noqa: ANN401 - a numpy array
        """So many bars up to a date."""
        name, timeframe, date_from, count = exactly(4, args)
        timeframe, count = int_32(timeframe), int_32(count)
        asked = (symbol(name), timeframe, self._dates.moment_s(date_from), count)
        return price_arrays.rates(self._session.ask("copy_rates_from", *asked))

    def rates_from_pos(self, args: _Args) -> Any:  # noqa: ANN401 - as above
        """So many bars from a place."""
        name, *places = exactly(4, args)
        timeframe, start, count = [int_32(place) for place in places]
        asked = (symbol(name), timeframe, start, count)
        return price_arrays.rates(self._session.ask("copy_rates_from_pos", *asked))

    def rates_range(self, args: _Args) -> Any:  # noqa: ANN401 - as above
        """The bars that opened between two dates."""
        name, timeframe, *dates = exactly(4, args)
        timeframe = int_32(timeframe)
        asked = (symbol(name), timeframe, *self._dates.window_s(dates))
        return price_arrays.rates(self._session.ask("copy_rates_range", *asked))

    def ticks_from(self, args: _Args) -> Any:  # noqa: ANN401 - as above
        """So many ticks from a date on."""
        name, date_from, count, flags = exactly(4, args)
        count, flags = int_32(count), int_32(flags)
        asked = (symbol(name), self._dates.moment_s(date_from), count, flags)
        return price_arrays.ticks(self._session.ask("copy_ticks_from", *asked))

    def ticks_range(self, args: _Args) -> Any:  # noqa: ANN401 - as above
        """The ticks between two dates."""
        name, *dates, flags = exactly(4, args)
        flags = int_32(flags)
        asked = (symbol(name), *self._dates.window_s(dates), flags)
        return price_arrays.ticks(self._session.ask("copy_ticks_range", *asked))
