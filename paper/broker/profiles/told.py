"""What docs say of brokers and their symbols, taken from the profiles themselves."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from domain.mt5_words import (
    CalcMode,
    ChartMode,
    Execution,
    FillingFlag,
    MarginMode,
    StopOutMode,
    SwapMode,
    SymbolTradeMode,
)
from paper.broker.brokers import EVERY_ORDER, BrokerProfile, SymbolProfile
from paper.broker.hours import ALL_DAY, AROUND_THE_CLOCK, Session, Week

DAYS: Final = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
SYMBOL_HEAD: Final = """\
| symbol | made of | digits | lots | contract | counted as | filled | open | swap | else |
|---|---|---|---|---|---|---|---|---|---|
"""


def house_lines(house: BrokerProfile) -> Iterator[str]:
    """A broker's rules, one sentence each."""
    modes = {
        MarginMode.RETAIL_HEDGING: "hedging",
        MarginMode.RETAIL_NETTING: "netting",
        MarginMode.EXCHANGE: "exchange",
    }
    yield f"Accounts: {', '.join(modes[mode] for mode in house.margin_modes)}."
    yield f"Clock: {(house.clock_offset_ms.__doc__ or '').strip()}"
    unit = " %" if house.stop_out_mode == StopOutMode.PERCENT else " of free margin"
    call, stop = f"{house.margin_call_level:g}{unit}", f"{house.stop_out_level:g}{unit}"
    yield f"Margin call at {call}, stop-out at {stop}."
    yield from (f"{text}." for text in _habits(house))


def _habits(house: BrokerProfile) -> Iterator[str]:
    if house.fifo_close:
        yield "Positions close first in, first out (10045)"
    if not house.hedging_allowed:
        yield "No opposite positions (10046)"
    if house.renumbers_at_rollover:
        yield "Positions get new tickets over night; identifiers stay"
    if not house.shows_fill_price:
        yield "Answers show no prices"
    if house.requests_per_second:
        yield f"At most {house.requests_per_second} requests a second (10024)"
    if house.limit_positions:
        yield (
            f"At most {house.limit_orders} waiting orders (10033) "
            f"and {house.limit_positions} positions (10040)"
        )


def symbol_row(symbol: SymbolProfile) -> str:
    """A symbol as a row of a table."""
    cells = (
        f"`{symbol.name}`",
        _making(symbol),
        str(symbol.digits),
        f"{symbol.volume_min:g} to {symbol.volume_max:g} by {symbol.volume_step:g}",
        f"{symbol.contract_size:g}",
        CalcMode(symbol.calc_mode).name,
        _filling(symbol),
        hours(symbol.sessions),
        _swap(symbol),
        "; ".join(_specials(symbol)),
    )
    return f"| {' | '.join(cells)} |\n"


def hours(week: Week) -> str:
    """A week's sessions, days alike taken together."""
    if week == AROUND_THE_CLOCK:
        return "always"
    runs = [list(run) for _, run in groupby(range(7), key=lambda day: week[day])]
    return "; ".join(f"{_span(run)} {_sessions(week[run[0]])}" for run in runs if week[run[0]])


def _span(days: list[int]) -> str:
    first, last = DAYS[days[0]], DAYS[days[-1]]
    return first if first == last else f"{first} to {last}"


def _sessions(sessions: tuple[Session, ...]) -> str:
    if sessions == (ALL_DAY,):
        return "all day"
    return ", ".join(f"{_time(start)}-{_time(end)}" for start, end in sessions)


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _making(symbol: SymbolProfile) -> str:
    made = symbol.made
    if made.divided_by:
        return f"{symbol.feed} / {made.divided_by}"
    if made.upside_down:
        return f"{made.factor:g} / {symbol.feed}"
    return symbol.feed if made.factor == 1 else f"{symbol.feed} x {made.factor:g}"


def _filling(symbol: SymbolProfile) -> str:
    names = [flag.name or "" for flag in FillingFlag if flag & symbol.filling_mask]
    return f"{Execution(symbol.execution).name}: {', '.join(names)}"


def _swap(symbol: SymbolProfile) -> str:
    if symbol.swap_mode == SwapMode.DISABLED:
        return "none"
    triple = DAYS[symbol.swap_rollover3days]
    return (
        f"{SwapMode(symbol.swap_mode).name} {symbol.swap_long:g} / {symbol.swap_short:g}, "
        f"three nights on {triple}"
    )


def _specials(symbol: SymbolProfile) -> Iterator[str]:
    yield from _costs(symbol)
    yield from _margins(symbol)
    if symbol.stops_level_points:
        yield f"stops {symbol.stops_level_points} points away"
    if symbol.freeze_level_points:
        yield f"frozen within {symbol.freeze_level_points} points"
    if symbol.extra_spread_points:
        yield f"{symbol.extra_spread_points} points more spread"
    yield from _restrictions(symbol)


def _costs(symbol: SymbolProfile) -> Iterator[str]:
    plan = symbol.commission
    side = "on entry" if plan.on_entry_only else "a side"
    if plan.per_lot:
        yield f"commission {plan.per_lot:g} a lot {side}"
    if plan.percent:
        yield f"commission {plan.percent:g} % of the turnover {side}"
    if plan.minimum:
        yield f"at least {plan.minimum:g}"


def _margins(symbol: SymbolProfile) -> Iterator[str]:
    if symbol.margin_initial:
        yield f"margin {symbol.margin_initial:g}, held {symbol.margin_maintenance:g}"
    if symbol.margin_rate_buy != symbol.margin_rate_sell:
        yield f"margin rate {symbol.margin_rate_buy:g} / {symbol.margin_rate_sell:g}"
    if not symbol.margin_hedged_use_leg:
        yield f"hedged margin {symbol.margin_hedged or 0:g}"


def _restrictions(symbol: SymbolProfile) -> Iterator[str]:
    if symbol.tick_points > 1:
        yield f"prices in steps of {symbol.tick_size:g}"
    if symbol.chart_mode == ChartMode.LAST:
        yield f"last prices, market depth of {symbol.book_depth}"
    if symbol.volume_limit:
        yield f"{symbol.volume_limit:g} lots a side (10034)"
    if symbol.trade_mode != SymbolTradeMode.FULL:
        yield SymbolTradeMode(symbol.trade_mode).name
    if symbol.order_mode != EVERY_ORDER:
        yield f"order_mode {int(symbol.order_mode)}, expiration_mode {int(symbol.expiration_mode)}"
    if symbol.order_gtc_mode:
        yield "orders and stops are good for a day"
