"""Clients that write until the server dies under them, and know what must be there afterwards."""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, NamedTuple

from pymongo import DeleteOne, InsertOne, MongoClient, ReturnDocument, UpdateOne
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError, WriteError

from utils.randomness import seeded

Document = dict[str, Any]
State = Mapping[str, Document | None]  # a document that must not be there is None
BULK = 10
_ALIVE_AT_MOST = 200


class Step(NamedTuple):
    """One call, and the states it leads through: after none, some or all of its commands."""

    kind: str
    call: Callable[[], object]
    after: tuple[State, ...]
    writes: int = 1


class Findings:
    """What a comparison found."""

    def __init__(self) -> None:
        self.lost: list[str] = []
        self.half_done: list[str] = []
        self.doubtful_stored = 0
        self.doubtful_not_stored = 0


class DocumentWriter:
    """Writes documents of its own into a collection that it shares with the others."""

    def __init__(self, number: int) -> None:
        self._name = f"w{number}"
        self._dice = seeded(number)
        self._made = 0
        self._known: dict[str, Document] = {}
        self._doubtful: Step | None = None
        self.acknowledged: dict[str, int] = {}

    def write(self, uri: str) -> None:
        """Until the server does not answer any more."""
        with MongoClient[Document](uri, serverSelectionTimeoutMS=300, retryWrites=False) as client:
            for step in self._steps(client.crash):
                self._doubtful = step
                try:
                    step.call()
                except PyMongoError:
                    return
                self._take(step.after[-1])
                self._doubtful = None
                self.acknowledged[step.kind] = self.acknowledged.get(step.kind, 0) + step.writes

    def _take(self, state: State) -> None:
        for identity, document in state.items():
            if document is None:
                self._known.pop(identity, None)
            else:
                self._known[identity] = document

    def _steps(self, database: Database[Document]) -> Iterator[Step]:
        while True:
            yield _pick(self._dice, len(self._known))(self, database)

    def _new(self) -> Document:
        self._made += 1
        identity = f"{self._name}-{self._made}"
        return {"_id": identity, "by": self._name, "n": self._made, "a": 0, "b": 0, "list": []}

    def _old(self) -> Document:
        return self._known[self._dice.choice(sorted(self._known))]

    def insert(self, database: Database[Document]) -> Step:
        """One document."""
        new = self._new()
        return Step("insert", lambda: database.docs.insert_one(new), ({new["_id"]: new},))

    def insert_many(self, database: Database[Document]) -> Step:
        """Many documents in one command."""
        news = [self._new() for _ in range(BULK)]
        after = {new["_id"]: new for new in news}
        return Step("insert many", lambda: database.docs.insert_many(news), (after,), BULK)

    def update(self, database: Database[Document]) -> Step:
        """Three fields of one document, by three operators."""
        old = self._old()
        new, change = _changed(old)
        query = {"by": self._name, "n": old["n"]}
        call = lambda: database.docs.update_one(query, change)  # noqa: E731 - a step is a call
        return Step("update", call, ({new["_id"]: new},))

    def find_and_modify(self, database: Database[Document]) -> Step:
        """The same, and look at what came of it."""
        old = self._old()
        new, change = _changed(old)

        def call() -> None:
            found = database.docs.find_one_and_update(
                {"_id": old["_id"]}, change, return_document=ReturnDocument.AFTER
            )
            if found != new:
                raise AssertionError(f"wanted {new}, found {found}")

        return Step("findAndModify", call, ({new["_id"]: new},))

    def delete(self, database: Database[Document]) -> Step:
        """One document."""
        old = self._old()["_id"]
        return Step("delete", lambda: database.docs.delete_one({"_id": old}), ({old: None},))

    def bulk(self, database: Database[Document]) -> Step:
        """Three commands one after the other: each whole or not at all."""
        new, old = self._new(), self._old()
        changed, change = _changed(old)
        calls: list[InsertOne[Document] | UpdateOne | DeleteOne] = [
            InsertOne(new),
            UpdateOne({"_id": old["_id"]}, change),
            DeleteOne({"_id": "no"}),
        ]
        first = {new["_id"]: new, old["_id"]: old}
        after = ({**first, new["_id"]: new}, {**first, old["_id"]: changed})
        return Step("bulk", lambda: database.docs.bulk_write(calls), after, 2)

    def compare(self, stored: Mapping[str, Document], findings: Findings) -> None:
        """Everything acknowledged is there, what was in doubt is there whole or not at all."""
        mine = {key: value for key, value in stored.items() if value["by"] == self._name}
        step, self._doubtful = self._doubtful, None
        touched = step.after[-1] if step else {}
        for identity in (self._known.keys() | mine.keys()) - touched.keys():
            if self._known.get(identity) != mine.get(identity):
                findings.lost.append(f"{identity}: {self._known.get(identity)}")
        if step is not None:
            self._settle(step, mine, findings)
        self._known = dict(mine)

    def _settle(self, step: Step, mine: Mapping[str, Document], findings: Findings) -> None:
        found = {identity: mine.get(identity) for identity in step.after[-1]}
        before = {identity: self._known.get(identity) for identity in found}
        if found == before:
            findings.doubtful_not_stored += 1
        elif found in step.after:
            findings.doubtful_stored += 1
        else:
            findings.half_done.append(f"{step.kind}: {found}")


def _changed(old: Document) -> tuple[Document, Document]:
    count = old["a"] + 1
    new = {**old, "a": count, "b": count, "list": [*old["list"], count]}
    return new, {"$set": {"a": count}, "$inc": {"b": 1}, "$push": {"list": count}}


def _pick(dice: Random, alive: int) -> Callable[[DocumentWriter, Database[Document]], Step]:
    if alive < BULK:
        return DocumentWriter.insert_many
    if alive > _ALIVE_AT_MOST:
        return DocumentWriter.delete
    return dice.choice(
        [
            DocumentWriter.insert,
            DocumentWriter.insert_many,
            DocumentWriter.update,
            DocumentWriter.update,
            DocumentWriter.find_and_modify,
            DocumentWriter.bulk,
            DocumentWriter.delete,
        ]
    )


class RulesWriter:
    """Makes and drops unique indexes and tightens a validator, over and over."""

    def __init__(self) -> None:
        self._least = 0
        self._indexes: set[str] = set()
        self._next_least = 0
        self._next_indexes: set[str] = set()
        self.acknowledged: dict[str, int] = {}

    def write(self, uri: str) -> None:
        """Until the server does not answer any more."""
        with MongoClient[Document](uri, serverSelectionTimeoutMS=300) as client:
            try:
                while True:
                    self._change(client.crash)
            except PyMongoError:
                return

    def _change(self, database: Database[Document]) -> None:
        if "rules" not in database.list_collection_names():
            database.create_collection("rules")
        self._next_least = self._least + 1
        rules = {"n": {"$gte": self._next_least}}
        database.command("collMod", "rules", validator=rules)
        self._least = self._next_least
        self._count("collMod")
        name = f"unique_{self._least}"
        self._next_indexes = {*sorted(self._indexes)[-3:], name}
        database.rules.create_index([(name, 1)], name=name, unique=True, sparse=True)
        self._indexes = {*self._indexes, name}
        self._count("createIndex")
        for old in sorted(self._indexes - self._next_indexes):
            database.rules.drop_index(old)
            self._indexes = self._indexes - {old}
            self._count("dropIndex")

    def _count(self, kind: str) -> None:
        self.acknowledged[kind] = self.acknowledged.get(kind, 0) + 1

    def compare(self, database: Database[Document], findings: Findings) -> None:
        """The validator is the last one or the one in doubt, and refuses; indexes keep unique."""
        (about,) = list(database.list_collections(filter={"name": "rules"})) or [{}]
        least = about.get("options", {}).get("validator", {}).get("n", {}).get("$gte", 0)
        if least not in (self._least, self._next_least):
            findings.lost.append(f"validator {self._least}, found {least}")
        names = set(database.rules.index_information()) - {"_id_"} if about else set()
        if not self._indexes & self._next_indexes <= names <= self._indexes | self._next_indexes:
            findings.lost.append(f"indexes {sorted(self._indexes)}, found {sorted(names)}")
        self._least = self._next_least = least
        self._indexes = names
        self._try_out(database, findings)

    def _try_out(self, database: Database[Document], findings: Findings) -> None:
        if self._least and not _refused(database, {"n": self._least - 1}):
            findings.lost.append(f"the validator {self._least} refuses nothing")
        for name in sorted(self._indexes):
            database.rules.insert_one({"n": 2**40, name: 1})
            if not _refused(database, {"n": 2**40, name: 1}):
                findings.lost.append(f"the unique index {name} keeps nothing unique")
            database.rules.delete_many({"n": 2**40})


def _refused(database: Database[Document], document: Document) -> bool:
    try:
        database.rules.insert_one(document)
    except (DuplicateKeyError, WriteError):
        return True
    return False
