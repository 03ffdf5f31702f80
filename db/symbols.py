"""What slaves ship about symbols, for a person to accept."""

from collections.abc import Collection
from typing import Any

from pymongo.database import Database

from db.plain_documents import plain
from db.schema import CONTRACTS, MISSING_SYMBOLS

Document = dict[str, Any]


class MissingSymbols:
    """The queue of masters' symbols that have no name at a slave's broker."""

    def __init__(self, database: Database[Document]) -> None:
        self._entries = database[MISSING_SYMBOLS]

    def all(self) -> list[Document]:
        """Every entry, by account and symbol."""
        found = self._entries.find({}, {"_id": 0}).sort([("account_id", 1), ("master_symbol", 1)])
        return [plain(entry) for entry in found]

    def remove(self, account: str, symbols: Collection[str]) -> None:
        """They have a name now, or nobody wants one."""
        wanted = {"account_id": account, "master_symbol": {"$in": sorted(symbols)}}
        self._entries.delete_many(wanted)


def changed_contracts(database: Database[Document]) -> list[Document]:
    """Contracts that their broker has changed, as far as slaves have shipped that."""
    changed = {"found": {"$type": "object"}}
    found = database[CONTRACTS].find(changed, {"_id": 0}).sort([("account_id", 1), ("symbol", 1)])
    return [plain(entry) for entry in found]
