"""Some of the clients at once, in a process of their own: `python -m bench.database_clients ...`.

It says "ready", waits for a line, and prints its times as JSON.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from bench.bare_sides import exchange

ROOT = Path(__file__).resolve().parents[1]
BODY = b"x" * 350


class Times(msgspec.Struct):
    """Milliseconds of one process's clients."""

    connect_ms: list[float] = []
    round_ms: list[float] = []
    errors: list[str] = []
    took_s: float = 0.0


def play(mode: str, address: str, clients: int, rounds: int, processes: int) -> list[Times]:
    """`clients` at once over some processes; each plays its rounds of three exchanges."""
    shares = [clients // processes + (n < clients % processes) for n in range(processes)]
    words = [sys.executable, "-m", "bench.database_clients", mode, address]
    started = [
        subprocess.Popen(
            [*words, str(share), str(rounds), str(number)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for number, share in enumerate(shares)
        if share
    ]
    for process in started:
        if process.stdout is not None:
            process.stdout.readline()
    for process in started:
        if process.stdin is not None:
            process.stdin.write(b"go\n")
            process.stdin.flush()
    return [msgspec.json.decode(process.communicate()[0], type=Times) for process in started]


def _one_client(mode: str, address: str, rounds: int, name: str) -> Times:
    times = Times()
    began = perf_counter()
    try:
        if mode == "bare":
            _play_bare(int(address), rounds, times, began)
        else:
            _play_mongo(address, rounds, name, times, began)
    except (PyMongoError, OSError) as fault:
        times.errors.append(str(fault))
    return times


def _play_bare(port: int, rounds: int, times: Times, began: float) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        exchange(line, BODY)
        times.connect_ms.append((perf_counter() - began) * 1000)

        def one_round() -> None:
            for _ in range(3):
                exchange(line, BODY)

        for _ in range(rounds):
            _timed(one_round, times.round_ms)


def _play_mongo(uri: str, rounds: int, name: str, times: Times, began: float) -> None:
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=30_000) as client:
        client.admin.command("ping")
        times.connect_ms.append((perf_counter() - began) * 1000)
        collection = client.load.t
        for number in range(rounds):
            identity = f"{name}-{number}"

            def one_round(identity: str = identity) -> None:
                collection.insert_one({"_id": identity, "n": 0, "text": "x" * 250})
                collection.find_one_and_update({"_id": identity}, {"$inc": {"n": 1}})
                found = collection.find_one({"_id": identity})
                if found is None or found["n"] != 1:
                    times.errors.append(f"{identity}: found {found}")

            _timed(one_round, times.round_ms)


def _timed(call: Callable[[], object], into: list[float]) -> None:
    began = perf_counter()
    call()
    into.append((perf_counter() - began) * 1000)


def _main(mode: str, address: str, clients: int, rounds: int, number: int) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    began = perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        names = [f"{number}-{client}" for client in range(clients)]
        played = list(pool.map(lambda name: _one_client(mode, address, rounds, name), names))
    whole = Times(took_s=perf_counter() - began)
    for one in played:
        whole.connect_ms += one.connect_ms
        whole.round_ms += one.round_ms
        whole.errors += one.errors
    print(json.dumps(msgspec.to_builtins(whole)), flush=True)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], *(int(word) for word in sys.argv[3:6]))
