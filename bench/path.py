"""A fact seen until order_send on the last slave, against a bare pyzmq fan-out of the same bytes.

Rounds of product and baseline alternate within one run on one host, so that what the machine does
meanwhile is in both, and their ratio can be compared between machines.
"""

import gc
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from os import cpu_count
from pathlib import Path

import msgspec
import zmq

from bench import figures
from bench.farm import Farm, FarmFault, received_file, sent_file
from bench.figures import Comparison
from db.journal import journal_path
from db.journal_rows import SHIP_VERDICT, decode
from db.outbox import Outbox
from domain.figures import Times
from domain.signals import Fact, PositionOpened
from domain.verdicts import Verdict
from messaging import wire
from utils.randomness import seeded

WARM_UP_ROUNDS = 20
#: Trades come one by one; a message after such a pause finds everything cold.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.020, 0.030
ALL = sys.maxsize


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What one round sent: the product's fact, and the baseline's begin with the same bytes."""

    fact: Fact
    body: bytes
    bare_began_ns: int


def run(slaves: Sequence[int], rounds: int, out: Path | None, answers_after_ms: float = 0.0) -> int:
    """Measure for each number of slaves, print, and write the figures where wanted."""
    measured = []
    for count in slaves:
        found = measure(count, rounds, answers_after_ms)
        measured.append(found)
        print("\n".join(figures.in_lines(found)), flush=True)
    if out is not None:
        told = {
            "host": _host(),
            "answers_after_ms": answers_after_ms,
            "path": msgspec.to_builtins(measured),
        }
        out.write_text(json.dumps(told, indent=2), encoding="utf-8")
    return 0


def measure(slaves: int, rounds: int, answers_after_ms: float) -> Comparison:
    """One farm, from its start to its figures."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    with Farm(slaves, folder, answers_after_ms) as farm:
        farm.wait_until_ready()
        played = _play(farm, rounds)
        farm.stop()
    found = _compare(folder, farm.names, played)
    # After a fault it stays: the logs in it say why.
    shutil.rmtree(folder, ignore_errors=True)
    return found


def _play(farm: Farm, rounds: int) -> list[Round]:
    pauses = seeded(1)

    def pause() -> None:
        farm.serve_for(pauses.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S))

    gc.collect()
    gc.freeze()
    played = []
    for _ in range(WARM_UP_ROUNDS + rounds):
        fact = farm.open_position()
        pause()
        farm.close_positions()
        pause()
        body = wire.encode(fact)
        played.append(Round(fact=fact, body=body, bare_began_ns=farm.send_bare(body)))
        pause()
    return played[WARM_UP_ROUNDS:]


def _compare(folder: Path, names: Sequence[str], played: Sequence[Round]) -> Comparison:
    sent = [_read_sent(folder, name) for name in names]
    received = [_read_received(folder, name) for name in names]
    times = [_read_times(folder, name) for name in names]
    product = [
        figures.last_after(one.fact.seen_at_us, [by.get(_order(one)) for by in sent])
        for one in played
    ]
    bare = [
        figures.last_after(one.bare_began_ns / 1000, [by.get(one.body) for by in received])
        for one in played
    ]
    whole = [(p, b) for p, b in zip(product, bare, strict=True) if p is not None and b is not None]
    if len(whole) < len(played):
        raise FarmFault(_why_incomplete(len(played) - len(whole), folder, names[0]))
    ours, theirs = (figures.side_of(side) for side in zip(*whole, strict=True))
    copies = [[by[one.fact.journey] for by in times] for one in played]
    return Comparison(
        slaves=len(names),
        payload_bytes=len(played[-1].body),
        product=ours,
        baseline=theirs,
        ratio_p50=round(ours.p50_us / theirs.p50_us, 3),
        ratio_p99=round(ours.p99_us / theirs.p99_us, 3),
        hops_us=figures.hops_of(t for copy in copies for t in copy),
        last_hops_us=figures.hops_of(max(copy, key=lambda t: t.sent_us) for copy in copies),
    )


def _order(one: Round) -> str:
    """The mark by which a slave's order names what it copies."""
    return str(one.fact.subject.opening_order)


def _read_sent(folder: Path, name: str) -> dict[str, float]:
    noted = json.loads(sent_file(folder, name).read_text(encoding="utf-8"))
    return {order: at_ns / 1000 for order, at_ns in noted.items()}


def _read_received(folder: Path, name: str) -> dict[bytes, float]:
    noted = json.loads(received_file(folder, name).read_text(encoding="utf-8"))
    return {bytes.fromhex(body): at_ns / 1000 for at_ns, body in noted}


def _read_times(folder: Path, name: str) -> dict[str, Times]:
    opened = PositionOpened.__name__
    return {v.journey: v.times for v in _verdicts(folder, name) if v.event == opened}


def _verdicts(folder: Path, name: str) -> list[Verdict]:
    """All of them: nothing ships them away here."""
    outbox = Outbox(journal_path(folder, name))
    parcels = outbox.batch(ALL)
    outbox.close()
    return [decode(Verdict, p.body) for p in parcels if p.kind == SHIP_VERDICT]


def _why_incomplete(missing: int, folder: Path, name: str) -> str:
    verdicts = [f"{v.kind.value} {v.reason.value} {v.detail}" for v in _verdicts(folder, name)]
    return (
        f"{missing} rounds were not copied by every slave, so there is nothing to compare. "
        f"Verdicts of {name}: {sorted(set(verdicts))}"
    )


def _host() -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "pyzmq": zmq.__version__,
        "libzmq": zmq.zmq_version(),
        "cores": cpu_count(),
    }
