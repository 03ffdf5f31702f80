"""What a slave's document asks for of one position: at all, symbol, side, most lots, how long.

The document is read here as its user wrote it, and worked out once more, on purpose: what places
orders and what judges them share no arithmetic, so that one fault cannot hide the other.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from domain.market import SymbolSpec

Document = Mapping[str, Any]
ONE = Decimal(1)
#: `late_entry_seconds` of a document that does not say.
WAITS_S = 60
RULE_IS_FOR = frozenset({"masters", "magics", "symbols"})


class AskedFor(msgspec.Struct, frozen=True, kw_only=True):
    """`most_lots`: None where they follow figures that no deal shows, as money and stops do.

    `longest_ms`: after so long it is closed whatever its master does, None for never.
    `oldest_signal_ms`: `max_signal_age_ms`, None where the document does not say.
    `may_be_old`: whatever its age, as late entries and positions that were there before may be.
    `waits_ms`: so long an order of ours may wait before it becomes the copy.
    `kept_out`: why it may not be copied at all, empty where it may.
    """

    symbol: str
    is_reversed: bool
    most_lots: Decimal | None
    keeps_minimum: bool
    longest_ms: int | None
    oldest_signal_ms: int | None
    may_be_old: bool = False
    waits_ms: int = 0
    kept_out: str = ""
    windows: tuple[str, ...] | None = None


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A master's position. `contract_size`: of its symbol there, None where nobody told it.

    `lots_later`: what closes in part left of it, as an open may be decided about at any of them.
    """

    master: str
    symbol: str
    lots: Decimal
    magic: int = 0
    contract_size: Decimal | None = None
    side: str = ""
    comment: str | None = None
    lots_later: tuple[Decimal, ...] = ()


def asked_for(document: Document, position: Position, specs: Mapping[str, SymbolSpec]) -> AskedFor:
    """By the first rule that fits, or by the account's own settings; `specs` by our own symbols."""
    symbol, factor = _mapped(document, position.symbol)
    names = (position.symbol, symbol)
    fitting = (r for r in document.get("rules") or () if _fits(r, position, names))
    rule = {name: value for name, value in next(fitting, {}).items() if name not in RULE_IS_FOR}
    ways = {**document, **rule}
    longest_s, oldest_ms = ways.get("max_hold_seconds"), ways.get("max_signal_age_ms")
    comes_late = (ways.get("late_entry") or "skip") != "skip"
    windows = ways.get("trading_windows")
    return AskedFor(
        symbol=symbol,
        is_reversed=bool(ways.get("reverse")),
        most_lots=_most_lots(ways, position, factor, specs.get(symbol)),
        keeps_minimum=(ways.get("partial_below_min") or "keep") == "keep",
        longest_ms=None if longest_s is None else int(longest_s) * 1000,
        oldest_signal_ms=None if oldest_ms is None else int(oldest_ms),
        may_be_old=comes_late or (ways.get("copy_existing") or "no") != "no",
        waits_ms=int(ways.get("late_entry_seconds") or WAITS_S) * 1000 if comes_late else 0,
        kept_out=_kept_out(ways, position, names),
        windows=None if windows is None else tuple(windows),
    )


def _kept_out(ways: Document, position: Position, names: Sequence[str]) -> str:
    """By which field, as the first that does; order types and denied comments are not judged.

    No deal tells what kind of order it was; and who sees a comment rewritten misses the one denied.
    """
    filters: Document = ways.get("filters") or {}
    comment = position.comment
    by_field = {
        "symbols": not _is_let(ways.get("symbols"), lambda one: _any_like(names, one)),
        "filters.not_symbols": any(_any_like(names, one) for one in _texts(filters, "not_symbols")),
        "filters.magics": not _is_let(filters.get("magics"), lambda one: _has(one, position)),
        "filters.not_magics": any(_has(one, position) for one in _texts(filters, "not_magics")),
        "filters.sides": bool(position.side)
        and not _is_let(filters.get("sides"), lambda one: one == position.side),
        "filters.comments": comment is not None
        and not _is_let(filters.get("comments"), lambda one: _is_like(comment, one)),
        "filters.min_master_lot": _is_beyond(filters, "min_master_lot", position, Decimal.__lt__),
        "filters.max_master_lot": _is_beyond(filters, "max_master_lot", position, Decimal.__gt__),
    }
    return next((field for field, is_out in by_field.items() if is_out), "")


def _is_let(allowed: Sequence[str] | None, fits: Callable[[str], bool]) -> bool:
    return allowed is None or any(fits(str(one)) for one in allowed)


def _texts(filters: Document, name: str) -> list[str]:
    return [str(one) for one in filters.get(name) or ()]


def _any_like(names: Sequence[str], written: str) -> bool:
    return any(_is_like(name, written) for name in names)


def _has(written: str, position: Position) -> bool:
    return _spans(written, position.magic)


def _is_beyond(
    filters: Document, name: str, position: Position, beyond: Callable[[Decimal, Decimal], bool]
) -> bool:
    """At every moment at which it may have been decided about."""
    limit = filters.get(name)
    return limit is not None and all(
        beyond(lots, _exact(limit)) for lots in (position.lots, *position.lots_later)
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
