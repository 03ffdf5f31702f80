"""A client that writes more history than may stay, and looks for it in both places afterwards."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from bench.crash_writers import Findings
from db.embedded.file.archive import archived
from db.schema import DECISIONS

Document = dict[str, Any]
_BATCH = 50


class HistoryWriter:
    """Numbers its documents one after the other."""

    def __init__(self) -> None:
        self._told = 0
        self._tried = 0
        self.acknowledged: dict[str, int] = {}
        self.archived = 0
        self.repeated = 0

    def write(self, uri: str) -> None:
        """Until the server does not answer any more."""
        with MongoClient[Document](uri, serverSelectionTimeoutMS=300) as client:
            try:
                while True:
                    self._tried = self._told + _BATCH
                    client.crash[DECISIONS].insert_many(
                        [{"_id": number} for number in range(self._told, self._tried)]
                    )
                    self._told = self._tried
                    self.acknowledged["history"] = self.acknowledged.get("history", 0) + _BATCH
            except PyMongoError:
                return

    def compare(
        self, client: MongoClient[Document], state: Path, limit: int, findings: Findings
    ) -> None:
        """Every number is in the collection or in the archive, and the collection is bounded."""
        kept: set[int] = {document["_id"] for document in client.crash[DECISIONS].find()}
        files = archived(state, f"crash.{DECISIONS}")
        gone = Counter(_number(document) for document in files)
        self.archived, self.repeated = gone.total(), gone.total() - len(gone)
        there = kept | set(gone)
        lost = set(range(self._told)) - there
        if lost:
            findings.lost.append(f"history {sorted(lost)[:10]}")
        if len(kept) > limit:
            findings.half_done.append(f"{len(kept)} documents of history, the limit is {limit}")
        whole = {frozenset(), frozenset(range(self._told, self._tried))}
        if there - set(range(self._told)) not in whole:
            findings.half_done.append(f"history beyond {self._told}: {len(there)} in all")
        self._told = self._tried = max(there, default=-1) + 1


def _number(document: Mapping[str, object]) -> int:
    number = document["_id"]
    return number if isinstance(number, int) else -1
