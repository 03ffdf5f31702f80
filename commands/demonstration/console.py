"""What a person sees while the demo runs: a live table in a terminal, plain lines elsewhere."""

import io
import sys
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from nodes.supervisor.view import AccountView, SwarmView
from utils.clock import monotonic_s

REMEMBERED_DEEDS = 6
SHOWN_VERDICTS = 3
FARES_EVERY_S = 5.0
COLUMNS = ("account", "state", "positions", "latency p50 / p99 ms", "last verdicts")


class Screen(Protocol):
    """Either way of showing."""

    def say(self, text: str) -> None:
        """Something worth a line of its own."""
        ...

    def update(self, view: SwarmView, deeds: Sequence[str], title: str) -> None:
        """How all accounts fare, and what the trader did since the last time."""
        ...

    def close(self) -> None:
        """Leave the console in order."""
        ...


def screen() -> Screen:
    """A live table where somebody looks, lines where a file or a pipe listens."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a Windows console cannot show every name
    return LiveScreen(Console()) if sys.stdout.isatty() else PlainScreen()


class PlainScreen:
    """One line per deed, verdict and change of state."""

    def __init__(self) -> None:
        """Nothing was shown yet."""
        self._states: dict[str, str] = {}
        self._verdicts: dict[str, tuple[str, ...]] = {}
        self._fares_at_s = 0.0

    def say(self, text: str) -> None:
        """Print it."""
        print(text, flush=True)

    def update(self, view: SwarmView, deeds: Sequence[str], title: str) -> None:
        """Print only what is new. `title` is for those who watch a clock."""
        del title
        for deed in deeds:
            self.say(f"  master: {deed}")
        self._fares(view)
        for account in view.accounts:
            self._state(account)
            for verdict in fresh(self._verdicts.get(account.name, ()), account.last_verdicts):
                self.say(f"    {account.name}: {verdict}")
            self._verdicts[account.name] = account.last_verdicts

    def close(self) -> None:
        """Nothing to put in order."""

    def _fares(self, view: SwarmView) -> None:
        """Now and then, one line per slave that has copied something."""
        if monotonic_s() < self._fares_at_s:
            return
        self._fares_at_s = monotonic_s() + FARES_EVERY_S
        for account in view.accounts:
            if latency := _latency(account):
                held = f"{state_of(account)}, {account.positions} positions"
                self.say(f"  {account.name}: {held}, latency p50 / p99 {latency} ms")

    def _state(self, account: AccountView) -> None:
        now = f"{state_of(account)}{', ready' if account.ready else ''}"
        process = f" (process {account.pid})" if account.pid else ""
        if self._states.get(account.name) != now:
            self._states[account.name] = now
            self.say(f"  {account.name}: {now}{process}")


class LiveScreen:
    """A table that stays where it is."""

    def __init__(self, console: Console) -> None:
        """Take the console until closed."""
        self._deeds: deque[str] = deque(maxlen=REMEMBERED_DEEDS)
        self._live = Live(console=console, auto_refresh=False)
        self._live.start()

    def say(self, text: str) -> None:
        """Above the table."""
        self._live.console.print(text, markup=False, highlight=False)

    def update(self, view: SwarmView, deeds: Sequence[str], title: str) -> None:
        """Draw everything anew."""
        self._deeds.extend(deeds)
        did = Text("\n".join(f"master: {deed}" for deed in self._deeds))
        self._live.update(Group(_table(view, title), did), refresh=True)

    def close(self) -> None:
        """The last picture stays."""
        self._live.stop()


def fresh(before: Sequence[str], now: Sequence[str]) -> Sequence[str]:
    """The newest lines of a list that slides."""
    for new in range(len(now) + 1):
        known = now[: len(now) - new]
        if not known or tuple(before[-len(known) :]) == tuple(known):
            return now[len(now) - new :]
    return now


def state_of(account: AccountView) -> str:
    """Its state, and what holds it back."""
    return " ".join([account.state, *account.holds])


def _table(view: SwarmView, title: str) -> Table:
    table = Table(*COLUMNS, title=title, expand=True)
    table.columns[-1].ratio = 1  # verdicts get whatever room the figures leave
    for account in view.accounts:
        verdicts = "\n".join(account.last_verdicts[-SHOWN_VERDICTS:])
        row = (account.name, state_of(account), str(account.positions), _latency(account), verdicts)
        table.add_row(*(Text(cell) for cell in row))
    return table


def _latency(account: AccountView) -> str:
    figures = account.figures
    if "latency_ms_p50" not in figures:
        return ""
    return f"{figures['latency_ms_p50']:.1f} / {figures.get('latency_ms_p99', 0):.1f}"
