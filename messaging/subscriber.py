"""A slave's sockets: one SUB and one DEALER towards each master it follows."""

import logging
from collections.abc import Callable, Iterator, Sequence

import zmq

from domain.ids import NodeName
from domain.signals import MessageIn, Received, SnapshotRequest
from messaging import frames, sockets, wire
from utils.clock import utc_us

logger = logging.getLogger(__name__)

# Not less than the publisher's mark: what it was willing to keep must not be lost on this side.
SIGNALS_HIGH_WATER = 100_000
# While a master is away its slave goes on asking; on its return it needs the question only once.
REQUESTS_HIGH_WATER = 1


class _Line:
    """The pair of sockets towards one master."""

    def __init__(
        self, context: sockets.Context, master: NodeName, addresses: tuple[str, str]
    ) -> None:
        self.addresses = addresses
        self._master = master
        self._topic = frames.topic(master)
        self.signals = sockets.open_connecting(context, zmq.SUB)
        self.snapshots = sockets.open_connecting(context, zmq.DEALER)
        try:
            self._connect()
        except sockets.AddressRefusedError:
            self.close()
            raise

    def drain(self) -> Iterator[MessageIn]:
        for parts in sockets.take_all(self.signals):
            yield frames.read_signal(parts, self._master)
        for parts in sockets.take_all(self.snapshots):
            yield frames.read_answer(parts, self._master)

    def ask(self, request: SnapshotRequest) -> None:
        """Ask; where the queue is full, the same question waits in it already."""
        sockets.send_or_drop(self.snapshots, [self._topic, wire.encode(request)])

    def close(self) -> None:
        self.signals.close()
        self.snapshots.close()

    def _connect(self) -> None:
        self.signals.setsockopt(zmq.RCVHWM, SIGNALS_HIGH_WATER)
        self.signals.setsockopt(zmq.SUBSCRIBE, self._topic)
        self.snapshots.setsockopt(zmq.SNDHWM, REQUESTS_HIGH_WATER)
        sockets.connect(self.signals, self.addresses[0], f"signals of {self._master}")
        sockets.connect(self.snapshots, self.addresses[1], f"snapshots of {self._master}")


class Subscriber:
    """Satisfies nodes.ports.SignalInlet."""

    def __init__(
        self, *, context: sockets.Context | None = None, now_us: Callable[[], int] = utc_us
    ) -> None:
        """Follow nobody yet."""
        self._hold = sockets.ContextHold(context)
        self._now_us = now_us
        self._lines: dict[NodeName, _Line] = {}

    def follow(self, master: NodeName, signals: str, snapshots: str) -> None:
        """Connect to a master; the same addresses again change nothing, others reconnect.

        What is no address is logged, and what was followed before stays followed: a slip in one
        master's document must not end a slave that has copies to close.
        """
        before = self._lines.get(master)
        if before and before.addresses == (signals, snapshots):
            return
        try:
            self._lines[master] = _Line(self._hold.context, master, (signals, snapshots))
        except sockets.AddressRefusedError as refused:
            logger.error("address_refused", extra={"why": str(refused)})  # noqa: TRY400 - no trace needed
            return
        if before:
            before.close()

    def unfollow(self, master: NodeName) -> None:
        """Disconnect from a master; one that was not followed is no error."""
        line = self._lines.pop(master, None)
        if line:
            line.close()

    def drain(self) -> list[Received]:
        """Everything that has arrived, without waiting: per master its signals, then answers."""
        return [
            Received(master=master, message=message, received_us=self._now_us())
            for master, line in self._lines.items()
            for message in line.drain()
        ]

    def ask(self, master: NodeName, request: SnapshotRequest) -> None:
        """Ask a master for a snapshot; one that is not followed cannot be asked."""
        line = self._lines.get(master)
        if line:
            line.ask(request)

    def waitables(self) -> Sequence[object]:
        """The sockets a loop waits on."""
        return [s for line in self._lines.values() for s in (line.signals, line.snapshots)]

    def close(self) -> None:
        """Close all sockets."""
        for master in list(self._lines):
            self.unfollow(master)
        self._hold.let_go()
