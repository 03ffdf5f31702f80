"""The account documents, as users wrote them, and changed only where nobody was quicker."""

from collections.abc import Mapping
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from db.plain_documents import plain
from db.schema import ACCOUNTS
from domain.account_fields import BOOKKEEPING, fields_of

Document = dict[str, Any]


class Accounts:
    """Reads the account documents; what is written, a person has asked for."""

    def __init__(self, database: Database[Document]) -> None:
        self._accounts = database[ACCOUNTS]

    def all(self) -> list[Document]:
        """Every document in plain values, by name."""
        return [plain(document) for document in self.as_written()]

    def named(self, name: str) -> Document | None:
        """The document of one account in plain values."""
        found = self._accounts.find_one({"name": name})
        return None if found is None else plain(found)

    def as_written(self) -> list[Document]:
        """Every document with the database's own types, by name."""
        return list(self._accounts.find().sort("name", 1))

    def add(self, document: Mapping[str, Any]) -> bool:
        """A new account; False where its name is taken."""
        if self._accounts.find_one({"name": document["name"]}, {"_id": 1}) is not None:
            return False
        try:
            self._accounts.insert_one(dict(document))
        except DuplicateKeyError:
            return False
        return True

    def replace(self, before: Document, after: Mapping[str, Any]) -> bool:
        """The whole document anew; False where it is no longer what `before` says."""
        kept = {"_id": before["_id"], **after}
        return self._accounts.replace_one(_still(before), kept).matched_count == 1

    def remove(self, before: Document) -> bool:
        """No such account any more; False where it is no longer what `before` says."""
        return self._accounts.delete_one(_still(before)).deleted_count == 1


def _still(before: Document) -> Document:
    """Finds the document only where it is field for field what was read."""
    known = {field.short_name for field in fields_of("")} | BOOKKEEPING
    there = {name: {"$exists": True, "$eq": value} for name, value in before.items()}
    return there | {name: {"$exists": False} for name in sorted(known - set(before))}
