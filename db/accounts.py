"""The account documents, as users wrote them."""

from typing import Any

from pymongo.database import Database

from db.plain_documents import plain
from db.schema import ACCOUNTS


class Accounts:
    """Reads the account documents; nobody but a user writes them."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._accounts = database[ACCOUNTS]

    def all(self) -> list[dict[str, Any]]:
        """Every document, by name."""
        return [plain(document) for document in self._accounts.find().sort("name", 1)]

    def named(self, name: str) -> dict[str, Any] | None:
        """The document of one account."""
        found = self._accounts.find_one({"name": name})
        return None if found is None else plain(found)
