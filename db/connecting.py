"""Which database this machine's swarm lives in, and whether it is really that one."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec
from pymongo.errors import PyMongoError

from db.clients import PATIENCE_MS, opened
from db.embedded.address import read_address
from db.embedded.starting import CannotStart, ensure_running
from db.identity import Standing, clear_marks, give_identity, standing_of
from db.journal import Glance, glance
from db.journal_file import JournalRefused
from db.remembered import (
    CHOOSING_WITHIN_S,
    EMBEDDED,
    MEMORY,
    MONGODB,
    DatabaseFault,
    Remembered,
    recall,
    remember,
    sole_chooser,
)
from domain.records import JournalUnwritable
from utils.clock import utc_ms
from utils.redaction import redacted

Document = dict[str, Any]

EMBEDDED_FILE = "embedded.db"
UNKNOWN = "unknown"
DEFAULT_PATIENCE_MS = 1500
AGAIN_PATIENCE_MS = 2000  # a known database is asked again and again; each time shall be short


class Wishes(Protocol):
    """What the settings say about databases."""

    @property
    def mongo_uri(self) -> str:
        """The address of a MongoDB."""
        ...

    @property
    def mongo_uri_is_set(self) -> bool:
        """Somebody chose that address."""
        ...

    @property
    def database_name(self) -> str:
        """The database within it."""
        ...

    @property
    def embedded_db_port(self) -> int:
        """Where the embedded server listens."""
        ...

    @property
    def history_limit(self) -> int:
        """How many documents a history collection of the embedded server may hold."""
        ...

    @property
    def state(self) -> Path:
        """The folder this machine's swarm lives in."""
        ...


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The database answers and is the right one. `notice` is for the person, where not empty."""

    kind: str
    uri: str
    database_name: str
    swarm: str
    swarm_ids: tuple[str, ...]
    notice: str = ""


class Silent(msgspec.Struct, frozen=True, kw_only=True):
    """The known database does not answer, or another one stands in its place."""

    kind: str
    uri: str
    database_name: str
    swarm_ids: tuple[str, ...]
    why: str


class _NoAnswer(DatabaseFault):
    """Nobody answers there."""


def choose(wishes: Wishes, remembered: Remembered | None) -> Chosen | Silent:
    """The database to use; at a first start (nothing remembered) it must answer, or raises."""
    if remembered is None:
        return _first(wishes)
    if remembered.kind == EMBEDDED:
        return _again_embedded(wishes, remembered)
    return _again(MONGODB, wishes.mongo_uri, wishes, remembered)


def settle(wishes: Wishes, within_s: float = CHOOSING_WITHIN_S) -> Chosen | Silent:
    """Choose, and remember a first choice; two first starts at once make the same one."""
    with sole_chooser(wishes.state, within_s):
        remembered = recall(wishes.state)
        found = choose(wishes, remembered)
        if isinstance(found, Chosen):
            _keep(wishes.state, remembered, found)
    return found


def find(wishes: Wishes) -> Chosen | Silent:
    """The same at a start: where no database can be told, open copies are closed without one.

    Raises DatabaseFault only where no journal of this machine holds any (laws 7 and 12).
    """
    try:
        return settle(wishes)
    except DatabaseFault as fault:
        if not _copies_are_open(wishes.state):
            raise
        return Silent(
            kind=UNKNOWN,
            uri="",
            database_name=wishes.database_name,
            swarm_ids=_known_to_journals(wishes.state),
            why=str(fault),
        )


def present_address(wishes: Wishes) -> str:
    """Where the chosen database is to be found now; empty while nobody knows."""
    remembered = recall(wishes.state)
    if remembered is None or remembered.kind == MONGODB:
        return wishes.mongo_uri
    address = read_address(wishes.state)
    return "" if address is None else address.uri


def adopt(wishes: Wishes) -> Remembered:
    """The operator's word that the database answering now is one of ours from now on."""
    with sole_chooser(wishes.state):
        before = recall(wishes.state)
        known = _known_to_journals(wishes.state) if before is None else before.swarm_ids
        kind, uri = _adoptable(wishes, before)
        swarm = _living(uri, wishes, PATIENCE_MS, create=True)
        after = Remembered(
            kind=kind,
            swarm_ids=(swarm, *(one for one in known if one != swarm)),
            database_name=wishes.database_name,
        )
        remember(wishes.state, after)
    return after


def _adoptable(wishes: Wishes, before: Remembered | None) -> tuple[str, str]:
    if before is None:
        return _first_place(wishes)
    if before.kind == EMBEDDED:
        try:
            return EMBEDDED, embedded_address(wishes)
        except CannotStart as fault:
            raise DatabaseFault(str(fault)) from fault
    return MONGODB, wishes.mongo_uri


def first_kind(wishes: Wishes) -> str:
    """Where a swarm begins that nothing is remembered of."""
    if wishes.mongo_uri_is_set:
        return MONGODB
    began_here = (wishes.state / EMBEDDED_FILE).exists()
    return MONGODB if not began_here and _answers(wishes) else EMBEDDED


def _first_place(wishes: Wishes) -> tuple[str, str]:
    kind = first_kind(wishes)
    if kind == MONGODB:
        return kind, wishes.mongo_uri
    try:
        return kind, embedded_address(wishes)
    except CannotStart as fault:
        raise DatabaseFault(str(fault)) from fault


def _answers(wishes: Wishes) -> bool:
    try:
        _standing(wishes.mongo_uri, wishes, DEFAULT_PATIENCE_MS)
    except DatabaseFault:
        return False
    return True


def _first(wishes: Wishes) -> Chosen:
    kind, uri = _first_place(wishes)
    known = _known_to_journals(wishes.state)
    swarm = _living(uri, wishes, PATIENCE_MS, create=not known)
    if known and swarm not in known:
        raise DatabaseFault(
            f"{wishes.state / MEMORY}: wanted which database was chosen, found no such file, "
            f"while the journals beside it belong to swarm {', '.join(sorted(known))} and "
            f"{redacted(uri)}, database {wishes.database_name}, does not. Put the file back, or "
            "start with --adopt if this database is meant."
        )
    return Chosen(
        kind=kind,
        uri=uri,
        database_name=wishes.database_name,
        swarm=swarm,
        swarm_ids=(swarm, *(one for one in known if one != swarm)),
    )


def _known_to_journals(state: Path) -> tuple[str, ...]:
    """The swarms that journals of this machine name."""
    return tuple(sorted({seen.swarm for seen in _journals(state)} - {""}))


def _copies_are_open(state: Path) -> bool:
    return any(seen.open_legs for seen in _journals(state))


def _journals(state: Path) -> list[Glance]:
    seen = []
    for path in sorted((state / "journals").glob("*.sqlite")):
        with suppress(JournalRefused, JournalUnwritable):  # its node says what is wrong with it
            seen.append(glance(path))
    return seen


def _keep(state: Path, before: Remembered | None, found: Chosen) -> None:
    """A first choice; and, of a choice that an older version kept, the database's name."""
    kept = before or Remembered(kind=found.kind, swarm_ids=found.swarm_ids)
    after = msgspec.structs.replace(kept, database_name=found.database_name)
    if after != before:
        remember(state, after)


def _again_embedded(wishes: Wishes, remembered: Remembered) -> Chosen | Silent:
    try:
        uri = embedded_address(wishes)
    except CannotStart as fault:
        return _silent(EMBEDDED, "", wishes, remembered, str(fault))
    found = _again(EMBEDDED, uri, wishes, remembered)
    if isinstance(found, Silent) or not wishes.mongo_uri_is_set:
        return found
    notice = (
        f"MONGO_URI names {redacted(wishes.mongo_uri)}, but this swarm lives in the embedded "
        f"database in {wishes.state} and stays there. Unset MONGO_URI."
    )
    return msgspec.structs.replace(found, notice=notice)


def _again(kind: str, uri: str, wishes: Wishes, remembered: Remembered) -> Chosen | Silent:
    try:
        standing = _standing(uri, wishes, AGAIN_PATIENCE_MS, move=remembered.move)
    except _NoAnswer as fault:
        return _silent(kind, uri, wishes, remembered, str(fault))
    why = _why_not(uri, wishes, remembered, standing)
    if why:
        return _silent(kind, uri, wishes, remembered, why)
    return Chosen(
        kind=kind,
        uri=uri,
        database_name=wishes.database_name,
        swarm=standing.swarm,
        swarm_ids=remembered.swarm_ids,
    )


def _why_not(uri: str, wishes: Wishes, remembered: Remembered, standing: Standing) -> str:
    if standing.is_marked:
        return _marked(uri, wishes, standing)
    if standing.swarm in remembered.swarm_ids:
        return ""
    return _another(uri, wishes, remembered, standing.swarm)


def _silent(kind: str, uri: str, wishes: Wishes, remembered: Remembered, why: str) -> Silent:
    return Silent(
        kind=kind,
        uri=uri,
        database_name=wishes.database_name,
        swarm_ids=remembered.swarm_ids,
        why=why,
    )


def embedded_address(wishes: Wishes) -> str:
    try:
        return ensure_running(
            wishes.state,
            port=wishes.embedded_db_port,
            python=sys.executable,
            history_limit=wishes.history_limit,
        )
    except CannotStart as fault:
        raise CannotStart(
            f"database: wanted the embedded one in {wishes.state}, found none: "
            f"{fault} (Its port is EMBEDDED_DB_PORT, {wishes.embedded_db_port}.)"
        ) from fault


def _living(uri: str, wishes: Wishes, patience_ms: int, *, create: bool) -> str:
    """The swarm that lives there; raises where the database says that none does any more."""
    standing = _standing(uri, wishes, patience_ms, create=create)
    if standing.is_marked:
        raise DatabaseFault(_marked(uri, wishes, standing))
    return standing.swarm


def _standing(
    uri: str, wishes: Wishes, patience_ms: int, *, create: bool = False, move: str = ""
) -> Standing:
    """What the database says of itself. `move` names a migration whose marks are to go.

    That one was cut short: which of its two databases lives was decided here, in what is
    remembered, so what it marked in the one that lives does not count.
    """
    try:
        with opened(uri, wishes.database_name, patience_ms) as database:
            if create:
                give_identity(database, utc_ms())
            standing = standing_of(database)
            if standing.is_marked and standing.move and standing.move == move:
                clear_marks(database)
                standing = standing_of(database)
            return standing
    except (PyMongoError, ValueError) as fault:
        raise _NoAnswer(not_answering(uri, fault)) from fault


def not_answering(uri: str, fault: Exception) -> str:
    """That nobody answers, why, and what to do; without the password in the address."""
    reason = str(fault).split(", Timeout:")[0].replace(uri, redacted(uri))
    return (
        f"database: wanted a MongoDB at {redacted(uri)}, found none that answers ({reason}). "
        "Start it, or correct MONGO_URI."
    )


def _marked(uri: str, wishes: Wishes, standing: Standing) -> str:
    return (
        f"database: wanted a living one at {redacted(uri)}, database {wishes.database_name}, "
        f"found {standing.fault}."
    )


def _another(uri: str, wishes: Wishes, remembered: Remembered, swarm: str) -> str:
    found = f"swarm {swarm}" if swarm else "no swarm of ours in it"
    before = remembered.database_name
    advice = (
        f"DATABASE_NAME was {before} when this swarm was last seen: set it back"
        if before and before != wishes.database_name
        else "Bring back the right one"
    )
    return (
        f"database: wanted the one this swarm lives in, found another at {redacted(uri)}, "
        f"database {wishes.database_name} ({found}). {advice}, or start with "
        "--adopt if this one is meant."
    )
