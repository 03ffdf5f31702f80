"""The handshake, and what tools ask a server about itself."""

from datetime import UTC, datetime

from bson import Int64

from db.embedded.collection import MAX_DOCUMENT_BYTES
from db.embedded.errors import Refusal
from db.embedded.requests import Request
from db.embedded.values import Document
from db.embedded.wire import MAX_MESSAGE_BYTES

VERSION = "7.0.0"
PROCESS = "murmuration-embedded"
_WIRE_VERSION = 21


def hello(request: Request) -> Document:
    """What kind of server this is: a standalone."""
    now = datetime.fromtimestamp(request.now_ms() / 1000, UTC)
    writable = "isWritablePrimary" if request.name == "hello" else "ismaster"
    return {
        "helloOk": True,
        writable: True,
        "maxBsonObjectSize": MAX_DOCUMENT_BYTES,
        "maxMessageSizeBytes": MAX_MESSAGE_BYTES,
        "maxWriteBatchSize": 100_000,
        "localTime": now,
        "logicalSessionTimeoutMinutes": 30,
        "connectionId": request.caller.number,
        "minWireVersion": 0,
        "maxWireVersion": _WIRE_VERSION,
        "readOnly": False,
        "ok": 1.0,
    }


def fine(_: Request) -> Document:
    """Nothing to do, and nothing wrong."""
    return {"ok": 1.0}


def build_info(_: Request) -> Document:
    """The MongoDB whose behaviour is kept."""
    return {
        "version": VERSION,
        "versionArray": [7, 0, 0, 0],
        "gitVersion": PROCESS,
        "modules": [PROCESS],
        "sysInfo": "deprecated",
        "bits": 64,
        "debug": False,
        "maxBsonObjectSize": MAX_DOCUMENT_BYTES,
        "storageEngines": ["sqlite"],
        "ok": 1.0,
    }


def server_status(request: Request) -> Document:
    """Who answers here."""
    now = request.house.clock.now()
    return {
        "host": "127.0.0.1",
        "version": VERSION,
        "process": PROCESS,
        "pid": Int64(request.house.process),
        "file": str(request.engine.storage.path),
        "uptime": round(now.monotonic_s - request.house.started.monotonic_s, 3),
        "localTime": datetime.fromtimestamp(now.utc_ms / 1000, UTC),
        "openCursors": len(request.house.cursors),
        "ok": 1.0,
    }


def who_am_i(_: Request) -> Document:
    """connectionStatus: nobody logs in here."""
    nobody: Document = {"authenticatedUsers": [], "authenticatedUserRoles": []}
    return {"authInfo": nobody, "ok": 1.0}


def get_log(request: Request) -> Document:
    """Start-up warnings: none."""
    _admin_only(request)
    if request.command["getLog"] == "*":
        return {"names": ["global", "startupWarnings"], "ok": 1.0}
    return {"totalLinesWritten": 0, "log": [], "ok": 1.0}


def get_parameter(request: Request) -> Document:
    """The few parameters tools look at."""
    _admin_only(request)
    known: Document = {
        "featureCompatibilityVersion": {"version": "7.0"},
        "authenticationMechanisms": [],
    }
    asked = set(request.command) & known.keys()
    if request.command["getParameter"] == "*":
        asked = set(known)
    if not asked:
        raise Refusal(72, "no option found to get")
    return {**{name: known[name] for name in sorted(asked)}, "ok": 1.0}


def command_line(request: Request) -> Document:
    """getCmdLineOpts: nothing of interest."""
    _admin_only(request)
    return {"argv": [PROCESS], "parsed": {}, "ok": 1.0}


def host_facts(request: Request) -> Document:
    """hostInfo, as little as tools need."""
    _admin_only(request)
    return {"system": {"hostname": "127.0.0.1"}, "os": {}, "extra": {}, "ok": 1.0}


def shutdown(request: Request) -> Document:
    """End after this reply."""
    _admin_only(request)
    request.house.stop_asked = True
    return {"ok": 1.0}


def _admin_only(request: Request) -> None:
    if request.database != "admin":
        raise Refusal(13, f"{request.name} may only be run against the admin database.")


def start_authentication(_: Request) -> Document:
    """Nobody logs in here; credentials are refused rather than believed."""
    raise Refusal(18, "Authentication failed: the embedded database has no users")
