"""The paper broker's process: one loop over sockets and tape."""

import os
import selectors
import socket
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from paper.address import Address
from paper.service.control import Control
from paper.service.door import LAST_TERMINAL_FILE, Door, Welcome
from paper.service.faults.desk import FaultDesk
from paper.service.peer import Peer
from paper.service.peers import Peers
from paper.service.pushing import Pushing
from paper.service.recorded import Recorded
from paper.service.replay import Replay, Stamps
from paper.service.session import Session
from paper.service.store import Store
from paper.service.tape import Tape
from paper.service.tick_files import bundled, load
from paper.service.world import LARGEST_LOGIN, SMALLEST_LOGIN, World
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
        self._selector = selectors.DefaultSelector()
        self._peers = Peers(self._selector, self._tape.now_s, self._faults, self._peer)
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
        wait_s = self._tape.wait_s(self._peers.until_due_s(FLOATING_EVERY_S))
        for key, mask in self._selector.select(wait_s):
            if key.fileobj is self._listener:
                self._peers.welcome(self._listener)
            elif isinstance(key.data, Peer):
                self._peers.serve(key.data, mask)
        self._peers.pay_what_is_due()
        self._peers.cut_off()
        self._pushing.greet_newcomers()
        self._play()
        self._tell()

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

    def _peer(self, connection: socket.socket) -> Peer:
        utc_ms = self._tape.utc_ms
        session = Session(self._world, self.place, utc_ms, self._recorded, self._door)
        return Peer(connection, session, self._control, self._faults)

    def _close(self) -> None:
        self._peers.close()
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
