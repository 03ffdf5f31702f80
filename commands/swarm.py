"""`swarm` (the default): starts every enabled account, says what happens, and ends on Ctrl+C."""

import argparse
import logging
import sys

from rich.console import Console

import config
from commands.closed_pipe import reader_left
from commands.console import prepare, say
from commands.swarm_lines import QUIET, lines_between, summary
from db.clients import DATABASE_ERRORS
from db.connecting import adopt
from db.embedded.starting import CannotStart
from db.remembered import DatabaseFault
from messaging.waiting import SocketWaiter
from nodes.supervisor.loop import HostFault, Supervisor, SwarmView
from utils.clock import follow, monotonic_s
from utils.folders import make_writable
from utils.log_setup import configure
from utils.os_signals import StopRequest

logger = logging.getLogger(__name__)

HOST_FAULT = 2
START_FAULTS = (config.ConfigError, DatabaseFault, CannotStart, OSError)
STOP_WITHIN_S = 5.0
NODES_GO_ON = (
    "the launcher has crashed; its nodes go on and close only. Start it again: it takes them over."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how strict the start is, and the operator's word about another database."""
    parser.add_argument(
        "--strict",
        action="store_true",
        help="do not start if any account has a fault, unless copies are open",
    )
    parser.add_argument(
        "--adopt",
        action="store_true",
        help="the database that answers now is one of this swarm's from now on",
    )


def run(args: argparse.Namespace) -> int:
    """Run the swarm until told to stop; 2 where this host cannot."""
    console = prepare()
    try:
        settings = config.load()
        if settings.clock:
            follow(settings.clock)
        make_writable(settings.state, "MURMURATION_STATE")
        if args.adopt:
            adopt(settings)
        logs = configure("launcher", settings.state / "logs", settings.log_level, console=False)
    except (*START_FAULTS, *DATABASE_ERRORS) as fault:
        print(fault, file=sys.stderr)
        return HOST_FAULT
    try:
        return _run(Supervisor(settings, strict=args.strict), console)
    finally:
        logs.stop()


def _run(supervisor: Supervisor, console: Console) -> int:
    with StopRequest(wakeup=True) as stop:
        try:
            supervisor.start()
        except HostFault as fault:
            print(fault, file=sys.stderr)
            return HOST_FAULT
        crashed = False
        try:
            _watch(supervisor, console, stop)
        except Exception as fault:
            crashed = not (isinstance(fault, OSError) and reader_left(fault))
            if crashed:
                logger.exception("crashed")
                print(NODES_GO_ON, file=sys.stderr)
            raise
        finally:
            # No fault of the launcher's own ends its nodes: copies are closed all the same (law 5).
            if not crashed:
                _end(supervisor, console)
    return 0


def _watch(supervisor: Supervisor, console: Console, stop: StopRequest) -> None:
    """Step and show, until somebody asks to stop."""
    waiter, before = SocketWaiter(), SwarmView()
    say(console, "Ctrl+C stops all.", QUIET)
    was_settled = False
    while not stop.requested:
        supervisor.step()
        after = supervisor.view()
        for line in lines_between(before, after):
            say(console, line.text, line.style)
        before = after
        settled = bool(after.accounts) and all(a.ready for a in after.accounts if a.alive)
        if settled and not was_settled:
            say(console, summary(after), QUIET)
        was_settled = settled
        waiter.wait([*supervisor.waitables(), stop.waitable], supervisor.rest_s())


def _end(supervisor: Supervisor, console: Console) -> None:
    began_s = monotonic_s()
    say(console, "stopping ...", QUIET)
    supervisor.stop(STOP_WITHIN_S)
    say(console, f"all stopped in {monotonic_s() - began_s:.1f} s", QUIET)
