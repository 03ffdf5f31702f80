"""Backups of a swarm's database: where they go, what they are called, which are kept."""

import re
from pathlib import Path
from typing import Any

from pymongo.database import Database

from db.backups.backup_file import SUFFIX, About, Contents, check, write
from db.backups.raw_contents import read_all
from db.identity import standing_of
from db.moments import moment
from utils.clock import utc_ms

FOLDER = "backups"
_SECOND = "%Y%m%dT%H%M%S"


def place_for(state: Path, database_name: str, occasion: str = "") -> Path:
    """A name of its own for a backup made now; `occasion` keeps it from being thinned out."""
    end = f"-{occasion}{SUFFIX}" if occasion else SUFFIX
    now_ms = utc_ms()
    time = f"{moment(now_ms):{_SECOND}}.{now_ms % 1000:03d}Z"
    return state / FOLDER / f"{database_name}-{time}{end}"


def back_up(database: Database[Any], kind: str, place: Path) -> Contents:
    """Write everything the database holds into one file, and read that file again as a proof."""
    about = About(
        swarm=standing_of(database).swarm,
        kind=kind,
        database=database.name,
        created_ms=utc_ms(),
    )
    write(place, about, read_all(database))
    return check(place)


def thin_out(state: Path, database_name: str, keep: int) -> list[Path]:
    """Remove all but the newest backups of this database that bear the name we give them."""
    ours = re.compile(re.escape(database_name) + r"-\d{8}T\d{6}\.\d{3}Z" + re.escape(SUFFIX))
    found = sorted(one for one in (state / FOLDER).iterdir() if ours.fullmatch(one.name))
    gone = found[: max(len(found) - keep, 0)]
    for one in gone:
        one.unlink()
    return gone
