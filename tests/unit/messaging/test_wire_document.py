"""docs/WIRE.md says what the code does: fields, limits, hash and example."""

import hashlib
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import pytest

from domain import book, control, policies, signals
from messaging import control as control_sockets
from messaging import publisher, soundness, wire
from messaging import sockets as all_sockets
from tests.unit.messaging.messages import HEARTBEAT, SNAPSHOT

DOCUMENT = (Path(__file__).parents[3] / "docs" / "WIRE.md").read_text(encoding="utf-8")
KINDS: list[type[msgspec.Struct]] = [
    book.Stamp,
    book.BookPosition,
    book.Book,
    signals.PositionOpened,
    signals.PositionModified,
    signals.PositionReduced,
    signals.PositionClosed,
    signals.MasterHeartbeat,
    signals.SnapshotRequest,
    signals.Snapshot,
    signals.LegAnswer,
    signals.NotReady,
    control.Hello,
    control.NodeReport,
    control.CommandDone,
    control.OperatorOrder,
    control.Settings,
    control.Command,
    control.SupervisorBeat,
    control.Stop,
    policies.Latch,
]


def section(title: str) -> str:
    found = re.search(rf"^### {title}$(.*?)(?=^##|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title}"
    return found.group(1)


def rows(text: str) -> list[list[str]]:
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    return [row for row in cells if row and row[0] not in {"field", "---"}]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_document_lists_exactly_the_fields_of_each_message(kind: type[msgspec.Struct]) -> None:
    written = {row[0]: bool(row[2]) for row in rows(section(kind.__name__))}
    coded = {field.name: not field.required for field in msgspec.structs.fields(kind)}
    assert written == coded


def test_the_document_has_no_message_that_the_code_lacks() -> None:
    titles = re.findall(r"^### (\w+)$", DOCUMENT, re.MULTILINE)
    assert sorted(titles) == sorted(kind.__name__ for kind in KINDS)


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(f"1 MiB ({wire.SIGNAL_LIMIT_BYTES:,} bytes)", id="signals"),
        pytest.param(f"1 MiB ({wire.CONTROL_LIMIT_BYTES:,} bytes)", id="control"),
        pytest.param(f"1 MiB ({wire.REQUEST_LIMIT_BYTES:,} bytes)", id="requests"),
        pytest.param(f"16 MiB ({wire.SNAPSHOT_LIMIT_BYTES:,} bytes)", id="answers"),
        pytest.param(f"| {all_sockets.LARGEST_FRAME_BYTES // 2**20} MiB |", id="frames"),
        pytest.param(f"{soundness.MOST_DIGITS} significant digits", id="digits"),
        pytest.param(f"to {soundness.LARGEST_EXPONENT} |", id="exponent"),
        pytest.param(f"{soundness.DEEPEST_DOCUMENT} levels", id="nesting"),
        pytest.param(f"| {publisher.SIGNALS_HIGH_WATER:,} |", id="waiting signals"),
        pytest.param(f"| {publisher.ANSWERS_HIGH_WATER} |", id="waiting answers"),
        pytest.param(f"| {control_sockets.UNHEARD_HIGH_WATER} |", id="waiting words"),
        pytest.param(f"# The wire, version {signals.WIRE_VERSION}", id="version"),
    ],
)
def test_the_limits_are_those_in_force(limit: str) -> None:
    assert limit in DOCUMENT


def test_the_example_in_hex_is_the_heartbeat() -> None:
    example = DOCUMENT.split("Second frame, 173 bytes:")[1]
    shown = [re.split(r'  +["a-z\d]', line.strip() + " ")[0] for line in example.splitlines()]
    spelled = "".join(re.findall(r"[0-9a-f]{2}", " ".join(only_hex(line) for line in shown)))
    assert bytes.fromhex(spelled) == wire.encode(HEARTBEAT)
    assert len(wire.encode(HEARTBEAT)) == 173


def only_hex(line: str) -> str:
    return line if re.fullmatch(r"[0-9a-f ]*", line) else ""


def test_the_hash_can_be_made_from_the_document_and_the_bytes_alone() -> None:
    said: Any = msgpack.unpackb(wire.encode(SNAPSHOT))
    held = said["book"]
    lines = [f"{held['login']}|{held['server']}"]
    for position in sorted(held["positions"], key=lambda p: p["opening_order"]):
        wholes = [str(position["opening_order"]), str(position["identifier"])]
        words = [position["symbol"], position["side"]]
        numbers = [plain(position[name]) for name in ("volume", "price_open", "sl", "tp")]
        lines.append("|".join(wholes + words + numbers))
    text = "\n".join(lines)
    made = hashlib.sha256(text.encode()).hexdigest()[:32]
    assert made == said["book_hash"]
    assert made in DOCUMENT
    assert all(f"    {line}\n" in DOCUMENT for line in lines)


def plain(number: str) -> str:
    fixed = f"{Decimal(number):f}"
    return fixed.rstrip("0").rstrip(".") if "." in fixed else fixed
