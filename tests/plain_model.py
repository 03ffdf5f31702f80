"""A collection as a list, written as simply as can be, to compare the embedded database with."""

from collections.abc import Callable
from typing import Any

from utils.randomness import seeded

Doc = dict[str, Any]
TOO_MUCH = 100
RULES = {"n": {"$not": {"$gt": TOO_MUCH}}}


class RefusedError(Exception):
    """What a write is refused with."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class PlainModel:
    """Whole numbers, texts and lists in `k`, `n` and `tags`; `_id` a whole number."""

    def __init__(self) -> None:
        self.documents: list[Doc] = []
        self.unique: set[str] = {"_id"}

    def matching(self, query: Doc) -> list[Doc]:
        return [d for d in self.documents if all(_meets(d, p, w) for p, w in query.items())]

    def insert(self, command: Doc) -> Doc:
        return self._batch(command, "documents", self._insert_one)

    def update(self, command: Doc) -> Doc:
        return self._batch(command, "updates", self._update_statement)

    def delete(self, command: Doc) -> Doc:
        return self._batch(command, "deletes", self._delete_statement)

    def _batch(self, command: Doc, field: str, write: Callable[[Doc], Doc]) -> Doc:
        reply: Doc = {"n": 0}
        for index, item in enumerate(command[field]):
            try:
                done = write(item)
            except RefusedError as fault:
                reply.setdefault("writeErrors", []).append((index, fault.code))
                if command.get("ordered", True):
                    break
            else:
                reply["n"] += done["n"]
                reply["nModified"] = reply.get("nModified", 0) + done.get("modified", 0)
                if "upserted" in done:
                    reply.setdefault("upserted", []).append((index, done["upserted"]))
        return reply

    def _insert_one(self, document: Doc) -> Doc:
        self._check(document, instead_of=None)
        self.documents.append(document)
        return {"n": 1}

    def _check(self, new: Doc, instead_of: Doc | None) -> None:
        if isinstance(new.get("n"), int) and new["n"] > TOO_MUCH:
            raise RefusedError(121)
        others = [d for d in self.documents if d is not instead_of]
        for name in self.unique:
            if any(d.get(name) == new.get(name) for d in others):
                raise RefusedError(11000)

    def _update_statement(self, item: Doc) -> Doc:
        found = self.matching(item["q"])
        if not found and item.get("upsert"):
            identity = item["q"]["_id"]
            self._insert_one(changed({"_id": identity}, item["u"]))
            return {"n": 1, "upserted": identity}
        chosen = found if item.get("multi") else found[:1]
        return {"n": len(chosen), "modified": sum(self._change(d, item["u"]) for d in chosen)}

    def _change(self, old: Doc, update: Doc) -> int:
        new = changed(old, update)
        if list(new.items()) == list(old.items()):
            return 0
        self._check(new, instead_of=old)
        self.documents[next(i for i, d in enumerate(self.documents) if d is old)] = new
        return 1

    def _delete_statement(self, item: Doc) -> Doc:
        found = self.matching(item["q"])
        gone = found[:1] if item["limit"] else found
        self.documents = [d for d in self.documents if not any(d is g for g in gone)]
        return {"n": len(gone)}

    def find_and_modify(self, command: Doc) -> Doc:
        way = command["sort"]["_id"]
        found = sorted(self.matching(command["query"]), key=lambda d: d["_id"] * way)
        if not found:
            return {"value": None}
        if command.get("remove"):
            self.documents = [d for d in self.documents if d is not found[0]]
            return {"value": found[0]}
        new = changed(found[0], command["update"])
        self._change(found[0], command["update"])
        return {"value": new if command.get("new") else found[0]}

    def make_unique(self, name: str) -> int:
        values = [repr(d.get(name)) for d in self.documents]
        if len(set(values)) < len(values):
            return 11000
        self.unique.add(name)
        return 0


def _meets(document: Doc, path: str, wanted: Any) -> bool:
    value = document.get(path)
    if isinstance(wanted, dict) and "$gte" in wanted:
        return isinstance(value, int) and value >= wanted["$gte"]
    if isinstance(wanted, dict):
        return any(value == item for item in wanted["$in"])
    return bool(value == wanted)


def changed(old: Doc, update: Doc) -> Doc:
    """The document after an update, or after a replacement."""
    if not next(iter(update), "").startswith("$"):
        return {"_id": old["_id"], **update}
    new = {name: list(v) if isinstance(v, list) else v for name, v in old.items()}
    steps = [(name, op, v) for op, fields in update.items() for name, v in fields.items()]
    for name, operator, operand in sorted(steps, key=lambda step: step[0]):
        _CHANGES[operator](new, name, operand)
    return new


def _set(new: Doc, name: str, operand: Any) -> None:
    new[name] = operand


def _increase(new: Doc, name: str, operand: Any) -> None:
    if not isinstance(new.get(name, 0), int):
        raise RefusedError(14)
    new[name] = new.get(name, 0) + operand


def _unset(new: Doc, name: str, _: Any) -> None:
    new.pop(name, None)


def _push(new: Doc, name: str, operand: Any) -> None:
    if not isinstance(new.get(name, []), list):
        raise RefusedError(2)
    new[name] = [*new.get(name, []), operand]


_CHANGES = {"$set": _set, "$inc": _increase, "$unset": _unset, "$push": _push}


class Chance:
    """Commands that often hit the same documents, and often fail."""

    def __init__(self, seed: int) -> None:
        self._random = seeded(seed)

    def command(self) -> Doc:
        make = self._random.choice([self._insert, self._update, self._update, self._delete,
                                    self._find_and_modify, self._find_and_modify])  # fmt: skip
        return make()

    def one_in(self, many: int) -> bool:
        return self._random.randrange(many) == 0

    def _identity(self) -> int:
        return self._random.randrange(40)

    def _document(self) -> Doc:
        choices = {"k": range(60), "n": [1, 50, 99, 101, "text"], "tags": [[], ["a"], "no list"]}
        kept = {name: values for name, values in choices.items() if not self.one_in(4)}
        return {name: self._random.choice(values) for name, values in kept.items()}

    def _insert(self) -> Doc:
        documents = [{"_id": self._identity(), **self._document()} for _ in range(self._few())]
        return {"insert": "t", "documents": documents, "ordered": self.one_in(2)}

    def _few(self) -> int:
        return self._random.randint(1, 4)

    def _query(self) -> Doc:
        whole: list[Doc] = [
            {"_id": self._identity()},
            {"k": self._random.randrange(60)},
            {"n": {"$gte": self._random.choice([0, 50, 99])}},
            {"_id": {"$in": [self._identity() for _ in range(3)]}},
            {"n": 50, "k": {"$gte": 20}},
            {"n": "text"},
        ]
        return self._random.choice(whole)

    def _operators(self) -> Doc:
        number = self._random.randrange(60)
        whole: list[Doc] = [
            {"$inc": {"n": 1}},
            {"$inc": {"n": 1}, "$push": {"tags": number}},
            {"$set": {"k": number}},
            {"$set": {"k": number}, "$inc": {"n": 2}, "$push": {"tags": "x"}},
            {"$unset": {"k": ""}, "$set": {"n": number}},
            {"$push": {"tags": number}, "$unset": {"n": ""}},
        ]
        return self._random.choice(whole)

    def _statement(self) -> Doc:
        if self.one_in(4):
            return {"q": {"_id": self._identity()}, "u": self._operators(), "upsert": True}
        if self.one_in(4):
            return {"q": self._query(), "u": {"x": 1, **self._document()}}
        return {"q": self._query(), "u": self._operators(), "multi": self.one_in(2)}

    def _update(self) -> Doc:
        statements = [self._statement() for _ in range(self._few())]
        return {"update": "t", "updates": statements, "ordered": self.one_in(2)}

    def _delete(self) -> Doc:
        statements = [{"q": self._query(), "limit": int(not self.one_in(5))}]
        return {"delete": "t", "deletes": statements, "ordered": True}

    def _find_and_modify(self) -> Doc:
        command: Doc = {"findAndModify": "t", "query": self._query()}
        command["sort"] = {"_id": self._random.choice([1, -1])}
        if self.one_in(6):
            return {**command, "remove": True}
        return {**command, "update": self._operators(), "new": self.one_in(2)}
