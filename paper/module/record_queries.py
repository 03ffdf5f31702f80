"""Orders, positions and deals: by ticket, by symbol, by group, by dates or by position."""

from collections.abc import Iterable
from typing import Any, Final

from paper.module import arguments
from paper.module.dates import Dates
from paper.module.failures import NOT_FOUND, BadArgument, Failed
from paper.module.mt5_types import several
from paper.module.terminal_session import TerminalSession
from paper.wire.group_filter import group_filter

_DATES: Final = 2
_BY_NUMBER: Final = frozenset(("ticket", "position"))

_Args = tuple[Any, ...]
_Keywords = dict[str, Any]
_Records = tuple[Any, ...]


class RecordQueries:
    """What the *_get functions ask one terminal for; each answer is a tuple of `made`."""

    def __init__(self, session: TerminalSession, dates: Dates) -> None:
        self._session = session
        self._dates = dates

    def present(self, verb: str, made: Any, args: _Args, keywords: _Keywords) -> _Records:  # noqa: ANN401 - a type made at run time
        """The first of ticket, symbol and group that is given counts, the others are not read."""
        if args:
            raise BadArgument(arguments.NAMED_ONLY)
        if "ticket" in keywords:
            return self._of_ticket(verb, made, keywords)
        if "symbol" in keywords:
            symbol = arguments.text(keywords["symbol"], arguments.named("symbol"))
            return self._asked(verb, made, "symbol", symbol)
        group = arguments.group(keywords)
        return _of_group(group, self._asked(verb, made, "all", None))

    def past(self, verb: str, made: Any, args: _Args, keywords: _Keywords) -> _Records:  # noqa: ANN401 - as above
        """Dates win over ticket, ticket over position; a group counts only with dates."""
        if args:
            return self._of_window(verb, made, args, keywords)
        if "ticket" in keywords:
            return self._of_ticket(verb, made, keywords)
        if "position" not in keywords:
            raise BadArgument(arguments.INVALID)
        position = arguments.unsigned(keywords["position"], arguments.named("position"))
        return self._asked(verb, made, "position", [position])

    def _of_window(self, verb: str, made: Any, args: _Args, keywords: _Keywords) -> _Records:  # noqa: ANN401 - as above
        if len(args) != _DATES and not _BY_NUMBER.isdisjoint(keywords):
            raise BadArgument(arguments.NAMED_ONLY)
        window, group = self._dates.window_s(args), arguments.group(keywords)
        return _of_group(group, self._asked(verb, made, "window", window))

    def _of_ticket(self, verb: str, made: Any, keywords: _Keywords) -> _Records:  # noqa: ANN401 - as above
        """An unknown ticket is an empty answer, not a failure."""
        ticket = arguments.unsigned(keywords["ticket"], arguments.named("ticket"))
        wanted = [ticket] if verb.startswith("history") else ticket
        try:
            return self._asked(verb, made, "ticket", wanted)
        except Failed as failed:
            if failed.code == NOT_FOUND:
                return ()
            raise

    def _asked(self, verb: str, made: Any, by: str, value: object) -> _Records:  # noqa: ANN401 - as above
        return several(made, self._session.ask(verb, by, value))


def _of_group(group: str | None, records: Iterable[Any]) -> _Records:
    if group is None:
        return tuple(records)
    is_wanted = group_filter(group)
    return tuple(record for record in records if is_wanted(record.symbol))
