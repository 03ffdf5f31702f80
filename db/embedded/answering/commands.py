"""The table of commands, and what is checked before any of them runs."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from db.embedded.answering import activity_commands as activity
from db.embedded.answering import catalogue_commands as catalogue
from db.embedded.answering import read_commands as reading
from db.embedded.answering import server_commands as house
from db.embedded.answering import statistics_commands as statistics
from db.embedded.answering import write_commands as writing
from db.embedded.answering.command_fields import (
    check_common,
    check_concerns,
    check_fields,
    time_limit_ms,
)
from db.embedded.answering.explaining import explain
from db.embedded.answering.refused_commands import is_refused, refuse
from db.embedded.answering.requests import Caller, House, Request
from db.embedded.errors import Refusal
from db.embedded.expressions.expressions import now_is
from db.embedded.values import Document

logger = logging.getLogger(__name__)

Work = Callable[[Request], Document]


@dataclass(frozen=True, slots=True)
class Command:
    """A function, the fields it understands, and whether it reads or writes documents."""

    name: str
    work: Work
    fields: frozenset[str] = frozenset()
    any_field: bool = False
    reads: bool = False
    writes: bool = False


def _reading(name: str, work: Work, fields: str) -> Command:
    return Command(name, work, frozenset(fields.split()), reads=True)


def _writing(name: str, work: Work, fields: str = "") -> Command:
    return Command(name, work, frozenset(fields.split()), writes=True)


def _asking(name: str, work: Work, fields: str = "") -> Command:
    return Command(name, work, frozenset(fields.split()))


def _open_ended(name: str, work: Work) -> Command:
    """What clients say of themselves differs from version to version."""
    return Command(name, work, any_field=True)


def _explain(request: Request) -> Document:
    """How a command would be answered, and with executionStats what it came to."""
    inner = request.command[request.name]
    if not isinstance(inner, dict):
        raise Refusal(14, "explain takes the command to explain")
    verbosity = request.command.get("verbosity", "allPlansExecution")
    return _explained(request, {**inner, "$db": request.database}, verbosity)


def _explained(request: Request, command: Document, verbosity: object) -> Document:
    name = next(iter(command), "")
    known = _known(name)
    check_fields(name, known.fields, command)
    return explain(Request(name, request.database, command, request.house), verbosity)


def _aggregate(request: Request) -> Document:
    """The results of a pipeline of stages."""
    if request.command.get("explain") is not True:
        return reading.aggregate(request)
    rest = {word: value for word, value in request.command.items() if word != "explain"}
    return _explained(request, rest, "queryPlanner")


def _list_commands(_: Request) -> Document:
    """The commands of this table."""
    shown = {command.name: {"help": _help(command.work)} for command in COMMANDS}
    return {"commands": dict(sorted(shown.items())), "ok": 1.0}


def _help(work: Work) -> str:
    return (work.__doc__ or "").strip().split("\n", maxsplit=1)[0]


_RULES = "validator validationLevel validationAction"
_FIND = "filter sort projection hint skip limit batchSize singleBatch noCursorTimeout"
_MODIFY = "query sort remove update new fields upsert bypassDocumentValidation arrayFilters hint"

COMMANDS: tuple[Command, ...] = (
    _open_ended("hello", house.hello),
    _open_ended("isMaster", house.hello),
    _asking("ping", house.fine),
    _asking("startSession", house.fine),
    _asking("refreshSessions", house.fine),
    Command("endSessions", house.fine, writes=True),
    _asking("killSessions", house.fine),
    _asking("logout", house.fine),
    _open_ended("saslStart", house.start_authentication),
    _open_ended("saslContinue", house.start_authentication),
    _open_ended("authenticate", house.start_authentication),
    _asking("buildInfo", house.build_info),
    _asking("connectionStatus", house.who_am_i, "showPrivileges"),
    _asking("features", house.features),
    _asking("getCmdLineOpts", house.command_line),
    _asking("getLog", house.get_log),
    _open_ended("getParameter", house.get_parameter),
    _asking("hostInfo", house.host_facts),
    _asking("listCommands", _list_commands),
    _asking("profile", house.profiling),
    _asking("rolesInfo", house.no_roles, "showPrivileges showBuiltinRoles"),
    _asking("usersInfo", house.no_users, "showCredentials showCustomData showPrivileges filter"),
    _asking("shutdown", house.shutdown, "force timeoutSecs"),
    _open_ended("serverStatus", activity.server_status),
    _open_ended("currentOp", activity.current_operations),
    _asking("killOp", activity.kill_operation, "op"),
    _asking("whatsmyuri", activity.my_address),
    _writing("insert", writing.insert, "documents ordered bypassDocumentValidation"),
    _writing("update", writing.update, "updates ordered bypassDocumentValidation"),
    _writing("delete", writing.delete, "deletes ordered"),
    _writing("findAndModify", writing.find_and_modify, _MODIFY),
    _reading("find", reading.find, _FIND),
    _reading("getMore", reading.get_more, "collection batchSize"),
    _asking("killCursors", reading.kill_cursors, "cursors"),
    _reading("count", reading.count, "query skip limit hint fields"),
    _reading("distinct", reading.distinct, "key query"),
    Command(
        "aggregate",
        _aggregate,
        frozenset({"pipeline", "cursor", "hint", "bypassDocumentValidation", "explain"}),
        reads=True,
        writes=True,
    ),
    _reading("explain", _explain, "verbosity"),
    _writing("create", catalogue.create, f"{_RULES} autoIndexId idIndex"),
    _writing("collMod", catalogue.change_collection, f"{_RULES} index dryRun"),
    _writing("drop", catalogue.drop),
    _writing("dropDatabase", catalogue.drop_database),
    _writing("renameCollection", catalogue.rename, "to dropTarget stayTemp"),
    _asking("listDatabases", catalogue.list_databases, "filter nameOnly authorizedDatabases"),
    _asking(
        "listCollections",
        catalogue.list_collections,
        "filter nameOnly cursor authorizedCollections",
    ),
    _writing("createIndexes", catalogue.create_indexes, "indexes commitQuorum"),
    _asking("listIndexes", catalogue.list_indexes, "cursor"),
    _writing("dropIndexes", catalogue.drop_indexes, "index"),
    _writing("deleteIndexes", catalogue.drop_indexes, "index"),
    _asking("dbStats", statistics.database_figures, "scale freeStorage"),
    _asking("collStats", statistics.collection_figures, "scale"),
    _asking("dataSize", statistics.data_size, "keyPattern min max estimate"),
    _asking(
        "validate",
        statistics.validate,
        "full repair background metadata checkBSONConformance",
    ),
)
_TABLE = {command.name.lower(): command for command in COMMANDS}


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
    known = _known(name)
    target = database if database is not None else command.get("$db")
    if not isinstance(target, str):
        raise Refusal(40414, "BSON field 'OpMsgRequest.$db' is missing but a required field")
    if command.get("help") is True:
        return {"help": _help(known.work), "ok": 1.0}
    shared.commands_run[name.lower()] += 1
    request = Request(name, target, command, shared, caller)
    if not known.any_field:
        check_fields(name, known.fields, command)
    check_common(command)
    check_concerns(name, command, reads=known.reads, writes=known.writes)
    return _in_time(request, known)


def _known(name: str) -> Command:
    known = _TABLE.get(name.lower())
    if known is not None:
        return known
    if is_refused(name):
        return Command(name, refuse, any_field=True, reads=True, writes=True)
    raise Refusal(59, f"no such command: '{name}'")


def _in_time(request: Request, known: Command) -> Document:
    """An answer that is late is not given; writing is never undone, so late or not it is told."""
    limit_ms = time_limit_ms(request.command)
    started_s = request.now_s()
    now_is(request.now_ms())
    reply = known.work(request)
    late = limit_ms is not None and (request.now_s() - started_s) * 1000 > limit_ms
    if late and known.reads:
        raise Refusal(50, "operation exceeded time limit")
    return reply
