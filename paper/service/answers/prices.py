"""Bars and ticks: what a chart shows, as packed records."""

from typing import TYPE_CHECKING, Any, Final

from domain.mt5_words import ChartMode, LastError
from paper.service.answers.symbols import profile_of
from paper.service.session import Session
from paper.service.world import ServerRefusal

if TYPE_CHECKING:
    from paper.service.past.frames import Frame
    from paper.service.past.history import History
    from paper.service.past.records import Rates, TickRecords

MAX_BARS: Final = 100_000
"""The terminal's "Max bars in chart", as terminal_info() says."""
MOST_TICKS: Final = 1_000_000
"""In one answer: 60 MB."""
LAST_MOMENT_S: Final = 2**40
EVERY_TICK: Final = -1
QUOTED: Final = 2 | 4
TRADED: Final = 8 | 16 | 32 | 64
WANTED: Final = {EVERY_TICK: 0, 1: QUOTED, 2: TRADED, 3: QUOTED | TRADED}


def copy_rates_from(
    session: Session, symbol: str, timeframe: int, from_s: int, count: int
) -> bytes:
    """The newest bars that opened by a moment."""
    frame = _frame(session, symbol, timeframe)
    _check_count(count)
    if (history := _history(session, symbol)) is None:
        return b""
    return _packed(history.bars_up_to(frame, _moment(from_s), count)[-count:])


def copy_rates_from_pos(
    session: Session, symbol: str, timeframe: int, start: int, count: int
) -> bytes:
    """Bars counted back from the current one, which is number 0."""
    frame = _frame(session, symbol, timeframe)
    if not 0 <= start < MAX_BARS:
        raise ServerRefusal(LastError.FAIL, f"start at {start}: bars go from 0 to {MAX_BARS - 1}")
    _check_count(count)
    if (history := _history(session, symbol)) is None:
        return b""
    bars = history.bars_up_to(frame, LAST_MOMENT_S, start + count)
    end = len(bars) - start
    return _packed(bars[max(0, end - count) : max(0, end)])


def copy_rates_range(
    session: Session, symbol: str, timeframe: int, from_s: int, to_s: int
) -> bytes:
    """The bars that opened in a time, both ends included."""
    frame = _frame(session, symbol, timeframe)
    if to_s - from_s > MAX_BARS * frame.minutes * 60:
        raise ServerRefusal(
            LastError.INVALID_PARAMS, f"{to_s - from_s} s are more than {MAX_BARS} such bars"
        )
    if (history := _history(session, symbol)) is None:
        return b""
    return _packed(history.bars_between(frame, _moment(from_s), _moment(to_s)))


def copy_ticks_from(session: Session, symbol: str, from_s: int, count: int, flags: int) -> bytes:
    """So many ticks from a moment on."""
    profile_of(session, symbol)
    if count <= 0:
        raise ServerRefusal(LastError.INVALID_PARAMS, f"{count} ticks asked for")
    times = (_moment(from_s), LAST_MOMENT_S)
    found = _ticks(session, symbol, times, flags, min(count, MOST_TICKS + 1))
    return _packed(found[:count])


def copy_ticks_range(session: Session, symbol: str, from_s: int, to_s: int, flags: int) -> bytes:
    """All ticks of a time, both ends included."""
    profile_of(session, symbol)
    times = (_moment(from_s), _moment(to_s))
    return _packed(_ticks(session, symbol, times, flags, MOST_TICKS + 1))


def _ticks(
    session: Session, symbol: str, times: tuple[int, int], flags: int, at_least: int
) -> "TickRecords":
    import numpy as np

    from paper.service.past.columns import TICK

    wanted = _wanted(flags)
    parts, found = [np.empty(0, TICK)], 0
    history = _history(session, symbol)
    if history is not None and (wanted != TRADED or _is_traded(session, symbol)):
        for some in history.ticks(times[0] * 1000, times[1] * 1000 + 1):
            chosen = some[(some["flags"] & wanted) != 0] if wanted else some
            parts.append(chosen)
            found += len(chosen)
            if found >= at_least:
                break
    if min(found, at_least) > MOST_TICKS:
        raise ServerRefusal(
            LastError.NO_MEMORY, f"{found} ticks and more: at most {MOST_TICKS} fit an answer"
        )
    return np.concatenate(parts)


def _is_traded(session: Session, symbol: str) -> bool:
    """Where nothing is ever dealt, ten years need not be looked through for a deal."""
    return profile_of(session, symbol).chart_mode == ChartMode.LAST


def _wanted(flags: int) -> int:
    if flags not in WANTED:
        raise ServerRefusal(LastError.INVALID_PARAMS, f"flags {flags}: wanted COPY_TICKS_...")
    return WANTED[flags]


def _frame(session: Session, symbol: str, timeframe: int) -> "Frame":
    from paper.service.past.frames import FRAMES

    if symbol not in session.house.market.profiles:
        raise ServerRefusal(LastError.FAIL, f"no symbol {symbol!r}")
    if timeframe not in FRAMES:
        raise ServerRefusal(LastError.INVALID_PARAMS, f"no timeframe {timeframe}")
    return FRAMES[timeframe]


def _check_count(count: int) -> None:
    if not 0 < count < MAX_BARS:
        raise ServerRefusal(
            LastError.INVALID_PARAMS, f"{count} bars asked for: 1 to {MAX_BARS - 1} can be had"
        )


def _history(session: Session, symbol: str) -> "History | None":
    """None while the symbol was never quoted."""
    if symbol not in session.house.market.quotes:
        return None
    return session.recorded.shelf.history(session.house, symbol)


def _moment(seconds: int) -> int:
    """Within what can be counted in milliseconds."""
    return max(0, min(seconds, LAST_MOMENT_S))


def _packed(records: "Rates | TickRecords") -> bytes:
    packed: Any = records.tobytes()
    return bytes(packed)
