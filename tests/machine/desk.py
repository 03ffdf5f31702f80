"""A person before mongosh, who also sees what the brokers and the nodes show."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from pymongo.database import Database

from db.account_changes import AccountChanges
from db.journal import Glance, glance, journal_path
from tests.machine.machine import Machine
from tests.machine.names import OTHER, SLAVE
from tests.waiting import eventually

# Two, as the bench shows, on a machine that does nothing else beside.
IN_FORCE_WITHIN_S = 5

Document = dict[str, Any]


class Desk:
    """Edits account documents, and reads what became of them."""

    def __init__(self, machine: Machine, database: Database[Document]) -> None:
        self.machine = machine
        self.database = database
        self.accounts = database["accounts"]

    @classmethod
    @contextmanager
    def at(cls, machine: Machine) -> Iterator[Self]:
        """For the length of a block."""
        with machine.records() as database:
            yield cls(machine, database)

    # --- Documents -------------------------------------------------------------------------------

    def set(self, name: str, *, force: bool = False, **fields: Any) -> None:
        """By force: as a database without validators would take it."""
        self.accounts.update_one({"name": name}, {"$set": fields}, bypass_document_validation=force)

    def add_slave(self, name: str = OTHER, **fields: Any) -> None:
        """One more like the sample, with an account of its own."""
        known = self.document(SLAVE)
        kept = {field: value for field, value in known.items() if field not in {"_id", "login"}}
        mine = {"name": name, "path": name.lower(), "magic_number": 7}
        self.accounts.insert_one(kept | mine | fields)

    def document(self, name: str) -> Document:
        """As it stands there now."""
        found = self.accounts.find_one({"name": name})
        assert found is not None, f"wanted an account {name}, found none"
        return found

    def path(self, name: str) -> str:
        """Where its terminal is."""
        return str(self.document(name)["path"])

    def changes(self, name: str) -> list[Document]:
        """What was noted of its document, the oldest first."""
        return AccountChanges(self.database).of(name)

    # --- Nodes -----------------------------------------------------------------------------------

    def pid(self, name: str) -> int:
        """0 where no node runs for it."""
        return self.machine.pids().get(name, 0)

    def report(self, name: str) -> Document:
        """What its node said last; empty where none ever did."""
        return self.database["nodes"].find_one({"name": name}) or {}

    def alarms(self, name: str) -> list[str]:
        """Those that its node tells of."""
        return list(self.report(name).get("alarms", ()))

    def is_ready(self, name: str) -> bool:
        """And not a life of its node that is over."""
        report = self.report(name)
        return bool(report.get("ready")) and report["pid"] == self.pid(name) != 0

    def journal(self, name: str) -> Glance:
        """What its node has written down."""
        return glance(journal_path(self.machine.state, name))

    def in_force(self, name: str, field: str) -> Any:
        """What the node itself has written down as its settings."""
        return (self.journal(name).settings or {}).get(field)

    # --- Verdicts --------------------------------------------------------------------------------

    def verdicts(self, event: str, name: str = SLAVE, ticket: int | None = None) -> list[str]:
        """What a slave has said of this kind of event, of one of the master's positions or all."""
        wanted: Document = {"account_id": name, "event": event}
        said = self.database["account_trade_decisions"].find(wanted)
        of_it = "" if ticket is None else f"#{ticket}."
        return [one["kind"] for one in said if of_it in one["leg_key"]]

    def reasons(self, name: str = SLAVE) -> Counter[str]:
        """Why opens were not copied, and how often."""
        said = self.database["account_trade_decisions"].find(
            {"account_id": name, "event": "PositionOpened", "kind": {"$ne": "copied"}}
        )
        return Counter(f"{one['kind']} {one['reason']}: {one['detail']}" for one in said)

    def copied(self, event: str, name: str = SLAVE) -> int:
        """How often."""
        return self.verdicts(event, name).count("copied")

    def denied(self, reason: str, name: str = SLAVE) -> Document | None:
        """A verdict with this reason: refused here, or too late for anybody."""
        kinds = {"$in": ["denied", "missed"]}
        wanted = {"account_id": name, "kind": kinds, "reason": reason}
        return self.database["account_trade_decisions"].find_one(wanted)

    def soon(self, condition: Callable[[], Any], within_s: float = IN_FORCE_WITHIN_S) -> Any:
        """Waits as long as an edit may take to be in force."""
        return eventually(condition, within_s)
