"""`migrate`: moves the swarm from the embedded database to a MongoDB, or back."""

import argparse
import sys
from urllib.parse import urlsplit

from rich.console import Console

import config
from commands.backups.at_rest import AtWork, insist_on_no_node, insist_on_rest_here
from commands.backups.database_at import Place, database_at
from commands.backups.lines import lines_of
from commands.backups.room import NoRoom, insist_on_replaceable, prepare_room
from commands.console import prepare, say
from commands.swarm_database import NoSwarm
from config import Config
from db.backups.backing_up import back_up, place_for
from db.backups.backup_file import BackupFault
from db.backups.copying import CopyFault
from db.backups.moving import Changed, Move, steps
from db.backups.raw_contents import CannotCopy
from db.clients import DATABASE_ERRORS
from db.connecting import Silent, choose
from db.identity import standing_of
from db.remembered import (
    EMBEDDED,
    MONGODB,
    DatabaseFault,
    Remembered,
    recall,
    sole_chooser,
)
from utils.folders import make_writable

CANNOT, INTERRUPTED = 2, 130
LEAVING, REPLACING = "before-migration", "before-replacing"


class NotMigrated(Exception):  # noqa: N818 - it says what happened
    """The swarm lives where it lived; the text says why, and what to do."""


FAULTS = (
    *DATABASE_ERRORS,
    config.ConfigError,
    NotMigrated,
    NoSwarm,
    NoRoom,
    AtWork,
    Changed,
    BackupFault,
    CannotCopy,
    CopyFault,
    DatabaseFault,
    OSError,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where to, and the operator's word about what is there."""
    parser.add_argument(
        "--to",
        required=True,
        metavar="KIND",
        help="`mongodb` (the one at MONGO_URI) or `embedded`",
    )
    parser.add_argument(
        "--replace", action="store_true", help="what is there goes to a backup, then out of the way"
    )


def run(args: argparse.Namespace) -> int:
    """Move; 2 where that cannot be done: then the swarm lives where it lived."""
    console = prepare()
    try:
        settings = config.load()
        return _moved(args, settings, console)
    except FAULTS as fault:
        print(fault, file=sys.stderr)
        return CANNOT


def _moved(args: argparse.Namespace, settings: Config, console: Console) -> int:
    try:
        make_writable(settings.state, "MURMURATION_STATE")
        to = _kind(args.to, settings)
        insist_on_rest_here(settings)
        with sole_chooser(settings.state):
            insist_on_rest_here(settings)
            _migrate(to, settings, console, replace=args.replace)
    except KeyboardInterrupt:
        lives = recall(settings.state)
        where = "" if lives is None else f" The swarm lives in the {lives.kind} database."
        print(f"Stopped.{where} Run it again to end what was begun.", file=sys.stderr)
        return INTERRUPTED
    return 0


def _kind(asked: str, settings: Config) -> str:
    """A word; or the very address that MONGO_URI has, so that the next start finds it too."""
    if asked in (EMBEDDED, MONGODB):
        return asked
    if not asked.startswith(("mongodb://", "mongodb+srv://")):
        raise NotMigrated("--to: wanted `mongodb` or `embedded`, found another word.")
    if "@" in urlsplit(asked).netloc:
        raise NotMigrated(
            "--to: wanted no user and password on a command line, where every program of this "
            "machine can read them. Set MONGO_URI to that address, then: "
            "python launcher.py migrate --to mongodb"
        )
    if asked.rstrip("/") != settings.mongo_uri.rstrip("/"):
        raise NotMigrated(
            f"--to: wanted the address in force, found MONGO_URI at {settings.redacted_uri}. Set "
            f"MONGO_URI to {asked}, so that the swarm finds it there from then on, and run again."
        )
    return MONGODB


def _migrate(to: str, settings: Config, console: Console, *, replace: bool) -> None:
    before = recall(settings.state)
    if before is None:
        raise NotMigrated(
            f"No swarm was ever set up in {settings.state}: there is nothing to move. "
            "(Set MURMURATION_STATE to the folder of the one you mean.)"
        )
    with database_at(settings, before.kind) as source:
        _insist_on_living(settings, before)
        if before.kind == to:
            say(console, f"The swarm lives there already: {source.shown}")
            return
        insist_on_no_node(source.database)
        with database_at(settings, to) as target:
            _insist_on_another(source, target, before, replace=replace)
            _move(source, target, settings, before, console)
    for line in _advice(to, settings):
        say(console, line)


def _insist_on_living(settings: Config, before: Remembered) -> None:
    found = choose(settings, before)
    if isinstance(found, Silent):
        raise NotMigrated(f"{found.why}\nOnly a database that answers can be moved.")


def _insist_on_another(source: Place, target: Place, before: Remembered, *, replace: bool) -> None:
    standing = standing_of(target.database)
    ours = standing_of(source.database).swarm
    if standing.swarm == ours and not standing.is_marked:
        raise NotMigrated(
            f"{target.shown}: wanted another database, found the same swarm alive in it: it is "
            "the one the swarm lives in, or a copy somebody made. Correct MONGO_URI, or drop "
            "that copy yourself."
        )
    if standing.moved_to and standing.swarm in before.swarm_ids:
        return  # what the swarm left when it moved here
    insist_on_no_node(target.database)
    insist_on_replaceable(target, standing, before.swarm_ids, replace=replace)


def _move(
    source: Place, target: Place, settings: Config, before: Remembered, console: Console
) -> None:
    backup = place_for(settings.state, source.database.name, LEAVING)
    contents = back_up(source.database, source.kind, backup)
    for line in lines_of(backup, contents):
        say(console, line)
    kept = prepare_room(target, backup, contents, settings, REPLACING)
    if kept is not None:
        say(console, f"what was in the {target.shown} is in {kept}")
    move = Move(
        source=source.database,
        target=target.database,
        to=target.kind,
        backup=backup,
        state=settings.state,
        before=before,
    )
    for _ in steps(move):
        continue
    say(console, f"moved and compared: {target.shown}")


def _advice(to: str, settings: Config) -> list[str]:
    if to == EMBEDDED and settings.mongo_uri_is_set:
        return ["MONGO_URI is still set. It is not used any more: unset it."]
    if to == MONGODB:
        return [f"Keep MONGO_URI as it is ({settings.redacted_uri}): the swarm is found by it."]
    return []
