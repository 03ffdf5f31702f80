"""The embedded database: one client, many clients, memory and restarts, beside bare sides."""

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import bson
import msgspec
from pymongo import MongoClient
from pymongo.collection import Collection

from bench.bare_sides import BareCommit, BareEcho
from bench.database_clients import Times, play
from bench.database_server import DatabaseServer
from bench.figures import percentile

Document = dict[str, Any]
HISTORY_LIMIT = 10_000_000
BLOCKS = 10
PROCESSES = 4
ROUNDS_A_CLIENT = 20
GROUPED = 1000
LOADED_AT_ONCE = 5000
STARTED = datetime(2026, 1, 1, tzinfo=UTC)


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of call, one client."""

    name: str
    per_s: float
    p50_us: float
    p99_us: float


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """Many clients at once."""

    name: str
    clients: int
    exchanges_per_s: float
    connect_p50_ms: float
    connect_max_ms: float
    round_p50_ms: float
    round_p99_ms: float
    errors: int


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """The server with so many documents of about 350 bytes in it."""

    documents: int
    memory_mb: float
    restart_s: float
    scan_ms: float


class Report(msgspec.Struct, kw_only=True):
    """Everything one run found."""

    first_ping_s: float
    idle_mb: float
    speeds: list[Speed] = []
    crowds: list[Crowd] = []
    filled: list[Filled] = []


def run(operations: int, documents: Sequence[int], clients: int, out: Path | None) -> int:
    """Measure, print, and write the figures where wanted."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    report = _measured(folder, operations, sorted(documents), clients)
    print("\n".join(_in_lines(report)), flush=True)
    if out is not None:
        out.write_text(json.dumps(msgspec.to_builtins(report), indent=2), encoding="utf-8")
    # After a fault it stays: the log in it says why.
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _measured(folder: Path, operations: int, documents: Sequence[int], clients: int) -> Report:
    with BareEcho() as echo, DatabaseServer(folder / "calls", HISTORY_LIMIT) as server:
        first_s = _median_start(server)
        report = Report(first_ping_s=first_s, idle_mb=server.memory_mb())
        with BareCommit(folder / "bare.db") as commit:
            report.speeds = _speeds(server, echo, commit, operations)
        address = {"product": server.uri, "bare": str(echo.port)}
        report.crowds = [_crowd(mode, address[mode], clients) for mode in ("bare", "product")]
        server.end()
    with DatabaseServer(folder / "filled", HISTORY_LIMIT) as server:
        report.filled = _fill(server, documents)
    return report


def _median_start(server: DatabaseServer) -> float:
    taken = []
    for _ in range(3):
        server.end()
        taken.append(server.start())
    return median(taken)


def sample(number: int) -> Document:
    """A document like those of the history, about 350 bytes."""
    return {
        "_id": number,
        "event_id": f"7001|FTMO-Demo|{number}:PositionOpened:{number}",
        "account_id": f"Apex_Slave_{number % 20:02}",
        "timestamp": STARTED,
        "strategy": "copy",
        "decision": "COPIED",
        "journey_id": f"{number:024x}",
        "reason": "FILLED",
        "detail": "0.10 XAUUSD at 1285.21, the master's at 1285.10",
        "n": number,
        "group": number % 100,
    }


def _speeds(
    server: DatabaseServer, echo: BareEcho, commit: BareCommit, operations: int
) -> list[Speed]:
    body = bson.encode(sample(1))
    with MongoClient[Document](server.uri) as client:
        calls: dict[str, Callable[[int], object]] = {
            "bare echo over TCP": lambda _: echo.exchange(body),
            "bare commit (sqlite3)": lambda _: commit.insert(body),
            **_product_calls(client.bench.t, client.bench.grouped),
        }
        client.bench.grouped.insert_many([sample(number) for number in range(GROUPED)])
        client.bench.t.create_index([("account_id", 1), ("n", 1)])
        return _alternating(calls, operations)


def _product_calls(
    t: "Collection[Document]", grouped: "Collection[Document]"
) -> dict[str, Callable[[int], object]]:
    def one_of(n: int) -> Document:
        return {"account_id": f"Apex_Slave_{n % 20:02}", "n": n}

    sums: list[Document] = [{"$group": {"_id": "$group", "n": {"$sum": "$n"}}}]
    return {
        "insert_one": lambda n: t.insert_one(sample(n)),
        "find_one by _id": lambda n: t.find_one({"_id": n}),
        "find_one by compound index": lambda n: t.find_one(one_of(n)),
        "update_one $set": lambda n: t.update_one({"_id": n}, {"$set": {"reason": f"R{n}"}}),
        "find_one_and_update": lambda n: t.find_one_and_update({"_id": n}, {"$inc": {"group": 1}}),
        "insert_many(100)": lambda n: t.insert_many(
            [sample(10_000_000 + n * 100 + i) for i in range(100)]
        ),
        "$group over 1000": lambda _: list(grouped.aggregate(sums)),
    }


def _alternating(calls: dict[str, Callable[[int], object]], operations: int) -> list[Speed]:
    """Product and bare sides in turn, so that what the machine does meanwhile is in all."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    block = max(1, operations // BLOCKS)
    for start in range(0, operations, block):
        for name, call in calls.items():
            some = (
                max(1, block // 10) if name in ("insert_many(100)", "$group over 1000") else block
            )
            for number in range(start, start + some):
                began = perf_counter()
                call(number)
                taken[name].append((perf_counter() - began) * 1e6)
    return [_speed(name, sorted(times)) for name, times in taken.items()]


def _speed(name: str, ranked: Sequence[float]) -> Speed:
    return Speed(
        name=name,
        per_s=len(ranked) / (sum(ranked) / 1e6),
        p50_us=median(ranked),
        p99_us=percentile(ranked, 0.99),
    )


def _crowd(mode: str, address: str, clients: int) -> Crowd:
    played = play(mode, address, clients, ROUNDS_A_CLIENT, PROCESSES)
    connects = sorted(ms for one in played for ms in one.connect_ms)
    rounds = sorted(ms for one in played for ms in one.round_ms)
    return Crowd(
        name="the embedded database" if mode == "product" else "bare echo over TCP",
        clients=clients,
        exchanges_per_s=3 * len(rounds) / max(one.took_s for one in played),
        connect_p50_ms=median(connects),
        connect_max_ms=connects[-1],
        round_p50_ms=median(rounds),
        round_p99_ms=percentile(rounds, 0.99),
        errors=_errors(played),
    )


def _errors(played: Sequence[Times]) -> int:
    found = [error for one in played for error in one.errors]
    for error in found[:3]:
        print(error)
    return len(found)


def _fill(server: DatabaseServer, sizes: Sequence[int]) -> list[Filled]:
    filled, there = [], 0
    for size in sizes:
        with MongoClient[Document](server.uri) as client:
            _insert(client.bench.t, there, size)
        there = size
        held_mb = server.memory_mb()
        server.kill()
        restart_s = server.start()
        with MongoClient[Document](server.uri) as client:
            scan_ms = _scan_ms(client.bench.t)
        one = Filled(documents=size, memory_mb=held_mb, restart_s=restart_s, scan_ms=scan_ms)
        filled.append(one)
    return filled


def _insert(t: "Collection[Document]", first: int, end: int) -> None:
    t.create_index([("account_id", 1), ("n", 1)])
    for start in range(first, end, LOADED_AT_ONCE):
        t.insert_many([sample(n) for n in range(start, min(start + LOADED_AT_ONCE, end))])


def _scan_ms(t: "Collection[Document]") -> float:
    """Nothing matches and no index helps: all documents are looked at, and all clients wait."""
    taken = []
    for _ in range(3):
        began = perf_counter()
        t.find_one({"detail": "nothing like it"})
        taken.append((perf_counter() - began) * 1000)
    return median(taken)


def _in_lines(report: Report) -> list[str]:
    return [
        f"start to first answer {report.first_ping_s:.2f} s, idle {report.idle_mb:.0f} MB",
        "",
        f"{'one client':30}{'op/s':>9}{'p50 us':>10}{'p99 us':>10}",
        *(f"{s.name:30}{s.per_s:9.0f}{s.p50_us:10.0f}{s.p99_us:10.0f}" for s in report.speeds),
        "",
        f"{'at once, 3 exchanges a round':34}{'exchanges/s':>12}{'connect p50/max ms':>20}"
        f"{'round p50/p99 ms':>18}{'errors':>8}",
        *(_crowd_line(crowd) for crowd in report.crowds),
        "",
        f"{'documents':>9}{'memory MB':>11}{'restart s':>11}{'scan ms':>9}",
        *(
            f"{f.documents:9}{f.memory_mb:11.0f}{f.restart_s:11.2f}{f.scan_ms:9.0f}"
            for f in report.filled
        ),
    ]


def _crowd_line(crowd: Crowd) -> str:
    name = f"{crowd.clients} x {crowd.name}"
    connect = f"{crowd.connect_p50_ms:.0f} / {crowd.connect_max_ms:.0f}"
    a_round = f"{crowd.round_p50_ms:.0f} / {crowd.round_p99_ms:.0f}"
    return f"{name:34}{crowd.exchanges_per_s:12.0f}{connect:>20}{a_round:>18}{crowd.errors:8}"
