"""Faults that hold by themselves: switches, another account, a clock or a market that jumped."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from paper.broker.house import House
from paper.service.faults.kinds import Gap, Kind, OtherAccount, ServerClock, StaleTicks, Switches
from paper.service.faults.script import Live
from paper.service.tape import Tape
from paper.service.world import Terminal, Wish, World

Undo = Callable[[], None]
TICKS: Final = frozenset({"symbol_info_tick"})
NONE_TO_ASK: Final[frozenset[str]] = frozenset()


class Standing:
    """Begins them, and ends them as if they had not been."""

    def __init__(self, world: World, tape: Tape) -> None:
        self._world = world
        self._tape = tape
        self._home: dict[str, str] = {}
        self._ways: dict[type[Kind], Callable[[Any, Live], Iterator[Undo]]] = {
            Switches: self._turn,
            OtherAccount: self._log_in_elsewhere,
            ServerClock: self._move_clocks,
            Gap: self._move_market,
        }

    def begin(self, live: Live) -> None:
        """From here on it holds."""
        for undo in self._ways[type(live.rule.fault)](live.rule.fault, live):
            live.undoes.append(undo)

    def end(self, live: Live) -> None:
        """Things are as they were before, if it ever held."""
        while live.undoes:
            live.undoes.pop()()

    def to_ask(self, terminal: Terminal) -> frozenset[str]:
        """Pushed ticks are of another broker, or of a market this terminal does not see."""
        is_elsewhere = self._home.get(terminal.key, terminal.broker) != terminal.broker
        return TICKS if is_elsewhere or terminal.last_known else NONE_TO_ASK

    def remember_prices(self, live: Live) -> None:
        """Quotes that are to stand still do so where they are now."""
        if not isinstance(live.rule.fault, StaleTicks):
            return
        for house in self._houses(live):
            for symbol, quote in house.market.quotes.items():
                time_s, bid, ask, *_ = quote.row()
                live.memory[house.profile.name, symbol] = [time_s, quote.time_msc, bid, ask]

    def _terminals(self, live: Live) -> list[Terminal]:
        key = live.rule.scope.terminal
        return [*self._world.terminals.values()] if key == "*" else [self._world.terminal(key)]

    def _houses(self, live: Live) -> list[House]:
        names = {terminal.broker for terminal in self._terminals(live)}
        return [self._world.houses[name] for name in sorted(names)]

    def _turn(self, switches: Switches, live: Live) -> Iterator[Undo]:
        asked = msgspec.structs.asdict(switches)
        given = {name: value for name, value in asked.items() if value is not None}
        return (self._turned(terminal, given) for terminal in self._terminals(live))

    def _turned(self, terminal: Terminal, given: dict[str, bool]) -> Undo:
        before = {name: getattr(terminal.switches, name) for name in given}
        self._world.turn(terminal, given)
        return lambda: self._world.turn(terminal, before)

    def _log_in_elsewhere(self, other: OtherAccount, live: Live) -> Iterator[Undo]:
        return (self._logged_in(terminal, other) for terminal in self._terminals(live))

    def _logged_in(self, terminal: Terminal, other: OtherAccount) -> Undo:
        login, broker = terminal.login, terminal.broker
        wanted = other.broker or broker
        self._home.setdefault(terminal.key, broker)
        elsewhere = other.login or self._made(terminal, other)
        self._world.log_in(terminal, elsewhere, wanted, for_good=False)
        return lambda: self._world.log_in(terminal, login, broker)

    def _made(self, terminal: Terminal, other: OtherAccount) -> int:
        """The account hangs on a terminal of its own, where it can be looked at."""
        broker = other.broker or terminal.broker
        key = f"{terminal.key}, another account at {broker}"
        known = self._world.terminals.get(key)
        if known is not None and known.broker == broker:
            return known.login
        terms = self._world.account_of(terminal).terms
        wish = Wish(
            key=key,
            broker=broker,
            deposit=other.deposit,
            currency=terms.currency,
            leverage=terms.leverage,
            margin_mode=terms.margin_mode,
        )
        return self._world.ensure_account(wish, self._tape.utc_ms()).login

    def _move_clocks(self, clock: ServerClock, live: Live) -> Iterator[Undo]:
        return (self._moved_clock(house, clock.ms) for house in self._houses(live))

    def _moved_clock(self, house: House, ms: int) -> Undo:
        _shift(house, ms)
        return lambda: _shift(house, -ms)

    def _move_market(self, gap: Gap, live: Live) -> Iterator[Undo]:
        symbols = [live.rule.scope.symbol] if live.rule.scope.symbol else self._world.feeds()
        return (self._moved_market(symbol, gap.points) for symbol in symbols)

    def _moved_market(self, symbol: str, points: float) -> Undo:
        self._world.move_feed(symbol, points, self._tape.utc_ms())
        return lambda: self._world.move_feed(symbol, -points, self._tape.utc_ms())


def _shift(house: House, ms: int) -> None:
    house.clock_wrong_ms += ms
