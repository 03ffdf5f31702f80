"""What is checked of any command before it runs: no field of it is ever ignored in silence."""

from collections.abc import Mapping

from db.embedded.errors import Refusal, not_implemented
from db.embedded.values import Document, is_number, type_name

# Said with any command: whose it is, how it is shown, where it goes, how long it may take.
_ALWAYS = frozenset(
    {"$db", "lsid", "$readPreference", "$clusterTime", "comment", "maxTimeMS", "apiVersion"}
)
_TRANSACTION = frozenset({"txnNumber", "startTransaction", "autocommit"})
# Permissions and promises that change nothing here: nothing spills to disk, there are no shards.
_WITHOUT_EFFECT = frozenset({"allowDiskUse", "allowPartialResults"})
_WITH_ANY_COMMAND = _ALWAYS | _WITHOUT_EFFECT | {"readConcern", "writeConcern"}
_REFUSED_UNLESS_EMPTY = frozenset(
    {
        "collation", "let", "min", "max", "returnKey", "showRecordId", "tailable", "awaitData",
        "oplogReplay", "explain", "sampleRate", "runtimeConstants",
        "fromMongos", "needsMerge", "term", "readOnce", "isTimeseriesNamespace", "capped", "size",
        "viewOn", "timeseries", "clusteredIndex", "expireAfterSeconds", "pipeline",
        "storageEngine", "indexOptionDefaults", "apiStrict", "apiDeprecationErrors",
        "encryptedFields", "changeStreamPreAndPostImages", "recordPreImages",
    }
)  # fmt: skip
_SIMPLE_COLLATION = {"locale": "simple"}
_CONCERN_WORDS = frozenset({"w", "j", "fsync", "wtimeout", "provenance"})
_LEVELS = ("local", "available", "majority")


def check_fields(name: str, known: frozenset[str], command: Document) -> None:
    """Refuse a field the command does not know, and one that it knows and cannot heed."""
    if _TRANSACTION & command.keys():
        text = "Transaction numbers are only allowed on a replica set member or mongos"
        raise Refusal(20, text)
    for field, value in command.items():
        if field == name or field in known or field in _WITH_ANY_COMMAND:
            continue
        if field not in _REFUSED_UNLESS_EMPTY:
            raise Refusal(40415, f"BSON field '{name}.{field}' is an unknown field.")
        if not _is_empty(field, value):
            raise not_implemented(f"'{field}' in {name}")


def _is_empty(field: str, value: object) -> bool:
    if field == "collation" and value == _SIMPLE_COLLATION:
        return True
    return value is None or value is False or (isinstance(value, (Mapping, list)) and not value)


def check_common(command: Document) -> None:
    """The fields any command may have."""
    if command.get("apiVersion", "1") != "1":
        raise Refusal(322, f'API version must be "1", found {command["apiVersion"]!r}')
    session = command.get("lsid")
    if session is not None and not (isinstance(session, Mapping) and "id" in session):
        raise Refusal(14, "lsid must be an object with an id")
    time_limit_ms(command)


def time_limit_ms(command: Document) -> float | None:
    """How long the command may take; None when it may take any time."""
    limit = command.get("maxTimeMS")
    if limit is None:
        return None
    if not is_number(limit) or not isinstance(limit, (int, float)):
        raise Refusal(14, f"maxTimeMS must be a number, found {type_name(limit)}")
    if not 0 <= limit < 2**31 or limit != limit // 1:
        raise Refusal(2, f"maxTimeMS must be a whole number within 0 and 2147483647, found {limit}")
    return float(limit) or None


def check_concerns(name: str, command: Document, *, reads: bool, writes: bool) -> None:
    """What is asked of reading and writing must be something one server alone can promise."""
    for field, fits in (("readConcern", reads), ("writeConcern", writes)):
        value = command.get(field)
        if value is None or value == {}:
            continue
        if not isinstance(value, Mapping):
            raise Refusal(14, f"{field} must be an object, found {type_name(value)}")
        if not fits:
            raise Refusal(72, f"Command {name} does not support {field}")
        _check_level(value) if field == "readConcern" else _check_acknowledgement(value)


def _check_acknowledgement(wanted: Mapping[str, object]) -> None:
    for word in wanted:
        if word not in _CONCERN_WORDS:
            raise Refusal(40415, f"BSON field 'writeConcern.{word}' is an unknown field.")
    if wanted.get("w", 1) not in (0, 1, "majority"):
        raise Refusal(2, "cannot use 'w' > 1 when a host is not replicated")


def _check_level(wanted: Mapping[str, object]) -> None:
    if wanted.get("level", "local") not in _LEVELS:
        raise Refusal(123, f"a standalone has no readConcern {wanted.get('level')!r}")
    if set(wanted) - {"level", "provenance"}:
        raise Refusal(72, "a standalone knows no readConcern but its level")
