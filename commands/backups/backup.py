"""`backup`: everything the database holds into one file, while the swarm runs."""

import argparse
import sys
from pathlib import Path

import config
from commands.backups.database_at import database_at
from commands.backups.lines import lines_of
from commands.console import prepare, say
from commands.swarm_database import NoSwarm, swarm_database
from config import Config
from db.backups.backing_up import back_up, place_for, thin_out
from db.backups.backup_file import BackupFault, Contents
from db.backups.raw_contents import CannotCopy
from db.clients import DATABASE_ERRORS
from db.remembered import MONGODB, DatabaseFault, recall

CANNOT = 2
FAULTS = (config.ConfigError, NoSwarm, BackupFault, CannotCopy, DatabaseFault, OSError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file, and how many to keep."""
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="default: one in STATE/backups"
    )
    parser.add_argument(
        "--keep", type=int, default=0, metavar="N", help="afterwards keep only the N newest there"
    )


def run(args: argparse.Namespace) -> int:
    """Write the file and show what is in it; 2 where that cannot be done."""
    console = prepare()
    if args.keep < 0:
        print("--keep: wanted a number of backups from 1.", file=sys.stderr)
        return CANNOT
    try:
        settings = config.load()
        place = _place(args.file, settings)
        contents = _write(place, settings)
        gone = thin_out(settings.state, settings.database_name, args.keep) if args.keep else []
    except (*FAULTS, *DATABASE_ERRORS) as fault:
        print(fault, file=sys.stderr)
        return CANNOT
    for line in lines_of(place, contents):
        say(console, line)
    for old in gone:
        say(console, f"removed {old}")
    return 0


def _place(asked: Path | None, settings: Config) -> Path:
    own = place_for(settings.state, settings.database_name)
    if asked is None:
        return own
    place = asked.expanduser().absolute()
    return place / own.name if place.is_dir() else place


def _write(place: Path, settings: Config) -> Contents:
    with swarm_database(settings):  # it answers, and is the right one
        chosen = recall(settings.state)
        with database_at(settings, MONGODB if chosen is None else chosen.kind) as found:
            return back_up(found.database, found.kind, place)
