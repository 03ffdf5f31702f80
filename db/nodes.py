"""Which nodes there are, how they fare, where masters are found, and the highest epochs."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from pymongo.database import Database

from db.moments import date_of_ms
from db.schema import NODES
from domain.control import NodeReport

ADDRESS_PAIR = 2
ADDRESS = r"tcp://[^:]+:\d{1,5}"


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
        return addresses_of(self._nodes.find({"addresses": {"$exists": True}}))

    def last_epoch(self, name: str) -> int:
        """The highest epoch this master ever reported here; 0 for none."""
        return epochs_of(self._nodes.find({"name": name})).get(name, 0)

    def all(self) -> list[dict[str, Any]]:
        """Every node's document, by name; one without a name is nobody's."""
        named = {"name": {"$type": "string"}}
        return list(self._nodes.find(named, {"_id": 0}).sort("name", 1))


def addresses_of(nodes: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """Where masters are found; a document that somebody spoiled says nothing of its node."""
    pairs = {node["name"]: _pair(node.get("addresses")) for node in _named(nodes)}
    return {name: pair for name, pair in pairs.items() if pair is not None}


def epochs_of(nodes: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The highest epoch of each node."""
    found = {node["name"]: node.get("epoch", 0) for node in _named(nodes)}
    return {n: int(epoch) for n, epoch in found.items() if isinstance(epoch, int)}


def _named(nodes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [node for node in nodes if type(node.get("name")) is str]


def _pair(written: object) -> tuple[str, str] | None:
    found = [str(one) for one in written] if isinstance(written, list) else []
    sound = len(found) == ADDRESS_PAIR and all(re.fullmatch(ADDRESS, one) for one in found)
    return (found[0], found[1]) if sound else None
