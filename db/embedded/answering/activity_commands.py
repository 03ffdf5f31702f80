"""What the server is doing: its status, running commands, connections."""

from collections.abc import Mapping

from bson import Int64

from db.embedded.address import PROCESS
from db.embedded.answering.requests import Request
from db.embedded.answering.server_commands import VERSION, admin_only
from db.embedded.answering.statistics_commands import HOST, now
from db.embedded.errors import Refusal
from db.embedded.finding.matching import compile_filter
from db.embedded.values import Document

_COUNTED = {
    "insert": ("insert",),
    "query": ("find",),
    "update": ("update", "findandmodify"),
    "delete": ("delete",),
    "getmore": ("getmore",),
}
# They ask for more users, connections and cursors than there are, or for less of long texts.
_SHOWN_ANYWAY = frozenset(
    {"allUsers", "idleConnections", "idleCursors", "idleSessions", "localOps", "truncateOps"}
)
_OF_CURRENT_OP = frozenset({"$all", "$ownOps", "$truncateOps"})


def server_status(request: Request) -> Document:
    """Who answers here, since when, and how much was asked."""
    reading = request.house.clock.now()
    up_s = reading.monotonic_s - request.house.started.monotonic_s
    return {
        "host": HOST,
        "version": VERSION,
        "process": PROCESS,
        "pid": Int64(request.house.process),
        "file": str(request.engine.storage.path),
        "uptime": round(up_s, 3),
        "uptimeMillis": Int64(up_s * 1000),
        "uptimeEstimate": Int64(up_s),
        "localTime": now(request),
        "connections": {"current": request.house.connections},
        "opcounters": _counted(request),
        "mem": {"bits": 64, "supported": False},
        "metrics": {"cursor": {"open": {"total": Int64(len(request.house.cursors))}}},
        "openCursors": len(request.house.cursors),
        "storageEngine": {"name": "sqlite", "persistent": True, "readOnly": False},
        "ok": 1.0,
    }


def _counted(request: Request) -> Document:
    ran = request.house.commands_run
    shown: Document = {
        word: Int64(sum(ran[name] for name in names)) for word, names in _COUNTED.items()
    }
    named = {name for names in _COUNTED.values() for name in names}
    rest = sum(times for name, times in ran.items() if name not in named)
    return {**shown, "command": Int64(rest)}


def current_operations(request: Request) -> Document:
    """What runs now: commands run one at a time, so it is this one."""
    admin_only(request)
    asked = {
        word: value
        for word, value in request.command.items()
        if word not in _OF_CURRENT_OP
        and word not in (request.name, "$db", "lsid", "comment")
        and not word.startswith("$read")
    }
    wanted = compile_filter(asked)
    return {"inprog": [shown for shown in _running(request) if wanted(shown)], "ok": 1.0}


def current_operations_stage(request: Request, operand: object) -> list[Document]:
    """What runs now, as a stage."""
    if request.database != "admin":
        raise Refusal(73, "$currentOp must be run against the 'admin' database with aggregate: 1")
    if not isinstance(operand, Mapping):
        raise Refusal(9, "$currentOp options must be specified in an object")
    for word in operand:
        if word not in _SHOWN_ANYWAY:
            raise Refusal(9, f"Unrecognized option '{word}' in $currentOp stage.")
    return _running(request)


def _running(request: Request) -> list[Document]:
    told = {word: value for word, value in request.command.items() if word != "lsid"}
    return [
        {
            "type": "op",
            "host": HOST,
            "desc": f"conn{request.caller.number}",
            "connectionId": request.caller.number,
            "client": request.caller.address,
            "active": True,
            "currentOpTime": now(request).isoformat(timespec="milliseconds"),
            "opid": request.caller.number,
            "secs_running": Int64(0),
            "microsecs_running": Int64(0),
            "op": "command",
            "ns": f"{request.database}.$cmd",
            "command": told,
        }
    ]


def kill_operation(request: Request) -> Document:
    """Accepted; whatever it names ended before this command began."""
    admin_only(request)
    if request.whole("op") is None:
        raise Refusal(4, "Expected field 'op' in killOp")
    return {"info": "attempting to kill op", "ok": 1.0}


def my_address(request: Request) -> Document:
    """The client's address, as the server sees it."""
    return {"you": request.caller.address, "ok": 1.0}
