"""`run/accounts.json`: each account's newest document, for a start while the database is silent."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from decisions.document_changes import shown
from nodes.supervisor.accounts import Document
from nodes.supervisor.atomic import DAMAGED, KeptFile


class AccountMemory:
    """Documents by name. What an earlier system kept of passwords in them is not written."""

    def __init__(self, state: Path) -> None:
        self._path = state / "run" / "accounts.json"
        self._encoder = msgspec.json.Encoder(enc_hook=str, decimal_format="number")
        self._kept = KeptFile(self._path)
        self.documents: dict[str, Document] = self._read()

    def keep(self, documents: Iterable[Document], gone_but_needed: Iterable[str]) -> None:
        """Remember these; of accounts without a document those that still have open legs."""
        needed = {name: self.documents[name] for name in gone_but_needed if name in self.documents}
        fresh = {str(document.get("name", "")): shown(document) for document in documents}
        self._put(needed | {name: document for name, document in fresh.items() if name})

    def _put(self, documents: Mapping[str, Document]) -> None:
        self.documents = dict(documents)
        self._kept.keep(self._encoder.encode(self.documents))

    def _read(self) -> dict[str, Document]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Document])
        except (OSError, *DAMAGED):
            # A first start, or a file somebody damaged: the journals still hold what is open.
            return {}
