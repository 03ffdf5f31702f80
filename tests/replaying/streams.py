"""The recorded traders and the ticks they traded on, as plain figures.

Prices are whole points of the feed; times are UTC milliseconds since 1970.
"""

import importlib.util
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

#: Where the recorded data lies, unless the environment says otherwise.
BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
DATA = Path(os.environ.get("REPLAY_DATA", BESIDE))
SUNDAY = 7
#: No broker here wants stops further from the market than this.
NOT_NEARER_POINTS = 5
#: What happens by a tick, before anybody can act upon that tick.
BY_THE_BROKER = ("SL", "TP", "STOP_ORDER", "EXPIRED")


class Event(msgspec.Struct, frozen=True):
    """One line of a stream; `side` is the deal's, `remaining` the lots left after it."""

    ts_ms: int
    ev: str
    symbol: str
    position_id: int = 0
    order: int = 0
    side: str = ""
    volume: Decimal = Decimal(0)
    remaining: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    sl: Decimal = Decimal(0)
    tp: Decimal = Decimal(0)
    expiration_ms: int = 0
    reason: str = ""

    @property
    def is_by_the_broker(self) -> bool:
        """It follows from the tick alone."""
        return self.ev == "ORDER_FILLED" or self.reason in BY_THE_BROKER


class Trader(NamedTuple):
    """Who is copied: his stream, his broker, and how much larger he trades there; USD."""

    name: str
    file: str
    feed: str
    digits: int
    broker: str
    symbol: str
    lots: int
    deposit: int = 10_000_000


#: Gold has the feed's three digits at Harbor alone, which trades in tenths of a lot.
TRADERS = (
    Trader("Trend", "SIM_master_A_trend_EURUSD", "EURUSD", 5, "FTMO-Demo", "EURUSD", 1),
    Trader("Breakout", "SIM_master_B_breakout_XAUUSD", "XAUUSD", 3, "Harbor-Demo", "XAUUSDm", 10),
    Trader("Fade", "SIM_master_C_fade_EURUSD", "EURUSD", 5, "FTMO-Demo", "EURUSD", 1, 1_000),
)


def points(price: Decimal, digits: int) -> int:
    """A price in whole points."""
    found = price.scaleb(digits)
    assert found == int(found), f"{price} has more than {digits} digits"
    return int(found)


def events_of(trader: Trader, until_ms: int) -> list[Event]:
    """His stream up to a moment, in his lots."""
    lines = (DATA / "derived" / f"{trader.file}.events.jsonl").read_text("utf-8").splitlines()
    found = (msgspec.json.decode(line, type=Event, strict=False) for line in lines)
    return [_larger(event, trader.lots) for event in found if event.ts_ms <= until_ms]


def _larger(event: Event, times: int) -> Event:
    volume, remaining = event.volume * times, event.remaining * times
    return msgspec.structs.replace(event, volume=volume, remaining=remaining)


def instants(events: Iterable[Event]) -> Iterator[tuple[int, list[Event]]]:
    """Events of one moment together: first what the broker does by itself, then the rest."""
    for ts_ms, together in groupby(events, key=lambda event: event.ts_ms):
        yield ts_ms, sorted(together, key=lambda event: not event.is_by_the_broker)


class Ticks(NamedTuple):
    """All quotes of a feed, oldest first."""

    ts_ms: Any
    bid: Any
    ask: Any

    def upto(self, ts_ms: int) -> int:
        """How many have come by that moment."""
        return int(np.searchsorted(self.ts_ms, ts_ms, "right"))

    def from_on(self, ts_ms: int) -> int:
        """The moment of the first one that is not before."""
        return int(self.ts_ms[np.searchsorted(self.ts_ms, ts_ms, "left")])


def as_a_broker_takes_it(trader: Trader, events: list[Event], ticks: Ticks) -> list[Event]:
    """Stops that the market is beyond already are set by the first tick that lets them be.

    One order of the streams fills while the spread is wider than its stop is away.
    """
    taken: list[Event] = []
    for event in events:
        late_ms = _late_stop_ms(trader, event, ticks) if event.reason == "STOP_ORDER" else 0
        if not late_ms:
            taken.append(event)
            continue
        taken.append(msgspec.structs.replace(event, sl=Decimal(0), tp=Decimal(0)))
        taken.append(msgspec.structs.replace(event, ev="SLTP_MODIFY", reason="", ts_ms=late_ms))
    return sorted(taken, key=lambda event: event.ts_ms)


def _late_stop_ms(trader: Trader, event: Event, ticks: Ticks) -> int:
    """The moment of that tick; 0 where the stop can be set at once."""
    at, stop = ticks.upto(event.ts_ms) - 1, points(event.sl, trader.digits)
    buys = event.side == "buy"
    away = ticks.bid[at:] - stop if buys else stop - ticks.ask[at:]
    row = int(np.argmax(away > NOT_NEARER_POINTS))
    return int(ticks.ts_ms[at + row]) if row else 0


def tick_files(feeds: Iterable[str], until_ms: int) -> list[Path]:
    """The files of these feeds that begin before that moment.

    The traders were recorded without Sundays: stops reached then were left alone.
    """
    found = [path for feed in feeds for path in sorted(DATA.glob(f"ticks/{feed}_oanda_*.parquet"))]
    days = ((path, date.fromisoformat(path.stem.rpartition("_")[2])) for path in found)
    return [path for path, day in days if day.isoweekday() < SUNDAY and _begins_ms(day) <= until_ms]


def _begins_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def ticks_of(feed: str, until_ms: int) -> Ticks:
    """A feed's quotes."""
    from pyarrow import parquet

    tables = [parquet.read_table(path) for path in tick_files((feed,), until_ms)]
    columns = ("ts_ms", "bid", "ask")
    return Ticks(*(np.concatenate([t[name].to_numpy() for t in tables]) for name in columns))


def why_not_here() -> str:
    """What is missing on this machine; empty where nothing is."""
    if not (DATA / "derived").is_dir():
        return f"no recorded traders and ticks in {DATA}"
    if importlib.util.find_spec("pyarrow") is None:
        return "Parquet needs pyarrow: pip install -r requirements-data.txt"
    return ""
