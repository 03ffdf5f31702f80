"""Makes room for contents that come from a backup: what is there is kept in a backup first."""

from pathlib import Path

from commands.backups.database_at import Place
from config import Config
from db.backups.backing_up import back_up, place_for
from db.backups.backup_file import Contents
from db.backups.copying import try_out
from db.identity import Standing, standing_of
from db.remembered import EMBEDDED
from db.schema import COLLECTIONS, SWARM


class NoRoom(Exception):  # noqa: N818 - it says what happened
    """The place is taken, or too small; the text says by what, and what to do."""


def insist_on_room(place: Place, contents: Contents, config: Config) -> None:
    """The embedded database keeps only so much history; more of it would go to its archive."""
    if place.kind != EMBEDDED:
        return
    histories = {plan.name for plan in COLLECTIONS if plan.history is not None}
    for name, count in contents.documents.items():
        if name in histories and count > config.history_limit:
            raise NoRoom(
                f"collection {name}: wanted at most {config.history_limit} documents, found "
                f"{count}, and the embedded database would move the oldest to its archive. "
                f"Set HISTORY_LIMIT to {count * 2}, or remove old documents. Nothing was changed."
            )


def insist_on_replaceable(
    place: Place, standing: Standing, known: tuple[str, ...], *, replace: bool
) -> None:
    """Documents, and other people's databases, are replaced on the operator's word alone."""
    is_strange = bool(standing.swarm) and standing.swarm not in known
    if replace or standing.unfinished or not (holds_documents(place) or is_strange):
        return
    raise NoRoom(
        f"{place.shown}: wanted an empty one, found documents of "
        f"{f'swarm {standing.swarm}' if standing.swarm else 'somebody'} in it. With --replace they "
        f"go to a backup, and then out of the way. Nothing was changed."
    )


def holds_documents(place: Place) -> bool:
    """There is more than the document by which a database is known."""
    names = [name for name in place.database.list_collection_names() if name != SWARM]
    return any(place.database[name].find_one({}, {"_id": 1}) is not None for name in names)


def keep_what_is_there(place: Place, config: Config, occasion: str) -> Path | None:
    """A backup of what is about to be replaced; none of what an interrupted restore left."""
    if standing_of(place.database).unfinished or not holds_documents(place):
        return None
    kept = place_for(config.state, place.database.name, occasion)
    back_up(place.database, place.kind, kept)
    return kept


def prepare_room(
    place: Place, backup: Path, contents: Contents, config: Config, occasion: str
) -> Path | None:
    """Everything that can be tried before a thing is changed; then a backup of what is there."""
    insist_on_room(place, contents, config)
    try_out(place.database, backup)
    return keep_what_is_there(place, config, occasion)
