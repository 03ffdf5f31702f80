"""Keeps collections of history below a limit: the oldest documents go to compressed files."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from db.embedded.errors import Refusal
from db.embedded.file.archive import archive_folder, write_archive
from db.embedded.finding.matching import compile_filter
from db.embedded.holding.collection import Collection
from db.embedded.holding.engine import Engine
from db.embedded.holding.newest import Newest
from db.embedded.values import Document
from utils.clock import Clock

logger = logging.getLogger(__name__)

ARCHIVES = "archives"
_MOST_IN_ONE_FILE = 1000
_TRY_AGAIN_AFTER_S = 5.0
_LOOKS_AT_FIRST = 3
_SEARCHING_MAY_COST = 20  # a search that found nothing is not repeated before 20 times its time


class MayGo(Protocol):
    """Which documents of a collection may leave it."""

    @property
    def only(self) -> Mapping[str, object]:
        """They match this."""
        ...

    @property
    def newest_of(self) -> str:
        """The newest one of each value of this field stays; empty where that does not matter."""
        ...


@dataclass
class Watched:
    """What is remembered about one collection."""

    allowed: int
    newest: Newest
    not_before_s: float = 0.0
    told: set[str] = field(default_factory=set)


class Rules(NamedTuple):
    """Collections by name, in every database that holds the collection `beside`."""

    may_go: Mapping[str, MayGo]
    beside: str
    limit: int


class History:
    """Looks before every commit; what it moves is removed by that very commit."""

    def __init__(self, engine: Engine, clock: Clock, state: Path, rules: Rules) -> None:
        self._engine = engine
        self._clock = clock
        self._state = state
        self._rules = rules
        self._in_one_file = max(1, min(_MOST_IN_ONE_FILE, rules.limit // 10))
        self._databases: set[str] = set()
        self._watched: dict[int, Watched] = {}
        self._uncommitted: list[Path] = []
        self.behind = False
        self._look_around()

    def thin(self) -> None:
        """Bring every collection below the limit; what was far above it, a step at a time."""
        self.behind = False
        for database, collection in self._look_around():
            watched = self._watched[collection.number]
            if len(collection.documents) > self._rules.limit:
                self._lower(database, collection, watched)
                watched.allowed = max(self._rules.limit, len(collection.documents))
                self.behind = self.behind or watched.allowed > self._rules.limit
            else:
                watched.allowed = self._rules.limit
                watched.told.clear()

    def committed(self) -> None:
        """The files' documents are gone from the database."""
        self._uncommitted.clear()

    def undo(self) -> None:
        """Nothing was stored: the files hold documents that are still there, or never were."""
        for file in self._uncommitted:
            try:
                file.unlink()
            except OSError as reason:
                logger.warning("%s repeats documents and could not be removed: %s", file, reason)
        self._uncommitted.clear()

    def _look_around(self) -> list[tuple[str, Collection]]:
        """The collections to watch; one that was too long when first seen shrinks in steps."""
        found = []
        for database in self._engine.database_names():
            if self._engine.find(database, self._rules.beside) is None:
                continue
            is_new = database not in self._databases
            self._databases.add(database)
            for collection in self._of(database):
                found.append((database, collection))
                if collection.number not in self._watched:
                    self._watch(collection, was_there_before=is_new)
        return found

    def _of(self, database: str) -> Iterator[Collection]:
        for name in self._rules.may_go:
            collection = self._engine.find(database, name)
            if collection is not None:
                yield collection

    def _watch(self, collection: Collection, *, was_there_before: bool) -> None:
        size = len(collection.documents) if was_there_before else 0
        newest = Newest(self._may_go(collection).newest_of)
        self._watched[collection.number] = Watched(max(self._rules.limit, size), newest)

    def _may_go(self, collection: Collection) -> MayGo:
        return self._rules.may_go[_name_of(collection)]

    def _lower(self, database: str, collection: Collection, watched: Watched) -> None:
        began_s = self._clock.now().monotonic_s
        if began_s < watched.not_before_s:
            return
        wanted = max(len(collection.documents) - watched.allowed, self._in_one_file)
        records = self._oldest(collection, watched, wanted)
        took_s = self._clock.now().monotonic_s - began_s
        if len(collection.documents) - len(records) > self._rules.limit:
            watched.not_before_s = began_s + took_s * _SEARCHING_MAY_COST
        if not records:
            self._say_once(watched, collection, "nothing in it may be archived")
        for first in range(0, len(records), self._in_one_file):
            part = records[first : first + self._in_one_file]
            if not self._moved(database, collection, part):
                watched.not_before_s = began_s + _TRY_AGAIN_AFTER_S
                return

    def _oldest(self, collection: Collection, watched: Watched, count: int) -> list[int]:
        """Most often they stand in front; only else is the whole collection searched."""
        documents, only = collection.documents, self._may_go(collection).only
        watched.newest.look_at(documents)
        wanted = compile_filter(only)
        front = islice(documents, count * _LOOKS_AT_FIRST)
        near = ((record, found) for record in front if wanted(found := documents[record]))
        oldest = _some(near, watched.newest, count)
        return (
            oldest if len(oldest) == count else _some(collection.find(only), watched.newest, count)
        )

    def _say_once(self, watched: Watched, collection: Collection, what: str) -> None:
        if what in watched.told:
            return
        watched.told.add(what)
        logger.warning(
            "%s holds %d documents, the limit is %d, and %s: it grows until that changes",
            collection.namespace,
            len(collection.documents),
            self._rules.limit,
            what,
        )

    def _moved(self, database: str, collection: Collection, records: list[int]) -> bool:
        documents = [collection.documents[record] for record in records]
        folder = archive_folder(self._state, collection.namespace)
        try:
            file = write_archive(folder, f"{records[0]:012}-{records[-1]:012}", documents)
            self._uncommitted.append(file)
            self._record(database, collection, file, documents)
        except (OSError, Refusal) as reason:
            self._say_failed(collection, folder, reason)
            return False
        for record in records:
            collection.remove(record, self._engine.storage)
        logger.info(
            "moved the oldest %d documents of %s to %s", len(records), collection.namespace, file
        )
        return True

    def _record(
        self, database: str, collection: Collection, file: Path, documents: list[Document]
    ) -> None:
        about: Document = {
            "_id": file.relative_to(self._state).as_posix(),
            "collection": _name_of(collection),
            "count": len(documents),
            "first_id": documents[0]["_id"],
            "last_id": documents[-1]["_id"],
            "archived_at": datetime.fromtimestamp(self._clock.now().utc_ms / 1000, UTC),
        }
        archives = self._engine.ensured(database, ARCHIVES)
        archives.insert(about, self._engine.storage, check=False)

    def _say_failed(self, collection: Collection, folder: Path, reason: Exception) -> None:
        logger.critical(
            "%s holds more than %d documents, and the oldest cannot be archived in %s: %s. Nothing "
            "was removed, the collection grows. Make room or make the folder writable; it is tried "
            "again every %g seconds.",
            collection.namespace,
            self._rules.limit,
            folder,
            reason,
            _TRY_AGAIN_AFTER_S,
        )


def _some(found: Iterable[tuple[int, Document]], newest: Newest, count: int) -> list[int]:
    may_go = (record for record, document in found if not newest.is_one(record, document))
    return list(islice(may_go, count))


def _name_of(collection: Collection) -> str:
    return collection.namespace.partition(".")[2]
