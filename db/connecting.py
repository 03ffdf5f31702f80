"""Which database this machine's swarm lives in, and whether it is really that one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec
from filelock import FileLock
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

from db.embedded.starting import CannotStart, ensure_running
from db.moments import moment
from db.schema import SWARM
from utils.clock import utc_ms
from utils.randomness import token
from utils.redaction import redacted

Document = dict[str, Any]

MONGODB = "mongodb"
EMBEDDED = "embedded"
IDENTITY = "swarm"
PATIENCE_MS = 5000
DEFAULT_PATIENCE_MS = 1500
AGAIN_PATIENCE_MS = 2000  # a known database is asked again and again; each time shall be short

DATABASE_ERRORS = (PyMongoError,)
"""What every store may raise: the database did not answer, or refused."""


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


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen at the first start."""

    kind: str
    swarm_ids: tuple[str, ...]


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


class DatabaseFault(Exception):  # noqa: N818 - it says what happened
    """At the first start there is no database to begin with."""


def choose(wishes: Wishes, remembered: Remembered | None) -> Chosen | Silent:
    """The database to use; at a first start (nothing remembered) it must answer, or raises."""
    if remembered is None:
        return _first(wishes)
    if remembered.kind == EMBEDDED:
        return _again_embedded(wishes, remembered)
    return _again(MONGODB, wishes.mongo_uri, wishes, remembered)


def settle(wishes: Wishes) -> Chosen | Silent:
    """Choose, and remember a first choice; two first starts at once make the same one."""
    wishes.state.mkdir(parents=True, exist_ok=True)
    with FileLock(wishes.state / "database.lock"):
        remembered = recall(wishes.state)
        found = choose(wishes, remembered)
        if remembered is None and isinstance(found, Chosen):
            remember(wishes.state, Remembered(kind=found.kind, swarm_ids=found.swarm_ids))
    return found


def adopt(wishes: Wishes) -> Remembered:
    """The operator's word that the database answering now is one of ours from now on."""
    before = recall(wishes.state) or Remembered(kind=MONGODB, swarm_ids=())
    uri = _embedded(wishes) if before.kind == EMBEDDED else wishes.mongo_uri
    swarm = _identity(uri, wishes.database_name, PATIENCE_MS, create=True)
    ids = (swarm, *(known for known in before.swarm_ids if known != swarm))
    after = Remembered(kind=before.kind, swarm_ids=ids)
    remember(wishes.state, after)
    return after


def recall(state: Path) -> Remembered | None:
    """What was chosen before; None at a first start."""
    path = state / "database.json"
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Remembered)
    except msgspec.MsgspecError as fault:
        raise DatabaseFault(
            f"{path}: wanted which database was chosen, found something else ({fault}). "
            "Restore the file; without it nobody knows which database is the right one."
        ) from fault


def remember(state: Path, chosen: Remembered) -> None:
    """Write the choice so that a crash leaves the old one or the new one."""
    state.mkdir(parents=True, exist_ok=True)
    fresh = state / "database.json.new"
    fresh.write_bytes(msgspec.json.encode(chosen))
    fresh.replace(state / "database.json")


@contextmanager
def opened(
    uri: str, database_name: str, patience_ms: int = PATIENCE_MS
) -> Iterator[Database[Document]]:
    """The database, for as long as the block lasts."""
    client = connect(uri, patience_ms)
    try:
        yield client[database_name]
    finally:
        client.close()


def connect(uri: str, patience_ms: int = PATIENCE_MS) -> MongoClient[Document]:
    """A client that gives up after a while instead of hanging."""
    return MongoClient(
        uri,
        tz_aware=True,
        appname="murmuration",
        serverSelectionTimeoutMS=patience_ms,
        connectTimeoutMS=patience_ms,
        socketTimeoutMS=max(patience_ms, PATIENCE_MS),
    )


def swarm_of(database: Database[Document]) -> str:
    """The swarm id the database carries; empty where it carries none."""
    found = database[SWARM].find_one({"_id": IDENTITY})
    return "" if found is None else str(found.get("swarm_id", ""))


def _first(wishes: Wishes) -> Chosen:
    if wishes.mongo_uri_is_set:
        return _first_at(MONGODB, wishes.mongo_uri, wishes, PATIENCE_MS)
    try:
        return _first_at(MONGODB, wishes.mongo_uri, wishes, DEFAULT_PATIENCE_MS)
    except DatabaseFault:
        try:
            return _first_at(EMBEDDED, _embedded(wishes), wishes, PATIENCE_MS)
        except CannotStart as fault:
            raise DatabaseFault(str(fault)) from fault


def _first_at(kind: str, uri: str, wishes: Wishes, patience_ms: int) -> Chosen:
    try:
        swarm = _identity(uri, wishes.database_name, patience_ms, create=True)
    except (PyMongoError, ValueError) as fault:
        raise DatabaseFault(_not_answering(uri, fault)) from fault
    return Chosen(
        kind=kind,
        uri=uri,
        database_name=wishes.database_name,
        swarm=swarm,
        swarm_ids=(swarm,),
    )


def _again_embedded(wishes: Wishes, remembered: Remembered) -> Chosen | Silent:
    try:
        uri = _embedded(wishes)
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
        swarm = _identity(uri, wishes.database_name, AGAIN_PATIENCE_MS, create=False)
    except (PyMongoError, ValueError) as fault:
        return _silent(kind, uri, wishes, remembered, _not_answering(uri, fault))
    if swarm not in remembered.swarm_ids:
        return _silent(kind, uri, wishes, remembered, _another(uri, wishes, swarm))
    return Chosen(
        kind=kind,
        uri=uri,
        database_name=wishes.database_name,
        swarm=swarm,
        swarm_ids=remembered.swarm_ids,
    )


def _silent(kind: str, uri: str, wishes: Wishes, remembered: Remembered, why: str) -> Silent:
    return Silent(
        kind=kind,
        uri=uri,
        database_name=wishes.database_name,
        swarm_ids=remembered.swarm_ids,
        why=why,
    )


def _embedded(wishes: Wishes) -> str:
    return ensure_running(
        wishes.state,
        port=wishes.embedded_db_port,
        python=sys.executable,
        history_limit=wishes.history_limit,
    )


def _identity(uri: str, database_name: str, patience_ms: int, *, create: bool) -> str:
    """The database's swarm id; the first one who asks for it gives it one."""
    with opened(uri, database_name, patience_ms) as database:
        if create:
            born = {"swarm_id": token(), "created_at": moment(utc_ms())}
            database[SWARM].update_one({"_id": IDENTITY}, {"$setOnInsert": born}, upsert=True)
        return swarm_of(database)


def _not_answering(uri: str, fault: Exception) -> str:
    reason = str(fault).split(", Timeout:")[0].replace(uri, redacted(uri))
    return (
        f"database: wanted a MongoDB at {redacted(uri)}, found none that answers ({reason}). "
        "Start it, or correct MONGO_URI."
    )


def _another(uri: str, wishes: Wishes, swarm: str) -> str:
    found = f"swarm {swarm}" if swarm else "no swarm of ours in it"
    return (
        f"database: wanted the one this swarm lives in, found another at {redacted(uri)}, "
        f"database {wishes.database_name} ({found}). Bring back the right one, or start with "
        "--adopt if this one is meant."
    )
