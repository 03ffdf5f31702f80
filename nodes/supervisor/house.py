"""Builds all that a supervisor works with; what fails on the way is undone."""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec
from filelock import FileLock

import config as machine
from config import Config
from db.connecting import settle
from decisions.account_documents import parse_account
from decisions.restarting import Policy
from decisions.roster import Duty
from domain.policies import Role
from messaging.control import ControlDesk
from messaging.sockets import AddressRefusedError
from nodes.supervisor import left_behind, pid_file, starting
from nodes.supervisor.accounts import AccountBook
from nodes.supervisor.children import Child, Order, adopt, output_of, spawn
from nodes.supervisor.commands import OrderDesk
from nodes.supervisor.crew import Crew, Ways
from nodes.supervisor.database_line import DatabaseLine
from nodes.supervisor.faults import HostFault
from nodes.supervisor.member import Member
from nodes.supervisor.recording import Recorder
from nodes.supervisor.roster import Roster
from nodes.supervisor.servers import Servers
from nodes.supervisor.switchboard import Switchboard
from nodes.supervisor.terminals import end_terminal
from utils import os_signals, randomness
from utils.clock import Now
from utils.job_object import JobObjects

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = {Role.MASTER: "nodes/master.py", Role.SLAVE: "nodes/slave.py"}
FIRST_LOOK_WITHIN_S = 10.0


class House(NamedTuple):
    """The parts, joined."""

    desk: ControlDesk
    servers: Servers
    line: DatabaseLine
    crew: Crew
    roster: Roster
    switchboard: Switchboard
    orders: OrderDesk
    recorder: Recorder
    jobs: JobObjects
    lock: FileLock


def open_house(config: Config, policy: Policy, now: Now, *, strict: bool) -> House:
    """Everything that nodes need; raises HostFault, and then leaves nothing of its own running."""
    with ExitStack() as undo:
        starting.make_folders(config)
        earlier = starting.nobody_else_runs(config)
        lock = starting.sole_launcher(config)
        undo.callback(lock.release)
        desk, address = _desk(config)
        undo.callback(desk.close)
        servers = Servers(config, () if earlier is None else earlier.supervisor.servers)
        undo.callback(servers.undo)
        line = DatabaseLine(starting.find_database(config), lambda: settle(config))
        undo.callback(line.close)
        line.start(FIRST_LOOK_WITHIN_S)
        house = _furnished(config, policy, (desk, address), servers, line, lock)
        undo.callback(house.jobs.close)
        house.roster.take_up(line.sight)
        house.roster.check(strict=strict, silence=line.trouble)
        _adopt(house, earlier, config, now)
        _find_room(house)
        servers.watch_paper(lambda: house.roster.paper_wanted)
        undo.pop_all()
    return house


def _find_room(house: House) -> None:
    """A broker for those on paper, and free ports for the masters."""
    holds_copies, ports = house.roster.holds_copies, _new_ports(house)
    if house.roster.paper_wanted:
        starting.unless_copies_are_open(house.servers.start_paper, holds_copies=holds_copies)
    starting.unless_copies_are_open(
        lambda: starting.ports_are_free(ports), holds_copies=holds_copies
    )


def _desk(config: Config) -> tuple[ControlDesk, str]:
    desk = ControlDesk()
    try:
        return desk, desk.bind(port=config.control_port)
    except AddressRefusedError as refused:
        desk.close()
        raise HostFault(f"{refused} Set CONTROL_PORT to a free one.") from refused


def _furnished(
    config: Config,
    policy: Policy,
    control: tuple[ControlDesk, str],
    servers: Servers,
    line: DatabaseLine,
    lock: FileLock,
) -> House:
    desk, address = control
    logs = config.state / "logs"
    jobs = JobObjects()
    ways = Ways(
        start=_starter(config, address, servers, jobs),
        say_stop=desk.say,
        jitter=randomness.unseeded().random,
        end_terminal=end_terminal,
        state=config.state,
        logs=logs,
    )
    crew = Crew(ways, policy)
    book = AccountBook(
        lambda d: parse_account(d, config.account_defaults, machine.zone_exists),
        starting.host_problems,
    )
    roster = Roster(config.state, book, crew, config.zmq_pub_port)
    switchboard = Switchboard(desk, crew, roster, line, policy)
    entry = pid_file.SupervisorEntry(
        pid=os.getpid(), birth=os_signals.born(os.getpid()) or 0.0, control=address
    )
    return House(
        desk=desk,
        servers=servers,
        line=line,
        crew=crew,
        roster=roster,
        switchboard=switchboard,
        orders=OrderDesk(switchboard, line),
        recorder=Recorder(config.state, line, entry),
        jobs=jobs,
        lock=lock,
    )


def _starter(
    config: Config, address: str, servers: Servers, jobs: JobObjects
) -> Callable[[Member], Child]:
    """Starts a member's process with the settings of this machine in its environment."""

    def start(member: Member) -> Child:
        script = str(ROOT / SCRIPTS[member.role])
        options = ("--no-setup", f"--name={member.name}")
        own = msgspec.structs.replace(
            config, control_address=address, paper_port=servers.paper_port
        )
        child = spawn(
            Order(
                command=(sys.executable, "-X", "utf8", script, *options),
                environment=machine.child_environment(own),
                folder=ROOT,
                output=output_of(config.state / "logs", member.name),
            )
        )
        jobs.take_in(child.pid, child.birth)
        return child

    return start


def _adopt(house: House, earlier: pid_file.RunFile | None, config: Config, now: Now) -> None:
    """Nodes that a crashed launcher left behind go on; they find our desk by themselves."""
    crew, before = house.crew, house.roster.settings_before
    scripts = {role: str(ROOT / script) for role, script in SCRIPTS.items()}
    written = {} if earlier is None else earlier.nodes
    for name, entry in left_behind.all_of(written, left_behind.find(config.state, scripts)).items():
        child = adopt(entry.pid, entry.birth)
        if child is not None:
            house.jobs.take_in(child.pid, child.birth)
            output = output_of(config.state / "logs", name)
            member = crew.members.setdefault(name, Member(name, Role(entry.role), output))
            member.begin(child, before(name), now, connecting=entry.connecting)
    crew.distrust(() if earlier is None else earlier.close_only)


def _new_ports(house: House) -> dict[str, tuple[int, int]]:
    members = house.crew.members
    return {
        name: pair
        for name, pair in house.roster.pairs.items()
        if members[name].duty is Duty.RUN and not members[name].alive
    }
