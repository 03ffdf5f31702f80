"""Operators' orders: handed to the node concerned, or kept for its next start."""

from collections.abc import Sequence
from typing import Protocol

from db.commands import Pending
from decisions.trading_state import ordered
from domain.control import Command, CommandDone, OperatorOrder
from domain.ids import NodeName
from domain.policies import Latch, Role, TradingState
from domain.records import LatchChange

HAND_OVER_AGAIN_S = 2.0
STATES = {"HALT": TradingState.HALTED, "RESUME": TradingState.ACTIVE}
#: What only a running node can do: it is refused where none is, and nothing waits behind it.
DEEDS = frozenset({"CLOSE", "LEAVE"})
NOT_RUNNING = "the account's node does not run, so nothing was done; try again once it does"
MASTERS_HAVE_NONE = "a master has no kill switch and no copies; name a slave"
KEPT = "stored: holds when the account starts"
# Longer than any look at a database that answers takes to show that an order is done.
REMEMBERED_S = 60.0


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

    def keep_latch(self, name: str, latch: Latch) -> None:
        """For a node that starts before the database has it."""
        ...

    def resumed(self, name: str) -> None:
        """An operator trusts the account again."""
        ...

    def answer(self, peer: str, done: CommandDone) -> bool:
        """Tell the operator's own program what came of the order."""
        ...


class Store(Protocol):
    """Where orders and latches are kept."""

    def mark_done(self, command: str, result: str) -> None:
        """An order that stands in the database was carried out."""
        ...

    def insert_done(self, account: str, command: Command, result: str) -> None:
        """An order that may not stand there was carried out."""
        ...

    def store_latch(self, change: LatchChange) -> None:
        """Keep a latch that no node is there to keep."""
        ...


class OrderDesk:
    """Carries out each order once; orders to one account in their order."""

    def __init__(self, accounts: Accounts, store: Store) -> None:
        self._accounts = accounts
        self._store = store
        self._direct: dict[str, Pending] = {}
        self._peers: dict[str, str] = {}
        self._handed_s: dict[str, float] = {}
        self._done: dict[str, tuple[str, float]] = {}
        self._now_s = 0.0

    def take(self, order: OperatorOrder) -> None:
        """An order that came over the control socket; one already done is answered again."""
        self._peers[order.command] = order.name
        command = Command(command=order.command, kind=order.kind, by=order.by, why=order.why)
        if order.command in self._done:
            self._answer(order.command, self._done[order.command][0])
        else:
            self._direct[order.command] = Pending(order.account, command)

    def step(self, pending: Sequence[Pending], now_s: float, now_ms: int) -> None:
        """Do what can be done about all orders that are not done."""
        self._now_s = now_s
        self._forget_done({p.command.command for p in pending})
        known = {p.command.command: p for p in pending} | self._direct
        busy: set[str] = set()
        for command, order in known.items():
            if command in self._done or order.account in busy:
                continue
            busy.add(order.account)
            self._carry_out(order, now_ms)

    def _forget_done(self, pending: set[str]) -> None:
        """A silent database shows an order as pending long after it was carried out."""
        self._done = {
            command: done
            for command, done in self._done.items()
            if command in pending or self._now_s - done[1] < REMEMBERED_S
        }

    def acknowledged(self, command: str, result: str) -> None:
        """The node has said what came of it."""
        if command in self._done:
            return
        self._done[command] = (result, self._now_s)
        self._handed_s.pop(command, None)
        direct = self._direct.pop(command, None)
        if direct is None:
            self._store.mark_done(command, result)
        else:
            self._store.insert_done(direct.account, direct.command, result)
        self._answer(command, result)

    def _answer(self, command: str, result: str) -> None:
        peer = self._peers.pop(command, None)
        if peer is not None:
            self._accounts.answer(
                peer, CommandDone(name=NodeName(peer), command=command, result=result)
            )

    def _carry_out(self, order: Pending, now_ms: int) -> None:
        name, command = order
        refusal = self._refusal(name, command)
        if refusal:
            self.acknowledged(command.command, refusal)
            return
        handed_s = self._handed_s.get(command.command)
        if handed_s is not None and self._now_s - handed_s < HAND_OVER_AGAIN_S:
            return
        if command.kind == "RESUME":
            self._accounts.resumed(name)
        if self._accounts.hand_over(name, command):
            self._handed_s[command.command] = self._now_s
        elif command.kind in DEEDS:
            self.acknowledged(command.command, f"refused: {NOT_RUNNING}")
        else:
            self._keep(name, command, now_ms)

    def _refusal(self, name: str, command: Command) -> str:
        role = self._accounts.role_of(name)
        if role is None:
            return f"refused: no account is called {name!r}"
        if command.kind not in STATES.keys() | DEEDS:
            wanted = "HALT, RESUME, CLOSE or LEAVE"
            return f"refused: {command.kind!r} is not known; wanted {wanted}"
        return f"refused: {MASTERS_HAVE_NONE}" if role is Role.MASTER else ""

    def _keep(self, name: str, command: Command, now_ms: int) -> None:
        before = self._accounts.latch_of(name)
        after = ordered(before, STATES[command.kind], command.why, command.by, now_ms)
        self._accounts.keep_latch(name, after)
        self._store.store_latch(LatchChange(account=NodeName(name), before=before, after=after))
        self.acknowledged(command.command, f"{after.state.value} ({KEPT})")
