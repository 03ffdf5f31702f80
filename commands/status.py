"""`status`: every account, its state and its kill switch, as the database knows them."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from pymongo.database import Database

import config
from commands.console import prepare, say
from commands.swarm_database import NoSwarm, swarm_database
from db.accounts import Accounts
from db.clients import DATABASE_ERRORS
from db.latches import Latches
from db.moments import ms_of_date
from db.nodes import Nodes
from domain.policies import Latch
from utils.clock import utc_ms

CANNOT_TELL = 2
# A node's report is written at least every five seconds.
SILENT_AFTER_S = 15.0
NEVER_RAN = "NEVER RAN"
SILENT = "SILENT"
STOPPED = "STOPPED"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One account."""

    name: str
    role: str
    enabled: bool
    state: str
    ready: bool
    holds: tuple[str, ...] = ()
    latch: Latch = Latch()
    positions: int = 0
    open_legs: int = 0
    pid: int = 0
    heard: datetime | None = None
    alarms: tuple[str, ...] = ()
    last_verdicts: tuple[str, ...] = ()
    figures: dict[str, float] = {}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the form of the answer."""
    parser.add_argument("--json", action="store_true", help="one JSON list, for programs")


def run(args: argparse.Namespace) -> int:
    """Show every account; 2 where nobody can tell."""
    console = prepare()
    try:
        with swarm_database(config.load()) as database:
            rows = _rows(database)
    except (config.ConfigError, NoSwarm, OSError, *DATABASE_ERRORS) as fault:
        print(fault, file=sys.stderr)
        return CANNOT_TELL
    if args.json:
        print(json.dumps(msgspec.to_builtins(rows), indent=2))
        return 0
    for line in lines(rows):
        say(console, line)
    return 0


def row(
    document: dict[str, Any], node: dict[str, Any] | None, latch: Latch | None, now_ms: int
) -> Row:
    """What is known of one account, from its document, its node's report and its latch."""
    told = node or {}
    heard_ms = ms_of_date(told.get("sent_at"))
    fresh = now_ms - heard_ms <= SILENT_AFTER_S * 1000
    stored = latch or Latch()
    return Row(
        name=str(document.get("name")),
        role=str(document.get("type", "?")),
        enabled=document.get("enabled", True) is True,
        state=_state(told, fresh=fresh),
        ready=fresh and bool(told.get("ready", False)),
        holds=tuple(map(str, told.get("holds", ()))),
        latch=stored,
        positions=int(told.get("positions", 0)),
        open_legs=int(told.get("open_legs", 0)),
        pid=int(told.get("pid", 0)) if fresh else 0,
        heard=told.get("sent_at"),
        alarms=tuple(map(str, told.get("alarms", ()))),
        last_verdicts=tuple(map(str, told.get("last_verdicts", ()))),
        figures=dict(told.get("figures", {})),
    )


def lines(rows: Sequence[Row]) -> list[str]:
    """The rows as a table, each followed by what a person should look at."""
    if not rows:
        return ["No accounts. Run: python setup_db.py"]
    widest = max(len(one.name) for one in rows)
    shown: list[str] = []
    for one in rows:
        shown.append(f"{one.name:<{widest}}  {one.role:<6}  {_shown_state(one)}")
        shown += [f"{'':<{widest}}  {text}" for text in _remarks(one)]
    return shown


def _rows(database: Database[dict[str, Any]]) -> list[Row]:
    nodes = {str(node["name"]): node for node in Nodes(database).all()}
    latches, now_ms = Latches(database).all(), utc_ms()
    documents = Accounts(database).all()
    names = {str(document.get("name")) for document in documents}
    left = [node for name, node in nodes.items() if name not in names and at_work(node, now_ms)]
    found = [
        row(d, nodes.get(str(d.get("name"))), latches.get(str(d.get("name"))), now_ms)
        for d in (*documents, *map(_without_document, left))
    ]
    return sorted(found, key=lambda one: (one.role, one.name))


def at_work(node: dict[str, Any], now_ms: int) -> bool:
    """A node that reports, or holds copies: it is needed even where its document is gone."""
    fresh = now_ms - ms_of_date(node.get("sent_at")) <= SILENT_AFTER_S * 1000
    return (fresh and node.get("state") != STOPPED) or bool(node.get("open_legs"))


def _without_document(node: dict[str, Any]) -> dict[str, Any]:
    return {"name": node["name"], "type": node.get("role", "?"), "enabled": False}


def _state(told: dict[str, Any], *, fresh: bool) -> str:
    if not told:
        return NEVER_RAN
    state = str(told.get("state", ""))
    return state if fresh or state == STOPPED else SILENT


def _shown_state(one: Row) -> str:
    ready = ", ready" if one.ready else ""
    disabled = "" if one.enabled else ", disabled"
    copies = f", {one.open_legs} copies open" if one.role == "SLAVE" else ""
    return f"{one.state}{ready}{disabled}, {one.positions} positions{copies}"


def _remarks(one: Row) -> list[str]:
    latch = one.latch
    switch = [] if latch.state.value == "ACTIVE" else [f"kill switch: {latch.state.value}"]
    if switch and (latch.reason or latch.by):
        switch = [f"{switch[0]}, {latch.reason or 'no reason given'} (by {latch.by or 'nobody'})"]
    holds = [f"hold: {hold}" for hold in one.holds]
    return [*switch, *holds, *(f"ALARM {alarm}" for alarm in one.alarms)]
