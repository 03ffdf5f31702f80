"""The table of commands, and what is checked before any of them runs."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from db.embedded import catalogue_commands as catalogue
from db.embedded import read_commands as reading
from db.embedded import server_commands as house
from db.embedded import write_commands as writing
from db.embedded.errors import Refusal, not_implemented
from db.embedded.requests import Caller, House, Request
from db.embedded.values import Document, type_name

logger = logging.getLogger(__name__)

Work = Callable[[Request], Document]

_ALWAYS = frozenset(
    {
        "$db", "lsid", "$readPreference", "$clusterTime", "comment", "maxTimeMS", "readConcern",
        "writeConcern", "apiVersion", "apiStrict", "apiDeprecationErrors", "$audit", "$client",
        "$configServerState", "$queryOptions", "mayBypassWriteBlocking",
    }
)  # fmt: skip
_TRANSACTION = frozenset({"txnNumber", "startTransaction", "autocommit"})
_HARMLESS_WHEN_EMPTY = frozenset(
    {
        "collation", "let", "min", "max", "returnKey", "showRecordId", "tailable", "awaitData",
        "oplogReplay", "noCursorTimeout", "allowPartialResults", "allowDiskUse", "explain",
        "sampleRate", "runtimeConstants", "fromMongos", "needsMerge", "term", "readOnce",
        "isTimeseriesNamespace", "capped", "size", "viewOn", "timeseries", "clusteredIndex",
        "expireAfterSeconds", "pipeline", "storageEngine", "indexOptionDefaults",
    }
)  # fmt: skip
_IGNORABLE = frozenset({"allowDiskUse", "noCursorTimeout", "allowPartialResults"})


@dataclass(frozen=True, slots=True)
class Command:
    """A function, and the fields it understands."""

    work: Work
    fields: frozenset[str] = frozenset()
    any_field: bool = False


def _command(work: Work, fields: str = "", *, any_field: bool = False) -> Command:
    return Command(work, frozenset(fields.split()), any_field)


_RULES = "validator validationLevel validationAction"
_FIND = "filter sort projection hint skip limit batchSize singleBatch"
_MODIFY = "query sort remove update new fields upsert bypassDocumentValidation arrayFilters hint"
_ASKING = "filter nameOnly cursor authorizedDatabases authorizedCollections"

_TABLE: dict[str, Command] = {
    "hello": _command(house.hello, any_field=True),
    "ismaster": _command(house.hello, any_field=True),
    "ping": _command(house.fine),
    "endsessions": _command(house.fine),
    "startsession": _command(house.fine),
    "refreshsessions": _command(house.fine),
    "killsessions": _command(house.fine),
    "buildinfo": _command(house.build_info),
    "serverstatus": _command(house.server_status, any_field=True),
    "connectionstatus": _command(house.who_am_i, "showPrivileges"),
    "getlog": _command(house.get_log),
    "getparameter": _command(house.get_parameter, any_field=True),
    "getcmdlineopts": _command(house.command_line),
    "hostinfo": _command(house.host_facts),
    "shutdown": _command(house.shutdown, "force timeoutSecs"),
    "saslstart": _command(house.start_authentication, any_field=True),
    "insert": _command(writing.insert, "documents ordered bypassDocumentValidation"),
    "update": _command(writing.update, "updates ordered bypassDocumentValidation"),
    "delete": _command(writing.delete, "deletes ordered"),
    "findandmodify": _command(writing.find_and_modify, _MODIFY),
    "find": _command(reading.find, _FIND),
    "getmore": _command(reading.get_more, "collection batchSize"),
    "killcursors": _command(reading.kill_cursors, "cursors"),
    "count": _command(reading.count, "query skip limit hint fields"),
    "distinct": _command(reading.distinct, "key query"),
    "aggregate": _command(reading.aggregate, "pipeline cursor hint bypassDocumentValidation"),
    "create": _command(catalogue.create, f"{_RULES} autoIndexId idIndex"),
    "collmod": _command(catalogue.change_collection, _RULES),
    "drop": _command(catalogue.drop),
    "dropdatabase": _command(catalogue.drop_database),
    "listdatabases": _command(catalogue.list_databases, _ASKING),
    "listcollections": _command(catalogue.list_collections, _ASKING),
    "createindexes": _command(catalogue.create_indexes, "indexes commitQuorum"),
    "listindexes": _command(catalogue.list_indexes, "cursor"),
    "dropindexes": _command(catalogue.drop_indexes, "index"),
    "deleteindexes": _command(catalogue.drop_indexes, "index"),
}


def execute(command: Document, database: str | None, shared: House, caller: Caller) -> Document:
    """The reply to one command; a refusal is a reply as well."""
    try:
        return _execute(command, database, shared, caller)
    except Refusal as refusal:
        return refusal.as_reply()
    except RecursionError:
        return Refusal(15, "the command is nested too deeply").as_reply()
    except Exception as fault:  # one bad command must not end the server for all
        logger.exception("a command failed inside the server: %s", next(iter(command), "(empty)"))
        return Refusal(1, f"the embedded database failed on this command: {fault}").as_reply()


def _execute(command: Document, database: str | None, shared: House, caller: Caller) -> Document:
    name = next(iter(command), "")
    known = _TABLE.get(name.lower())
    if known is None:
        raise Refusal(59, f"no such command: '{name}'")
    target = database if database is not None else command.get("$db")
    if not isinstance(target, str):
        raise Refusal(40414, "BSON field 'OpMsgRequest.$db' is missing but a required field")
    _check_fields(name, known, command)
    _check_concerns(command)
    return known.work(Request(name, target, command, shared, caller))


def _check_fields(name: str, known: Command, command: Document) -> None:
    if _TRANSACTION & command.keys():
        text = "Transaction numbers are only allowed on a replica set member or mongos"
        raise Refusal(20, text)
    for field, value in command.items():
        if field == name or field in _ALWAYS or field in known.fields or known.any_field:
            continue
        if field in _IGNORABLE:
            continue
        if field not in _HARMLESS_WHEN_EMPTY:
            raise Refusal(40415, f"BSON field '{name}.{field}' is an unknown field.")
        if value:
            raise not_implemented(f"'{field}' in {name}")


def _check_concerns(command: Document) -> None:
    wanted = command.get("writeConcern")
    if isinstance(wanted, Mapping) and wanted.get("w", 1) not in (0, 1, "majority"):
        raise Refusal(2, "cannot use 'w' > 1 when a host is not replicated")
    reading_as = command.get("readConcern")
    if not isinstance(reading_as, Mapping) or not reading_as:
        if reading_as not in (None, {}):
            raise Refusal(14, f"readConcern must be an object, found {type_name(reading_as)}")
        return
    if reading_as.get("level", "local") not in ("local", "available", "majority"):
        raise Refusal(123, f"a standalone has no readConcern {reading_as.get('level')!r}")
    if set(reading_as) - {"level"}:
        raise Refusal(72, "a standalone knows no readConcern but its level")
