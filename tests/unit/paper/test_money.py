"""What trades cost and earn: every way of counting, every side of a conversion."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mt5_words import CalcMode, DealType, OrderType, Reason
from paper.broker.account import Account
from paper.broker.brokers import Making, SymbolProfile
from paper.broker.currencies import decimals_of, rounded
from paper.broker.formulas import FORMULAS, Trade
from paper.broker.making import FeedTick
from paper.broker.market import Market
from paper.broker.money import figures, margin_of, profit
from paper.broker.rates import NoRateError
from paper.broker.records import AccountTerms, Changes, Position
from paper.service.world import ServerRefusal
from tests.unit.paper.desk import KEY, Desk, named

OpenDesk = Callable[..., Desk]
BUY, SELL = OrderType.BUY, OrderType.SELL


def at(open_desk: OpenDesk, broker: str, **fields: object) -> Desk:
    mode = {"Kontor-Demo": "netting", "Bourse-Demo": "exchange"}.get(broker, "hedging")
    return open_desk(broker, margin_mode=mode, **fields)


@pytest.mark.parametrize(
    ("broker", "symbol", "lots", "price", "margin"),
    [
        pytest.param("Kontor-Demo", "EURUSD.k", 1.0, 1.3861, 1_386.1, id="forex"),
        pytest.param("Kontor-Demo", "USDJPY.k", 1.0, 101.7, 1_000.0, id="forex of the deposit"),
        pytest.param("Kontor-Demo", "EURUSD.cash", 1.0, 1.3861, 138_610.0, id="forex paid in full"),
        pytest.param("Kontor-Demo", "XAUEUR", 1.0, 928.0, 1_286.3, id="levered, out of euros"),
        pytest.param("Kontor-Demo", "OIL", 1.0, 102.9, 10_290.0, id="contract for difference"),
        pytest.param("Kontor-Demo", "GER30", 1.0, 9_702.0, 13_447.94, id="index, out of euros"),
        pytest.param("Kontor-Demo", "GOLD.f", 2.0, 1_286.0, 12_000.0, id="future"),
        pytest.param("Bourse-Demo", "AURX", 5.0, 128.6, 6_430.0, id="stock"),
        pytest.param("Bourse-Demo", "EU-12", 2.0, 1.386, 160.0, id="exchange future"),
        pytest.param("Bourse-Demo", "BND29", 3.0, 97.0, 2_910.0, id="bond, per cent of its face"),
    ],
)
def test_margin_is_counted_as_the_symbol_says(
    open_desk: OpenDesk, broker: str, symbol: str, lots: float, price: float, margin: float
) -> None:
    asked = at(open_desk, broker).ask("order_calc_margin", BUY, symbol, lots, price)
    assert asked == pytest.approx(margin, abs=0.005)


@pytest.mark.parametrize(
    ("broker", "symbol", "side", "prices", "profit"),
    [
        pytest.param("Kontor-Demo", "EURUSD.k", BUY, (1.385, 1.386), 100.0, id="forex"),
        pytest.param("Kontor-Demo", "USDJPY.k", BUY, (101.0, 102.0), 982.97, id="yen earned"),
        pytest.param("Kontor-Demo", "USDJPY.k", SELL, (101.0, 102.0), -983.05, id="yen owed"),
        pytest.param("Kontor-Demo", "XAUEUR", BUY, (920.0, 921.0), 138.6, id="euros earned"),
        pytest.param("Kontor-Demo", "XAUEUR", SELL, (920.0, 921.0), -138.61, id="euros owed"),
        pytest.param("Kontor-Demo", "OIL", BUY, (102.0, 103.0), 100.0, id="difference"),
        pytest.param("Kontor-Demo", "GER30", BUY, (9_700.0, 9_710.0), 13.86, id="index"),
        pytest.param("Kontor-Demo", "GOLD.f", BUY, (1_286.0, 1_287.0), 100.0, id="ticks' worth"),
        pytest.param("Bourse-Demo", "AURX", SELL, (129.0, 128.0), 10.0, id="stock"),
        pytest.param("Bourse-Demo", "EU-12", BUY, (1.386, 1.387), 1.0, id="exchange future"),
        pytest.param("Bourse-Demo", "BND29", BUY, (97.0, 98.0), 10.0, id="bond"),
    ],
)
def test_profit_of_a_lot_is_counted_as_the_symbol_says(
    open_desk: OpenDesk,
    broker: str,
    symbol: str,
    side: OrderType,
    prices: tuple[float, float],
    profit: float,
) -> None:
    desk = at(open_desk, broker)
    assert desk.ask("order_calc_profit", side, symbol, 1.0, *prices) == pytest.approx(profit)


def test_every_way_of_counting_has_a_formula() -> None:
    assert set(FORMULAS) == set(CalcMode)


def test_a_tick_is_worth_more_as_a_loss_than_as_a_profit(open_desk: OpenDesk) -> None:
    yen = named("SymbolInfo", at(open_desk, "Kontor-Demo").ask("symbol_info", "USDJPY.k"))
    assert yen.trade_tick_value == yen.trade_tick_value_profit == pytest.approx(100 / 101.732)
    assert yen.trade_tick_value_loss == pytest.approx(100 / 101.724)


def test_a_missing_pair_is_crossed_through_a_third_currency(open_desk: OpenDesk) -> None:
    desk = at(open_desk, "Kontor-Demo", currency="EUR")
    earned = desk.ask("order_calc_profit", BUY, "USDJPY.k", 1.0, 101.0, 102.0)
    assert earned == round(100_000 / 101.732 / 1.3861, 2)


def test_an_account_in_yen_has_no_decimals(open_desk: OpenDesk) -> None:
    desk = at(open_desk, "Kontor-Demo", currency="JPY", deposit=5_000_000.4)
    desk.send(symbol="EURUSD.k", volume=0.13)
    desk.quote("EURUSD", 1.3871, 1.3872)
    account = desk.account()
    assert account.currency_digits == 0
    for amount in (account.balance, account.profit, account.equity, account.margin):
        assert amount == round(amount)


@pytest.mark.parametrize(
    ("kind", "amount", "balance", "credit"),
    [
        ("balance", 500.0, 100_500.0, 0.0),
        ("balance", -500.0, 99_500.0, 0.0),
        ("credit", 300.0, 100_000.0, 300.0),
        ("charge", -12.34, 99_987.66, 0.0),
        ("correction", 1.0, 100_001.0, 0.0),
        ("bonus", 50.0, 100_050.0, 0.0),
        ("commission", -7.0, 99_993.0, 0.0),
        ("interest", 2.5, 100_002.5, 0.0),
    ],
)
def test_money_is_booked_by_hand(
    desk: Desk, kind: str, amount: float, balance: float, credit: float
) -> None:
    assert desk.world.book(KEY, kind, amount, "by hand", desk.utc_ms) == balance
    account, deal = desk.account(), desk.deals()[-1]
    assert (account.balance, account.credit) == (balance, credit)
    assert account.equity == account.balance + account.credit
    assert (deal.type, deal.comment) == (DealType[kind.upper()], "by hand")
    assert (deal.position_id, deal.order, deal.symbol) == (0, 0, "")


def test_credit_comes_back_after_a_restart(desk: Desk) -> None:
    desk.world.book(KEY, "credit", 300.0, "welcome", desk.utc_ms)
    desk.restart()
    assert (desk.account().balance, desk.account().credit) == (100_000.0, 300.0)


@pytest.mark.parametrize(
    ("kind", "amount"), [("buy", 1.0), ("gift", 1.0), ("balance", float("nan"))]
)
def test_what_cannot_be_booked_is_refused(desk: Desk, kind: str, amount: float) -> None:
    with pytest.raises(ServerRefusal, match="wanted a number, and one of balance, credit"):
        desk.world.book(KEY, kind, amount, "", desk.utc_ms)


def test_credit_carries_positions(open_desk: OpenDesk) -> None:
    desk = open_desk(deposit=100.0)
    assert desk.send(volume=0.1).retcode == 10019
    desk.world.book(KEY, "credit", 100.0, "", desk.utc_ms)
    assert desk.send(volume=0.1).retcode == 10009


@pytest.mark.parametrize(
    ("broker", "symbol", "lots", "margin"),
    [
        pytest.param("FTMO-Demo", "EURUSD", (0.3, 0.2), 415.83, id="larger leg"),
        pytest.param("Liberty-Demo", "EURUSD", (0.3, 0.0), 415.83, id="one side alone"),
        pytest.param("Meridian-Demo", "EURUSD_m", (0.3, 0.2), 138.61 + 138.6, id="half for a pair"),
        pytest.param("Meridian-Demo", "XAUUSD_m", (0.3, 0.2), 128.63, id="nothing for a pair"),
        pytest.param("Meridian-Demo", "XAUUSD_m", (0.0, 0.2), 385.8, id="sells cost half more"),
    ],
)
def test_margin_of_opposite_positions_follows_the_symbols_rule(
    open_desk: OpenDesk, broker: str, symbol: str, lots: tuple[float, float], margin: float
) -> None:
    market = open_desk(broker).world.houses[broker].market
    terms = AccountTerms(login=1, broker=broker, name="", currency="USD", leverage=100)
    quote = market.quotes[symbol]
    trades = [
        (symbol, Trade(side, volume, price))
        for side, volume, price in zip((0, 1), lots, (quote.ask, quote.bid), strict=True)
        if volume
    ]
    assert margin_of(market, terms, trades) == pytest.approx(margin, abs=0.006)


def test_a_hedge_needs_no_money_that_is_not_there(open_desk: OpenDesk) -> None:
    desk = open_desk(deposit=1_400.0)
    desk.send(volume=1.0)
    assert desk.send(volume=0.5, type=BUY).retcode == 10019
    assert desk.send(volume=1.0, type=SELL).retcode == 10009


def test_a_held_future_ties_up_its_maintenance_margin(open_desk: OpenDesk) -> None:
    desk = at(open_desk, "Kontor-Demo", deposit=10_500.0)
    assert desk.check(symbol="GOLD.f", volume=1.0).margin == 6_000.0
    assert desk.send(symbol="GOLD.f", volume=1.0).retcode == 10009
    assert desk.account().margin == 4_500.0
    assert desk.send(symbol="GOLD.f", volume=1.0).retcode == 10019, "6000 more are asked for"


@pytest.mark.parametrize(
    ("broker", "fields", "opening", "closing"),
    [
        pytest.param("FTMO-Demo", {"volume": 0.1}, 0.25, 0.25, id="by lot, both sides"),
        pytest.param(
            "Liberty-Demo", {"volume": 0.02, "type_filling": 0}, 0.1, 0.1, id="the minimum"
        ),
        pytest.param(
            "Meridian-Demo",
            {"symbol": "XAUUSD_m", "volume": 0.5, "price": 1_286.3},
            3.0,
            0.0,
            id="on entry only",
        ),
        pytest.param(
            "Kontor-Demo", {"symbol": "EURUSD.k", "volume": 1.0}, 2.77, 2.77, id="by turnover"
        ),
        pytest.param(
            "Bourse-Demo", {"symbol": "AURX", "volume": 5.0}, 3.22, 3.21, id="by a stock's turnover"
        ),
        pytest.param("Apex-Demo", {"symbol": "EURUSD.c", "type_filling": 0}, 0.0, 0.0, id="free"),
    ],
)
def test_commission_is_taken_as_the_symbol_says(
    open_desk: OpenDesk, broker: str, fields: dict[str, float], opening: float, closing: float
) -> None:
    desk = at(open_desk, broker)
    desk.send(**fields)
    (position,) = desk.positions()
    back = {**fields, "price": 1_286.0} if "price" in fields else fields
    desk.send(**{**back, "type": SELL, "position": position.ticket})
    assert [-deal.commission for deal in desk.deals(position.identifier)] == [opening, closing]


def test_a_stop_out_in_money_waits_for_the_free_margin(open_desk: OpenDesk) -> None:
    desk = at(open_desk, "Kontor-Demo", deposit=3_000.0)
    desk.send(symbol="EURUSD.k", volume=1.0)
    desk.quote("EURUSD", 1.3755, 1.3756)
    desk.world.on_clock(desk.utc_ms)
    assert len(desk.positions()) == 1, "550 are free"
    desk.quote("EURUSD", 1.3749, 1.3750)
    desk.world.on_clock(desk.utc_ms)
    assert desk.positions() == []
    assert desk.deals()[-1].reason == Reason.SO


def test_a_stop_out_says_level_equity_and_margin(open_desk: OpenDesk) -> None:
    desk = open_desk(deposit=2_000.0)
    desk.send(volume=1.0)
    desk.quote("EURUSD", 1.3700, 1.3701)
    desk.world.on_clock(desk.utc_ms)
    assert desk.deals()[-1].comment == "[so 27.96%/387.50/1386.10]"


def test_after_a_start_nothing_is_stopped_out_before_all_is_quoted(open_desk: OpenDesk) -> None:
    desk = open_desk(deposit=2_700.0)
    desk.send(volume=1.0)
    desk.send(symbol="XAUUSD", volume=0.9)
    del desk.prices["XAUUSD"]
    desk.prices["EURUSD"] = (1.3611, 1.3612)
    desk.restart()
    desk.clock(0)
    desk.quote("XAUUSD", 1_309.0, 1_309.3)
    desk.clock(0)
    assert len(desk.positions()) == 2, "what one lost the other has earned"


def test_out_of_hours_nothing_is_stopped_out(open_desk: OpenDesk) -> None:
    desk = open_desk("Liberty-Demo", deposit=1_500.0)
    desk.send(volume=1.0, type_filling=0)
    desk.later(36 * 3_600_000)
    desk.quote("EURUSD", 1.3800, 1.3801)
    desk.world.on_clock(desk.utc_ms)
    assert len(desk.positions()) == 1, "it is Sunday"
    desk.later(36 * 3_600_000)
    desk.world.on_clock(desk.utc_ms)
    assert desk.positions() == []


def test_waiting_orders_need_no_margin(desk: Desk) -> None:
    desk.send(action=5, type=OrderType.BUY_LIMIT, price=1.38, type_filling=2)
    assert len(desk.ask("orders_get", "all", None)) == 1
    assert desk.account().margin == 0.0


PRICE = st.integers(1_000, 200_000).map(lambda points: points / 1_000)
SPREAD = st.integers(0, 500).map(lambda points: points / 1_000)
CURRENCY = st.sampled_from(["USD", "EUR", "JPY", "GBP"])


def forex(feed: str, **fields: object) -> SymbolProfile:
    return SymbolProfile(name=feed, feed=feed, digits=3, **fields)  # type: ignore[arg-type]


def quoted(quotes: dict[str, tuple[float, float]]) -> Market:
    market = Market([forex(feed) for feed in quotes])
    for feed, (bid, ask) in quotes.items():
        market.tick(FeedTick(feed, 0, bid, ask), 0)
    return market


@st.composite
def markets(draw: st.DrawFn) -> Market:
    """Pairs around the dollar; the cross of any two others leads through it."""
    pairs = ("EURUSD", "USDJPY", "GBPUSD")
    return quoted({pair: ((bid := draw(PRICE)), bid + draw(SPREAD)) for pair in pairs})


@given(markets(), CURRENCY, CURRENCY)
def test_money_there_and_back_never_grows(market: Market, held: str, wanted: str) -> None:
    there_and_back = market.rates.fetched(held, wanted) * market.rates.fetched(wanted, held)
    assert there_and_back <= 1 + 1e-12
    assert market.rates.fetched(held, wanted) <= market.rates.paid(held, wanted) * (1 + 1e-12)


@given(markets(), CURRENCY, CURRENCY)
def test_what_one_pays_the_other_fetches(market: Market, held: str, wanted: str) -> None:
    both = market.rates.paid(held, wanted) * market.rates.fetched(wanted, held)
    assert both == pytest.approx(1.0)


@given(markets(), CURRENCY, PRICE, PRICE, st.integers(1, 1_000))
def test_no_trade_earns_what_its_opposite_loses_or_less(
    market: Market, currency: str, opened: float, closed: float, hundredths: int
) -> None:
    yen = market.profiles["USDJPY"]
    lots = hundredths / 100
    bought = profit(market, yen, currency, Trade(BUY, lots, opened), closed)
    sold = profit(market, yen, currency, Trade(SELL, lots, opened), closed)
    assert bought + sold <= 10.0 ** -decimals_of(currency)


@given(st.floats(-1e9, 1e9), st.sampled_from(["USD", "JPY"]))
def test_money_has_its_currencys_decimals(amount: float, currency: str) -> None:
    kept = rounded(amount, currency)
    assert kept == round(kept, decimals_of(currency))
    assert str(kept) != "-0.0"


@given(markets(), CURRENCY, st.lists(st.tuples(st.integers(0, 1), st.integers(1, 300), PRICE)))
def test_equity_is_balance_credit_and_what_floats(
    market: Market, currency: str, held: list[tuple[int, int, float]]
) -> None:
    account = Account(AccountTerms(login=1, broker="", name="", currency=currency, leverage=100))
    account.balance, account.credit = 1_000.0, 50.0
    account.apply(Changes(kept=tuple(_position(i, *one) for i, one in enumerate(held))))
    now = figures(market, account)
    places = decimals_of(currency)
    assert now.equity == pytest.approx(1_050.0 + now.profit, abs=10.0**-places)
    for amount in (now.profit, now.margin, now.equity, now.margin_free):
        assert amount == round(amount, places)


def _position(number: int, side: int, hundredths: int, price: float) -> Position:
    return Position(
        ticket=number,
        identifier=number,
        time_msc=0,
        time_update_msc=0,
        type=side,
        reason=0,
        volume=hundredths / 100,
        price_open=price,
        symbol="USDJPY",
    )


def test_without_a_way_or_a_quote_there_is_no_rate() -> None:
    market = Market([forex("EURUSD"), forex("GBPUSD", made=Making(factor=1.2))])
    with pytest.raises(NoRateError, match="no feed turns CHF into USD"):
        market.rate("CHF", "USD")
    with pytest.raises(NoRateError, match="no quote of EURUSD yet"):
        market.rate("EUR", "USD")
