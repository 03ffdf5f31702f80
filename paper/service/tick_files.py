"""Recorded ticks from files: csv, csv.gz (`ts_ms,bid,ask`) and Parquet (integer points)."""

import csv
import gzip
import importlib.resources
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

COLUMNS: Final = ("ts_ms", "bid", "ask")
SYMBOL_AT_START: Final = re.compile(r"(?:smoke_)?([A-Z0-9]{6,})(?=[_.])")


class TickFileError(Exception):
    """A tick file that cannot be replayed; the text says what was wanted and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """Ticks of one symbol in order of time; crossed quotes are left out and counted."""

    symbol: str
    digits: int
    times_ms: "array[int]"
    bids: "array[float]"
    asks: "array[float]"
    crossed: int = 0


def bundled() -> tuple[Path, ...]:
    """The sample that comes with the product: half an hour around the payrolls of 2014-05-02."""
    samples = Path(str(importlib.resources.files("paper"))) / "samples"
    return tuple(sorted(samples.glob("*.csv.gz")))


def load(paths: Iterable[Path]) -> tuple[Feed, ...]:
    """Read all files; several files of one symbol become one feed."""
    by_symbol: dict[str, list[Feed]] = {}
    for path in paths:
        one = _load_one(path)
        by_symbol.setdefault(one.symbol, []).append(one)
    return tuple(_joined(parts) for _, parts in sorted(by_symbol.items()))


def _load_one(path: Path) -> Feed:
    if not path.is_file():
        raise TickFileError(f"no tick file at {path}: give an existing .csv, .csv.gz or .parquet")
    if path.name.endswith(".parquet"):
        return _from_parquet(path)
    if path.name.endswith((".csv", ".csv.gz")):
        return _from_csv(path)
    raise TickFileError(f"{path}: ticks are read from .csv, .csv.gz and .parquet only")


def _symbol_of(path: Path) -> str:
    found = SYMBOL_AT_START.match(path.name)
    if not found:
        raise TickFileError(
            f"{path}: the file name must begin with the symbol, as in EURUSD_20140502.csv.gz"
        )
    return found.group(1)


def _from_csv(path: Path) -> Feed:
    with _opened(path) as lines:
        rows = csv.reader(lines)
        header = tuple(next(rows, ()))
        if header != COLUMNS:
            raise TickFileError(f"{path}: first line {','.join(header)!r}, wanted 'ts_ms,bid,ask'")
        try:
            texts = [(int(ts), bid, ask) for ts, bid, ask in rows]
            ticks = [(ts, float(bid), float(ask)) for ts, bid, ask in texts]
        except ValueError as wrong:
            raise TickFileError(f"{path}, line {rows.line_num}: {wrong}") from wrong
    digits = max((len(bid.partition(".")[2]) for _, bid, _ in texts[:5000]), default=0)
    return _feed(path, _symbol_of(path), digits, ticks)


def _opened(path: Path) -> TextIO:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _from_parquet(path: Path) -> Feed:
    table = _parquet_table(path)
    notes: dict[bytes, bytes] = dict(table.schema.metadata or {})
    if b"digits" not in notes:
        raise TickFileError(f"{path}: no 'digits' in its key-value metadata, prices are unknowable")
    digits = int(notes[b"digits"])
    symbol = notes[b"symbol"].decode() if b"symbol" in notes else _symbol_of(path)
    times, bids, asks = (table.column(name).to_pylist() for name in COLUMNS)
    scale = 10**digits
    ticks = ((ts, b / scale, a / scale) for ts, b, a in zip(times, bids, asks, strict=True))
    return _feed(path, symbol, digits, ticks)


def _parquet_table(path: Path) -> Any:  # noqa: ANN401 - pyarrow has no types
    try:
        from pyarrow import parquet
    except ImportError as missing:
        raise TickFileError(
            f"{path}: Parquet needs pyarrow; run: pip install -r requirements-data.txt"
        ) from missing
    return parquet.read_table(path, columns=list(COLUMNS))


def _feed(path: Path, symbol: str, digits: int, ticks: Iterable[tuple[int, float, float]]) -> Feed:
    kept: list[tuple[int, float, float]] = []
    crossed = 0
    for tick in ticks:
        if tick[1] <= tick[2]:
            kept.append(tick)
        else:
            crossed += 1
    if not kept:
        raise TickFileError(f"{path}: no usable tick in it ({crossed} with ask below bid)")
    kept.sort(key=_time_of)  # stable: equal times keep the order of the file
    return _as_feed(symbol, digits, kept, crossed)


def _as_feed(
    symbol: str, digits: int, ticks: Sequence[tuple[int, float, float]], crossed: int
) -> Feed:
    return Feed(
        symbol=symbol,
        digits=digits,
        times_ms=array("q", (ts for ts, _, _ in ticks)),
        bids=array("d", (bid for _, bid, _ in ticks)),
        asks=array("d", (ask for _, _, ask in ticks)),
        crossed=crossed,
    )


def _joined(parts: list[Feed]) -> Feed:
    if len(parts) == 1:
        return parts[0]
    ticks = sorted((tick for part in parts for tick in _ticks(part)), key=_time_of)
    digits = max(part.digits for part in parts)
    return _as_feed(parts[0].symbol, digits, ticks, sum(part.crossed for part in parts))


def _ticks(feed: Feed) -> Iterator[tuple[int, float, float]]:
    return zip(feed.times_ms, feed.bids, feed.asks, strict=True)


def _time_of(tick: tuple[int, float, float]) -> int:
    return tick[0]
