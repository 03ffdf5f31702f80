"""The bus between masters and slaves: real frames and bytes, a wire that does what it likes."""

from collections.abc import Callable, Sequence

import msgspec

from domain.ids import NodeName
from domain.signals import Malformed, Received, Signal, SnapshotAnswer, SnapshotRequest
from messaging import frames, wire
from tests.simulation.kernel import Kernel
from utils.clock import utc_us

USUAL_HIGH_WATER = 100_000
JOIN_US = (2_000, 400_000)


class Weather(msgspec.Struct, kw_only=True):
    """What a wire does to what goes over it."""

    delay_us: tuple[int, int] = (200, 3_000)
    lost: float = 0.0
    doubled: float = 0.0
    high_water: int = USUAL_HIGH_WATER
    is_cut: bool = False
    holds_back: bool = False
    """What is sent while it is cut comes when it is whole again, as TCP has it."""
    is_deaf: bool = False
    """The subscriber hears nothing; questions and answers go through."""


class Wire:
    """One master and one slave: a subscription, and a dialogue beside it that may overtake it."""

    def __init__(self, kernel: Kernel, master: str, slave: str) -> None:
        self.weather = Weather()
        self.master = master
        self.slave = slave
        self.outlet: Outlet | None = None
        self.inlet: Inlet | None = None
        self._kernel = kernel
        self._dice = kernel.dice("wire", master, slave)
        self._last_us = {"signals": 0, "answers": 0, "requests": 0}
        self._subscribed_at_us = 0
        self._held: list[Callable[[], None]] = []
        self._request: bytes | None = None
        self._life = 0

    def attach(self) -> None:
        """Either end is new: what was under way is gone, and to subscribe takes a while."""
        self._subscribed_at_us = self._kernel.now_us + self._dice.randint(*JOIN_US)
        self._held = []
        self._deliver_request()

    def publish(self, body: bytes) -> None:
        """A signal; lost where nobody is subscribed yet."""
        self._kernel.trace.blend(body)
        weather, inlet = self.weather, self.inlet
        is_lost = weather.is_deaf or self._dice.random() < weather.lost
        if inlet is None or is_lost or self._kernel.now_us < self._subscribed_at_us:
            self._kernel.trace.counts["signal lost"] += 1
            return
        self._send("signals", lambda: inlet.hear_signal(self, body))
        if self._dice.random() < weather.doubled:
            self._kernel.trace.counts["signal doubled"] += 1
            late_us = self._dice.randint(0, 2_000_000)
            self._kernel.after(late_us, lambda: inlet.hear_signal(self, body))

    def answer(self, life: int, body: bytes) -> None:
        """A snapshot, on its own socket; whoever comes after the asker has another."""
        self._kernel.trace.blend(body)
        inlet = self.inlet
        if inlet is not None and life == self._life and self._dice.random() >= self.weather.lost:
            self._send("answers", lambda: inlet.hear_answer(self, body))

    def ask(self, body: bytes) -> None:
        """Of questions to a master that is not there one is kept."""
        self._kernel.trace.blend(body)
        if self._request is None:
            self._request = body
        self._deliver_request()

    def new_asker(self) -> None:
        """A question that waited in its asker's own socket ends with it, and so do the answers."""
        self._request = None
        self._life += 1

    def mend(self) -> None:
        """The cut is over."""
        self.weather.is_cut = False
        held, self._held = self._held, []
        for deliver in held:
            self._kernel.after(0, deliver)
        self._deliver_request()

    def _deliver_request(self) -> None:
        outlet, body = self.outlet, self._request
        if outlet is None or body is None or self.weather.is_cut:
            return
        self._request = None
        if self._dice.random() >= self.weather.lost:
            life = self._life
            self._send("requests", lambda: outlet.hear(self, life, body))

    def _send(self, way: str, deliver: Callable[[], None]) -> None:
        """In order on each socket; nothing is promised between them."""
        if self.weather.is_cut:
            if self.weather.holds_back:
                self._held.append(deliver)
            else:
                self._kernel.trace.counts["cut off"] += 1
            return
        at_us = self._kernel.now_us + self._dice.randint(*self.weather.delay_us)
        self._last_us[way] = at_us = max(at_us, self._last_us[way])
        self._kernel.at(at_us, deliver)


class Outlet:
    """A nodes.ports.SignalOutlet."""

    def __init__(self, master: NodeName, wires: Sequence[Wire], poke: Callable[[], None]) -> None:
        self._master = master
        self._topic = frames.topic(master)
        self._wires = {wire.slave: wire for wire in wires}
        self._poke = poke
        self._asked: list[tuple[bytes, list[bytes]]] = []
        self.on_published: Callable[[Signal], None] = lambda _: None
        for one in wires:
            one.outlet = self
            one.attach()

    def addresses(self) -> tuple[str, str]:
        return addresses_of(self._master)

    def publish(self, signal: Signal) -> None:
        self.on_published(signal)
        body = wire.encode(signal)
        for one in self._wires.values():
            one.publish(body)

    def requests(self) -> list[tuple[bytes, SnapshotRequest | Malformed]]:
        asked, self._asked = self._asked, []
        return [(peer, frames.read_request(parts, self._master)) for peer, parts in asked]

    def answer(self, peer: bytes, answer: SnapshotAnswer) -> None:
        slave, life = peer.decode().split()
        self._wires[slave].answer(int(life), wire.encode(answer))

    def waitables(self) -> Sequence[object]:
        return ()

    def close(self) -> None:
        """Gone, with all that was on its way in."""
        for one in self._wires.values():
            if one.outlet is self:
                one.outlet = None

    def hear(self, one: Wire, life: int, body: bytes) -> None:
        """A question has arrived."""
        if one.outlet is self:
            self._asked.append((f"{one.slave} {life}".encode(), [self._topic, body]))
            self._poke()


class Inlet:
    """A nodes.ports.SignalInlet."""

    def __init__(self, wires: Sequence[Wire], poke: Callable[[], None]) -> None:
        self._wires = {wire.master: wire for wire in wires}
        self._poke = poke
        self._signals: dict[str, list[bytes]] = {}
        self._answers: dict[str, list[bytes]] = {}

    def follow(self, master: NodeName, signals: str, snapshots: str) -> None:
        if master in self._signals or (signals, snapshots) != addresses_of(master):
            return
        self._signals[master], self._answers[master] = [], []
        one = self._wires[master]
        one.new_asker()
        one.inlet = self
        one.attach()

    def unfollow(self, master: NodeName) -> None:
        self._signals.pop(master, None)
        self._answers.pop(master, None)
        if self._wires[master].inlet is self:
            self._wires[master].inlet = None

    def drain(self) -> list[Received]:
        found = []
        for master, bodies in self._signals.items():
            topic, name = frames.topic(NodeName(master)), NodeName(master)
            heard = [frames.read_signal([topic, body], name) for body in bodies]
            answers = self._answers[master]
            told = [frames.read_answer([topic, body], name) for body in answers]
            bodies.clear()
            answers.clear()
            found += [Received(master=master, message=m, received_us=utc_us()) for m in heard]
            found += [Received(master=master, message=m, received_us=utc_us()) for m in told]
        return found

    def ask(self, master: NodeName, request: SnapshotRequest) -> None:
        self._wires[master].ask(wire.encode(request))

    def waitables(self) -> Sequence[object]:
        return ()

    def close(self) -> None:
        """Gone."""
        for master in list(self._signals):
            self.unfollow(NodeName(master))

    def hear_signal(self, one: Wire, body: bytes) -> None:
        """A signal has arrived; beyond the high-water mark it is dropped without a word."""
        queue = self._signals.get(one.master)
        if queue is None or one.inlet is not self:
            return
        if len(queue) < one.weather.high_water:
            queue.append(body)
            self._poke()

    def hear_answer(self, one: Wire, body: bytes) -> None:
        """An answer has arrived."""
        queue = self._answers.get(one.master)
        if queue is not None and one.inlet is self:
            queue.append(body)
            self._poke()


def addresses_of(master: str) -> tuple[str, str]:
    """They stay the same over a restart, as the supervisor has it."""
    return f"simulated://{master}/signals", f"simulated://{master}/snapshots"
