"""Reads what the brokers' books and the database say, for judges."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pymongo.database import Database

from db.schema import DECISIONS, SIGNALS
from decisions.truth import CopyPolicy, Filed, MasterTruth, Moved, SlaveTruth, Told
from domain.account_fields import AccountDefaults
from domain.book import Stamp
from domain.ids import NodeName, OpeningOrder
from domain.market import Deal, Identity, PendingOrder, Position, SymbolSpec, Unknowable
from domain.reasons import Reason
from domain.verdicts import VerdictKind
from paper import client
from paper.address import Address
from terminal.mt5 import Mt5Terminal

Document = dict[str, Any]
T = TypeVar("T")

#: Every deal there ever was, on any broker's clock, in seconds.
ALL_TIME_S = (0, 2_000_000_000)
DEFAULT_MAGIC = AccountDefaults().magic_number
#: Of a verdict's document, what `filed_by` reads.
FILED_FIELDS = ("account_id", "master", "leg_key", "event", "epoch", "seq", "kind", "reason")


class TruthUnreadableError(Exception):
    """A broker or the database does not show what happened, so nobody can say it went well."""


class Books(NamedTuple):
    """What one broker shows of one account."""

    identity: Identity
    deals: tuple[Deal, ...]
    positions: tuple[Position, ...]
    specs: dict[str, SymbolSpec]
    orders: tuple[PendingOrder, ...] = ()


def read_master(
    broker: Address, account: Document, moved: Iterable[Moved], told: Sequence[Told]
) -> MasterTruth:
    """The master's own account, and what it published."""
    books = books_of(broker, account)
    return MasterTruth(
        name=NodeName(account["name"]),
        login=books.identity.login,
        server=books.identity.server,
        deals=books.deals,
        positions=books.positions,
        moved=tuple(moved),
        told=tuple(told),
        contracts={name: spec.contract_size for name, spec in books.specs.items()},
    )


def read_slave(broker: Address, account: Document, filed: Iterable[Filed]) -> SlaveTruth:
    """A slave's account, how it copies, and its verdicts."""
    books = books_of(broker, account)
    policy = CopyPolicy(
        symbol_map=account.get("symbol_map", {}),
        suffix=account.get("suffix", ""),
        magic_number=account.get("magic_number", DEFAULT_MAGIC),
        specs=books.specs,
        keep_minimum=account.get("partial_below_min", "keep") == "keep",
        ways=account,
    )
    return SlaveTruth(
        name=NodeName(account["name"]),
        login=books.identity.login,
        server=books.identity.server,
        deals=books.deals,
        positions=books.positions,
        policy=policy,
        filed=tuple(filed),
        orders=books.orders,
    )


def told_by(master: str, database: Database[Document]) -> list[Told]:
    """The facts, as the database has them."""
    return [
        Told(
            order=OpeningOrder(int(found["master_ticket"])),
            event=str(found["event"]),
            stamp=_stamp(found),
        )
        for found in database[SIGNALS].find({"master": master})
    ]


def decisions(database: Database[Document], fields: Sequence[str] = ()) -> list[Document]:
    """Every verdict's document, or these fields of it."""
    wanted = {"event_id": {"$exists": True}}
    return list(database[DECISIONS].find(wanted, list(fields) or None))


def filed_by(slave: str, documents: Iterable[Document]) -> list[Filed]:
    """One slave's verdicts."""
    return [_filed(found) for found in documents if found["account_id"] == slave]


def latencies_ms(documents: Iterable[Document]) -> list[float]:
    """From the fact being seen to order_send being called, for each event that had an order."""
    times = [found["times"] for found in documents]
    return [
        (one["sent_us"] - one["seen_us"]) / 1000
        for one in times
        if one.get("sent_us") and one.get("seen_us")
    ]


def _filed(found: Mapping[str, Any]) -> Filed:
    return Filed(
        order=_order_of(str(found["leg_key"])),
        event=str(found["event"]),
        stamp=_stamp(found),
        kind=VerdictKind(found["kind"]),
        reason=Reason(found["reason"]),
        master=_master_of(found),
    )


def _master_of(found: Mapping[str, Any]) -> NodeName | None:
    return NodeName(str(found["master"])) if found.get("master") else None


def _stamp(found: Mapping[str, Any]) -> Stamp:
    return Stamp(int(found["epoch"]), int(found["seq"]))


def _order_of(leg_key: str) -> OpeningOrder:
    """A leg's text is LOGIN@SERVER#ORDER.PART."""
    return OpeningOrder(int(leg_key.rpartition("#")[2].partition(".")[0]))


def books_of(broker: Address, account: Document) -> Books:
    """Everything that an account's broker shows in the account's own terminal."""
    client._connect_to(broker.host, broker.port)  # noqa: SLF001 - the client's documented back door
    terminal = Mt5Terminal(client, path=account["path"])
    try:
        name = account["name"]
        return Books(
            identity=_known(name, terminal.connect()),
            deals=_known(name, terminal.deals_between(*ALL_TIME_S)),
            positions=_known(name, terminal.positions()),
            specs=_specs(terminal),
            orders=_known(name, terminal.orders()),
        )
    finally:
        terminal.close()


def _specs(terminal: Mt5Terminal) -> dict[str, SymbolSpec]:
    names = [symbol.name for symbol in client.symbols_get() or ()]
    found = {name: terminal.spec(name) for name in names}
    return {name: spec for name, spec in found.items() if isinstance(spec, SymbolSpec)}


def _known(name: str, answer: T | Unknowable) -> T:
    if isinstance(answer, Unknowable):
        raise TruthUnreadableError(f"the broker of {name} does not show its books: {answer.why}")
    return answer
