"""`demo`: a master and slaves on paper accounts, copied by the real swarm, judged at the end."""

import argparse
import sys
from pathlib import Path

from commands.demonstration import console, summary
from commands.demonstration.accounts import documents
from commands.demonstration.show import Outcome, Show, ShowFault
from commands.demonstration.trader import Trader, TraderError
from commands.staging.books import TruthUnreadableError
from commands.staging.leftovers import clear_leftovers
from commands.staging.processes import end_all
from commands.staging.scenery import Scenery, Wish, end_servers, put_up, servers_of, take_down
from commands.staging.wishes import (
    MOST_ACCOUNTS,
    MOST_SECONDS,
    MOST_SEED,
    MOST_SPEED,
    above_zero,
    check_file_to_write,
    count,
    whole,
)
from config import ConfigError
from db.clients import DATABASE_ERRORS
from db.embedded.starting import CannotStart
from db.remembered import DatabaseFault
from nodes.supervisor.faults import HostFault
from nodes.supervisor.loop import Supervisor
from paper.admin import AdminError
from paper.starting import PaperBrokerError
from utils.log_setup import configure
from utils.os_signals import StopRequest

MISMATCH, HOST_FAULT = 1, 2
LOG = "launcher"
STOP_S, HURRIED_STOP_S = 5.0, 2.0
FAULTS = (
    ConfigError,
    DatabaseFault,
    CannotStart,
    HostFault,
    PaperBrokerError,
    AdminError,
    ShowFault,
    TraderError,
    TruthUnreadableError,
    OSError,
    *DATABASE_ERRORS,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how large, how fast and how long."""
    parser.add_argument(
        "--slaves", type=count(MOST_ACCOUNTS), default=3, metavar="N", help="(default 3)"
    )
    parser.add_argument(
        "--speed",
        type=above_zero(MOST_SPEED),
        default=1.0,
        metavar="X",
        help="1 is as recorded (default)",
    )
    parser.add_argument(
        "--seconds",
        type=above_zero(MOST_SECONDS),
        default=60.0,
        metavar="N",
        help="of trading (default 60)",
    )
    parser.add_argument(
        "--seed", type=whole(MOST_SEED), default=1, metavar="N", help="of the trader"
    )
    parser.add_argument("--ticks", nargs="+", type=Path, default=[], metavar="FILE")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and records")


def run(args: argparse.Namespace) -> int:
    """Show it; 0 when everything was copied as it should be, 1 if not, 2 for this host's faults."""
    with StopRequest(wakeup=True) as stop:
        try:
            _check(args)
            return _in_scenery(args, stop)
        except FAULTS as fault:
            print(f"demo: {fault}", file=sys.stderr)
            return HOST_FAULT


def _in_scenery(args: argparse.Namespace, stop: StopRequest) -> int:
    for folder in clear_leftovers("demo"):
        print(f"Ended what a demo that was killed had left in {folder}.", flush=True)
    print("Setting up a database, a paper broker and accounts for the demo...", flush=True)
    ticks = tuple(path.resolve() for path in args.ticks)
    wish = Wish(
        purpose="demo",
        accounts=documents(args.slaves),
        speed=args.speed,
        seed=args.seed,
        ticks=ticks,
        keep=args.keep,
    )
    scenery = put_up(wish)
    logs = configure(LOG, scenery.config.state / "logs", console=False)
    try:
        return _perform(args, scenery, stop)
    finally:
        logs.stop()
        take_down(scenery)


def _perform(args: argparse.Namespace, scenery: Scenery, stop: StopRequest) -> int:
    swarm = Supervisor(scenery.config)
    screen = console.screen()
    show = Show(scenery, swarm, Trader(args.seed), screen, stop)
    outcome, killed = None, []
    try:
        _introduce(args, scenery, screen)
        show.run(args.seconds)
        outcome = show.judged()
    finally:
        swarm.stop(deadline_s=HURRIED_STOP_S if stop.requested else STOP_S)
        known = {*show.node_pids(), *servers_of(scenery.config)}
        end_servers(scenery.config)
        killed = end_all(known, scenery.folder)
        screen.close()
    return _report(args, show, outcome, killed, interrupted=stop.requested)


def _introduce(args: argparse.Namespace, scenery: Scenery, screen: console.Screen) -> None:
    master, *slaves = scenery.accounts
    screen.say(f"{master['name']} is copied by {len(slaves)} slaves, at speed {args.speed:g}:")
    for line in summary.introduction(slaves):
        screen.say(line)
    if scenery.keep:
        screen.say(f"  logs and records stay in {scenery.folder}")


def _report(
    args: argparse.Namespace, show: Show, outcome: Outcome, killed: list[str], *, interrupted: bool
) -> int:
    judgement = outcome.judgement
    figures = summary.Summary(
        seconds=round(outcome.traded_s, 3),
        seed=args.seed,
        speed=args.speed,
        slaves=args.slaves,
        signals=judgement.signals,
        verdicts=summary.Verdicts(
            by_kind=judgement.verdicts_by_kind, by_reason=judgement.verdicts_by_reason
        ),
        copies_matched=judgement.copies_matched,
        mismatches=len(judgement.mismatches),
        mismatch_list=judgement.mismatches,
        latency_ms=summary.latency_of(outcome.latencies_ms),
        accounts=summary.account_ends(outcome.accounts, judgement, outcome.positions),
        restarts=show.restarts(),
        interrupted=interrupted,
        killed=tuple(killed),
    )
    for line in summary.in_words(figures):
        print(line, flush=True)
    if args.json is not None:
        summary.write(args.json, figures)
    return MISMATCH if judgement.mismatches else 0


def _check(args: argparse.Namespace) -> None:
    """What would only come to light at the end, or in another process."""
    for path in args.ticks:
        if not path.is_file():
            raise FileNotFoundError(f"--ticks: wanted a file, found nothing at {path}")
    check_file_to_write(args.json)
