"""The bus on lists, for tests: same ports and bytes as the real one, without sockets.

How many copies of a signal reach an inlet, and how late, is for the caller to say.
"""

from collections.abc import Callable, Sequence

from domain.control import FromNode, ToNode
from domain.ids import NodeName
from domain.signals import Malformed, MessageIn, Received, Signal, SnapshotAnswer, SnapshotRequest
from messaging import wire

Disturbance = Callable[[Signal], Sequence[int]]
"""For one signal on its way to one inlet: for each copy, the number of drains it is held back.

`[0]` delivers, `[]` loses, `[0, 0]` doubles, `[2]` delays behind what is said in between.
"""


def undisturbed(_signal: Signal) -> Sequence[int]:
    """Every signal once, at once."""
    return (0,)


class InMemoryBus:
    """Joins outlets to the inlets that follow them."""

    def __init__(
        self, disturbance: Disturbance = undisturbed, now_us: Callable[[], int] = lambda: 0
    ) -> None:
        """`now_us` is what a message is stamped with as received."""
        self.disturbance = disturbance
        self.now_us = now_us
        self.outlets: dict[NodeName, InMemoryOutlet] = {}
        self.inlets: list[InMemoryInlet] = []

    def outlet(self, master: NodeName) -> "InMemoryOutlet":
        """A master's end; a second one of the same name takes the first one's place."""
        self.outlets[master] = InMemoryOutlet(self, master)
        return self.outlets[master]

    def inlet(self) -> "InMemoryInlet":
        """A slave's end."""
        self.inlets.append(InMemoryInlet(self))
        return self.inlets[-1]


class InMemoryOutlet:
    """A nodes.ports.SignalOutlet; `said` keeps all that was published."""

    def __init__(self, bus: InMemoryBus, master: NodeName) -> None:
        self.said: list[Signal] = []
        self.asked: list[tuple[bytes, bytes]] = []
        self._bus = bus
        self._master = master

    def addresses(self) -> tuple[str, str]:
        """Two addresses of their own kind."""
        return f"memory://{self._master}/signals", f"memory://{self._master}/snapshots"

    def publish(self, signal: Signal) -> None:
        """Tell every inlet that follows."""
        self.said.append(signal)
        for inlet in self._bus.inlets:
            if inlet.followed.get(self._master) == self.addresses():
                inlet.take(self._master, signal)

    def requests(self) -> list[tuple[bytes, SnapshotRequest | Malformed]]:
        """Snapshot requests that have come in, each with the peer to answer."""
        taken, self.asked = self.asked, []
        return [(peer, wire.decode_snapshot_request(body)) for peer, body in taken]

    def answer(self, peer: bytes, answer: SnapshotAnswer) -> None:
        """Answer one request; answers are not disturbed."""
        self._bus.inlets[int(peer)].hear(self._master, wire.encode(answer))

    def waitables(self) -> Sequence[object]:
        """Nothing to wait on."""
        return ()

    def close(self) -> None:
        """Be gone from the bus, unless another has taken this place."""
        if self._bus.outlets.get(self._master) is self:
            del self._bus.outlets[self._master]


class InMemoryInlet:
    """A nodes.ports.SignalInlet."""

    def __init__(self, bus: InMemoryBus) -> None:
        self.followed: dict[NodeName, tuple[str, str]] = {}
        self._bus = bus
        self._peer = str(len(bus.inlets)).encode()
        self._due: list[tuple[int, NodeName, MessageIn]] = []

    def follow(self, master: NodeName, signals: str, snapshots: str) -> None:
        """Hear what this master says from now on."""
        self.followed[master] = (signals, snapshots)

    def unfollow(self, master: NodeName) -> None:
        """Hear no more of it, what is on its way included."""
        self.followed.pop(master, None)
        self._due = [waiting for waiting in self._due if waiting[1] != master]

    def take(self, master: NodeName, signal: Signal) -> None:
        """A signal on its way here, as the disturbance lets it."""
        body = wire.encode(signal)
        for drains in self._bus.disturbance(signal):
            self._due.append((drains, master, wire.decode_signal(body)))

    def hear(self, master: NodeName, answer: bytes) -> None:
        """An answer, or any bytes a test wants to be taken for one."""
        self._due.append((0, master, wire.decode_snapshot_answer(answer)))

    def drain(self) -> list[Received]:
        """Everything that is due, in order."""
        due = [waiting for waiting in self._due if waiting[0] <= 0]
        self._due = [(left - 1, master, what) for left, master, what in self._due if left > 0]
        now_us = self._bus.now_us()
        return [Received(master=m, message=what, received_us=now_us) for _, m, what in due]

    def ask(self, master: NodeName, request: SnapshotRequest) -> None:
        """Ask a master for a snapshot; one that is not there does not answer."""
        outlet = self._bus.outlets.get(master)
        if outlet and self.followed.get(master) == outlet.addresses():
            outlet.asked.append((self._peer, wire.encode(request)))

    def waitables(self) -> Sequence[object]:
        """Nothing to wait on."""
        return ()

    def close(self) -> None:
        """Follow nobody."""
        self.followed.clear()
        self._due.clear()


class InMemoryControlLine:
    """A nodes.ports.ControlLine: a test reads `said` and appends to `orders`."""

    def __init__(self) -> None:
        self.said: list[FromNode] = []
        self.orders: list[ToNode] = []

    def say(self, message: FromNode) -> None:
        """Keep it; raises TypeError for what has no bytes."""
        wire.encode(message)
        self.said.append(message)

    def drain(self) -> list[ToNode]:
        """The orders appended since."""
        orders, self.orders = self.orders, []
        return orders

    def waitables(self) -> Sequence[object]:
        """Nothing to wait on."""
        return ()

    def close(self) -> None:
        """Nothing to close."""


class NoWaiting:
    """A nodes.ports.Waiter for tests that move the clock themselves; remembers what was asked."""

    def __init__(self) -> None:
        self.timeouts_s: list[float] = []

    def wait(self, _waitables: Sequence[object], timeout_s: float) -> None:
        """Return at once."""
        self.timeouts_s.append(timeout_s)
