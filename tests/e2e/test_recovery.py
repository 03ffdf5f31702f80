"""Whatever is killed, or stopped for longer than anybody waits: the swarm is whole again by itself.

One swarm goes through all of it. At every blow the master's trader has just opened a position;
during the outage he closes another and opens a third. Both brokers' deals, and the verdicts, say
what became of that. `--recovery-rounds 1` strikes everybody, and every two together.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest

from nodes.supervisor import pid_file
from tests.machine import MASTER, SLAVE, Account, Desk, Machine, Part, Trader, until_flat
from tests.machine.seats import SYMBOL
from tests.waiting import eventually
from utils.clock import monotonic_s, set_offset

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

IN = 0
# Whoever is silent for ten seconds is taken for hung.
LONGER_THAN_ANYBODY_WAITS_S = 11
WHOLE_WITHIN_S = 45
# An order that nobody can speak for is looked for so long.
SETTLED_WITHIN_S = 90
HOUR_MS = 3_600_000
FINAL = {"copied", "partial", "denied", "missed", "rejected", "nothing_to_do"}

EVERYBODY = ("slave", "master", "launcher", "broker", "database")


class Outage(NamedTuple):
    """Who is struck, how, and how long after the trader has opened a position.

    `copied`: only when that has its copy. An order that dies with its broker takes a minute to be
    answered, as it may still have been filled.
    """

    victims: tuple[str, ...]
    paused: bool = False
    after_ms: int = 0
    copied: bool = False

    def __str__(self) -> str:
        later = f" after {self.after_ms} ms" if self.after_ms else ""
        return f"{' and '.join(self.victims)} {'paused' if self.paused else 'killed'}{later}"

    @property
    def spares_the_broker(self) -> bool:
        """So that the trader can go on."""
        return "broker" not in self.victims


class Ground:
    """A swarm, who trades for its master, and who looks at its slave's broker."""

    def __init__(self, machine: Machine, desk: Desk, seats: ExitStack) -> None:
        self.machine = machine
        self.desk = desk
        self.trader = Trader(machine)
        self.slave = Account(machine, desk.path(SLAVE))
        seats.callback(self.trader.leave)
        seats.callback(self.slave.leave)
        self.parts: dict[str, Part] = {
            "slave": machine.node(SLAVE),
            "master": machine.node(MASTER),
            "launcher": machine.launcher,
            "broker": machine.paper,
            "database": machine.database,
        }

    def copied(self) -> int:
        """The ticket of a position that the slave has copied.

        Just after a start, or a jump of a clock, opens are denied until a price or two have come.
        """
        try:
            return eventually(self._copied_at_once, WHOLE_WITHIN_S)
        except AssertionError as error:
            error.add_note(f"not copied: {self.desk.reasons()}")
            raise

    def _copied_at_once(self) -> int:
        """0 where it was not, and is closed again."""
        ticket = self.buys()
        given = eventually(lambda: self.verdicts("PositionOpened", ticket), WHOLE_WITHIN_S)
        if given == {"copied"}:
            return ticket
        self.trader.close(ticket)
        return 0

    def buys(self) -> int:
        """At a broker that may have been away since the trader was here last."""
        self.trader.positions()
        self.trader.terminal.symbol_select(SYMBOL, True)
        return self.trader.buy()

    def trades_on(self, held: int) -> int:
        """Closes this one, and opens another."""
        self.trader.positions()
        self.trader.close(held)
        return self.buys()

    def verdicts(self, event: str, ticket: int) -> set[str]:
        """Those that can stand for good."""
        return FINAL & set(self.desk.verdicts(event, ticket=ticket))

    def strike(self, outage: Outage) -> dict[str, int]:
        """Who was struck, by part."""
        pass_time(outage.after_ms / 1000)
        parts = {victim: self.parts[victim] for victim in outage.victims}
        return {v: part.pause() if outage.paused else part.kill() for v, part in parts.items()}

    def end(self, outage: Outage, struck: dict[str, int]) -> None:
        """Nobody is paused any more, and a keeper has started a killed launcher again."""
        if outage.paused:
            pass_time(LONGER_THAN_ANYBODY_WAITS_S)
            self._resume(struck)
            return
        if "launcher" in outage.victims:
            self.machine.launch()
        for victim, pid in struck.items():
            self.parts[victim].another_than(pid)

    def _resume(self, struck: dict[str, int]) -> None:
        """Whoever was not replaced meanwhile."""
        for victim, pid in struck.items():
            if self.parts[victim].pid == pid:
                self.parts[victim].resume()

    def until_answered(self, *tickets: int) -> None:
        """Every event of these positions has its answer, and nothing is open any more."""
        for ticket in tickets:
            for event in ("PositionOpened", "PositionClosed"):
                eventually(lambda t=ticket, e=event: self.verdicts(e, t), SETTLED_WITHIN_S)
        until_flat(self.slave, within_s=WHOLE_WITHIN_S)

    def until_whole(self) -> None:
        """Both nodes are ready, and nothing keeps the slave from opening."""
        self.machine.wait_ready(within_s=WHOLE_WITHIN_S)
        eventually(lambda: self.desk.report(SLAVE)["state"] == "ACTIVE", WHOLE_WITHIN_S)

    def doubled(self) -> list[int]:
        """Magic numbers under which more than one position was opened."""
        opened = [magic for *_, entry, _, magic in self.slave.deals() if entry == IN]
        return sorted({magic for magic in opened if opened.count(magic) > 1})


def pass_time(seconds: float) -> None:
    """The others' turn."""
    until_s = monotonic_s() + seconds
    eventually(lambda: monotonic_s() >= until_s, seconds + 5)


def clock_of(machine: Machine) -> Path:
    """The file by which a test sets the clock of everything of ours."""
    return machine.folder / "clock"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A master and a slave, ready; after all of it they end in order, and leave nobody behind."""
    machine = Machine(tmp_path_factory.mktemp("recovery"))
    machine.environ["MURMURATION_CLOCK"] = str(clock_of(machine))
    try:
        machine.begin()
        with Desk.at(machine) as desk, ExitStack() as seats:
            machine.wait_ready()
            yield Ground(machine, desk, seats)
        machine.stop()
        machine.wait_alone()
    finally:
        machine.end()


QUICK = [
    # The broker alone: tests/e2e/test_swarm.py.
    *(Outage((victim,)) for victim in EVERYBODY if victim != "broker"),
    Outage(("slave", "database")),
    Outage(("launcher", "broker"), copied=True),
    Outage(EVERYBODY, copied=True),
    Outage(EVERYBODY, paused=True),
]
TOGETHER = [(v,) for v in EVERYBODY] + list(combinations(EVERYBODY, 2)) + [EVERYBODY]


def all_of(rounds: int) -> list[Outage]:
    """Each round strikes at other moments."""
    return [
        Outage(victims, paused, 7 * round_ + 3 * place)
        for round_ in range(rounds)
        for paused in (False, True)
        for place, victims in enumerate(TOGETHER)
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "outage" in metafunc.fixturenames:
        rounds = metafunc.config.getoption("--recovery-rounds")
        metafunc.parametrize("outage", all_of(rounds) if rounds else QUICK, ids=str)


@pytest.mark.history(6, 23, 44)
def test_the_swarm_is_whole_again_by_itself(ground: Ground, outage: Outage) -> None:
    """Histories 6, 23 and 44 are some of it: nobody closes twice, or never, or opens again."""
    held = ground.copied()
    nodes = ground.machine.pids()
    struck_at = ground.copied() if outage.copied else ground.buys()
    struck = ground.strike(outage)
    another = ground.trades_on(held) if outage.spares_the_broker else 0
    if outage.victims == ("launcher",):
        eventually(lambda: "copied" in ground.verdicts("PositionClosed", held), WHOLE_WITHIN_S)
    ground.end(outage, struck)
    another = another or ground.trades_on(held)

    eventually(lambda: ground.verdicts("PositionClosed", held), WHOLE_WITHIN_S)
    ground.trader.close_all()
    ground.until_answered(held, struck_at, another)
    assert ground.doubled() == []
    ground.until_whole()
    if outage.paused and "launcher" in outage.victims:
        assert ground.machine.pids() == nodes, "who woke up itself took others for hung"


def test_nodes_that_no_file_names_are_taken_over(ground: Ground) -> None:
    """As if the launcher had been killed before it could write them down."""
    nodes = ground.machine.pids()
    ground.machine.launcher.kill()
    written = pid_file.read(ground.machine.state)
    assert written is not None
    nobody = pid_file.RunFile(supervisor=written.supervisor)
    pid_file.write(ground.machine.state, nobody)
    ground.machine.launch()
    eventually(lambda: ground.machine.pids() == nodes, WHOLE_WITHIN_S)
    ground.until_whole()


@pytest.mark.history(37)
def test_law_7_a_terminal_that_hangs_and_then_hangs_at_the_start_is_waited_for(
    ground: Ground,
) -> None:
    """History 37: nobody else notices, and the copy of the hanging order is found at last."""
    others = {name: pid for name, pid in ground.machine.pids().items() if name != SLAVE}
    before = ground.machine.node(SLAVE).pid
    with ground.machine.admin() as admin:
        terminal = ground.desk.path(SLAVE)
        admin.fault("hang", terminal, call="order_send", when="after", times=1)
        admin.fault("hang", terminal, call="initialize")
        ticket = ground.buys()
        ground.machine.node(SLAVE).another_than(before)
        assert "hung: nothing heard for" in ground.machine.said()
        ground.trader.close(ticket)
        admin.clear_faults()
    ground.until_answered(ticket)
    assert ground.doubled() == []
    ground.until_whole()
    assert {name: ground.machine.pids()[name] for name in others} == others


@pytest.mark.law(10)
def test_nodes_that_start_again_after_a_clock_jumped_close_and_open(ground: Ground) -> None:
    """An hour ahead, in which a master's epoch is taken from that clock; and back again."""
    parts = [ground.machine.node(name) for name in (MASTER, SLAVE)]
    for offset_ms in (HOUR_MS, 0):
        held = ground.copied()
        struck = [part.kill() for part in parts]
        set_offset(clock_of(ground.machine), offset_ms)
        ground.trader.close(held)
        for part, pid in zip(parts, struck, strict=True):
            part.another_than(pid)
        ground.until_whole()
        another = ground.copied()
        ground.trader.close_all()
        ground.until_answered(held, another)
    assert ground.doubled() == []


CRASHES_OF_A_LOOP = 5


@pytest.mark.law(6)
def test_law_5_a_slave_that_ended_again_and_again_closes_and_a_person_lets_it_open(
    ground: Ground,
) -> None:
    held = ground.copied()
    slave = ground.machine.node(SLAVE)
    for _ in range(CRASHES_OF_A_LOOP):
        slave.another_than(slave.kill(), WHOLE_WITHIN_S)
    ground.trader.close(held)
    eventually(lambda: "copied" in ground.verdicts("PositionClosed", held), WHOLE_WITHIN_S)
    ground.machine.launcher.kill()
    ground.machine.launch()

    eventually(lambda: f"resume {SLAVE}" in str(ground.desk.alarms(SLAVE)), WHOLE_WITHIN_S)
    ticket = ground.buys()
    eventually(lambda: ground.verdicts("PositionOpened", ticket) == {"denied"}, WHOLE_WITHIN_S)
    ground.trader.close(ticket)
    resumed = ground.machine.command("resume", SLAVE)
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    ground.until_whole()
    ground.copied()
    ground.trader.close_all()
    until_flat(ground.slave, within_s=WHOLE_WITHIN_S)
