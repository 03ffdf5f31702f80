"""The single source of collection names, indexes and validators."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from decisions.field_values import wanted
from domain.account_fields import (
    BOOKKEEPING,
    IMPOSSIBLE,
    Impossible,
    field_named,
    fields_of,
    rule_fields,
)
from domain.fields import END, INVISIBLE, NOT_BLANK, Field, Kind
from domain.market import Side
from domain.policies import TradingState

ACCOUNTS = "accounts"
TRADES = "trades"
DECISIONS = "account_trade_decisions"
EQUITY = "account_live_equity"
KILL_SWITCH_EVENTS = "account_kill_switch_events"
LATCHES = "account_latches"
SIGNALS = "signals"
NODES = "nodes"
COMMANDS = "commands"
SWARM = "swarm"
ACCOUNT_CHANGES = "account_changes"
MISSING_SYMBOLS = "missing_symbols"
CONTRACTS = "symbol_contracts"

TRADE_STATUS = ("OPEN", "CLOSED")
COMMAND_KINDS = ("HALT", "RESUME", "CLOSE", "LEAVE")
COMMAND_STATUS = ("pending", "done")
VALIDATOR_TITLE = "An account of the swarm; docs/ACCOUNTS.md explains every field."

Schema = dict[str, Any]


class Index(NamedTuple):
    """One index. `only_with` limits a unique one to documents that have that field."""

    fields: tuple[str, ...]
    unique: bool = False
    only_with: str = ""

    @property
    def keys(self) -> list[tuple[str, int]]:
        """As MongoDB wants them."""
        return [(field, 1) for field in self.fields]

    @property
    def options(self) -> dict[str, Any]:
        """As MongoDB wants them. Older documents lack our keys and stay out of the index."""
        options: dict[str, Any] = {"unique": True} if self.unique else {}
        if self.only_with:
            options["partialFilterExpression"] = {self.only_with: {"$exists": True}}
        return options


class History(NamedTuple):
    """What of a collection may be moved to an archive once there is too much of it.

    Only documents that match `only`, and never the newest one of each value of `newest_of`.
    """

    only: Mapping[str, Any] = {}
    newest_of: str = ""


class CollectionPlan(NamedTuple):
    """What a collection is to be like. One without a history is never archived."""

    name: str
    indexes: tuple[Index, ...] = ()
    schema: Mapping[str, Any] | None = None
    history: History | None = None


def account_schema() -> Schema:
    """What the database demands of an account document, from the table of fields."""
    schema = _section(fields_of(""))
    schema["properties"] |= {name: {} for name in sorted(BOOKKEEPING)}
    schema["allOf"] = [_impossible(one) for one in IMPOSSIBLE]
    schema["title"] = VALIDATOR_TITLE
    return schema


def _section(fields: Iterable[Field]) -> Schema:
    known = list(fields)
    required = [field.short_name for field in known if field.required]
    schema: Schema = {
        "bsonType": "object",
        "properties": {field.short_name: _property(field) for field in known},
        "additionalProperties": False,
    }
    return {**schema, "required": required} if required else schema


def _property(field: Field) -> Schema:
    if field.kind is Kind.SECTION:
        schema = _section(fields_of(field.name))
    elif field.kind is Kind.RULES:
        rule = _section(rule_fields())
        schema = {"bsonType": "array", "items": rule, "maxItems": field.most_items}
    else:
        schema = {"bsonType": field.bson_type} | _limits(field) | _shape(field)
    if field.may_be_null:
        schema["bsonType"] = [schema["bsonType"], "null"]
    return {**schema, "description": _described(field)}


def _limits(field: Field) -> Schema:
    limits: Schema = {"multipleOf": 1} if field.kind is Kind.WHOLE else {}
    if field.above is not None:
        limits |= {"minimum": field.above, "exclusiveMinimum": True}
    if field.least is not None:
        limits["minimum"] = field.least
    if field.most is not None:
        limits["maximum"] = field.most
    if field.choices:
        limits["enum"] = list(field.choices)
    return limits


def _shape(field: Field) -> Schema:
    """Of a text, or of each text of a list or map; a map's keys are texts as well."""
    if field.longest is None:
        return {}
    text: Schema = {"maxLength": field.longest, "not": {"pattern": INVISIBLE}}
    if field.kind in (Kind.TEXT, Kind.SECRET):
        return {**text, "pattern": field.pattern} if field.pattern else text
    item = {"bsonType": "string", **text, "pattern": field.pattern or NOT_BLANK}
    if field.kind is Kind.NAMES:
        return {"items": item, "uniqueItems": True, "maxItems": field.most_items}
    key = f"^(?=[\\s\\S]*{NOT_BLANK})(?![\\s\\S]*{INVISIBLE})[\\s\\S]{{1,{field.longest}}}{END}"
    known = {"patternProperties": {key: item}, "additionalProperties": False}
    return {**known, "maxProperties": field.most_items}


def _described(field: Field) -> str:
    null = ", or null" if field.may_be_null else ""
    return f"Takes {wanted(field)}{null}. {field.meaning}"


def _impossible(one: Impossible) -> Schema:
    """Named by its title, because the database says only that a rule was broken."""
    parts = [_in_use(one.field)]
    if one.on:
        parts.append({"required": ["type"], "properties": {"type": {"enum": [one.on.value]}}})
    if one.without:
        parts.append({"not": _in_use(one.without)})
    if one.beside:
        parts.append(_in_use(one.beside))
    words = f"{one.why[0].upper()}{one.why[1:]}. {one.what_to_do}"
    return {"title": one.place, "description": words, "not": {"allOf": parts}}


def _in_use(what: str) -> Schema:
    name, _, meant = what.partition("=")
    schema = {"enum": [meant]} if meant else _used(field_named(name))
    for part in reversed(name.split(".")):
        schema = {"required": [part], "properties": {part: schema}}
    return schema


def _used(field: Field) -> Schema:
    if field.kind in (Kind.NUMBER, Kind.WHOLE):
        number: Schema = {"bsonType": "number"}
        return number if field.may_be_null else {"minimum": 0, "exclusiveMinimum": True} | number
    if field.kind is Kind.NAMES:
        return {"bsonType": "array", "minItems": 1}
    return {"bsonType": "string", "minLength": 1}


_A_TEXT: Schema = {"bsonType": "string", "minLength": 1}
_TEXT: Schema = {"bsonType": "string"}
_NUMBER: Schema = {"bsonType": "number"}
_DATE: Schema = {"bsonType": "date"}
_DATE_OR_NULL: Schema = {"bsonType": ["date", "null"]}
_SIDES = [side.value for side in Side]


def _demands(required: Iterable[str], properties: Schema) -> Schema:
    return {"bsonType": "object", "required": list(required), "properties": properties}


_OUR_TRADE = _demands(
    ("leg_key", "slave_name", "master_ticket", "slave_ticket", "symbol", "direction", "status"),
    {
        "leg_key": _A_TEXT,
        "slave_name": _A_TEXT,
        "master_ticket": _NUMBER,
        "slave_ticket": _NUMBER,
        "symbol": _A_TEXT,
        "direction": {"enum": _SIDES},
        "status": {"enum": list(TRADE_STATUS)},
        "open_time": _DATE_OR_NULL,
        "close_time": _DATE_OR_NULL,
        "volume": _NUMBER,
    },
)
_TRADE: Schema = {"anyOf": [{"not": {"required": ["leg_key"]}}, _OUR_TRADE]}
_OUR_DECISION = _demands(
    ("event_id", "account_id", "timestamp", "strategy", "decision", "created_at", "journey_id"),
    {
        "event_id": _A_TEXT,
        "account_id": _A_TEXT,
        "timestamp": _DATE,
        "strategy": _TEXT,
        "decision": _TEXT,
        "created_at": _DATE,
        "journey_id": _TEXT,
    },
)
_DECISION: Schema = {"anyOf": [{"not": {"required": ["event_id"]}}, _OUR_DECISION]}
_COMMAND = _demands(
    ("account", "kind"),
    {
        "account": _A_TEXT,
        "kind": {"enum": list(COMMAND_KINDS)},
        "by": _TEXT,
        "why": _TEXT,
        "status": {"enum": list(COMMAND_STATUS)},
    },
)
_LATCH = _demands(
    ("account_id", "state", "counter"),
    {
        "account_id": _A_TEXT,
        "state": {"enum": [state.value for state in TradingState]},
        "counter": _NUMBER,
    },
)

COLLECTIONS: tuple[CollectionPlan, ...] = (
    CollectionPlan(ACCOUNTS, (Index(("name",), unique=True),), account_schema()),
    CollectionPlan(
        TRADES,
        (
            Index(("leg_key", "slave_name"), unique=True, only_with="leg_key"),
            Index(("slave_name", "status")),
            Index(("status",)),
            Index(("journey_id",)),
        ),
        _TRADE,
        History(only={"status": "CLOSED"}),
    ),
    CollectionPlan(
        DECISIONS,
        (
            Index(("account_id", "event_id"), unique=True, only_with="event_id"),
            Index(("account_id", "timestamp")),
            Index(("account_id", "leg_key")),
            Index(("journey_id",)),
        ),
        _DECISION,
        History(),
    ),
    CollectionPlan(EQUITY, (Index(("account_id", "timestamp")),), history=History()),
    CollectionPlan(
        KILL_SWITCH_EVENTS,
        (
            Index(("account_id", "event_id"), unique=True, only_with="event_id"),
            Index(("account_id", "timestamp")),
        ),
        history=History(),
    ),
    CollectionPlan(LATCHES, (Index(("account_id",), unique=True),), _LATCH),
    CollectionPlan(
        SIGNALS,
        (Index(("master", "epoch", "seq"), unique=True), Index(("journey_id",))),
        history=History(),
    ),
    CollectionPlan(NODES, (Index(("name",), unique=True),)),
    CollectionPlan(
        COMMANDS,
        (Index(("status", "created_at")),),
        _COMMAND,
        History(only={"status": "done"}),
    ),
    CollectionPlan(
        ACCOUNT_CHANGES,
        (Index(("account", "number"), unique=True),),
        history=History(newest_of="account"),
    ),
    CollectionPlan(MISSING_SYMBOLS, (Index(("account_id", "master_symbol"), unique=True),)),
    CollectionPlan(CONTRACTS, (Index(("account_id", "symbol"), unique=True),)),
    CollectionPlan(SWARM),
)
