"""The life of one node's process: settings, terminal, lease, loop, end."""

import argparse
import gc
import logging
import os
import sys
from collections.abc import Sequence
from typing import Protocol

import msgspec

import config as machine
from config import Config, ConfigError, SecretMissing
from db.connecting import Silent, find, settle
from db.journal import Journal, glance, journal_path
from db.journal_file import JournalRefused
from db.remembered import DatabaseFault
from db.shipping import Shipper
from domain.control import Hello, Settings
from domain.ids import NodeName
from domain.market import Identity
from domain.policies import AccountSettings
from domain.problems import as_lines
from domain.records import JournalUnwritable
from messaging.control import ControlLine as SupervisedLine
from messaging.sockets import AddressRefusedError
from messaging.waiting import SocketWaiter
from nodes import wiring
from nodes.arriving import Arrival
from nodes.by_hand import ByHandLine, settings_of, silent_settings
from nodes.lease import Lease, LeaseRefusedError
from nodes.ports import ControlLine
from nodes.reporting_shipping import ShippingReported
from paper.admin import AdminError
from paper.starting import PaperBrokerError
from terminal.package import NoMetaTrader
from utils.clock import follow, monotonic_s, utc_ms
from utils.file_names import file_name
from utils.folders import make_writable
from utils.log_setup import configure
from utils.os_signals import StopRequest

logger = logging.getLogger(__name__)

FAULT = 2
SETTINGS_WITHIN_S = 15.0
HELLO_EVERY_S = 1.0
SLAVE = "SLAVE"


class NodeFault(Exception):  # noqa: N818 - it says what happened
    """This node cannot run; the text says why and what to do."""


class Loop(Protocol):
    """What both kinds of node are to their process."""

    stopping: bool

    def step(self) -> None:
        """Do what is due."""
        ...

    def rest_s(self) -> float:
        """How long nothing is due."""
        ...

    def waitables(self) -> Sequence[object]:
        """What ends the rest early."""
        ...

    def finish(self) -> None:
        """An orderly end."""
        ...


EXPECTED_FAULTS = (
    NodeFault,
    ConfigError,
    SecretMissing,
    DatabaseFault,
    JournalRefused,
    JournalUnwritable,
    LeaseRefusedError,
    AddressRefusedError,
    PaperBrokerError,
    AdminError,
    NoMetaTrader,
)


def run(role: str, argv: Sequence[str]) -> int:
    """Run one node until it is told to stop; 2 where it cannot run, with the reason on stderr."""
    args = _arguments(role, argv)
    try:
        config = machine.load()
        if config.clock:
            follow(config.clock)
        make_writable(config.state, "MURMURATION_STATE")
        by_hand = not config.control_address
        name = file_name(args.name)
        logs = configure(name, config.state / "logs", config.log_level, console=by_hand)
    except (ConfigError, OSError) as fault:
        sys.stderr.write(f"{fault}\n")
        return FAULT
    try:
        return _live(role, args, config)
    except EXPECTED_FAULTS as fault:
        logger.error("cannot_run", extra={"why": str(fault)})  # noqa: TRY400 - no trace for a user
        sys.stderr.write(f"{args.name}: cannot run.\n{fault}\n")
        return FAULT
    except Exception:
        logger.exception("crashed")
        raise
    finally:
        logs.stop()


def _arguments(role: str, argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"{role.lower()}.py", description=f"Runs one {role.lower()} account by its name."
    )
    parser.add_argument("--name", required=True, help="the account's name in its document")
    parser.add_argument("--path", help="its terminal, for this run only; the login is checked")
    return parser.parse_args(argv)


def _live(role: str, args: argparse.Namespace, config: Config) -> int:
    with StopRequest() as stop:
        control, told = _line_and_settings(role, args.name, config, stop)
        try:
            return _with_settings(role, args, config, (control, told), stop)
        finally:
            control.close()


def _with_settings(
    role: str,
    args: argparse.Namespace,
    config: Config,
    line: tuple[ControlLine, Settings],
    stop: StopRequest,
) -> int:
    control, told = line
    journal = wiring.open_journal(args.name, config, told)
    try:
        settings = _settings(role, args, config, told, journal)
        arrived = _arrived(settings, config, control, stop)
        if arrived is None:
            return 0
        door, identity = arrived
        lease = Lease.take(
            config.leases, login=identity.login, server=identity.server, data_path=door.data_path
        )
        try:
            shipper = _shipper(journal, config, told)
            reported = ShippingReported(control, lambda: (*journal.alarms, *shipper.alarms()))
            memory = (journal, reported)
            loop = _loop(role, (settings, told), config, (door, identity), memory)
            _turn_and_ship(loop, shipper, stop)
        finally:
            door.terminal.close()
            lease.release()
    finally:
        journal.close()
    return 0


def _line_and_settings(
    role: str, name: str, config: Config, stop: StopRequest
) -> tuple[ControlLine, Settings]:
    if config.control_address:
        return _supervised(role, name, config, stop)
    return _by_hand(name, config)


def _supervised(
    role: str, name: str, config: Config, stop: StopRequest
) -> tuple[ControlLine, Settings]:
    line = SupervisedLine(NodeName(name), config.control_address)
    hello = Hello(name=NodeName(name), role=role, pid=os.getpid(), started_at_ms=utc_ms())
    waiter = SocketWaiter()
    deadline_s = monotonic_s() + SETTINGS_WITHIN_S
    while monotonic_s() < deadline_s and not stop.requested:
        line.say(hello)
        waiter.wait(line.waitables(), HELLO_EVERY_S)
        for message in line.drain():
            if isinstance(message, Settings):
                return line, message
    line.close()
    raise NodeFault(f"no settings from the launcher at {config.control_address}; is it running?")


def _by_hand(name: str, config: Config) -> tuple[ControlLine, Settings]:
    found = find(config)
    if isinstance(found, Silent):
        told = _told_by_its_journal(name, config, found)
        return ByHandLine(name, found, told, lambda: settle(config)), told
    told = settings_of(name, found)
    if told.document is None:
        raise NodeFault(
            f"account {name}: wanted its document in {found.database_name}.accounts, found none. "
            "Names are case-sensitive; `python setup_db.py` makes two samples."
        )
    logger.info("started_by_hand", extra={"account": name, "database": found.kind})
    return ByHandLine(name, found, told, lambda: settle(config)), told


def _told_by_its_journal(name: str, config: Config, silent: Silent) -> Settings:
    """Open copies are closed without a database (law 12); nothing else is done without one."""
    path = journal_path(config.state, name)
    if not path.exists() or not glance(path).open_legs:
        raise NodeFault(f"the database is silent: {silent.why}")
    logger.warning("started_by_hand_to_close_only", extra={"account": name, "why": silent.why})
    return silent_settings(silent)


def _settings(
    role: str, args: argparse.Namespace, config: Config, told: Settings, journal: Journal
) -> AccountSettings:
    """The document's, or the last good ones where a leg is open and the document is no good."""
    accounts = wiring.reader(config)
    read = accounts.read(told.document or {})
    if not isinstance(read, AccountSettings):
        kept = journal.settings()
        again = None if kept is None else accounts.read(kept)
        if not isinstance(again, AccountSettings):
            raise NodeFault(f"account {args.name}: " + "; ".join(read))
        logger.warning("last_good_settings", extra={"why": "; ".join(read)})
        read = msgspec.structs.replace(again, enabled=False)
    if read.type.value != role:
        raise NodeFault(f"account {args.name}: wanted a {role}, found a {read.type.value}")
    settings = read if args.path is None else msgspec.structs.replace(read, path=args.path)
    if not config.control_address:
        _insist_on_host(settings)
    return settings


def _insist_on_host(settings: AccountSettings) -> None:
    """What the supervisor would have looked at before it started us."""
    from nodes.supervisor.starting import host_problems

    problems = host_problems(settings)
    if problems:
        raise NodeFault(as_lines(problems))


def _arrived(
    settings: AccountSettings, config: Config, control: ControlLine, stop: StopRequest
) -> tuple[wiring.Door, Identity] | None:
    """At its terminal, which is logged in as it should be; None when told to stop before that."""
    arrival = Arrival(settings, control, stop)
    by_hand = not config.control_address
    door = arrival.at_door(lambda: wiring.open_door(settings, config), insists=by_hand)
    identity = None if door is None else arrival.at_account(door)
    return None if door is None or identity is None else (door, identity)


def _loop(
    role: str,
    account: tuple[AccountSettings, Settings],
    config: Config,
    terminal: tuple[wiring.Door, Identity],
    memory: tuple[Journal, ControlLine],
) -> Loop:
    if role == SLAVE:
        return wiring.build_slave(*account, config, terminal, *memory)
    return wiring.build_master(*account, config, terminal[0], *memory)


def _shipper(journal: Journal, config: Config, told: Settings) -> Shipper:
    return Shipper(journal.path, wiring.database_of(config, told), config.database_name)


def turn(loop: Loop, stop: StopRequest) -> None:
    """One step after the other until told to stop."""
    waiter = SocketWaiter()
    gc.collect()
    gc.freeze()
    while not stop.requested and not loop.stopping:
        loop.step()
        waiter.wait(loop.waitables(), loop.rest_s())
    loop.finish()


def _turn_and_ship(loop: Loop, shipper: Shipper, stop: StopRequest) -> None:
    """The journal's last records are shipped after the last step."""
    shipper.start()
    try:
        turn(loop, stop)
    finally:
        shipper.stop()
