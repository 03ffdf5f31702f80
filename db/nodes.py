"""Which nodes there are, how they fare, where masters are found, and the highest epochs."""

from typing import Any

import msgspec
from pymongo.database import Database

from db.moments import date_of_ms
from db.schema import NODES
from domain.control import NodeReport

ADDRESS_PAIR = 2


class Nodes:
    """The nodes known to one database."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._nodes = database[NODES]

    def record(self, report: NodeReport) -> None:
        """A node's newest report; addresses and epoch outlive a report that lacks them."""
        told = msgspec.to_builtins(report)
        told.pop("type", None)
        epoch = told.pop("epoch")
        if not told["addresses"]:
            told.pop("addresses")
        told["sent_at"] = date_of_ms(told.pop("sent_at_ms"))
        change = {"$set": told, "$max": {"epoch": epoch}}
        self._nodes.update_one({"name": report.name}, change, upsert=True)

    def addresses(self) -> dict[str, tuple[str, str]]:
        """Each master's signals and snapshots addresses, by its name."""
        found = self._nodes.find({"addresses": {"$exists": True}})
        pairs = {str(node["name"]): tuple(map(str, node["addresses"])) for node in found}
        return {name: (p[0], p[1]) for name, p in pairs.items() if len(p) == ADDRESS_PAIR}

    def last_epoch(self, name: str) -> int:
        """The highest epoch this master ever reported here; 0 for none."""
        found = self._nodes.find_one({"name": name})
        return 0 if found is None else int(found.get("epoch", 0))

    def all(self) -> list[dict[str, Any]]:
        """Every node's document, by name."""
        return list(self._nodes.find({}, {"_id": 0}).sort("name", 1))
