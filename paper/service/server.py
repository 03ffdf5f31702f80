"""The paper broker's process: one loop over sockets and tape."""

import contextlib
import os
import selectors
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from paper.address import Address
from paper.service.control import Control
from paper.service.door import LAST_TERMINAL_FILE, Door, Welcome
from paper.service.faults.desk import FaultDesk
from paper.service.peer import Peer, PeerGone
from paper.service.pushing import Pushing
from paper.service.recorded import Recorded
from paper.service.replay import Replay, Stamps
from paper.service.session import Session
from paper.service.store import Store
from paper.service.tape import Tape
from paper.service.tick_files import bundled, load
from paper.service.world import LARGEST_LOGIN, SMALLEST_LOGIN, World
from paper.wire.protocol import ProtocolError
from utils.clock import SystemClock
from utils.randomness import token, unseeded

HOST: Final = "127.0.0.1"
FLOATING_EVERY_S: Final = 0.05
BACKLOG: Final = 256
STORE_FILE: Final = "paper.sqlite3"


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How one paper broker is to run."""

    state_dir: Path
    port: int = 0
    pub_port: int = 0
    ticks: tuple[Path, ...] = ()
    speed: float = 1.0
    stamps: Stamps = "live"
    seed: int = 0
    welcome: Welcome | None = None


class Server:
    """Owns every socket and the store; nothing in it waits but the selector."""

    def __init__(self, settings: ServerSettings) -> None:
        clock = SystemClock()
        feeds = load(settings.ticks or bundled())
        replay = Replay(
            feeds, speed=settings.speed, stamps=settings.stamps, at_s=clock.now().monotonic_s
        )
        self._tape = Tape(replay, clock)
        self._store = Store(settings.state_dir / STORE_FILE)
        digits = {feed.symbol: feed.digits for feed in feeds}
        self._world = World(self._store, digits, _new_login)
        self._recorded = Recorded(feeds)
        self._world.listener = self._recorded.note
        self._door = Door(
            self._world,
            self._tape.utc_ms,
            memory=settings.state_dir / LAST_TERMINAL_FILE,
            welcome=settings.welcome,
        )
        self._pushing = Pushing(self._world, settings.pub_port)
        self._listener = _listening(settings.port)
        self.place = self._as_place(settings)
        self._faults = FaultDesk(self._world, self._tape, settings.seed)
        self._control = Control(self._world, self._tape, self.place, settings.seed, self._faults)
        self._faults.cut_off = self._cut_off
        self._owing: set[Peer] = set()
        self._selector = selectors.DefaultSelector()
        self._floating_due_s = 0.0

    def _as_place(self, settings: ServerSettings) -> Address:
        return Address(
            pid=os.getpid(),
            instance=self._store.instance(token()),
            state_dir=str(settings.state_dir),
            port=self._listener.getsockname()[1],
            pub_port=self._pushing.port,
        )

    @property
    def replay(self) -> Replay:
        """What is played."""
        return self._tape.replay

    def status(self) -> dict[str, Any]:
        """Who this is, and who trades here."""
        return self._control.status()

    def run(self) -> None:
        """Serve until somebody asks for the end, or presses Ctrl+C."""
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._pushing.wake_fd, selectors.EVENT_READ)
        if self._tape.replay.stamps == "live":
            self._world.ticks(self._tape.replay.first_ticks(), self._tape.utc_ms())
        try:
            while not self._control.stop_wanted:
                self._turn()
        finally:
            self._close()

    def _turn(self) -> None:
        wait_s = self._tape.wait_s(self._until_due_s())
        for key, mask in self._selector.select(wait_s):
            if key.fileobj is self._listener:
                self._welcome()
            elif isinstance(key.data, Peer) and key.data.connection.fileno() >= 0:
                self._serve(key.data, partial(self._move_bytes, key.data, mask))
        self._pay_what_is_due()
        self._cut_off()
        self._pushing.greet_newcomers()
        self._play()
        self._tell()

    def _until_due_s(self) -> float:
        if not self._owing:
            return FLOATING_EVERY_S
        due_s = min(peer.due_s for peer in self._owing if peer.due_s is not None)
        return min(FLOATING_EVERY_S, max(0.0, due_s - self._tape.now_s()))

    def _pay_what_is_due(self) -> None:
        """Answers that faults have put off, and orders whose sender is gone by now."""
        now_s = self._tape.now_s()
        for peer in [*self._owing]:
            if peer.due_s is None or peer.due_s > now_s:
                continue
            if peer.connection.fileno() < 0:
                self._finish_alone(peer)
            else:
                self._serve(peer, partial(peer.go_on, now_s))

    def _cut_off(self) -> None:
        for ending in self._faults.take_endings():
            for peer in self._peers():
                if peer.terminal_key == ending.terminal:
                    with contextlib.suppress(PeerGone):
                        peer.cut(is_pipe_alone=ending.is_pipe_alone)
                    self._drop(peer)

    def _peers(self) -> list[Peer]:
        return [k.data for k in self._selector.get_map().values() if isinstance(k.data, Peer)]

    def _play(self) -> None:
        utc_ms = self._tape.utc_ms()
        for tick in self._tape.due():
            self._world.ticks((tick,), self._tape.stamp_ms(tick, utc_ms))
        if self._tape.replay.ended:
            self._world.close_market()

    def _tell(self) -> None:
        self._pushing.push_ticks()
        now_s = self._tape.now_s()
        if now_s >= self._floating_due_s:
            self._floating_due_s = now_s + FLOATING_EVERY_S
            self._faults.tend()
            self._world.on_clock(self._tape.utc_ms())
            self._pushing.push_floating()
        self._pushing.push_changed()

    def _welcome(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):  # it hung up before it was let in
            return
        connection.settimeout(0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        utc_ms = self._tape.utc_ms
        session = Session(self._world, self.place, utc_ms, self._recorded, self._door)
        peer = Peer(connection, session, self._control, self._faults)
        self._selector.register(connection, selectors.EVENT_READ, peer)

    def _move_bytes(self, peer: Peer, mask: int) -> None:
        if mask & selectors.EVENT_READ:
            peer.on_readable(self._tape.now_s())
        if mask & selectors.EVENT_WRITE:
            peer.on_writable()

    def _serve(self, peer: Peer, do: Callable[[], None]) -> None:
        try:
            do()
        except PeerGone:
            self._drop(peer)
        except ProtocolError as wrong:
            sys.stderr.write(f"a client was cut off: {wrong}\n")
            self._drop(peer)
        else:
            self._watch(peer)

    def _watch(self, peer: Peer) -> None:
        self._note_debts(peer)
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.has_unsent else 0)
        if self._selector.get_key(peer.connection).events != wanted:
            self._selector.modify(peer.connection, wanted, peer)

    def _drop(self, peer: Peer) -> None:
        if peer.connection.fileno() < 0:
            return
        self._selector.unregister(peer.connection)
        peer.connection.close()
        self._finish_alone(peer)

    def _finish_alone(self, peer: Peer) -> None:
        peer.finish_alone(self._tape.now_s())
        self._note_debts(peer)

    def _note_debts(self, peer: Peer) -> None:
        if peer.due_s is None:
            self._owing.discard(peer)
        else:
            self._owing.add(peer)

    def _close(self) -> None:
        for peer in self._peers():
            with contextlib.suppress(PeerGone):
                peer.on_writable()
            self._drop(peer)
        self._selector.close()
        self._listener.close()
        self._pushing.close()
        self._store.close()


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two servers share one port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as taken:
        listener.close()
        raise PortTakenError(f"port {port} on {HOST} cannot be had: {taken}") from taken
    listener.listen(BACKLOG)
    listener.settimeout(0)
    return listener


class PortTakenError(Exception):
    """A port somebody else has."""


def _new_login() -> int:
    return unseeded().randint(SMALLEST_LOGIN, LARGEST_LOGIN)
