"""What one racing process does: four clients at once want the same jobs, keys and counters."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

CLIENTS = 4
JOBS = 200
KEYS = 25
TIMES = 20
Db = Database[dict[str, Any]]


class Share(NamedTuple):
    """What one client got and did."""

    jobs: list[int]
    won: list[int]
    made: list[int]


def race(uri: str) -> list[Share]:
    """Four clients of this process, each with a connection of its own."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(_one_client, [uri] * CLIENTS))


def _one_client(uri: str) -> Share:
    with MongoClient(uri, serverSelectionTimeoutMS=20000) as client:
        return Share(_claimed(client.d), _won(client.d), _made(client.d))


def _claimed(database: Db) -> list[int]:
    mine = []
    first = [("_id", 1)]
    while job := database.jobs.find_one_and_update(
        {"owner": None}, {"$set": {"owner": 1}}, sort=first
    ):
        mine.append(job["_id"])
        database.counters.update_one({"_id": "claims"}, {"$inc": {"n": 1}})
    return mine


def _won(database: Db) -> list[int]:
    won = []
    for key in range(KEYS):
        try:
            database.unique.insert_one({"key": key})
        except DuplicateKeyError:
            continue
        won.append(key)
    return won


def _made(database: Db) -> list[int]:
    """Upserts that made their document: all clients add to the same few."""
    made = []
    for number in range(TIMES):
        key = number % 5
        change = {"$inc": {"n": 1}, "$push": {"seen": {"$each": [number], "$slice": -3}}}
        if database.upserts.update_one({"key": key}, change, upsert=True).upserted_id is not None:
            made.append(key)
    return made
