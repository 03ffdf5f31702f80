"""`restore`: puts the database back as a backup holds it, and proves that it did."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console

import config
from commands.backups.at_rest import AtWork, insist_on_no_node, insist_on_rest_here
from commands.backups.database_at import Place, database_at
from commands.backups.lines import lines_of
from commands.backups.room import NoRoom, insist_on_replaceable, prepare_room
from commands.console import prepare, say
from commands.swarm_database import NoSwarm
from config import Config
from db.backups.backup_file import BackupFault, Contents, check
from db.backups.copying import CopyFault, complete, replace_contents
from db.backups.raw_contents import CannotCopy
from db.clients import DATABASE_ERRORS
from db.commands import Commands
from db.connecting import first_kind
from db.identity import standing_of
from db.remembered import (
    EMBEDDED,
    MONGODB,
    DatabaseFault,
    Remembered,
    recall,
    remember,
    sole_chooser,
)
from utils.clock import utc_ms
from utils.folders import make_writable

CANNOT, INTERRUPTED = 2, 130
OCCASION = "before-restore"
WITHDRAWN = "refused: the database was restored from a backup after this order was given"


class NotRestored(Exception):  # noqa: N818 - it says what happened
    """Nothing was restored, or not all; the text says what to do."""

    def __init__(self, text: str, code: int = CANNOT) -> None:
        """`code` is what the command ends with."""
        super().__init__(text)
        self.code = code


FAULTS = (
    *DATABASE_ERRORS,
    config.ConfigError,
    NotRestored,
    NoSwarm,
    NoRoom,
    AtWork,
    BackupFault,
    CannotCopy,
    CopyFault,
    DatabaseFault,
    OSError,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file, the place, and the operator's words."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a backup")
    parser.add_argument(
        "--into", choices=(EMBEDDED, MONGODB), help="default: the kind this swarm lives in"
    )
    parser.add_argument(
        "--replace", action="store_true", help="what is there goes to a backup, then out of the way"
    )
    parser.add_argument(
        "--adopt", action="store_true", help="the backup is of a swarm this machine does not know"
    )


def run(args: argparse.Namespace) -> int:
    """Restore; 2 where that cannot be done, with the reason."""
    console = prepare()
    try:
        settings = config.load()
        make_writable(settings.state, "MURMURATION_STATE")
        backup = args.file.expanduser().absolute()
        contents = check(backup)
        for line in lines_of(backup, contents):
            say(console, line)
        insist_on_rest_here(settings)
        with sole_chooser(settings.state):
            insist_on_rest_here(settings)
            _restore(args, settings, backup, contents, console)
    except KeyboardInterrupt:
        print("Stopped. Nothing was changed.", file=sys.stderr)
        return INTERRUPTED
    except FAULTS as fault:
        print(fault, file=sys.stderr)
        return fault.code if isinstance(fault, NotRestored) else CANNOT
    return 0


def _restore(
    args: argparse.Namespace, settings: Config, backup: Path, contents: Contents, console: Console
) -> None:
    before = recall(settings.state)
    _insist_on_known(contents.about.swarm, before, adopt=args.adopt)
    kind = _kind(args.into, before, settings)
    after = _remembered(before, kind, contents.about.swarm, settings)
    with database_at(settings, kind) as place:
        insist_on_no_node(place.database)
        insist_on_replaceable(
            place, standing_of(place.database), after.swarm_ids, replace=args.replace
        )
        kept = prepare_room(place, backup, contents, settings, OCCASION)
        if kept is not None:
            say(console, f"what was there is in {kept}")
        with said_where_it_does_not_end(place, backup, kept):
            replace_contents(place.database, backup, _again(backup))
            withdrawn = _withdraw_orders(place)
            remember(settings.state, after)
            complete(place.database, backup)
        say(console, f"restored and compared: {place.shown}")
        if withdrawn:
            say(console, f"{withdrawn} orders in it were never carried out and are withdrawn")


def _insist_on_known(swarm: str, before: Remembered | None, *, adopt: bool) -> None:
    if adopt or before is None or swarm in before.swarm_ids or not before.swarm_ids:
        return
    raise NotRestored(
        f"backup: wanted one of a swarm known here ({', '.join(before.swarm_ids)}), found one of "
        f"swarm {swarm}. If that one is meant, add --adopt. Nothing was changed."
    )


def _kind(asked: str | None, before: Remembered | None, settings: Config) -> str:
    if before is None:
        return asked or first_kind(settings)
    if asked is None or asked == before.kind:
        return before.kind
    if _lives(before, settings):
        raise NotRestored(
            f"database: wanted to restore into {asked}, found that this swarm lives in "
            f"{before.kind}, which answers. Restore there (without --into), or move it: "
            f"python launcher.py migrate --to {asked}. Nothing was changed."
        )
    return asked


def _lives(before: Remembered, settings: Config) -> bool:
    try:
        with database_at(settings, before.kind) as place:
            standing = standing_of(place.database)
    except (NoSwarm, *DATABASE_ERRORS):
        return False
    return standing.swarm in before.swarm_ids and not standing.is_marked


def _remembered(before: Remembered | None, kind: str, swarm: str, settings: Config) -> Remembered:
    known = () if before is None else before.swarm_ids
    kept = before or Remembered(kind=kind, swarm_ids=())
    return msgspec.structs.replace(
        kept,
        kind=kind,
        swarm_ids=known if swarm in known else (swarm, *known),
        database_name=settings.database_name,
    )


def _again(backup: Path) -> str:
    return f"python launcher.py restore {backup}"


@contextmanager
def said_where_it_does_not_end(place: Place, backup: Path, kept: Path | None) -> Iterator[None]:
    """From the first thing replaced to the last; Ctrl+C leaves it as half done as a fault does."""
    try:
        yield
    except (KeyboardInterrupt, *DATABASE_ERRORS, CopyFault, OSError) as fault:
        back = f", or bring back what was there: {_again(kept)}" if kept else ""
        stopped = isinstance(fault, KeyboardInterrupt)
        raise NotRestored(
            f"{place.shown}: the restore did not end, and until one does nothing uses this "
            f"database. {'It was stopped.' if stopped else fault}\n"
            f"Run it again: {_again(backup)}{back}",
            INTERRUPTED if stopped else CANNOT,
        ) from fault


def _withdraw_orders(place: Place) -> int:
    """An order that was pending then may have been carried out, and its opposite given, since."""
    orders = Commands(place.database)
    pending = orders.pending()
    for order in pending:
        orders.mark_done(order.command.command, WITHDRAWN, utc_ms())
    return len(pending)
