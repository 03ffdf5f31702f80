"""One example of every message, for golden bytes, and strategies for any."""

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import strategies as st

from domain.book import Book, BookOrder, BookPosition, Stamp
from domain.control import (
    Command,
    CommandDone,
    Hello,
    NodeReport,
    OperatorOrder,
    Settings,
    Stop,
    SupervisorBeat,
)
from domain.market import Fate, Funds, PendingKind, Side
from domain.mt5_words import TimeInForce
from domain.policies import Latch, TradingState
from domain.signals import (
    LegAnswer,
    MasterHeartbeat,
    Means,
    NotReady,
    OrderGone,
    OrderModified,
    OrderPlaced,
    PositionClosed,
    PositionModified,
    PositionOpened,
    PositionReduced,
    Snapshot,
    SnapshotRequest,
)
from messaging.bounds import LAST_EPOCH, LAST_MOMENT_MS, LAST_MOMENT_US, LAST_SEQ

MASTER = "FTMO_Master"
POSITION = BookPosition(
    identifier=7001,
    opening_order=7001,
    symbol="EURUSD",
    side=Side.BUY,
    volume=Decimal("0.50"),
    initial_volume=Decimal("1.00"),
    price_open=Decimal("1.38712"),
    sl=Decimal("1.38500"),
    tp=Decimal(0),
    opened_server_ms=1399033800123,
    magic=0,
    comment="by hand",
)
ORDER = BookOrder(
    opening_order=7003,
    symbol="EURUSD",
    kind=PendingKind.BUY_STOP_LIMIT,
    volume=Decimal("0.30"),
    initial_volume=Decimal("0.50"),
    price=Decimal("1.39000"),
    stop_limit_price=Decimal("1.38950"),
    sl=Decimal(0),
    tp=Decimal("1.40000"),
    time_in_force=TimeInForce.SPECIFIED,
    lasts_ms=3600000,
    placed_server_ms=1399033800123,
    magic=0,
    comment="by hand",
)
CLOSED = msgspec.structs.replace(POSITION, volume=Decimal(0))


def fact_fields(seq: int = 42, position: BookPosition = POSITION, **changes: Any) -> dict[str, Any]:
    fields = {
        "master": MASTER,
        "login": 100001,
        "server": "FTMO-Demo",
        "stamp": Stamp(1795257946387, seq),
        "journey": "0123456789ab",
        "position": position,
        "price": Decimal("1.38712"),
        "seen_at_us": 1399033800456789,
        "published_at_us": 1399033800456999,
    }
    return fields | changes


def order_fields(order: BookOrder = ORDER) -> dict[str, Any]:
    fields = fact_fields(order=order)
    return {name: value for name, value in fields.items() if name not in {"position", "price"}}


MEANS = Means(
    read_at_us=1399033800456790,
    funds=Funds(
        currency="USD",
        balance=Decimal("100000.00"),
        equity=Decimal("100250.50"),
        margin_free=Decimal("98750.25"),
    ),
    contract_size=Decimal(100000),
)
OPENED = PositionOpened(age_ms=333, means=MEANS, **fact_fields())
PLACED = OrderPlaced(age_ms=333, **order_fields())
GONE = OrderGone(
    fate=Fate.FILLED, **order_fields(msgspec.structs.replace(ORDER, volume=Decimal(0)))
)
BOOK = Book(
    master=MASTER,
    login=100001,
    server="FTMO-Demo",
    stamp=Stamp(1795257946387, 42),
    positions=(POSITION,),
    orders=(ORDER,),
)
HEARTBEAT = MasterHeartbeat(
    master=MASTER,
    login=100001,
    server="FTMO-Demo",
    head=Stamp(1795257946387, 42),
    book_hash="8e33b8815e08620fe480dcfaa2840e28",
    confirmed=True,
    sent_at_us=1399033801000000,
)
SIGNALS = {
    "position_opened": OPENED,
    "position_modified": PositionModified(**fact_fields()),
    "position_reduced": PositionReduced(**fact_fields()),
    "position_closed": PositionClosed(**fact_fields(position=CLOSED)),
    "order_placed": PLACED,
    "order_modified": OrderModified(**order_fields()),
    "order_gone": GONE,
    "master_heartbeat": HEARTBEAT,
}
REQUEST = SnapshotRequest(slave="Apex_Slave_01", have=Stamp(1795257946387, 40), legs=(7001, 7002))
SNAPSHOT = Snapshot(
    book=BOOK,
    book_hash="982be86f0662d708d434e2f95922e7b7",
    legs=(
        LegAnswer(opening_order=7001, fate="held"),
        LegAnswer(opening_order=7002, fate="closed", price=Decimal("1.38650")),
    ),
    facts=(OPENED, PLACED),
)
ANSWERS = {"snapshot": SNAPSHOT, "not_ready": NotReady(master=MASTER, why="two looks differ")}
FROM_NODES = {
    "hello": Hello(name="Apex_Slave_01", role="SLAVE", pid=4711, started_at_ms=1399033800000),
    "node_report": NodeReport(
        name="Apex_Slave_01",
        role="SLAVE",
        pid=4711,
        ready=True,
        state="ACTIVE",
        holds=("BOOK_UNCONFIRMED",),
        latch=Latch(state=TradingState.HALTED, counter=3, reason="daily loss", by="operator"),
        figures={"latency_p50_ms": 1.5},
        sent_at_ms=1399033801000,
    ),
    "command_done": CommandDone(name="Apex_Slave_01", command="665f1c", result="done"),
    "operator_order": OperatorOrder(
        name="operator 1a2b",
        account="Apex_Slave_01",
        command="665f1c",
        kind="HALT",
        by="anna",
        why="news",
    ),
}
TO_NODES = {
    "settings": Settings(
        document={"name": "Apex_Slave_01", "symbol_map": {"XAUUSD": "GOLD"}, "max_lot": 5},
        masters={MASTER: ("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5556")},
        all_masters=(MASTER,),
        swarm="murmur",
    ),
    "command": Command(command="665f1c", kind="HALT", by="operator", why="news"),
    "supervisor_beat": SupervisorBeat(pid=4000),
    "stop": Stop(why="Ctrl+C"),
}

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
wholes = st.integers(-(2**63), 2**63 - 1)
counts = st.integers(0, 2**63 - 1)
orders = st.integers(1, 2**63 - 1)
moments_ms = st.integers(0, LAST_MOMENT_MS)
moments_us = st.integers(0, LAST_MOMENT_US)
numbers = st.decimals(
    min_value=Decimal("-1e12"), max_value=Decimal("1e12"), allow_nan=False, places=8
)
volumes = st.decimals(
    min_value=Decimal("0.00000001"), max_value=Decimal("1e12"), allow_nan=False, places=8
)
stamps = st.builds(Stamp, st.integers(0, LAST_EPOCH), st.integers(0, LAST_SEQ))
heard = st.builds(Stamp, st.integers(0, LAST_EPOCH - 1), st.integers(0, LAST_SEQ))
positions = st.builds(
    BookPosition,
    identifier=orders,
    opening_order=orders,
    symbol=names,
    side=st.sampled_from(Side),
    volume=volumes,
    initial_volume=volumes,
    price_open=numbers,
    sl=numbers,
    tp=numbers,
    opened_server_ms=moments_ms,
    magic=wholes,
    comment=names,
)
prices = numbers.filter(bool)
waiting = st.builds(
    BookOrder,
    opening_order=orders,
    symbol=names,
    kind=st.sampled_from(PendingKind),
    volume=volumes,
    initial_volume=volumes,
    price=prices,
    stop_limit_price=prices,
    sl=numbers,
    tp=numbers,
    time_in_force=st.sampled_from([int(one) for one in TimeInForce]),
    lasts_ms=moments_ms,
    placed_server_ms=moments_ms,
    magic=wholes,
    comment=names,
)
filled = waiting.map(lambda at: msgspec.structs.replace(at, volume=Decimal(0)))
ended = positions.map(lambda at: msgspec.structs.replace(at, volume=Decimal(0)))
_account = {"master": names, "login": counts, "server": names}
_any_fact = {
    **_account,
    "stamp": stamps,
    "journey": names,
    "seen_at_us": moments_us,
    "published_at_us": moments_us,
}
_fact = {**_any_fact, "position": positions, "price": numbers}
_order_fact = {**_any_fact, "order": waiting}
_ages = st.integers(-LAST_MOMENT_MS, LAST_MOMENT_MS)
_funds = st.builds(Funds, currency=names, balance=numbers, equity=numbers, margin_free=numbers)
_means = st.none() | st.builds(
    Means, read_at_us=moments_us, funds=st.none() | _funds, contract_size=st.none() | numbers
)
signals = st.one_of(
    st.builds(PositionOpened, age_ms=_ages, means=_means, **_fact),
    st.builds(PositionModified, **_fact),
    st.builds(PositionReduced, **_fact),
    st.builds(PositionClosed, **(_fact | {"position": ended})),
    st.builds(OrderPlaced, age_ms=_ages, means=_means, **_order_fact),
    st.builds(OrderModified, **_order_fact),
    st.builds(
        OrderGone,
        fate=st.sampled_from([Fate.CANCELLED, Fate.EXPIRED, Fate.REJECTED]),
        **_order_fact,
    ),
    st.builds(OrderGone, fate=st.just(Fate.FILLED), **(_order_fact | {"order": filled})),
    st.builds(
        MasterHeartbeat,
        **_account,
        head=stamps,
        book_hash=names,
        confirmed=st.booleans(),
        sent_at_us=moments_us,
    ),
)
requests = st.builds(
    SnapshotRequest, slave=names, have=heard, legs=st.lists(orders, max_size=4).map(tuple)
)
_legs = st.builds(
    LegAnswer,
    opening_order=orders,
    fate=st.sampled_from(["held", "closed", "unknown"]),
    price=numbers,
)
_books = st.builds(
    Book,
    **_account,
    stamp=stamps,
    positions=st.lists(positions, max_size=3, unique_by=lambda at: at.opening_order).map(tuple),
    orders=st.lists(waiting, max_size=3, unique_by=lambda at: at.opening_order).map(tuple),
)
answers = st.one_of(
    st.builds(
        Snapshot,
        book=_books,
        book_hash=names,
        legs=st.lists(_legs, max_size=3).map(tuple),
        facts=st.just(()),
    ),
    st.builds(NotReady, master=names, why=names),
)
_latches = st.builds(Latch, state=st.sampled_from(TradingState), counter=counts, reason=names)
_words = st.lists(names, max_size=3).map(tuple)
from_nodes = st.one_of(
    st.builds(Hello, name=names, role=names, pid=counts, started_at_ms=moments_ms),
    st.builds(
        NodeReport,
        name=names,
        role=names,
        pid=counts,
        ready=st.booleans(),
        state=names,
        holds=_words,
        latch=_latches,
        figures=st.dictionaries(
            names, st.floats(allow_nan=False, allow_infinity=False), max_size=3
        ),
    ),
    st.builds(CommandDone, name=names, command=names, result=names),
    st.builds(
        OperatorOrder, name=names, account=names, command=names, kind=names, by=names, why=names
    ),
)
_leaves = st.one_of(st.none(), st.booleans(), wholes, st.floats(allow_nan=False), names)
_documents = st.dictionaries(
    names,
    st.recursive(
        _leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=4,
)
to_nodes = st.one_of(
    st.builds(
        Settings,
        document=st.one_of(st.none(), _documents),
        masters=st.dictionaries(names, st.tuples(names, names), max_size=2),
        all_masters=_words,
        latch=st.one_of(st.none(), _latches),
    ),
    st.builds(Command, command=names, kind=names, by=names, why=names),
    st.builds(SupervisorBeat, pid=wholes),
    st.builds(Stop, why=names),
    st.builds(CommandDone, name=names, command=names, result=names),
)
