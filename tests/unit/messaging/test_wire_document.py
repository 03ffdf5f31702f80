"""docs/WIRE.md says what the code does: fields, limits, hash and example."""

import hashlib
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import pytest

from domain import book, control, market, policies, signals
from messaging import bounds, publisher, wire
from messaging import control as control_sockets
from messaging import sockets as all_sockets
from tests.unit.messaging.messages import HEARTBEAT, SNAPSHOT

DOCUMENT = (Path(__file__).parents[3] / "docs" / "WIRE.md").read_text(encoding="utf-8")
KINDS: list[type[msgspec.Struct]] = [
    book.Stamp,
    book.BookPosition,
    book.BookOrder,
    book.Book,
    market.Funds,
    signals.Means,
    signals.PositionOpened,
    signals.PositionModified,
    signals.PositionReduced,
    signals.PositionClosed,
    signals.OrderPlaced,
    signals.OrderModified,
    signals.OrderGone,
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


def kinds_written(text: str) -> dict[str, str]:
    """Each field of a table with what it is."""
    return {row[0]: row[1] for row in rows(text)}


IS_A: dict[str, Callable[[Any], bool]] = {
    "text": lambda v: isinstance(v, str),
    "whole": lambda v: type(v) is int,
    "number": lambda v: isinstance(v, str) and Decimal(v).is_finite(),
    "yes/no": lambda v: isinstance(v, bool),
    "map": lambda v: isinstance(v, dict),
    "map of lists": lambda v: all(isinstance(one, list) for one in v.values()),
    "map of float": lambda v: all(isinstance(one, float) for one in v.values()),
    "list": lambda v: isinstance(v, list),
    "list of text": lambda v: all(isinstance(one, str) for one in v),
    "list of whole": lambda v: all(type(one) is int for one in v),
    "list of facts": lambda v: all(one["type"].startswith(("Position", "Order")) for one in v),
}


def check_against_its_table(said: dict[str, Any], title: str) -> None:
    """As somebody would who has this document and a msgpack library, and nothing else of ours."""
    written = kinds_written(section(title))
    # `v` may always be left out; of all other fields our writer leaves out none.
    assert set(said) - {"type", "v"} == set(written) - {"v"}
    for name in set(written) & set(said):
        check_value(said[name], written[name])


def check_value(value: Any, written: str) -> None:
    if written.endswith(" or nil"):
        if value is not None:
            check_value(value, written.removesuffix(" or nil"))
    elif written.removeprefix("list of ") in TITLES:
        of_a_list = written.startswith("list of ")
        for one in value if of_a_list else [value]:
            check_against_its_table(one, written.removeprefix("list of "))
    else:
        assert IS_A[written](value), f"{value!r} is no {written}"
        for fact in value if written == "list of facts" else ():
            check_against_its_table(fact, fact["type"])


TITLES = set(re.findall(r"^### (\w+)$", DOCUMENT, re.MULTILINE))
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.hex"), key=lambda path: path.name)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_an_independent_reader_finds_in_golden_bytes_exactly_what_the_document_lists(
    path: Path,
) -> None:
    said = msgpack.unpackb(bytes.fromhex(path.read_text(encoding="ascii")))
    assert said.get("v", 1) == 1
    check_against_its_table(said, said["type"])


def test_every_message_has_golden_bytes() -> None:
    """Tables without a `type` of their own stand within others."""
    parts = {"Stamp", "BookPosition", "BookOrder", "Book", "LegAnswer", "Latch"}
    parts |= {"Means", "Funds"}
    said = {msgpack.unpackb(bytes.fromhex(p.read_text(encoding="ascii")))["type"] for p in GOLDEN}
    assert said == TITLES - parts


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(f"1 MiB ({wire.SIGNAL_LIMIT_BYTES:,} bytes)", id="signals"),
        pytest.param(f"1 MiB ({wire.CONTROL_LIMIT_BYTES:,} bytes)", id="control"),
        pytest.param(f"1 MiB ({wire.REQUEST_LIMIT_BYTES:,} bytes)", id="requests"),
        pytest.param(f"16 MiB ({wire.SNAPSHOT_LIMIT_BYTES:,} bytes)", id="answers"),
        pytest.param(f"| {all_sockets.LARGEST_FRAME_BYTES // 2**20} MiB |", id="frames"),
        pytest.param(f"finite, {bounds.MOST_DIGITS} digits", id="digits"),
        pytest.param(f"At most {bounds.MOST_DIGITS} digits", id="digits of a number"),
        pytest.param(f"0 to {bounds.LAST_EPOCH:,} (2^53)", id="epochs"),
        pytest.param(f"0 to {bounds.LAST_SEQ:,} |", id="seqs"),
        pytest.param(f"{bounds.LAST_MOMENT_MS:,} ms", id="moments"),
        pytest.param(f"{bounds.LONGEST_TEXT:,} characters, no NUL", id="texts"),
        pytest.param(f"| {bounds.MOST_LEGS:,} |", id="legs of a request"),
        pytest.param(f"to {bounds.LARGEST_EXPONENT} |", id="exponent"),
        pytest.param(f"{bounds.DEEPEST_DOCUMENT} levels", id="nesting"),
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
    for order in sorted(held["orders"], key=lambda o: o["opening_order"]):
        words = [str(order["opening_order"]), order["kind"], order["symbol"]]
        prices = ("volume", "price", "stop_limit_price", "sl", "tp")
        numbers = [plain(order[name]) for name in prices]
        lifetime = [str(order["time_in_force"]), str(order["lasts_ms"])]
        lines.append("|".join(words + numbers + lifetime))
    text = "\n".join(lines)
    made = hashlib.sha256(text.encode()).hexdigest()[:32]
    assert made == said["book_hash"]
    assert made in DOCUMENT
    assert all(f"    {line}\n" in DOCUMENT for line in lines)


def plain(number: str) -> str:
    fixed = f"{Decimal(number):f}"
    return fixed.rstrip("0").rstrip(".") if "." in fixed else fixed
