"""The PUB side: ticks and account changes for whoever listens."""

from typing import Final

import zmq

from paper.broker.house import House
from paper.service.rows import account_row, terminal_row
from paper.service.world import Terminal, World
from paper.wire.protocol import account_topic, pack, tick_topic

QUEUE_LIMIT: Final = 100_000
SUBSCRIBED: Final = 1


class Pushing:
    """Tells changes at once, floating figures when asked to, newcomers the present state."""

    def __init__(self, world: World, port: int) -> None:
        self._world = world
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.XPUB)
        self._socket.setsockopt(zmq.SNDHWM, QUEUE_LIMIT)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.XPUB_VERBOSE, 1)  # every newcomer counts, not only the first
        self._socket.bind(f"tcp://127.0.0.1:{port}")
        endpoint = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self.port = int(endpoint.rpartition(":")[2])
        self._repriced: set[str] = set()

    @property
    def wake_fd(self) -> int:
        """Readable when somebody subscribes; it tells edges, so drain after every wake."""
        return int(self._socket.getsockopt(zmq.FD))

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()
        self._context.term()

    def greet_newcomers(self) -> None:
        """Tell whoever has just subscribed how things stand: nobody misses the start."""
        while self._socket.poll(0, zmq.POLLIN):
            kind, *topic = self._socket.recv(zmq.NOBLOCK)
            if kind == SUBSCRIBED:
                self._greet(bytes(topic))

    def _greet(self, topic: bytes) -> None:
        for terminal in self._world.terminals.values():
            if account_topic(terminal.key) == topic:
                terminal.positions_changed = True  # it may have missed the hint before this one
                self._push_account(terminal)
        for house in self._world.houses.values():
            if tick_topic(house.profile.name) == topic:
                self._push_ticks(house, set(house.market.quotes))

    def push_ticks(self) -> None:
        """The newest tick of every symbol that moved."""
        for house in self._world.houses.values():
            if house.moved:
                self._push_ticks(house, house.moved)
                self._repriced.add(house.profile.name)
                house.moved = set()

    def _push_ticks(self, house: House, symbols: set[str]) -> None:
        topic = tick_topic(house.profile.name)
        for symbol in sorted(symbols):
            row = house.market.quotes[symbol].row()
            self._socket.send_multipart((topic, pack([symbol, *row])), zmq.NOBLOCK)

    def push_changed(self) -> None:
        """Accounts in which something was done, and terminals whose switches were turned."""
        for terminal in self._world.terminals.values():
            if terminal.stale:
                self._push_account(terminal)

    def push_floating(self) -> None:
        """Accounts whose positions are worth something else than before."""
        for terminal in self._world.terminals.values():
            if terminal.last_known is None and self._has_moved(terminal):
                self._push_account(terminal)
        self._repriced = set()

    def _has_moved(self, terminal: Terminal) -> bool:
        return terminal.broker in self._repriced and bool(
            self._world.account_of(terminal).positions
        )

    def _push_account(self, terminal: Terminal) -> None:
        house, account = self._world.house_of(terminal), self._world.account_of(terminal)
        now = house.figures_of(account)
        terminal.changes_told += 1
        told = {
            "account": account_row(account, house.profile, now, terminal.switches),
            "terminal": terminal_row(terminal.key, house.profile, terminal.switches),
            "changed": terminal.changes_told,
            "positions": terminal.positions_changed,
            "to_ask": sorted(terminal.to_ask),
        }
        terminal.stale = terminal.positions_changed = False
        self._socket.send_multipart((account_topic(terminal.key), pack(told)), zmq.NOBLOCK)
