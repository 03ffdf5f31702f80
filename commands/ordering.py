"""How an operator's order gets to its node: written down, called out, and waited for."""

import argparse
import contextlib
import sys
from collections.abc import Iterable
from typing import Any

from pymongo.database import Database

import config
from commands.account_names import NoSuchAccount, check_names, check_while_a_launcher_runs
from commands.console import prepare, say
from commands.operator_name import operator_name
from commands.order_shown import Awaited, wait_until_shown
from commands.swarm_at_work import control_address
from commands.swarm_database import NoSwarm, swarm_database
from config import Config
from db.accounts import Accounts
from db.clients import DATABASE_ERRORS
from db.commands import Commands
from db.schema import COMMANDS
from domain.control import Command, CommandDone, OperatorOrder
from domain.ids import NodeName
from domain.policies import Role
from messaging.control import ControlLine
from messaging.waiting import SocketWaiter
from nodes.supervisor.commands import DEEDS, KEPT, STATES
from nodes.supervisor.memory import AccountMemory
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
    except (config.ConfigError, NoSuchAccount, NoSwarm, OSError, *DATABASE_ERRORS) as fault:
        print(fault, file=sys.stderr)
        return WRONG_USE
    for line in given.lines():
        say(console, line)
    if awaited := given.awaited():
        wait_until_shown(awaited, settings)
    return 0 if given.all_well() else NOT_ACKNOWLEDGED


class Given:
    """Orders on their way, and what came of them."""

    def __init__(self, orders: dict[str, OperatorOrder]) -> None:
        self.orders = orders
        self.results: dict[str, str] = {}
        self.stored = False

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

    def awaited(self) -> dict[str, Awaited]:
        """What was carried out, and by whom it is going to be shown."""
        done = {
            key: result
            for key, result in self.results.items()
            if not result.startswith(REFUSED) and self.orders[key].kind in STATES
        }
        return {
            self.orders[key].account: Awaited(
                state=STATES[self.orders[key].kind], by_node=KEPT not in result
            )
            for key, result in done.items()
        }

    def lines(self) -> list[str]:
        """One line for each account."""
        return [
            f"{one.account}: {one.kind} {self._outcome(key)}" for key, one in self.orders.items()
        ]

    def _outcome(self, key: str) -> str:
        result = self.results.get(key, "")
        if result:
            return result if result.startswith(REFUSED) else f"acknowledged: {result}"
        if self.orders[key].kind in DEEDS:
            return "not acknowledged; see `launcher.py status` whether it is carried out yet"
        if self.stored:
            return "not acknowledged yet; it is stored, and will hold as soon as the node runs"
        return "not acknowledged, and the database is silent: try again once the launcher runs"


def _give(kind: str, args: argparse.Namespace, settings: Config) -> Given:
    """A launcher that runs is called, whatever the database does; else it is written down."""
    address = control_address(settings)
    if not address:
        return _write_down_and_wait(kind, args, settings)
    check_while_a_launcher_runs(args.names, settings)
    given = Given(_orders(kind, args.names or _slaves_remembered(settings), args.why))
    _call_until_answered(given, address, args.within)
    if given.waiting() and kind not in DEEDS:
        with contextlib.suppress(NoSwarm, *DATABASE_ERRORS), swarm_database(settings) as database:
            _write_down(database, given)
    return given


def _write_down_and_wait(kind: str, args: argparse.Namespace, settings: Config) -> Given:
    """A node that was started by hand looks into the database itself."""
    with swarm_database(settings) as database:
        documents = Accounts(database).all()
        check_names(args.names, {str(document.get("name")) for document in documents})
        given = Given(_orders(kind, args.names or _slaves_among(documents), args.why))
        _write_down(database, given)
        deadline_s, waiter = monotonic_s() + args.within, SocketWaiter()
        while given.waiting() and monotonic_s() < deadline_s:
            waiter.wait([], LOOK_EVERY_S)
            _read_answers(database, given)
        if kind in DEEDS:
            _take_back(database, given, args.within)
    return given


def _take_back(database: Database[dict[str, Any]], given: Given, within_s: float) -> None:
    """Carried out hours later, by a node that starts then, it would be nobody's wish any more."""
    for one in given.waiting():
        result = f"{REFUSED}: no node took it within {within_s:g} s, so nothing was done"
        Commands(database).mark_done(one.command, result, utc_ms())
    _read_answers(database, given)


def _slaves_remembered(settings: Config) -> list[str]:
    return _slaves_among(AccountMemory(settings.state).documents.values())


def _slaves_among(documents: Iterable[dict[str, Any]]) -> list[str]:
    return [str(d.get("name")) for d in documents if d.get("type") == Role.SLAVE.value]


def _orders(kind: str, names: list[str], why: str) -> dict[str, OperatorOrder]:
    me = NodeName(f"operator {randomness.token()}")
    made = [
        OperatorOrder(
            name=me,
            account=name,
            command=randomness.token(12),
            kind=kind,
            by=operator_name(),
            why=why,
        )
        for name in dict.fromkeys(names)
    ]
    return {one.command: one for one in made}


def _write_down(database: Database[dict[str, Any]], given: Given) -> None:
    for one in given.waiting():
        command = Command(command=one.command, kind=one.kind, by=one.by, why=one.why)
        Commands(database).insert(one.account, command, utc_ms())
    given.stored = True


def _read_answers(database: Database[dict[str, Any]], given: Given) -> None:
    wanted = {"_id": {"$in": [one.command for one in given.waiting()]}, "status": "done"}
    for done in database[COMMANDS].find(wanted):
        given.take(str(done["_id"]), str(done.get("result", "")))


def _call_until_answered(given: Given, address: str, within_s: float) -> None:
    if not given.orders:
        return
    line = ControlLine(next(iter(given.orders.values())).name, address)
    deadline_s, call_at_s, waiter = monotonic_s() + within_s, 0.0, SocketWaiter()
    try:
        while given.waiting() and monotonic_s() < deadline_s:
            if monotonic_s() >= call_at_s:
                call_at_s = monotonic_s() + CALL_AGAIN_S
                _call(line, given)
            waiter.wait(line.waitables(), LOOK_EVERY_S)
            _hear(line, given)
    finally:
        line.close()


def _call(line: ControlLine, given: Given) -> None:
    for one in given.waiting():
        line.say(one)


def _hear(line: ControlLine, given: Given) -> None:
    for message in line.drain():
        if isinstance(message, CommandDone):
            given.take(message.command, message.result)
