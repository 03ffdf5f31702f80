"""`why`: tells what became of a master's trade on every slave, and what can be done about it."""

import argparse
import re
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pymongo.database import Database

import config
from commands.console import prepare, say
from commands.swarm_database import NoSwarm, swarm_database
from db.clients import DATABASE_ERRORS
from db.schema import DECISIONS, TRADES
from decisions.parts import MOST_PARTS
from domain.reasons import EXPLANATIONS, Reason

NOTHING_FOUND = 1
CANNOT_TELL = 2
USUAL_LAST = 10
STEPS = ("seen", "published", "received", "decided", "sent", "answered")
PRICES = (
    ("master_price", "master"),
    ("price_at_decision", "at the decision"),
    ("price_requested", "requested"),
    ("price_filled", "filled"),
    ("spread_points", "spread in points"),
)

Document = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which trade, and on whom."""
    parser.add_argument(
        "trade",
        nargs="?",
        default="",
        metavar="JOURNEY|MASTER_TICKET",
        help="a journey id, or the ticket of the master's position or order "
        "(default: the newest events)",
    )
    parser.add_argument("--slave", default="", metavar="NAME", help="on this slave only")
    parser.add_argument("--last", type=int, metavar="N", help="only the N newest events")


def run(args: argparse.Namespace) -> int:
    """Explain; 1 where nothing is known of the trade, 2 where nobody can tell."""
    console = prepare()
    try:
        with swarm_database(config.load()) as database:
            found = _decisions(database, args)
            trades = _by_copy(_trades(database, found))
    except (config.ConfigError, NoSwarm, OSError, *DATABASE_ERRORS) as fault:
        print(fault, file=sys.stderr)
        return CANNOT_TELL
    if not found:
        print(_nothing(args), file=sys.stderr)
        return NOTHING_FOUND
    for decision in found:
        for line in explained(decision, *trades.get(_key(decision), ())):
            say(console, line)
    return 0


def explained(decision: Document, *parts: Document) -> list[str]:
    """One verdict: what happened, why, when, at which prices, and what became of the copy."""
    reason = str(decision.get("reason", Reason.NONE.value))
    lines = [_headline(decision, reason)]
    if reason != Reason.NONE.value:
        lines += _because(reason, str(decision.get("detail") or ""))
    lines += [f"    {name}: {text}" for name, text in _figures(decision) if text]
    return [*lines, *(f"    copy: {_copy(trade)}" for trade in parts)]


def _headline(decision: Document, reason: str) -> str:
    at = _moment(decision.get("timestamp"))
    what = [decision.get("event"), decision.get("symbol"), decision.get("direction")]
    kind = str(decision.get("kind") or decision.get("decision")).replace("_", " ")
    why = "" if reason == Reason.NONE.value else f" {reason}"
    words = " ".join(str(word) for word in what if word)
    return f"{at}  {decision.get('account_id')}: {words} of {decision.get('master')}: {kind}{why}"


def _because(reason: str, detail: str) -> list[str]:
    known = EXPLANATIONS.get(Reason(reason)) if reason in set(Reason) else None
    lines = [f"    found: {detail}"] if detail else []
    if known is None:
        return [*lines, f"    {reason} is not known to this version; docs/REASONS.md lists all."]
    return [*lines, f"    why: {known.meaning}", f"    to do: {known.what_to_do}"]


def _figures(decision: Document) -> Iterable[tuple[str, str]]:
    yield "journey", str(decision.get("journey_id") or "")
    yield "volume", _volumes(decision)
    yield "prices", _prices(decision)
    yield "times", _times(decision.get("times") or {})
    yield "return code", str(decision.get("retcode") or "")


def _volumes(decision: Document) -> str:
    ours, masters = decision.get("volume"), decision.get("master_volume")
    shown = [f"{ours} lots" if ours is not None else ""]
    shown.append(f"the master's {masters} lots" if masters is not None else "")
    return ", ".join(filter(None, shown))


def _prices(decision: Document) -> str:
    known = ((name, decision.get(field)) for field, name in PRICES)
    return ", ".join(f"{name} {value}" for name, value in known if value is not None)


def _times(times: Document) -> str:
    """The first step as a moment, the others as what passed since."""
    known = [(step, int(times.get(f"{step}_us") or 0)) for step in STEPS]
    known = [(step, at_us) for step, at_us in known if at_us]
    if not known:
        return ""
    first = known[0][1]
    shown = [f"{step} +{(at_us - first) / 1000:.2f} ms" for step, at_us in known[1:]]
    return ", ".join([f"{known[0][0]} {_moment(times.get(known[0][0]))}", *shown])


def _copy(trade: Document) -> str:
    ticket, status = trade.get("slave_ticket"), trade.get("status")
    opened, closed = trade.get("price_open"), trade.get("price_close")
    pnl = trade.get("pnl")
    shown = [f"ticket {ticket}", f"{trade.get('filled_volume')} lots at {opened}", str(status)]
    shown.append(f"closed at {closed}" if closed is not None else "")
    shown.append(f"result {pnl}" if pnl is not None else "")
    return ", ".join(filter(None, shown))


def _decisions(database: Database[Document], args: argparse.Namespace) -> list[Document]:
    """Newest last, as one reads a story."""
    wanted: Document = _wanted(args.trade)
    if args.slave:
        wanted["account_id"] = args.slave
    most = args.last or (0 if args.trade else USUAL_LAST)
    found = database[DECISIONS].find(wanted).sort("timestamp", -1).limit(max(0, most))
    return list(found)[::-1]


def _wanted(trade: str) -> Document:
    if not trade:
        return {"event": {"$exists": True}}
    if trade.isdigit():
        opened_by = rf"#{re.escape(trade)}\."
        return {"$or": [{"journey_id": trade}, {"leg_key": {"$regex": opened_by}}]}
    return {"journey_id": trade}


def _trades(database: Database[Document], decisions: list[Document]) -> list[Document]:
    copies = sorted({_key(decision)[0] for decision in decisions})
    keys = [f"{copy}.{part}" for copy in copies for part in range(MOST_PARTS)]
    return list(database[TRADES].find({"leg_key": {"$in": keys}}))


def _by_copy(trades: list[Document]) -> dict[tuple[str, str], list[Document]]:
    """A copy that was too large for one order has a trade for each part."""
    found: dict[tuple[str, str], list[Document]] = {}
    for trade in sorted(trades, key=lambda one: int(str(one["leg_key"]).rpartition(".")[2])):
        found.setdefault(_key(trade), []).append(trade)
    return found


def _key(document: Document) -> tuple[str, str]:
    slave = document.get("slave_name") or document.get("account_id")
    return str(document.get("leg_key")).rpartition(".")[0], str(slave)


def _moment(value: object) -> str:
    if not isinstance(value, datetime):
        return "at an unknown time"
    return value.isoformat(sep=" ", timespec="milliseconds").replace("+00:00", "Z")


def _nothing(args: argparse.Namespace) -> str:
    what = f"of {args.trade}" if args.trade else "yet"
    whom = f" on {args.slave}" if args.slave else ""
    return (
        f"No verdict is known {what}{whom}. A ticket is the one of the MASTER's position or order; "
        "a node that was just stopped may not have shipped its last verdicts."
    )
