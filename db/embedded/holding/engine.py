"""All databases of one file: collections by name, and what is done to them as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from bson import Binary

from db.embedded.errors import Refusal
from db.embedded.file.opening import StorageError
from db.embedded.file.storage import Storage
from db.embedded.holding.collection import Collection
from db.embedded.values import Document

_MOST_NAME = 255
_BAD_DATABASE_LETTERS = frozenset('/\\. "$*<>:|?\0')


class Engine:
    """The catalogue in memory, loaded from the store and kept in step with it."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._databases: dict[str, dict[str, Collection]] = {}
        self._load()

    def _load(self) -> None:
        by_number: dict[int, Collection] = {}
        for stored in self.storage.collections():
            namespace = f"{stored.database}.{stored.name}"
            with _said_of(namespace, self.storage.path):
                collection = Collection(stored.number, namespace, stored.description)
            by_number[stored.number] = collection
            self._databases.setdefault(stored.database, {})[stored.name] = collection
        for number, record, body in self.storage.bodies():
            by_number[number].load(record, body)
        for collection in by_number.values():
            with _said_of(collection.namespace, self.storage.path):
                collection.loaded()

    def database_names(self) -> list[str]:
        """Databases that hold a collection."""
        return sorted(name for name, held in self._databases.items() if held)

    def collections(self, database: str) -> dict[str, Collection]:
        """A database's collections by name."""
        return dict(sorted(self._databases.get(database, {}).items()))

    def find(self, database: str, name: str) -> Collection | None:
        """The collection, if there is one."""
        return self._databases.get(database, {}).get(name)

    def existing(self, database: str, name: str) -> Collection:
        """The collection, or a refusal."""
        collection = self.find(database, name)
        if collection is None:
            raise Refusal(26, f"ns does not exist: {database}.{name}")
        return collection

    def ensured(self, database: str, name: str) -> Collection:
        """The collection, made by the first write to it."""
        return self.find(database, name) or self.create(database, name, {})

    def create(self, database: str, name: str, options: Document) -> Collection:
        """A new, empty collection."""
        check_names(database, name)
        if self.find(database, name) is not None:
            raise Refusal(48, f"Collection {database}.{name} already exists.")
        description: Document = {"uuid": Binary.from_uuid(uuid4()), "options": options}
        collection = Collection(0, f"{database}.{name}", description)
        collection.number = self.storage.create(database, name, collection.description())
        self._databases.setdefault(database, {})[name] = collection
        return collection

    def drop(self, database: str, name: str) -> Collection:
        """The collection and all it holds is gone."""
        collection = self.existing(database, name)
        self.storage.drop(collection.number)
        del self._databases[database][name]
        return collection

    def rename(self, database: str, name: str, to_database: str, to_name: str) -> None:
        """The same collection under another name; no collection may have that name."""
        check_names(to_database, to_name)
        collection = self.existing(database, name)
        collection.namespace = f"{to_database}.{to_name}"
        for index in collection.indexes.values():
            index.namespace = collection.namespace
        self.storage.rename(collection.number, to_database, to_name)
        del self._databases[database][name]
        self._databases.setdefault(to_database, {})[to_name] = collection

    def everything(self) -> Iterator[Collection]:
        """Every collection of every database."""
        for held in self._databases.values():
            yield from held.values()


def check_names(database: str, name: str) -> None:
    """Refuse what MongoDB does not take as a name."""
    if not database or set(database) & _BAD_DATABASE_LETTERS or len(database.encode()) > 63:  # noqa: PLR2004 - MongoDB's limit
        raise Refusal(73, f"Invalid database name: '{database}'")
    bad = (
        not name
        or "$" in name
        or "\0" in name
        or name.startswith((".", "system."))
        or name[-1] == "."
    )
    if bad or len(f"{database}.{name}".encode()) > _MOST_NAME:
        raise Refusal(73, f"Invalid collection name: '{database}.{name}'")


@contextmanager
def _said_of(namespace: str, path: Path) -> Iterator[None]:
    """What another version of the program took, and this one does not, is no broken file."""
    try:
        yield
    except Refusal as refusal:
        raise StorageError(
            f"the database file {path} holds rules or indexes of {namespace} that this version of "
            f"the program cannot keep: {refusal.message}. Start the version that made them, change "
            "them there, then update. Nothing was changed."
        ) from refusal
