"""One command as its function sees it: its fields, read with their types."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from bson import Timestamp

from db.embedded.answering.cursors import Cursors
from db.embedded.errors import Refusal
from db.embedded.holding.engine import Engine
from db.embedded.values import Document, type_name
from utils.clock import Clock, Now

_EMPTY = Timestamp(0, 0)


@dataclass(slots=True)
class House:
    """What all commands share."""

    engine: Engine
    cursors: Cursors
    clock: Clock
    started: Now
    process: int
    stop_asked: bool = False
    connections: int = 0
    commands_run: Counter[str] = field(default_factory=Counter)
    last_timestamp: Timestamp = _EMPTY

    def timestamp(self) -> Timestamp:
        """Later than all before."""
        second = max(self.clock.now().utc_ms // 1000, self.last_timestamp.time)
        same_second = second == self.last_timestamp.time
        self.last_timestamp = Timestamp(second, self.last_timestamp.inc + 1 if same_second else 1)
        return self.last_timestamp

    def dated(self, document: Mapping[str, object]) -> Document:
        """As MongoDB stores it: an empty timestamp of a new document is now, but not in `_id`."""
        return {
            name: self.timestamp() if value == _EMPTY and name != "_id" else value
            for name, value in document.items()
        }


@dataclass(frozen=True, slots=True)
class Caller:
    """The connection a command came over."""

    number: int = 0
    address: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A command, its database, and the house it is said in."""

    name: str
    database: str
    command: Document
    house: House
    caller: Caller = field(default_factory=Caller)

    @property
    def engine(self) -> Engine:
        """All databases."""
        return self.house.engine

    def target(self) -> str:
        """The collection the command names."""
        name = self.command[self.name]
        if not isinstance(name, str) or type_name(name) != "string":
            raise Refusal(73, f"collection name has invalid type {type_name(name)}")
        return name

    def text(self, field: str) -> str:
        """A string that must be there."""
        value = self.command.get(field)
        if not isinstance(value, str) or type_name(value) != "string":
            raise self._wrong(field, value, "string")
        return value

    def flag(self, field: str, *, default: bool = False) -> bool:
        """True or false; numbers count as MongoDB counts them."""
        value = self.command.get(field, default)
        if not isinstance(value, (bool, int, float)):
            raise self._wrong(field, value, "bool")
        return bool(value)

    def whole(self, field: str) -> int | None:
        """A whole number that is not negative, or None when it was not said."""
        value = self.command.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
            raise self._wrong(field, value, "number")
        if value < 0:
            text = f"BSON field '{field}' value must be >= 0, actual value '{value}'"
            raise Refusal(51024, text)
        return int(value)

    def mapping(self, field: str) -> Mapping[str, object]:
        """A document, empty when it was not said."""
        value = self.command.get(field)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self._wrong(field, value, "object")
        return value

    def documents(self, field: str) -> list[Document]:
        """A list of documents that must be there."""
        value = self.command.get(field)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(field, value, "array of objects")
        return value

    def _wrong(self, field: str, value: object, wanted: str) -> Refusal:
        found = type_name(value)
        text = f"BSON field '{self.name}.{field}' is the wrong type '{found}', expected '{wanted}'"
        return Refusal(14, text)

    def now_s(self) -> float:
        """For what lasts."""
        return self.house.clock.now().monotonic_s

    def now_ms(self) -> int:
        """For what is dated."""
        return self.house.clock.now().utc_ms
