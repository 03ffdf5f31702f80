"""The story of each account document: what changed, when, by whom as far as anybody can say."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from bson.errors import BSONError
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, OperationFailure

from db.moments import moment, ms_of_date
from db.schema import ACCOUNT_CHANGES, ACCOUNTS
from decisions.document_changes import (
    UPDATED_AT,
    UPDATED_BY,
    Signature,
    field_changes,
    shown,
    signature_of,
)

Document = dict[str, Any]

FIRST_SEEN = "first seen"
ADDED = "added"
CHANGED = "changed"
REMOVED = "removed"
TRIES = 10
MOST_AT_ONCE = 200
# A program names itself as soon as it has written; whoever was quicker noted no name.
NAMED_WITHIN_MS = 10_000


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """An account's newest record, or that there is none; `updated_at` is of the last look."""

    number: int = 0
    document: Document | None = None
    updated_at: Any = None


class _Word(msgspec.Struct, frozen=True, kw_only=True):
    """What the writer of a record knows beside the documents."""

    now_ms: int
    by: str = ""
    via: str = ""
    watched: bool = False


class AccountChanges:
    """The records of one database; exactly one for each change, however many programs look.

    A record's number follows the newest one that was read before the document was: whoever
    comes second finds the number taken, and reads again.
    """

    def __init__(self, database: Database[Document]) -> None:
        self._changes = database[ACCOUNT_CHANGES]
        self._accounts = database[ACCOUNTS]
        self._known: dict[str, _Known] | None = None
        self._there_at_first: frozenset[str] = frozenset()

    def note(self, name: str, *, now_ms: int, by: str = "", via: str = "") -> bool:
        """Record what differs from the newest record; True where this call wrote something.

        Call it before an edit as well, where the account may never have been recorded: else the
        first record can only say what the document was afterwards. `by` is the person, `via` the
        command; a document that carries `updated_at` and `updated_by` speaks for itself.
        """
        word = _Word(now_ms=now_ms, by=by, via=via)
        for _ in range(TRIES):
            newest = self._newest(name)
            known = _known_of(newest)
            document = self._accounts.find_one({"name": name})
            record = _record(name, known, document, word)
            if record is None:
                return self._name_nameless(newest, word)
            if self._insert(record):
                return True
        return False

    def note_all(self, documents: Iterable[Mapping[str, Any]], *, now_ms: int) -> int:
        """What one look at all documents, as they are stored, shows to have changed.

        Asks the database only about accounts that differ from what was noted last; the first
        call compares with the records, so that nothing is lost that happened unwatched. A
        record that the database refuses keeps none of the others from it, and raises at the end.
        """
        now = {str(d["name"]): dict(d) for d in documents if _has_name(d)}
        if self._known is None:
            self._there_at_first = frozenset(now)
            self._known = self._newest_of_all(now)
        due = _differing(self._known, now)
        written, refused = 0, []
        for name in islice(due, MOST_AT_ONCE):
            try:
                written += self._note_seen(name, now.get(name), now_ms)
            except (OperationFailure, BSONError) as fault:
                refused.append(fault)
        if len(due) <= MOST_AT_ONCE:
            _see_rewritten(self._known, now)
        if refused:
            raise refused[0]
        return written

    def of(self, name: str) -> list[Document]:
        """An account's records, oldest first."""
        return list(self._changes.find({"account": name}).sort("number", 1))

    def _note_seen(self, name: str, document: Document | None, now_ms: int) -> bool:
        known = (self._known or {}).get(name, _Known())
        word = _Word(now_ms=now_ms, watched=name not in self._there_at_first)
        record = _record(name, known, document, word)
        if record is not None and self._insert(record):
            self._remember(name, record)
            return True
        written = self.note(name, now_ms=now_ms)
        self._remember(name, self._newest(name))
        return written

    def _remember(self, name: str, record: Document | None) -> None:
        if self._known is not None:
            self._known[name] = _known_of(record)

    def _newest_of_all(self, now: Iterable[str]) -> dict[str, _Known]:
        recorded = {str(name) for name in self._changes.distinct("account")}
        return {name: _known_of(self._newest(name)) for name in recorded | set(now)}

    def _newest(self, name: str) -> Document | None:
        return self._changes.find_one({"account": name}, sort=[("number", -1)])

    def _insert(self, record: Document) -> bool:
        try:
            self._changes.insert_one(record)
        except DuplicateKeyError:
            return False
        return True

    def _name_nameless(self, newest: Document | None, word: _Word) -> bool:
        """Somebody else noted this very change first, and did not know whose it was."""
        if newest is None or not word.by:
            return False
        wanted = {
            "account": newest["account"],
            "number": newest["number"],
            "by": "",
            "noticed_at": {"$gte": moment(word.now_ms - NAMED_WITHIN_MS)},
        }
        named = {"$set": {"by": word.by, "via": word.via}}
        return self._changes.update_one(wanted, named).modified_count > 0


def _differing(known: Mapping[str, _Known], now: Mapping[str, Document]) -> list[str]:
    names = [*now, *(name for name in known if name not in now)]
    return [name for name in names if _differs(known.get(name, _Known()), now.get(name))]


def _see_rewritten(known: dict[str, _Known], now: Mapping[str, Document]) -> None:
    """Rewritten without a change: the next change by hand is not the last program's."""
    for name, document in now.items():
        written_at = document.get(UPDATED_AT)
        if name in known and known[name].updated_at != written_at:
            known[name] = msgspec.structs.replace(known[name], updated_at=written_at)


def _differs(known: _Known, document: Document | None) -> bool:
    if document is None or known.document is None:
        return (document is None) is not (known.document is None)
    if document == known.document:
        return False
    return bool(field_changes(known.document, shown(document)))


def _record(name: str, known: _Known, document: Document | None, word: _Word) -> Document | None:
    """What is to be written down; None where there is nothing."""
    after = None if document is None else shown(document)
    changes = field_changes(known.document, after)
    if (after is None) is (known.document is None) and not changes:
        return None
    signature, at = _who(known, document, word)
    return {
        "account": name,
        "number": known.number + 1,
        "at": at,
        "noticed_at": moment(word.now_ms),
        "by": signature.by,
        "via": signature.via,
        "kind": _kind(known, document, word),
        "changes": [msgspec.structs.asdict(change) for change in changes],
        "document": after,
    }


def _who(known: _Known, document: Document | None, word: _Word) -> tuple[Signature, datetime]:
    """The caller's word, else the document's own where it was written since, else nobody knows."""
    noticed = moment(word.now_ms)
    told = Signature(by=word.by, via=word.via)
    written_at = None if document is None else document.get(UPDATED_AT)
    if not ms_of_date(written_at) or written_at == known.updated_at:
        return told, noticed
    at = moment(ms_of_date(written_at))
    return (told if word.by else signature_of((document or {}).get(UPDATED_BY))), at


def _kind(known: _Known, document: Document | None, word: _Word) -> str:
    if document is None:
        return REMOVED
    if known.document is not None:
        return CHANGED
    is_new = word.watched or known.number > 0 or _just_created(document)
    return ADDED if is_new else FIRST_SEEN


def _just_created(document: Document) -> bool:
    created = document.get("created_at")
    return created is not None and created == document.get(UPDATED_AT)


def _known_of(record: Document | None) -> _Known:
    if record is None:
        return _Known()
    document = record.get("document")
    updated_at = None if document is None else document.get(UPDATED_AT)
    return _Known(number=int(record["number"]), document=document, updated_at=updated_at)


def _has_name(document: Mapping[str, Any]) -> bool:
    name = document.get("name")
    return isinstance(name, str) and bool(name)
