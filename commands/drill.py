"""`drill`: chaos on real processes and paper accounts, judged from both brokers' own deals."""

import argparse
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import config
from commands.demonstration import console
from commands.drilling import accounts, report
from commands.drilling.course import OWN_LIMITS, Course, DrillFault, Outcome
from commands.drilling.injecting import Injector
from commands.drilling.judging import Judge
from commands.drilling.likeness import CannotShapeError, Likeness, like
from commands.drilling.operator import Operator
from commands.drilling.plan import Cast, Measure, plan
from commands.drilling.record import Record
from commands.drilling.victims import Victims
from commands.drilling.world import World, people
from commands.staging.books import TruthUnreadableError
from commands.staging.leftovers import clear_leftovers
from commands.staging.processes import end_all, everybody_of
from commands.staging.scenery import Scenery, Wish, end_servers, put_up, servers_of, take_down
from commands.staging.wishes import (
    MOST_ACCOUNTS,
    MOST_KILLS,
    MOST_PACE,
    MOST_SECONDS,
    MOST_SEED,
    above_zero,
    check_file_to_write,
    check_room,
    count,
    whole,
)
from commands.swarm_database import NoSwarm, swarm_database
from config import ConfigError
from db.accounts import Accounts
from db.clients import DATABASE_ERRORS
from db.embedded.starting import CannotStart
from db.remembered import DatabaseFault
from paper.admin import AdminError
from paper.starting import PaperBrokerError
from utils.os_signals import StopRequest

DAMAGE, HOST_FAULT = 1, 2
STOP_S = 8.0
#: Logs, journals, the database and the broker's file.
LEAST_MB, MB_A_SECOND = 50.0, 0.1
FAULTS = (
    ConfigError,
    DatabaseFault,
    CannotStart,
    PaperBrokerError,
    AdminError,
    DrillFault,
    CannotShapeError,
    NoSwarm,
    TruthUnreadableError,
    OSError,
    *DATABASE_ERRORS,
)
PACKAGES = ("pyzmq", "msgspec", "pymongo", "psutil")


class Held(NamedTuple):
    """What a drill needs from its beginning to its report."""

    world: World
    victims: Victims
    record: Record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how much, how fast and how long."""
    parser.add_argument(
        "--seed", type=whole(MOST_SEED), default=1, metavar="N", help="of everything drawn"
    )
    parser.add_argument(
        "--seconds",
        type=above_zero(MOST_SECONDS),
        default=50.0,
        metavar="N",
        help="of chaos (default 50)",
    )
    how_many = count(MOST_ACCOUNTS)
    parser.add_argument("--slaves", type=how_many, default=4, metavar="N", help="(default 4)")
    parser.add_argument("--masters", type=how_many, default=1, metavar="N", help="(default 1)")
    parser.add_argument(
        "--pace",
        type=above_zero(MOST_PACE),
        default=1.0,
        metavar="X",
        help="2 is twice as many of all",
    )
    parser.add_argument(
        "--kills", type=whole(MOST_KILLS), metavar="N", help="so many times (default by pace)"
    )
    parser.add_argument(
        "--like-mine",
        action="store_true",
        help="paper accounts shaped like those of your own database, which is only read",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there as well")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and records")


def run(args: argparse.Namespace) -> int:
    """Hold it; 0 without damage, 1 with damage, 2 for this host's faults."""
    with StopRequest(wakeup=True) as stop:
        try:
            check_file_to_write(args.json)
            check_room(
                Path(tempfile.gettempdir()), LEAST_MB + args.seconds * args.pace * MB_A_SECOND
            )
            return _in_world(args, stop)
        except FAULTS as fault:
            print(f"drill: {fault}", file=sys.stderr)
            return HOST_FAULT


def _in_world(args: argparse.Namespace, stop: StopRequest) -> int:
    for folder in clear_leftovers("drill"):
        print(f"Ended what a drill that was killed had left in {folder}.", flush=True)
    likeness = _likeness(args)
    print("Setting up a database, a paper broker and accounts for the drill...", flush=True)
    for remark in likeness.remarks:
        print(f"  {remark}", flush=True)
    wish = Wish(
        purpose="drill",
        accounts=likeness.accounts,
        speed=1.0,
        seed=args.seed,
        ticks=(),
        keep=args.keep,
        clock=True,
    )
    scenery = put_up(wish)
    try:
        return _hold(args, scenery, stop)
    finally:
        take_down(scenery)


def _likeness(args: argparse.Namespace) -> Likeness:
    if not args.like_mine:
        # The first seed begins with the first way.
        own = accounts.documents(args.masters, args.slaves, turn=args.seed - 1)
        return Likeness(accounts=own, remarks=())
    settings = config.load()
    with swarm_database(settings) as database:
        return like(Accounts(database).as_written(), settings.account_defaults)


def _hold(args: argparse.Namespace, scenery: Scenery, stop: StopRequest) -> int:
    victims, screen = Victims(scenery), console.screen()
    outcome, killed = None, []
    try:
        held = Held(people(scenery, victims, args.seed), victims, Record())
        _introduce(args, scenery, held.world, screen)
        outcome = _course(args, scenery, held, screen, stop)
    finally:
        killed = _end(scenery, victims)
        screen.close()
    return _report(args, held, outcome, killed, interrupted=stop.requested)


def _course(
    args: argparse.Namespace,
    scenery: Scenery,
    held: Held,
    screen: console.Screen,
    stop: StopRequest,
) -> Outcome:
    operator = Operator(scenery)
    injector = Injector(scenery, held.victims, operator, held.record)
    world = held.world
    course = Course(
        world=world,
        victims=held.victims,
        operator=operator,
        injector=injector,
        record=held.record,
        screen=screen,
        stop=stop,
        pace=args.pace,
        excused=OWN_LIMITS if args.like_mine else (),
    )
    measure = Measure(seed=args.seed, seconds=args.seconds, pace=args.pace, kills=args.kills)
    steps = plan(measure, Cast(masters=tuple(world.masters), slaves=tuple(world.slaves)))
    try:
        return course.run(steps, args.seconds, Judge(scenery, world, injector))
    finally:
        world.leave()


def _end(scenery: Scenery, victims: Victims) -> list[str]:
    """Nothing of the drill runs on; who had to be killed."""
    victims.let_all_go()
    victims.stop_launcher(STOP_S)
    known = {*victims.known, *servers_of(scenery.config)}
    end_servers(scenery.config)
    return end_all({*known, *everybody_of(scenery.folder)}, scenery.folder)


def _introduce(
    args: argparse.Namespace, scenery: Scenery, world: World, screen: console.Screen
) -> None:
    masters, slaves = ", ".join(world.masters), ", ".join(world.slaves)
    screen.say(f"{masters} copied by {slaves}; {args.seconds:g} s of chaos, seed {args.seed}.")
    if scenery.keep:
        screen.say(f"  logs and records stay in {scenery.folder}")


def _report(
    args: argparse.Namespace,
    held: Held,
    outcome: Outcome,
    killed: list[str],
    *,
    interrupted: bool,
) -> int:
    found = report.as_found(outcome.judged.damage, interrupted=interrupted)
    made = report.Report(
        seed=args.seed,
        seconds=round(outcome.chaos_s, 3),
        pace=args.pace,
        masters=len(held.world.masters),
        slaves=len(held.world.slaves),
        like_mine=args.like_mine,
        interrupted=interrupted,
        versions=_versions(),
        signals_sent=outcome.judged.signals,
        verdicts=outcome.judged.verdicts,
        reasons=outcome.judged.reasons,
        hand_trades=held.world.bystander.deeds,
        faults_by_kind=dict(held.record.by_kind),
        faults_not_possible=dict(held.record.not_possible),
        kills_by_victim=dict(held.record.kills),
        launcher_starts=held.victims.launches,
        **found.counts,
        not_counted=report.not_counted(interrupted=interrupted),
        findings=tuple(one.text for one in found.findings),
        converged=not outcome.not_converged,
        not_converged=outcome.not_converged,
        time_to_converge_s=report.converged_of(outcome.heals),
        time_to_copy_again_s=report.copies_again_of(outcome.heals),
        healing_by_fault=report.healing_by_fault(outcome.heals),
        seconds_until_all_copy=round(outcome.copying_s, 3),
        seconds_until_settled=round(outcome.settled_s, 3),
        had_to_be_killed=tuple(killed),
        events=tuple(held.record.events),
    )
    for line in report.in_words(made):
        print(line, flush=True)
    if args.json is not None:
        report.write(args.json, made)
    return 0 if made.is_well else DAMAGE


def _versions() -> dict[str, str]:
    own = {name: version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "system": platform.platform(), **own}
