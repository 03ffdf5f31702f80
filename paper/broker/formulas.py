"""MetaTrader's formulas: what a trade earns and ties up, in its symbol's own currencies."""

from collections.abc import Callable
from typing import Final

import msgspec

from domain.mt5_words import CalcMode
from paper.broker.brokers import SymbolProfile


class Trade(msgspec.Struct, frozen=True):
    """A side, a size and an opening price: enough to count money with."""

    type: int
    lots: float
    price_open: float


def earned(profile: SymbolProfile, trade: Trade, price_close: float) -> float:
    """Profit in profit currency of a trade closed at this price."""
    moved = (price_close - trade.price_open) * (-1 if trade.type & 1 else 1)
    return moved * trade.lots * _worth_of_one(profile)


def _worth_of_one(profile: SymbolProfile) -> float:
    """What one lot earns when the price rises by one."""
    if profile.calc_mode in (CalcMode.FUTURES, CalcMode.EXCH_FUTURES):
        return profile.tick_worth / profile.tick_size
    if profile.calc_mode in (CalcMode.EXCH_BONDS, CalcMode.EXCH_BONDS_MOEX):
        return profile.contract_size * profile.face_value / 100
    if profile.calc_mode == CalcMode.SERV_COLLATERAL:
        return 0.0
    return profile.contract_size


def tied_up(profile: SymbolProfile, trade: Trade, leverage: int, *, is_held: bool = False) -> float:
    """Margin in margin currency of a trade on its own, its side's rate included."""
    fixed = profile.margin_initial
    if is_held and profile.margin_maintenance:
        fixed = profile.margin_maintenance
    levered = leverage if profile.calc_mode in LEVERED else 1
    amount = fixed or FORMULAS[profile.calc_mode](profile, trade.price_open)
    rate = profile.margin_rate_sell if trade.type & 1 else profile.margin_rate_buy
    return trade.lots * amount / levered * rate


def _contract(profile: SymbolProfile, _price: float) -> float:
    return profile.contract_size


def _value(profile: SymbolProfile, price: float) -> float:
    return profile.contract_size * price


def _index_value(profile: SymbolProfile, price: float) -> float:
    if not profile.tick_value:
        return _value(profile, price)
    return _value(profile, price) * profile.tick_value / profile.tick_size


def _bond_value(profile: SymbolProfile, price: float) -> float:
    """Prices of bonds are per cent of the face value."""
    return profile.contract_size * profile.face_value * price / 100


def _nothing(_profile: SymbolProfile, _price: float) -> float:
    """Without a fixed margin there is none."""
    return 0.0


LEVERED: Final = (CalcMode.FOREX, CalcMode.CFD_LEVERAGE)
FORMULAS: Final[dict[int, Callable[[SymbolProfile, float], float]]] = {
    CalcMode.FOREX: _contract,
    CalcMode.FOREX_NO_LEVERAGE: _contract,
    CalcMode.FUTURES: _nothing,
    CalcMode.EXCH_FUTURES: _nothing,
    CalcMode.CFD: _value,
    CalcMode.CFD_LEVERAGE: _value,
    CalcMode.CFD_INDEX: _index_value,
    CalcMode.EXCH_STOCKS: _value,
    CalcMode.EXCH_STOCKS_MOEX: _value,
    CalcMode.EXCH_OPTIONS: _value,
    CalcMode.EXCH_OPTIONS_MARGIN: _nothing,
    CalcMode.EXCH_BONDS: _bond_value,
    CalcMode.EXCH_BONDS_MOEX: _bond_value,
    CalcMode.SERV_COLLATERAL: _nothing,
}
