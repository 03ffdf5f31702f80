"""Holds what a slave's broker shows against what the oracle says it must."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from paper.broker.records import Deal, Order
from tests.replaying.desks import SERVER_AHEAD_S, Shown
from tests.replaying.oracle import Dealt, Held, Waits

ENTRY_IN = 0
BY = {4: "sl", 5: "tp"}
KINDS = {4: "buy_stop", 5: "sell_stop"}
SIDES = ("buy", "sell")


class Whose(NamedTuple):
    """Which trader's position, by the number that his stream gives it."""

    trader: str
    number: int


class Key(NamedTuple):
    """What a copy's comment leads to, and how many digits its prices have."""

    whose: Whose
    digits: int


Keys = Mapping[int, Key]
"""By the master's ticket."""
NOBODY = Key(Whose("nobody", 0), 5)


def held_by(shown: list[Shown], keys: Keys) -> dict[Whose, Held]:
    """Open copies as the oracle writes them."""
    found = {}
    for one in shown:
        whose, digits = _key(one.comment, keys)
        sl, tp = _points(one.sl, digits), _points(one.tp, digits)
        found[_apart(whose, found)] = Held(one.side, _lots(one.lots), sl, tp)
    return found


def waiting_of(orders: list[Order], keys: Keys) -> dict[Whose, Waits]:
    """Waiting copies as the oracle writes them."""
    found = {}
    for one in orders:
        whose, digits = _key(one.comment, keys)
        kind = KINDS.get(one.type, str(one.type))
        price = _points(one.price_open, digits)
        found[_apart(whose, found)] = Waits(kind, _lots(one.volume_current), price)
    return found


def dealt_by(deals: list[Deal], keys: Keys) -> dict[Whose, list[Dealt]]:
    """Every copy's deals as the oracle writes them; who opened it is not told apart."""
    stories: dict[int, list[Deal]] = {}
    for deal in deals:
        stories.setdefault(deal.position_id, []).append(deal)
    found: dict[Whose, list[Dealt]] = {}
    for story in stories.values():
        whose, digits = _key(story[0].comment, keys)
        found[_apart(whose, found)] = [_dealt(deal, digits) for deal in story]
    return found


def _dealt(deal: Deal, digits: int) -> Dealt:
    return Dealt(
        ts_ms=deal.time_msc - SERVER_AHEAD_S * 1000,
        side=SIDES[deal.type],
        lots=_lots(deal.volume),
        price=_points(deal.price, digits),
        by="" if deal.entry == ENTRY_IN else BY.get(deal.reason, "us"),
    )


def _key(comment: str, keys: Keys) -> Key:
    first = comment.partition(" ")[0]
    return keys.get(int(first), NOBODY) if first.isdecimal() else NOBODY


def _apart(whose: Whose, known: Mapping[Whose, object]) -> Whose:
    """A second copy of the same position is a copy of nobody's."""
    return Whose(f"{whose.trader}, again", len(known)) if whose in known else whose


def _points(price: float, digits: int) -> int:
    return round(price * 10**digits)


def _lots(lots: float) -> Decimal:
    return Decimal(str(lots))


def differences(
    wanted: Mapping[Whose, object], found: Mapping[Whose, object], what: str
) -> Iterator[str]:
    """One line for each that differs."""
    for whose in sorted(wanted.keys() | found.keys()):
        if wanted.get(whose) != found.get(whose):
            texts = (_shown(side.get(whose)) for side in (wanted, found))
            yield "{} {}: {} wanted {}, found {}".format(*whose, what, *texts)


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return "; ".join(map(_shown, value)) or "nothing"
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value)
    return str(value)
