"""insert, update, delete and findAndModify."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from db.embedded.answering.requests import House, Request
from db.embedded.changing.updating import Moment, Update, is_replacement, seed_of_upsert
from db.embedded.errors import Refusal, not_implemented
from db.embedded.finding.matching import compile_filter
from db.embedded.holding.choosing import chosen_records
from db.embedded.holding.collection import Collection, with_id_first
from db.embedded.pipelines.aggregating import updated_by_pipeline
from db.embedded.pipelines.projecting import Shown, compile_projection
from db.embedded.values import MISSING, Document, identical, type_name

T = TypeVar("T")
_MOST_WRITES = 100_000
_UPDATE_WORDS = frozenset({"q", "u", "upsert", "multi", "arrayFilters", "hint", "sort"})
_DELETE_WORDS = frozenset({"q", "limit", "hint"})


@dataclass(frozen=True, slots=True)
class View:
    """What findAndModify shows; it is made before the write, which it may still prevent."""

    shown: Callable[[Document], Document] | None = None
    of_new: bool = False

    def of(self, old: Document | None, new: Document | None) -> Document | None:
        """The side asked for, as asked for."""
        side = new if self.of_new else old
        return None if self.shown is None or side is None else self.shown(side)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one update did."""

    matched: int
    modified: int
    upserted: object = MISSING
    value: Document | None = None


_UNSEEN = View()


class Revision:
    """The next state of a document, by operators, by replacement or by a pipeline."""

    def __init__(
        self,
        update: object,
        array_filters: object,
        query: Mapping[str, object],
        house: House,
    ) -> None:
        self._update = update
        self._house = house
        self._moment_ms = house.clock.now().utc_ms
        self.replaces = isinstance(update, Mapping) and is_replacement(update)
        _check_array_filters(array_filters)
        if array_filters and (self.replaces or not isinstance(update, Mapping)):
            raise Refusal(9, "arrayFilters are for updates by operators alone")
        if isinstance(update, Mapping) and not self.replaces:
            self._operators: Update | None = Update(update, array_filters, query)
        elif isinstance(update, (Mapping, list)):
            self._operators = None
        else:
            raise Refusal(9, f"an update is a document or a pipeline, found {type_name(update)}")

    def of(self, old: Document, *, inserting: bool = False) -> Document:
        """The new document."""
        if self._operators is not None:
            return self._operators.apply(old, Moment(self._moment_ms, inserting))
        if isinstance(self._update, list):
            return updated_by_pipeline(old, self._update)
        new = self._house.dated(self._update if isinstance(self._update, Mapping) else {})
        kept = {"_id": old["_id"]} if "_id" in old else {}
        return {**kept, **new}


def _check_array_filters(stated: object) -> None:
    if stated is None:
        return
    if not isinstance(stated, list) or not all(isinstance(item, dict) for item in stated):
        raise Refusal(14, "'arrayFilters' must be an array of objects")


def insert(request: Request) -> Document:
    """Store new documents."""
    check, documents = not request.flag("bypassDocumentValidation"), _batch(request, "documents")
    collection = request.engine.ensured(request.database, request.target())

    def write(document: Document) -> int:
        collection.insert(request.house.dated(document), request.engine.storage, check=check)
        return 1

    counts, errors = _each(documents, write, ordered=request.flag("ordered", default=True))
    return _with_errors({"n": sum(counts), "ok": 1.0}, errors)


def _batch(request: Request, field: str) -> list[Document]:
    items = request.documents(field)
    if not 1 <= len(items) <= _MOST_WRITES:
        text = (
            f"Write batch sizes must be between 1 and {_MOST_WRITES}. Got {len(items)} operations."
        )
        raise Refusal(16, text)
    return items


def _each(
    items: list[Document], write: Callable[[Document], T], *, ordered: bool
) -> tuple[list[T], list[Document]]:
    results: list[T] = []
    errors: list[Document] = []
    for index, item in enumerate(items):
        try:
            results.append(write(item))
        except Refusal as refusal:
            errors.append(refusal.as_write_error(index))
            if ordered:
                break
    return results, errors


def _with_errors(reply: Document, errors: list[Document]) -> Document:
    return {**reply, "writeErrors": errors} if errors else reply


def update(request: Request) -> Document:
    """Change documents, or insert where nothing matched and the client asks for it."""
    upserted: list[Document] = []
    places = {id(item): place for place, item in enumerate(_batch(request, "updates"))}

    def write(item: Document) -> Outcome:
        outcome = _update_one_statement(request, item)
        if outcome.upserted is not MISSING:
            upserted.append({"index": places[id(item)], "_id": outcome.upserted})
        return outcome

    ordered = request.flag("ordered", default=True)
    outcomes, errors = _each(request.documents("updates"), write, ordered=ordered)
    reply: Document = {
        "n": sum(o.matched for o in outcomes) + len(upserted),
        "nModified": sum(o.modified for o in outcomes),
        "ok": 1.0,
    }
    if upserted:
        reply["upserted"] = upserted
    return _with_errors(reply, errors)


def _update_one_statement(request: Request, item: Document) -> Outcome:
    _refuse_words(item, _UPDATE_WORDS, "update.updates")
    multi, upsert, query = _yes(item, "multi"), _yes(item, "upsert"), _query(item)
    revision = Revision(item.get("u"), item.get("arrayFilters"), query, request.house)
    if multi and revision.replaces:
        raise Refusal(9, "multi update is not supported for replacement-style update")
    collection = _collection(request, create=upsert)
    check_hint(collection, item.get("hint"))
    found = _found(collection, query, item.get("sort"), all_of_them=multi)
    if not found and upsert and collection is not None:
        return _upsert(request, collection, query, revision)
    changed = [_revise(request, collection, record, revision) for record in found if collection]
    return Outcome(len(found), sum(outcome.modified for outcome in changed))


def _yes(item: Document, word: str) -> bool:
    stated = item.get(word, False)
    if not isinstance(stated, (bool, int, float)):
        raise Refusal(14, f"'{word}' of an update must be a bool, found {type_name(stated)}")
    return bool(stated)


def _collection(request: Request, *, create: bool) -> Collection | None:
    if create:
        return request.engine.ensured(request.database, request.target())
    return request.engine.find(request.database, request.target())


def _query(item: Document) -> Mapping[str, object]:
    query = item.get("q")
    if not isinstance(query, Mapping):
        raise Refusal(14, f"'q' must be an object, found {type_name(query)}")
    return query


def _refuse_words(item: Document, known: frozenset[str], where: str) -> None:
    for word in item:
        if word in ("collation", "c", "let"):
            raise not_implemented(f"'{word}' in {where}")
        if word not in known:
            raise Refusal(40415, f"BSON field '{where}.{word}' is an unknown field.")


def check_hint(collection: Collection | None, hint: object) -> None:
    """Refuse a hint that names no index; a scan would answer the same, but MongoDB refuses."""
    if hint is None or collection is None:
        return
    for index in collection.indexes.values():
        if hint in (index.name, index.pattern, {"$natural": 1}, {"$natural": -1}):
            return
    raise Refusal(
        2, "error processing query: hint provided does not correspond to an existing index"
    )


def _found(
    collection: Collection | None, query: Mapping[str, object], sort: object, *, all_of_them: bool
) -> list[int]:
    if collection is None:
        compile_filter(query)
        return []
    return chosen_records(collection, query, sort, limit=None if all_of_them else 1)


def _revise(
    request: Request,
    collection: Collection,
    record: int,
    revision: Revision,
    view: View = _UNSEEN,
) -> Outcome:
    old = collection.documents[record]
    new = revision.of(old)
    if identical(old, new):
        return Outcome(1, 0, value=view.of(old, old))
    value = view.of(old, new)
    check = not request.flag("bypassDocumentValidation")
    collection.replace(record, new, request.engine.storage, check=check)
    return Outcome(1, 1, value=value)


def _upsert(
    request: Request,
    collection: Collection,
    query: Mapping[str, object],
    revision: Revision,
    view: View = _UNSEEN,
) -> Outcome:
    seed = seed_of_upsert(query)
    if revision.replaces:
        seed = {"_id": seed["_id"]} if "_id" in seed else {}
    new = revision.of(seed, inserting=True)
    if "_id" in seed and not identical(seed["_id"], new.get("_id")):
        text = "Performing an update on the path '_id' would modify the immutable field '_id'"
        raise Refusal(66, text)
    new = with_id_first(new)
    value = view.of(None, new)
    check = not request.flag("bypassDocumentValidation")
    collection.insert(new, request.engine.storage, check=check)
    return Outcome(0, 0, upserted=new["_id"], value=value)


def delete(request: Request) -> Document:
    """Forget documents."""
    collection = request.engine.find(request.database, request.target())

    def write(item: Document) -> int:
        _refuse_words(item, _DELETE_WORDS, "delete.deletes")
        limit = item.get("limit")
        if limit not in (0, 1):
            raise Refusal(9, "The limit field in delete objects must be 0 or 1")
        check_hint(collection, item.get("hint"))
        records = _found(collection, _query(item), None, all_of_them=limit == 0)
        return _removed(request, collection, records)

    ordered = request.flag("ordered", default=True)
    counts, errors = _each(_batch(request, "deletes"), write, ordered=ordered)
    return _with_errors({"n": sum(counts), "ok": 1.0}, errors)


def _removed(request: Request, collection: Collection | None, records: list[int]) -> int:
    if collection is None:
        return 0
    for record in records:
        collection.remove(record, request.engine.storage)
    return len(records)


def find_and_modify(request: Request) -> Document:
    """Change or remove one document and return it, as one step."""
    removing = request.flag("remove")
    if removing == ("update" in request.command):
        raise Refusal(9, "Either an update or remove=true must be specified")
    if removing and (request.flag("upsert") or request.flag("new")):
        raise Refusal(9, "Cannot specify upsert=true or new=true with remove=true")
    view = View(_fields_shown(request), request.flag("new"))
    find = _find_and_remove if removing else _find_and_update
    return {**find(request, view), "ok": 1.0}


def _fields_shown(request: Request) -> Shown:
    return compile_projection(request.mapping("fields"), request.mapping("query"))


def _find_and_remove(request: Request, view: View) -> Document:
    collection = request.engine.find(request.database, request.target())
    check_hint(collection, request.command.get("hint"))
    query, sort = request.mapping("query"), request.command.get("sort")
    records = _found(collection, query, sort, all_of_them=False)
    old = collection.documents[records[0]] if collection and records else None
    value = view.of(old, None)
    _removed(request, collection, records)
    return {"lastErrorObject": {"n": len(records)}, "value": value}


def _find_and_update(request: Request, view: View) -> Document:
    filters, query = request.command.get("arrayFilters"), request.mapping("query")
    revision = Revision(request.command["update"], filters, query, request.house)
    collection = _collection(request, create=request.flag("upsert"))
    check_hint(collection, request.command.get("hint"))
    records = _found(collection, query, request.command.get("sort"), all_of_them=False)
    outcome = Outcome(0, 0)
    if collection is not None and records:
        outcome = _revise(request, collection, records[0], revision, view)
    elif collection is not None and request.flag("upsert"):
        outcome = _upsert(request, collection, query, revision, view)
    return {"lastErrorObject": _last_error(outcome), "value": outcome.value}


def _last_error(outcome: Outcome) -> Document:
    if outcome.upserted is not MISSING:
        return {"n": 1, "updatedExisting": False, "upserted": outcome.upserted}
    return {"n": outcome.matched, "updatedExisting": outcome.matched > 0}
