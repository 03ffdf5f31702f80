"""A master and a slave whose processes may end at any call, whose bus and broker misbehave."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from domain.control import CommandDone
from domain.market import Deal, Position, Side
from domain.orders import ClosePosition, Command, OpenPosition
from domain.outcomes import Filled, Outcome, PendingOutcome, Rejected, Unknown
from domain.policies import Latch
from domain.records import Record
from domain.signals import MasterHeartbeat, Signal, SnapshotAnswer
from messaging import wire
from messaging.in_memory import InMemoryBus, InMemoryOutlet
from tests.builders import MASTER, MASTER_AT, SLAVE_AT
from tests.fakes import AnyOutcome, FakeClock, FakeDoor, FakeJournal, done_but_unknown, lost
from tests.unit.nodes.swarm import MasterSide, SlaveSide

#: Longer than this no order is on its way: a good deal less than the settle window.
LATEST_FILL_S = 40.0
MONEY = Rejected(retcode=10019, comment="No money")
REQUOTE = Rejected(retcode=10004, comment="Requote", may_retry=True)
DROPPED = Rejected(retcode=-10004, comment="No IPC connection", sent=False)


class NodeKilled(BaseException):
    """kill -9: no handler of ours hears of it."""


class Crashing:
    """Stands before a door or a journal; the process may end before each call and after it."""

    def __init__(self, real: Any, touch: Callable[[], None]) -> None:
        self._real, self._touch = real, touch

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)

        def call(*asked: Any, **named: Any) -> Any:
            self._touch()
            answer = real(*asked, **named)
            self._touch()
            return answer

        return call


class Life:
    """Whether a process lives, and at the how many-th call from here it ends."""

    def __init__(self) -> None:
        self.is_over = False
        self.calls_left: int | None = None
        self.ended = 0

    def touch(self) -> None:
        """A moment to end in."""
        if self.calls_left is None:
            return
        self.calls_left -= 1
        if self.calls_left < 0:
            self.calls_left = None
            raise NodeKilled

    def end(self) -> None:
        """It is gone; what it was going to end at is forgotten."""
        self.is_over, self.calls_left = True, None
        self.ended += 1


class TroubledJournal(FakeJournal):
    """Remembers in which writes its records came, so that the last ones can be lost."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[tuple[Record, ...]] = []

    def write(self, *records: Record) -> None:
        super().write(*records)
        self.writes.append(records)

    def without_its_tail(self, count: int) -> "TroubledJournal":
        """What a power cut leaves of it."""
        safe = TroubledJournal()
        for records in self.writes[: max(0, len(self.writes) - count)]:
            safe.write(*records)
        return safe


class TroubledDoor(FakeDoor):
    """A broker with orders on their way, whose deals bear comments, and who asks before each."""

    def __init__(self, *told: Any, **more: Any) -> None:
        super().__init__(*told, **more)
        self.on_the_way: list[tuple[float, Command]] = []
        self.before_send: Callable[[Command], None] = lambda _: None
        self.counted: Counter[str] = Counter()

    def send(self, command: Command) -> AnyOutcome:
        self.before_send(command)
        return super().send(command)

    def arrive(self) -> None:
        """Orders that were on their way for long enough are executed, if they still can be."""
        now_s = self.clock.now().monotonic_s
        due = [command for at_s, command in self.on_the_way if at_s <= now_s]
        self.on_the_way = [late for late in self.on_the_way if late[0] > now_s]
        for command in due:
            self.counted["late fill"] += 1
            self.execute(command)

    def execute(self, command: Any) -> Any:
        """More than there is no broker closes."""
        held = self.held.get(getattr(command, "identifier", 0))
        if isinstance(command, ClosePosition) and held and held.volume < command.volume:
            return Rejected(retcode=10038, comment="Close volume exceeds the current volume")
        return super().execute(command)

    def _book(self, position: Position, side: Side, *told: Any) -> None:
        super()._book(position, side, *told)
        self.deals[-1] = msgspec.structs.replace(self.deals[-1], comment=position.comment)

    def deals_with(self, magic: int) -> list[Deal]:
        """Those that brought something."""
        return [d for d in self.deals if d.magic == magic and d.entry == 0]


def late(seconds: float) -> Callable[[FakeDoor, Any], Outcome]:
    """Nobody answers, and it is executed after a while."""

    def answer(door: FakeDoor, command: Any) -> Outcome:
        assert isinstance(door, TroubledDoor)
        door.on_the_way.append((door.clock.now().monotonic_s + seconds, command))
        return Unknown(code=10012, comment="timeout")

    return answer


def in_part(door: FakeDoor, command: Any) -> AnyOutcome:
    """Half of it is filled, the rest cancelled."""
    half = (getattr(command, "volume", Decimal(0)) / 2).quantize(Decimal("0.01"))
    if half <= 0 or not isinstance(command, OpenPosition | ClosePosition):
        return door.execute(command)  # type: ignore[no-any-return]
    part = msgspec.structs.replace(command, volume=half)
    done = door.execute(part)
    is_part = isinstance(done, Filled) and half < command.volume
    return msgspec.structs.replace(done, in_part=True) if is_part else done  # type: ignore[no-any-return]


def refused(why: Rejected) -> Callable[[FakeDoor, Any], PendingOutcome]:
    return lambda _door, _command: why


#: What a broker may say to the next order, by name.
ANSWERS: dict[str, Any] = {
    "executed, answer lost": done_but_unknown,
    "lost": lost,
    "late 2 s": late(2.0),
    "late 20 s": late(20.0),
    "late 40 s": late(LATEST_FILL_S),
    "in part": in_part,
    "no money": refused(MONEY),
    "requote": refused(REQUOTE),
    "never sent": refused(DROPPED),
}

#: What may become of the next message: of each copy, the drains it is held back.
WEATHERS: dict[str, Sequence[int]] = {
    "arrives": (0,),
    "lost": (),
    "doubled": (0, 0),
    "delayed": (1,),
    "reordered": (4,),
    "doubled, once late": (0, 9),
}


class TroubledBus(InMemoryBus):
    """What becomes of each message is said in advance; a partition lets nothing through."""

    def __init__(self) -> None:
        super().__init__(self._fate_of)
        self.coming: deque[str] = deque()
        self.is_cut = False
        self.counted: Counter[str] = Counter()

    def outlet(self, master: Any) -> InMemoryOutlet:
        self.outlets[master] = TroubledOutlet(self, master)
        return self.outlets[master]

    def next_fate(self) -> Sequence[int]:
        """Of the message that is sent now."""
        name = "lost" if self.is_cut else self.coming.popleft() if self.coming else "arrives"
        self.counted[f"message {name}"] += 1
        return WEATHERS[name]

    def _fate_of(self, signal: Signal) -> Sequence[int]:
        """What was said of the next message is kept for one that tells something."""
        if isinstance(signal, MasterHeartbeat) and not self.is_cut:
            return WEATHERS["arrives"]
        return self.next_fate()


class TroubledOutlet(InMemoryOutlet):
    """Snapshots get lost and come late as well."""

    _bus: TroubledBus

    def answer(self, peer: bytes, answer: SnapshotAnswer) -> None:
        inlet = self._bus.inlets[int(peer)]
        read = wire.decode_snapshot_answer(wire.encode(answer))
        for drains in self._bus.next_fate():
            inlet._due.append((drains, self._master, read))


class TroubledMaster(MasterSide):
    """It may end at any call, and lose the newest pages of its journal."""

    door: TroubledDoor
    journal: TroubledJournal

    def __init__(self, clock: FakeClock, bus: TroubledBus) -> None:
        self.life = Life()
        self.clock, self.bus = clock, bus
        self.door = TroubledDoor(MASTER_AT, clock)
        self.journal = TroubledJournal()
        self.expected, self.known_epochs = MASTER_AT, ()
        self.start()

    def start(self) -> None:
        door, journal, self.life.is_over = self.door, self.journal, False
        self.door = Crashing(door, self.life.touch)  # type: ignore[assignment]
        self.journal = Crashing(journal, self.life.touch)  # type: ignore[assignment]
        try:
            super().start()
        finally:
            self.door, self.journal = door, journal

    def fall(self) -> None:
        """The process is gone."""
        self.life.end()
        self.outlet.close()


class TroubledSlave(SlaveSide):
    """The same of a slave; `stored` is the latch as the database has it."""

    door: TroubledDoor
    journal: TroubledJournal

    def __init__(self, clock: FakeClock, bus: TroubledBus, settings: Any) -> None:
        self.life = Life()
        self.clock, self.bus = clock, bus
        self.door = TroubledDoor(SLAVE_AT, clock, first=9001)
        self.journal = TroubledJournal()
        self.settings = settings
        self.masters = {MASTER: bus.outlet(MASTER).addresses()}
        self.has_supervisor, self.recollection, self.swarm = False, None, "swarm"
        self.stored: Latch | None = None
        self.start()

    def start(self, **told: Any) -> None:
        door, journal, self.life.is_over = self.door, self.journal, False
        self.door = Crashing(door, self.life.touch)  # type: ignore[assignment]
        self.journal = Crashing(journal, self.life.touch)  # type: ignore[assignment]
        try:
            super().start(**({"latch": self.stored} | told))
        finally:
            self.door, self.journal = door, journal

    def fall(self) -> None:
        """The process is gone."""
        self.life.end()
        self.inlet.close()

    @property
    def acknowledged(self) -> list[CommandDone]:
        """The operator's commands that this life has carried out."""
        return [said for said in self.control.said if isinstance(said, CommandDone)]
