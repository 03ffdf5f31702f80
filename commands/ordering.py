"""How an operator's order gets to its node: written down, called out, and waited for."""

import argparse
import getpass
import sys
from contextlib import ExitStack
from typing import Any

from pymongo.database import Database

import config
from commands.console import prepare, say
from commands.swarm_database import NoSwarm, control_address, swarm_database
from config import Config
from db.accounts import Accounts
from db.commands import Commands
from db.connecting import DATABASE_ERRORS
from db.schema import COMMANDS
from domain.control import Command, CommandDone, OperatorOrder
from domain.ids import NodeName
from messaging.control import ControlLine
from messaging.waiting import SocketWaiter
from nodes.supervisor import pid_file
from utils import randomness
from utils.clock import monotonic_s, utc_ms

NOT_ACKNOWLEDGED = 1
WRONG_USE = 2
LOOK_EVERY_S = 0.2
CALL_AGAIN_S = 1.0
REFUSED = "refused"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare whom the order is for, and why."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="accounts")
    parser.add_argument("--all", action="store_true", help="every slave")
    parser.add_argument("--why", default="", metavar="TEXT", help="is kept with the order")
    parser.add_argument(
        "--within", type=float, default=10.0, metavar="S", help="wait so long for the answer"
    )


def order(kind: str, args: argparse.Namespace) -> int:
    """Give the order; 0 once every node has acknowledged it, 1 where one has not."""
    console = prepare()
    if bool(args.names) == args.all:
        print("Name accounts, or --all.", file=sys.stderr)
        return WRONG_USE
    try:
        settings = config.load()
        given = _give(kind, args, settings)
    except (config.ConfigError, NoSwarm, OSError, *DATABASE_ERRORS) as fault:
        print(fault, file=sys.stderr)
        return WRONG_USE
    for line in given.lines():
        say(console, line)
    return 0 if given.all_well() else NOT_ACKNOWLEDGED


class Given:
    """Orders on their way, and what came of them."""

    def __init__(self, orders: dict[str, OperatorOrder], *, stored: bool) -> None:
        self.orders = orders
        self.results: dict[str, str] = {}
        self.stored = stored

    def waiting(self) -> list[OperatorOrder]:
        """Those nobody has acknowledged yet."""
        return [one for key, one in self.orders.items() if key not in self.results]

    def take(self, command: str, result: str) -> None:
        """An acknowledgement."""
        if command in self.orders:
            self.results.setdefault(command, result)

    def all_well(self) -> bool:
        """Every order was carried out."""
        results = [self.results.get(key, REFUSED) for key in self.orders]
        return not any(result.startswith(REFUSED) for result in results)

    def lines(self) -> list[str]:
        """One line for each account."""
        return [
            f"{one.account}: {one.kind} {self._outcome(key)}" for key, one in self.orders.items()
        ]

    def _outcome(self, key: str) -> str:
        result = self.results.get(key, "")
        if result:
            return result if result.startswith(REFUSED) else f"acknowledged: {result}"
        if self.stored:
            return "not acknowledged yet; it is stored, and will hold as soon as the node runs"
        return "not acknowledged, and the database is silent: try again once the launcher runs"


def _give(kind: str, args: argparse.Namespace, settings: Config) -> Given:
    """Written down where there is a database, called out where there is a launcher."""
    address = control_address(settings)
    with ExitStack() as ends:
        database = _database(settings, ends, may_lack=bool(address))
        names = args.names or _all_slaves(settings, database)
        given = Given(_orders(kind, names, args.why), stored=database is not None)
        if database is not None:
            _write_down(database, given)
        _await(given, database, address, args.within)
    return given


def _database(
    settings: Config, ends: ExitStack, *, may_lack: bool
) -> Database[dict[str, Any]] | None:
    try:
        return ends.enter_context(swarm_database(settings))
    except (NoSwarm, *DATABASE_ERRORS):
        if may_lack:
            return None
        raise


def _all_slaves(settings: Config, database: Database[dict[str, Any]] | None) -> list[str]:
    if database is not None:
        documents = Accounts(database).all()
        return [str(d.get("name")) for d in documents if d.get("type") == "SLAVE"]
    running = pid_file.read(settings.state)
    nodes = {} if running is None else running.nodes
    return [name for name, node in nodes.items() if node.role == "SLAVE"]


def _orders(kind: str, names: list[str], why: str) -> dict[str, OperatorOrder]:
    me = NodeName(f"operator {randomness.token()}")
    made = [
        OperatorOrder(
            name=me,
            account=name,
            command=randomness.token(12),
            kind=kind,
            by=_operator(),
            why=why,
        )
        for name in dict.fromkeys(names)
    ]
    return {one.command: one for one in made}


def _operator() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user in this system's list
        return "operator"


def _write_down(database: Database[dict[str, Any]], given: Given) -> None:
    for one in given.orders.values():
        command = Command(command=one.command, kind=one.kind, by=one.by, why=one.why)
        Commands(database).insert(one.account, command, utc_ms())


def _await(
    given: Given, database: Database[dict[str, Any]] | None, address: str, within_s: float
) -> None:
    deadline_s = monotonic_s() + within_s
    with ExitStack() as ends:
        line = _line(given, address, ends)
        waiter, call_at_s = SocketWaiter(), 0.0
        while given.waiting() and monotonic_s() < deadline_s:
            if line is not None and monotonic_s() >= call_at_s:
                call_at_s = monotonic_s() + CALL_AGAIN_S
                _call(line, given)
            waiter.wait([] if line is None else line.waitables(), LOOK_EVERY_S)
            _hear(given, line, database)


def _line(given: Given, address: str, ends: ExitStack) -> ControlLine | None:
    """Nobody is there to be called where no launcher runs."""
    if not address or not given.orders:
        return None
    line = ControlLine(next(iter(given.orders.values())).name, address)
    ends.callback(line.close)
    return line


def _call(line: ControlLine, given: Given) -> None:
    for one in given.waiting():
        line.say(one)


def _hear(
    given: Given, line: ControlLine | None, database: Database[dict[str, Any]] | None
) -> None:
    for message in () if line is None else line.drain():
        if isinstance(message, CommandDone):
            given.take(message.command, message.result)
    if database is not None:
        wanted = {"_id": {"$in": [one.command for one in given.waiting()]}, "status": "done"}
        for done in database[COMMANDS].find(wanted):
            given.take(str(done["_id"]), str(done.get("result", "")))
