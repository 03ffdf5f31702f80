"""Kill the embedded database at random moments while many write, and look what is there."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Event
from typing import Protocol

from pymongo import MongoClient
from pymongo.database import Database

from bench.crash_history import HistoryWriter
from bench.crash_writers import Document, DocumentWriter, Findings, RulesWriter
from bench.database_server import DatabaseServer
from db.schema import SWARM
from utils.randomness import seeded, token

HISTORY_LIMIT = 1000
SHORTEST_S, LONGEST_S = 0.2, 1.5
FOUND_SOMETHING = 1


class Writer(Protocol):
    """Writes until the server dies, and counts what it was told."""

    acknowledged: dict[str, int]

    def write(self, uri: str) -> None:
        """Until the server does not answer any more."""
        ...


class Crew:
    """All writers of a run, and what they were told."""

    def __init__(self, writers: int) -> None:
        self.documents = [DocumentWriter(number) for number in range(writers)]
        self.rules = RulesWriter()
        self.history = HistoryWriter()

    @property
    def everyone(self) -> list[Writer]:
        """All writers."""
        return [*self.documents, self.rules, self.history]

    @property
    def acknowledged(self) -> Counter[str]:
        """Writes by kind."""
        return sum((Counter(one.acknowledged) for one in self.everyone), Counter[str]())

    def write_until_killed(self, server: DatabaseServer, after_s: float) -> None:
        """All at once."""
        with ThreadPoolExecutor(len(self.everyone)) as pool:
            ends = [pool.submit(one.write, server.uri) for one in self.everyone]
            Event().wait(after_s)
            server.kill()
            _raise_what_failed(ends)

    def compare(self, server: DatabaseServer, findings: Findings) -> None:
        """What is there after the restart, against what was told."""
        with MongoClient[Document](server.uri) as client:
            stored = {document["_id"]: document for document in client.crash.docs.find()}
            for writer in self.documents:
                writer.compare(stored, findings)
            _compare_indexes(client.crash, stored.values(), findings)
            self.rules.compare(client.crash, findings)
            self.history.compare(client, server.state, HISTORY_LIMIT, findings)


def _raise_what_failed(ends: Iterable[Future[None]]) -> None:
    for end in ends:
        end.result()


def _compare_indexes(
    database: Database[Document], stored: Iterable[Document], findings: Findings
) -> None:
    """Each document is found under its index keys, and nothing else is."""
    expected = Counter(document["by"] for document in stored)
    for name, count in expected.items():
        found = sum(1 for _ in database.docs.find({"by": name}, hint="by_1_n_1"))
        if found != count:
            findings.half_done.append(f"the index finds {found} of {count} documents of {name}")


def run(rounds: int, writers: int, seed: int | None) -> int:
    """Print the counts; 1 where anything was lost or half done."""
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    chosen = int(token(4), 16) if seed is None else seed
    crew, findings = Crew(writers), Findings()
    with DatabaseServer(folder / "state", HISTORY_LIMIT) as server:
        prepare(server)
        for number in range(rounds):
            one_round(crew, server, seeded(chosen + number), findings)
    print("\n".join(told(rounds, chosen, crew, findings)), flush=True)
    if findings.lost or findings.half_done:
        print(f"the files stay in {folder}")
        return FOUND_SOMETHING
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def prepare(server: DatabaseServer) -> None:
    """What all writers need."""
    with MongoClient[Document](server.uri) as client:
        client.crash.docs.create_index([("by", 1), ("n", 1)], unique=True)
        client.crash[SWARM].insert_one({"_id": "swarm"})


def one_round(crew: Crew, server: DatabaseServer, dice: Random, findings: Findings) -> None:
    """Write, kill, start again, compare."""
    crew.write_until_killed(server, dice.uniform(SHORTEST_S, LONGEST_S))
    server.start()
    crew.compare(server, findings)


def told(rounds: int, seed: int, crew: Crew, findings: Findings) -> Sequence[str]:
    """The counts as a person reads them."""
    acknowledged = crew.acknowledged
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(acknowledged.items()))
    return [
        f"{rounds} kills under {len(crew.documents) + 2} writers (seed {seed})",
        f"  acknowledged writes {acknowledged.total()}: {kinds}",
        f"  lost {len(findings.lost)}, half done {len(findings.half_done)}",
        f"  unanswered at a kill: {findings.doubtful_stored} stored whole, "
        f"{findings.doubtful_not_stored} not stored",
        f"  archived {crew.history.archived}, of these twice {crew.history.repeated}",
        *(f"  LOST {what}" for what in findings.lost[:20]),
        *(f"  HALF DONE {what}" for what in findings.half_done[:20]),
    ]
