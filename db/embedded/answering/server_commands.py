"""The handshake, and what tools ask a server about itself."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime

from db.embedded.address import PROCESS
from db.embedded.answering.requests import Request
from db.embedded.errors import Refusal
from db.embedded.holding.collection import MAX_DOCUMENT_BYTES
from db.embedded.values import Document
from db.embedded.wire import MAX_MESSAGE_BYTES

VERSION = "7.0.0"
_WIRE_VERSION = 21
_PARAMETERS: Document = {
    "featureCompatibilityVersion": {"version": "7.0"},
    "authenticationMechanisms": [],
}


def hello(request: Request) -> Document:
    """What kind of server this is: a standalone.

    It has no topologyVersion: drivers then ask again from time to time instead of waiting in one
    endless answer, and see a server that ended by its closed connection.
    """
    _refuse_half_an_await(request)
    writable = "isWritablePrimary" if request.name == "hello" else "ismaster"
    return {
        "helloOk": True,
        writable: True,
        "maxBsonObjectSize": MAX_DOCUMENT_BYTES,
        "maxMessageSizeBytes": MAX_MESSAGE_BYTES,
        "maxWriteBatchSize": 100_000,
        "localTime": datetime.fromtimestamp(request.now_ms() / 1000, UTC),
        "logicalSessionTimeoutMinutes": 30,
        "connectionId": request.caller.number,
        "minWireVersion": 0,
        "maxWireVersion": _WIRE_VERSION,
        "readOnly": False,
        "ok": 1.0,
    }


def _refuse_half_an_await(request: Request) -> None:
    """A hello that waits names the state it has seen, and how long it waits."""
    seen, patience = request.command.get("topologyVersion"), request.command.get("maxAwaitTimeMS")
    if isinstance(seen, Mapping) != (patience is not None):
        text = "a hello with topologyVersion must include maxAwaitTimeMS, and the other way round"
        raise Refusal(31368, text)


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
        "javascriptEngine": "none",
        "bits": 64,
        "debug": False,
        "maxBsonObjectSize": MAX_DOCUMENT_BYTES,
        "storageEngines": ["sqlite"],
        "ok": 1.0,
    }


def who_am_i(request: Request) -> Document:
    """Nobody: there is nothing to log in to."""
    nobody: Document = {"authenticatedUsers": [], "authenticatedUserRoles": []}
    if request.flag("showPrivileges"):
        nobody["authenticatedUserPrivileges"] = []
    return {"authInfo": nobody, "ok": 1.0}


def get_log(request: Request) -> Document:
    """Start-up warnings: none."""
    admin_only(request)
    asked = request.command[request.name]
    if asked == "*":
        return {"names": ["global", "startupWarnings"], "ok": 1.0}
    if asked not in ("global", "startupWarnings"):
        raise Refusal(96, f"No log named '{asked}'")
    return {"totalLinesWritten": 0, "log": [], "ok": 1.0}


def get_parameter(request: Request) -> Document:
    """The few parameters tools look at."""
    admin_only(request)
    every = request.command[request.name] == "*"
    asked = _PARAMETERS.keys() if every else request.command.keys() & _PARAMETERS.keys()
    if not asked:
        raise Refusal(72, "no option found to get")
    return {**{name: _PARAMETERS[name] for name in sorted(asked)}, "ok": 1.0}


def command_line(request: Request) -> Document:
    """Nothing of interest: the server has no settings of its own."""
    admin_only(request)
    return {"argv": [PROCESS], "parsed": {}, "ok": 1.0}


def host_facts(request: Request) -> Document:
    """The machine, as Python sees it."""
    admin_only(request)
    system: Document = {
        "currentTime": datetime.fromtimestamp(request.now_ms() / 1000, UTC),
        "hostname": platform.node(),
        "cpuAddrSize": 64,
        "numCores": os.cpu_count() or 1,
        "cpuArch": platform.machine(),
    }
    kind: Document = {
        "type": platform.system(),
        "name": platform.platform(terse=True),
        "version": platform.release(),
    }
    return {"system": system, "os": kind, "extra": {"versionString": platform.version()}, "ok": 1.0}


def features(_: Request) -> Document:
    """What old tools ask before they go on."""
    return {"js": {"jsProtectWithMutex": False, "jsEngine": "none"}, "oidMachine": 0, "ok": 1.0}


def no_users(_: Request) -> Document:
    """Nobody: there are no users."""
    return {"users": [], "ok": 1.0}


def no_roles(_: Request) -> Document:
    """None: there are no roles."""
    return {"roles": [], "ok": 1.0}


def profiling(request: Request) -> Document:
    """Whether slow commands are written down, which they are not."""
    if request.command[request.name] not in (-1, 0):
        raise Refusal(238, "the profiler is not implemented by the embedded database")
    return {"was": 0, "slowms": 100, "sampleRate": 1.0, "ok": 1.0}


def shutdown(request: Request) -> Document:
    """End after this reply."""
    admin_only(request)
    request.house.stop_asked = True
    return {"ok": 1.0}


def admin_only(request: Request) -> None:
    """Refuse what is not asked of the admin database."""
    if request.database != "admin":
        raise Refusal(13, f"{request.name} may only be run against the admin database.")


def start_authentication(request: Request) -> Document:
    """Nobody logs in here; credentials are refused rather than believed."""
    mechanism = request.command.get("mechanism")
    with_what = f" with {mechanism}" if isinstance(mechanism, str) else ""
    raise Refusal(
        18,
        f"Authentication failed{with_what}: the embedded database has no users. "
        "Leave user name and password out of the address",
    )
