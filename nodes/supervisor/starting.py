"""The checks and steps of a start that concern the host; each failure is a HostFault."""

import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from filelock import FileLock, Timeout

import config as machine
from config import Config, SecretMissing
from db.clients import DATABASE_ERRORS
from db.connecting import Chosen, Silent, find
from db.remembered import DatabaseFault
from decisions.roster import Pair
from domain.policies import AccountSettings
from domain.problems import Problem
from nodes.supervisor import accounts, pid_file
from nodes.supervisor.faults import HostFault
from utils import os_signals
from utils.folders import FolderFault, make_writable
from utils.ports import is_free

logger = logging.getLogger(__name__)


def make_folders(config: Config) -> None:
    """The folders that nodes write to, tried out."""
    try:
        for folder in ("run", "logs", "journals"):
            make_writable(config.state / folder, "MURMURATION_STATE")
        make_writable(config.leases, "MURMURATION_LEASES")
    except FolderFault as fault:
        raise HostFault(str(fault)) from fault


def nobody_else_runs(config: Config) -> pid_file.RunFile | None:
    """What a launcher before us left; one that still lives is a fault."""
    found = pid_file.read(config.state)
    if found is not None and os_signals.born(found.supervisor.pid) == found.supervisor.birth:
        raise HostFault(
            f"launcher: wanted to be the only one on {config.state}, found process "
            f"{found.supervisor.pid} running it. Stop that one first (Ctrl+C in its window; one "
            "that hangs has to be killed)."
        )
    return found


def sole_launcher(config: Config) -> FileLock:
    """The place of this state folder's one launcher, held until its process ends.

    Two that start at one moment have written nothing down yet; and one that is stopped, or whose
    file was lost, may wake up any time.
    """
    place = config.state / "run" / "launcher.lock"
    lock = FileLock(place, timeout=0, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise HostFault(
            f"launcher: wanted to be the only one on {config.state}, found that another holds "
            f"{place}. End that process first; one that hangs has to be killed."
        ) from None
    except OSError as fault:
        raise HostFault(f"launcher: wanted to lock {place}, found {fault!r}.") from fault
    return lock


def find_database(config: Config) -> Chosen | Silent:
    """Which database this swarm lives in; at a first start, nothing being open, it must answer."""
    try:
        return find(config)
    except (DatabaseFault, OSError, *DATABASE_ERRORS) as fault:
        raise HostFault(str(fault)) from fault


def unless_copies_are_open(step: Callable[[], object], *, holds_copies: bool) -> None:
    """What keeps some accounts from running keeps nobody from closing what is open (law 7)."""
    try:
        step()
    except HostFault as fault:
        if not holds_copies:
            raise
        logger.error("starts_for_its_open_copies", extra={"why": str(fault)})  # noqa: TRY400 - a fault of the host, no trace


def ports_are_free(pairs: dict[str, Pair]) -> None:
    """Nobody else may listen where our masters are to."""
    taken = [(name, port) for name, pair in sorted(pairs.items()) for port in _taken(pair)]
    if taken:
        lines = (
            f"port {port}: wanted for the signals of {name}, found another program there. "
            "End it, or give the master another pub_port in its document."
            for name, port in taken
        )
        raise HostFault("\n".join(lines))


def host_problems(settings: AccountSettings) -> tuple[Problem, ...]:
    """What an account asks of this machine in vain."""
    return accounts.host_problems(
        settings,
        has_metatrader=sys.platform == "win32",
        found_instead=found_instead_of_terminal,
        secret_trouble=_secret_trouble,
    )


def found_instead_of_terminal(path: str) -> str:
    """What stands at a path where no terminal does; MetaTrader's module would start any program."""
    place = Path(path)
    if place.is_dir():
        return f"a folder, {path}"
    if not place.is_file():
        return f"nothing at {path}"
    return "" if place.name.lower() == accounts.TERMINAL else f"another program, {path}"


def _secret_trouble(reference: str) -> str:
    try:
        machine.resolve_secret(reference)
    except SecretMissing as missing:
        return str(missing)
    return ""


def _taken(ports: Iterable[int]) -> list[int]:
    return [port for port in ports if not is_free(port)]
