"""What a slave's document asks for of one position: symbol, side, the most lots, and how long.

The document is read here as its user wrote it, and worked out once more, on purpose: what places
orders and what judges them share no arithmetic, so that one fault cannot hide the other.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from domain.market import SymbolSpec

Document = Mapping[str, Any]
ONE = Decimal(1)
RULE_IS_FOR = frozenset({"masters", "magics", "symbols"})


class AskedFor(msgspec.Struct, frozen=True, kw_only=True):
    """`most_lots`: None where they follow figures that no deal shows, as money and stops do.

    `longest_ms`: after so long it is closed whatever its master does, None for never.
    `oldest_signal_ms`: `max_signal_age_ms`, None where the document does not say.
    """

    symbol: str
    is_reversed: bool
    most_lots: Decimal | None
    keeps_minimum: bool
    longest_ms: int | None
    oldest_signal_ms: int | None


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A master's position. `contract_size`: of its symbol there, None where nobody told it."""

    master: str
    symbol: str
    lots: Decimal
    magic: int = 0
    contract_size: Decimal | None = None


def asked_for(document: Document, position: Position, specs: Mapping[str, SymbolSpec]) -> AskedFor:
    """By the first rule that fits, or by the account's own settings; `specs` by our own symbols."""
    symbol, factor = _mapped(document, position.symbol)
    names = (position.symbol, symbol)
    fitting = (r for r in document.get("rules") or () if _fits(r, position, names))
    rule = {name: value for name, value in next(fitting, {}).items() if name not in RULE_IS_FOR}
    ways = {**document, **rule}
    longest_s, oldest_ms = ways.get("max_hold_seconds"), ways.get("max_signal_age_ms")
    return AskedFor(
        symbol=symbol,
        is_reversed=bool(ways.get("reverse")),
        most_lots=_most_lots(ways, position, factor, specs.get(symbol)),
        keeps_minimum=(ways.get("partial_below_min") or "keep") == "keep",
        longest_ms=None if longest_s is None else int(longest_s) * 1000,
        oldest_signal_ms=None if oldest_ms is None else int(oldest_ms),
    )


def _mapped(document: Document, symbol: str) -> tuple[str, Decimal]:
    front, back = (str(document.get(f"master_{end}") or "") for end in ("prefix", "suffix"))
    bare = symbol[len(front) :] if front and symbol.startswith(front) else symbol
    bare = bare[: -len(back)] if back and bare.endswith(back) else bare
    known = document.get("symbol_map") or {}
    written = known.get(symbol) or known.get(bare or symbol)
    if written is None:
        written = f"{document.get('prefix') or ''}{bare or symbol}{document.get('suffix') or ''}"
    name, _, factor = str(written).partition("|")
    return name, Decimal(factor or 1)


def _fits(rule: Document, position: Position, names: Sequence[str]) -> bool:
    masters, magics, symbols = (rule.get(name) for name in ("masters", "magics", "symbols"))
    if masters is not None and position.master not in masters:
        return False
    if magics is not None and not any(_spans(str(one), position.magic) for one in magics):
        return False
    return symbols is None or any(_is_like(name, str(one)) for name in names for one in symbols)


def _is_like(name: str, written: str) -> bool:
    """A star is any letters, a question mark is one, and all else is itself."""
    pattern = re.escape(written).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, name, re.IGNORECASE) is not None


def _spans(written: str, magic: int) -> bool:
    ends = [int(end) for end in written.split("-")]
    return ends[0] <= magic <= ends[-1]


def _most_lots(
    ways: Document, position: Position, factor: Decimal, spec: SymbolSpec | None
) -> Decimal | None:
    """What its mode gives, raised and lowered by the account's limits."""
    size: Document = ways.get("size") or {}
    lots, limit = _by_mode(size, position, factor, spec), ways.get("max_lot")
    if lots is not None and size.get("below_min_lot") == "clamp" and size.get("min_lot"):
        lots = max(lots, _exact(size["min_lot"]))
    if lots is not None and size.get("bump_at_most") and spec is not None:
        lots = max(lots, spec.volume_min)
    if limit is None:
        return lots
    return _exact(limit) if lots is None else min(lots, _exact(limit))


def _by_mode(
    size: Document, position: Position, factor: Decimal, spec: SymbolSpec | None
) -> Decimal | None:
    mode = size.get("mode") or "same"
    if mode == "fixed":
        return _exact(size["fixed_lot"])
    if mode not in {"same", "notional"}:
        return None
    share = position.lots * _exact(size.get("multiplier") or ONE) * factor
    if mode == "same":
        return share
    if position.contract_size is None or spec is None:
        return None
    return share * position.contract_size / spec.contract_size


def _exact(number: object) -> Decimal:
    """As it is written: a tenth is a tenth."""
    return Decimal(str(number))
