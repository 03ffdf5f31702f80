"""Operators' orders: handed to the node concerned, or kept for its next start."""

from collections.abc import Sequence
from typing import Protocol

from db.commands import Pending
from decisions.trading_state import ordered, stricter_of
from domain.control import Command
from domain.ids import NodeName
from domain.policies import Latch, Role, TradingState
from domain.records import LatchChange

HAND_OVER_AGAIN_S = 2.0
STATES = {"HALT": TradingState.HALTED, "RESUME": TradingState.ACTIVE}
MASTERS_HAVE_NONE = "a master has no kill switch; name a slave"
KEPT = "stored: holds when the account starts"


class Accounts(Protocol):
    """What orders need to know of accounts, and how a node is told."""

    def role_of(self, name: str) -> Role | None:
        """None for a name that no account has."""
        ...

    def hand_over(self, name: str, command: Command) -> bool:
        """Tell the node; False where none is there to be told."""
        ...

    def latch_of(self, name: str) -> Latch:
        """The stored latch, as far as it is known."""
        ...

    def resumed(self, name: str) -> None:
        """An operator trusts the account again."""
        ...


class Store(Protocol):
    """Where orders and latches are kept."""

    def mark_done(self, command: str, result: str) -> None:
        """The order was carried out."""
        ...

    def store_latch(self, change: LatchChange) -> None:
        """Keep a latch that no node is there to keep."""
        ...


class OrderDesk:
    """Carries out each order once; orders to one account in their order."""

    def __init__(self, accounts: Accounts, store: Store) -> None:
        self._accounts = accounts
        self._store = store
        self._handed_s: dict[str, float] = {}
        self._done: dict[str, str] = {}
        self._kept: dict[str, Latch] = {}

    def step(self, pending: Sequence[Pending], now_s: float, now_ms: int) -> None:
        """Do what can be done about the orders that the database says are not done."""
        waiting = {p.command.command for p in pending}
        self._done = {command: r for command, r in self._done.items() if command in waiting}
        busy: set[str] = set()
        for order in pending:
            if order.command.command in self._done or order.account in busy:
                continue
            busy.add(order.account)
            self._carry_out(order, now_s, now_ms)

    def acknowledged(self, command: str, result: str) -> None:
        """The node has said what came of it."""
        self._handed_s.pop(command, None)
        self._done[command] = result
        self._store.mark_done(command, result)

    def _carry_out(self, order: Pending, now_s: float, now_ms: int) -> None:
        name, command = order
        refusal = self._refusal(name, command)
        if refusal:
            self.acknowledged(command.command, refusal)
            return
        if now_s - self._handed_s.get(command.command, -HAND_OVER_AGAIN_S) < HAND_OVER_AGAIN_S:
            return
        if command.kind == "RESUME":
            self._accounts.resumed(name)
        if self._accounts.hand_over(name, command):
            self._handed_s[command.command] = now_s
        else:
            self._keep(name, command, now_ms)

    def _refusal(self, name: str, command: Command) -> str:
        role = self._accounts.role_of(name)
        if role is None:
            return f"refused: no account is called {name!r}"
        if command.kind not in STATES:
            return f"refused: {command.kind!r} is not known; wanted HALT or RESUME"
        return f"refused: {MASTERS_HAVE_NONE}" if role is Role.MASTER else ""

    def _keep(self, name: str, command: Command, now_ms: int) -> None:
        before = stricter_of(self._kept.get(name), self._accounts.latch_of(name))
        after = ordered(before, STATES[command.kind], command.why, command.by, now_ms)
        change = LatchChange(account=NodeName(name), before=before, after=after)
        self._kept[name] = after
        self._store.store_latch(change)
        self.acknowledged(command.command, f"{after.state.value} ({KEPT})")
