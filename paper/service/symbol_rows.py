"""SymbolInfo's 96 fields in their order, made from a symbol's profile and its quote."""

from typing import Final

from paper.broker.brokers import SymbolProfile
from paper.broker.house import House
from paper.broker.money import tick_values
from paper.broker.quotes import Quote
from paper.broker.rates import NoRateError
from paper.service.rows import Row

NO_QUOTE: Final = Quote(0.0, 0.0, 0)


def symbol_row(house: House, profile: SymbolProfile, currency: str, *, selected: bool) -> Row:
    """SymbolInfo; prices are zero before the first quote."""
    quote = house.market.quotes.get(profile.name, NO_QUOTE)
    return [
        *_counts(profile, quote, selected=selected),
        *_terms(profile),
        *_prices(profile, quote),
        *_tick_values(house, profile, currency),
        *_sizes(profile),
        *_session(quote),
        profile.contract_size if profile.margin_hedged is None else profile.margin_hedged,
        quote.price_change,
        *([0.0] * 9),  # price_volatility, price_theoretical, the Greeks, price_sensitivity
        *_texts(profile),
    ]


def _counts(profile: SymbolProfile, quote: Quote, *, selected: bool) -> Row:
    return [
        False,  # custom
        int(profile.chart_mode),
        selected,
        selected,  # visible
        quote.session_deals,
        0,  # session_buy_orders
        0,  # session_sell_orders
        quote.volume,
        quote.volume_high,
        quote.volume_low,
        quote.time_msc // 1000,
        profile.digits,
        round((quote.ask - quote.bid) / profile.point),
        True,  # spread_float
        profile.book_depth,
    ]


def _terms(profile: SymbolProfile) -> Row:
    return [
        int(profile.calc_mode),
        int(profile.trade_mode),
        0,  # start_time
        0,  # expiration_time
        profile.stops_level_points,
        profile.freeze_level_points,
        int(profile.execution),
        int(profile.swap_mode),
        profile.swap_rollover3days,
        profile.margin_hedged_use_leg,
        int(profile.expiration_mode),
        int(profile.filling_mask),
        int(profile.order_mode),
        int(profile.order_gtc_mode),
        0,  # option_mode
        0,  # option_right
    ]


def _prices(profile: SymbolProfile, quote: Quote) -> Row:
    return [
        quote.bid,
        quote.bid_high,
        quote.bid_low,
        quote.ask,
        quote.ask_high,
        quote.ask_low,
        quote.last,
        quote.last_high,
        quote.last_low,
        float(quote.volume),
        float(quote.volume_high),
        float(quote.volume_low),
        0.0,  # option_strike
        profile.point,
    ]


def _tick_values(house: House, profile: SymbolProfile, currency: str) -> Row:
    """Worth of one tick of one lot, then as profit and as loss; 0 while it cannot be counted."""
    try:
        as_profit, as_loss = tick_values(house.market, profile, currency)
    except NoRateError:
        as_profit = as_loss = 0.0
    return [as_profit, as_profit, as_loss, profile.tick_size]


def _sizes(profile: SymbolProfile) -> Row:
    return [
        profile.contract_size,
        0.0,  # trade_accrued_interest
        profile.face_value,
        0.0,  # trade_liquidity_rate
        profile.volume_min,
        profile.volume_max,
        profile.volume_step,
        profile.volume_limit,
        profile.swap_long,
        profile.swap_short,
        profile.margin_initial,
        profile.margin_maintenance,
    ]


def _session(quote: Quote) -> Row:
    volume = float(quote.session_volume)
    return [
        volume,
        quote.session_turnover,
        0.0,  # session_interest
        0.0,  # session_buy_orders_volume
        0.0,  # session_sell_orders_volume
        quote.session_open,
        quote.session_close,
        quote.session_turnover / volume if volume else 0.0,
        0.0,  # session_price_settlement
        0.0,  # session_price_limit_min
        0.0,  # session_price_limit_max
    ]


def _texts(profile: SymbolProfile) -> Row:
    return [
        "",  # basis
        profile.category,
        profile.base,
        profile.quote,
        profile.margin_currency,
        "",  # bank
        profile.description or f"{profile.base} vs {profile.quote}",
        profile.exchange,
        "",  # formula
        profile.isin,
        profile.name,
        "",  # page
        f"{profile.folder}\\{profile.name}" if profile.folder else profile.name,
    ]
