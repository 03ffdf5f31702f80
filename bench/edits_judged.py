"""Holds what the brokers and the database show against what the documents said."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from bench.edits_made import PROBE_LOTS, reasons_against
from bench.edits_world import SUFFIX, SYMBOL, Document, World, master
from db.account_changes import AccountChanges
from decisions.marking import magic_number_of
from domain.market import Deal
from domain.mt5_words import DealEntry

BROKERS_CLOCKS_DIFFER_MS = 50
# A copy is opened while the signal is fresh: five seconds by default, and its own time at the door.
OPENED_WITHIN_MS = 7000


class Track(Protocol):
    """An account as it was edited."""

    name: str
    current: Document | None
    last_valid: Document
    history: list[Document | None]


class Position(NamedTuple):
    """The deals of one position, those that opened it and those that closed it."""

    opened: tuple[Deal, ...]
    closed: tuple[Deal, ...]


def behaviour(
    world: World, tracks: Sequence[Track], probe: int, verdicts: Iterable[Document]
) -> list[str]:
    """Every account against its last document, and every deal against the master's."""
    said = {str(one["account_id"]): str(one["reason"]) for one in verdicts}
    masters = {p.opened[0].order: p for p in _positions(world.books(master()).deals)}
    differences: list[str] = []
    for track in tracks:
        books = world.books(track.last_valid)
        copies = _positions(books.deals)
        found = [
            *(f"still holds {position.identifier}" for position in books.positions),
            *_caused_by_nobody(copies, masters),
            *_probe(track, [c for c in copies if _copied(c) == probe], said.get(track.name)),
        ]
        differences += [f"{track.name}: {one}" for one in found]
    return differences


def records(world: World, tracks: Sequence[Track]) -> list[str]:
    """One record for each edit, each with what was before and after, in their order."""
    differences: list[str] = []
    for track in tracks:
        found = AccountChanges(world.database).of(track.name)
        differences += [f"{track.name}: {one}" for one in _records(found, track.history)]
    return differences


def _records(found: Sequence[Document], history: Sequence[Document | None]) -> Iterator[str]:
    if len(found) != len(history):
        yield f"{len(history)} states were written, {len(found)} were recorded"
    if [one["number"] for one in found] != list(range(1, len(found) + 1)):
        yield "the numbers of its records have gaps"
    for record, written in zip(found, history, strict=False):
        if _without_id(record["document"]) != written:
            yield f"record {record['number']} shows {record['document']}, written was {written}"
    for before, after in pairwise(found):
        told = {change["field"]: change["before"] for change in after["changes"]}
        if not told or any(_at(before["document"], f) != value for f, value in told.items()):
            yield f"record {after['number']} does not tell what was before: {told}"


def _caused_by_nobody(copies: Sequence[Position], masters: Mapping[int, Position]) -> Iterator[str]:
    """Law 2: an order follows from a deal of the master's, never from an edit."""
    for copy in copies:
        original = masters.get(_copied(copy))
        first = copy.opened[0]
        if original is None:
            yield f"opened {first.position}, which copies nothing the master ever had"
            continue
        late_ms = first.server_ms - original.opened[0].server_ms
        if len(copy.opened) > 1 or not -BROKERS_CLOCKS_DIFFER_MS <= late_ms <= OPENED_WITHIN_MS:
            yield f"opened {first.position} {len(copy.opened)} times, {late_ms} ms after the master"
        if _lots(copy.opened) != _lots(original.opened):
            yield f"copied {_lots(original.opened)} lots with {_lots(copy.opened)}"
        yield from _closed_by_nobody(copy, original)


def _closed_by_nobody(copy: Position, original: Position) -> Iterator[str]:
    if len(copy.closed) != 1 or _lots(copy.closed) != _lots(copy.opened):
        yield f"closed {copy.opened[0].position} with {len(copy.closed)} deals"
        return
    late_ms = copy.closed[0].server_ms - original.closed[0].server_ms
    if late_ms < -BROKERS_CLOCKS_DIFFER_MS:
        yield f"closed {copy.opened[0].position} {-late_ms} ms before the master"


def _probe(track: Track, copies: Sequence[Position], said: str | None) -> Iterator[str]:
    if track.current is None:
        if copies or said not in {None, "ACCOUNT_DISABLED"}:
            yield f"has no document, yet answered the probe with {said}"
        return
    against = reasons_against(track.current)
    if against:
        unheard = said is None and "ACCOUNT_DISABLED" in against
        if copies or not (unheard or said in against):
            yield f"wanted the probe denied for {against}, found {said}, copies {len(copies)}"
        return
    if len(copies) != 1:
        yield f"wanted the probe copied, found {said}: {track.current}"
        return
    yield from _as_the_document_says(track.current, copies[0].opened[0])


def _as_the_document_says(document: Document, deal: Deal) -> Iterator[str]:
    wanted = (SYMBOL + SUFFIX, Decimal(str(PROBE_LOTS)), document["magic_number"])
    found = (deal.symbol, deal.volume, magic_number_of(deal.magic))
    if found != wanted:
        yield f"wanted symbol, lots and magic {wanted}, found {found}"


def _positions(deals: Iterable[Deal]) -> list[Position]:
    by_position: dict[int, list[Deal]] = defaultdict(list)
    for deal in deals:
        if deal.position:
            by_position[deal.position].append(deal)
    return [
        Position(
            opened=tuple(d for d in found if d.entry == DealEntry.IN),
            closed=tuple(d for d in found if d.entry != DealEntry.IN),
        )
        for found in by_position.values()
    ]


def _copied(copy: Position) -> int:
    """The comment of a copy starts with the master's ticket."""
    comment = copy.opened[0].comment
    return int(comment) if comment.isdigit() else 0


def _lots(deals: Iterable[Deal]) -> Decimal:
    return sum((deal.volume for deal in deals), Decimal(0))


def _without_id(document: Document | None) -> Document | None:
    return None if document is None else {k: v for k, v in document.items() if k != "_id"}


def _at(document: Document | None, dotted: str) -> Any:  # noqa: ANN401 - any field of a document
    found: Any = document
    for part in dotted.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
