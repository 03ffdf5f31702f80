"""What each mode of sizing gives, before limits and rounding, as an exact fraction of lots.

A figure that is missing gives no volume: nothing falls back to one to one.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum, auto
from fractions import Fraction

import msgspec

from decisions.size_formula import FormulaError, names_in, volume_of
from domain.copy_settings import SHARES, Size, SizeMode
from domain.market import Funds, SymbolSpec
from domain.orders import Denied
from domain.reasons import Reason

ONE = Decimal(1)
PERCENT = 100
#: The value of a tick is of now, and the stop elsewhere: more than this it is not apart.
MAY_DIFFER = Fraction(5, 100)


class SizeCase(msgspec.Struct, frozen=True, kw_only=True):
    """One copy to be sized. None is what nobody could say.

    `factor`: slave lots per master lot, of the symbol map. `price`: to open at; `stop_distance`:
    from there to the stop, price units, 0 without one; `loss_per_lot`: what one lot loses there by
    the broker's own reckoning, and `tick_value` what it loses by a tick, both money of ours.
    `rate`: one unit of the master's currency in ours. `max_lot`: the account's. `most_parts`: in
    how many orders it may be opened.
    """

    size: Size
    master_volume: Decimal
    spec: SymbolSpec
    price: Decimal
    factor: Decimal = ONE
    own: Funds | None = None
    master: Funds | None = None
    master_age_ms: int | None = None
    master_contract_size: Decimal | None = None
    rate: Decimal | None = None
    tick_value: Decimal | None = None
    stop_distance: Decimal = Decimal(0)
    loss_per_lot: Decimal | None = None
    max_lot: Decimal | None = None
    most_parts: int = 1


def raw_lots(case: SizeCase) -> Fraction | Denied:
    """Lots as the mode has them, or why there are none."""
    found = _MODES[case.size.mode](case)
    if isinstance(found, Denied):
        return found
    if case.size.mode in SHARES:
        found = _multiplied(found, case)
    if found <= 0:
        return Denied(Reason.VOLUME_TOO_SMALL, f"{float(found):.8g} lots")
    return found


def _multiplied(lots: Fraction, case: SizeCase) -> Fraction:
    """On the way of a signal: a fraction is slow to make, and mostly both are one."""
    for times in (case.size.multiplier or ONE, case.factor):
        if times != ONE:
            lots *= Fraction(times)
    return lots


class Figure(Enum):
    """What this account's broker has to be asked for a size."""

    LOSS = auto()
    TICK_VALUE = auto()
    RATE = auto()


#: What a name in a formula stands for.
BY_NAME = {
    "loss_per_lot": Figure.LOSS,
    "tick_value": Figure.TICK_VALUE,
    "rate": Figure.RATE,
}


def figures_needed(size: Size) -> frozenset[Figure]:
    """Each costs a call at the terminal, so most sizes need none."""
    if size.mode is SizeMode.FORMULA:
        return frozenset(BY_NAME[name] for name in names_in(size.formula) & BY_NAME.keys())
    if size.mode.is_risk:
        return frozenset({Figure.LOSS, Figure.TICK_VALUE})
    if size.mode is SizeMode.LEVERAGE:
        return frozenset({Figure.TICK_VALUE})
    asks_for_rate = size.mode.is_ratio and not size.ignore_currency
    return frozenset({Figure.RATE}) if asks_for_rate else frozenset()


def _same(case: SizeCase) -> Fraction:
    return Fraction(case.master_volume)


def _notional(case: SizeCase) -> Fraction | Denied:
    contracts = _contracts(case)
    if isinstance(contracts, Denied):
        return contracts
    return Fraction(case.master_volume) * contracts


def _ratio(case: SizeCase) -> Fraction | Denied:
    own, theirs = _own_reference(case), _master_reference(case)
    if isinstance(own, Denied):
        return own
    if isinstance(theirs, Denied):
        return theirs
    contracts = Fraction(1) if case.size.ignore_contract_size else _contracts(case)
    if isinstance(contracts, Denied):
        return contracts
    return Fraction(case.master_volume) * own / theirs * contracts


def _own_reference(case: SizeCase) -> Fraction | Denied:
    if case.size.own_reference is not None:
        return Fraction(case.size.own_reference)
    figure = None if case.own is None else _figure(case.own, case.size.mode)
    if figure is None or figure <= 0:
        return Denied(Reason.OWN_MONEY_UNKNOWN, f"{case.size.mode.value}: {_shown(figure)}")
    return Fraction(figure)


def _master_reference(case: SizeCase) -> Fraction | Denied:
    """In our currency; an amount that the operator wrote down is in the master's."""
    figure = case.size.master_reference
    if figure is None:
        stale = _why_stale(case)
        if stale is not None:
            return stale
        figure = None if case.master is None else _figure(case.master, case.size.mode)
    if figure is None or figure <= 0:
        return Denied(Reason.MASTER_MONEY_UNKNOWN, f"{case.size.mode.value}: {_shown(figure)}")
    if case.size.ignore_currency:
        return Fraction(figure)
    if case.rate is None or case.rate <= 0:
        return Denied(Reason.RATE_UNKNOWN, _currencies(case))
    return Fraction(figure) * Fraction(case.rate)


def _why_stale(case: SizeCase) -> Denied | None:
    limit_ms = case.size.max_money_age_ms
    if case.master is None or case.master_age_ms is None or case.master_age_ms <= limit_ms:
        return None
    return Denied(Reason.MASTER_MONEY_STALE, f"{case.master_age_ms} ms old, at most {limit_ms}")


def _contracts(case: SizeCase) -> Fraction | Denied:
    theirs, ours = case.master_contract_size, case.spec.contract_size
    if theirs is None or theirs <= 0 or ours <= 0:
        return Denied(Reason.CONTRACT_UNKNOWN, f"the master's contract of what {case.spec.name} is")
    return Fraction(theirs) / Fraction(ours)


def _fixed(case: SizeCase) -> Fraction | Denied:
    return _set(case.size.fixed_lot, "size.fixed_lot")


def _risk_percent(case: SizeCase) -> Fraction | Denied:
    share = _set(case.size.risk_percent, "size.risk_percent")
    if isinstance(share, Denied):
        return share
    base = case.size.own_reference
    if base is None and case.own is not None:
        base = case.own.equity if case.size.percent_of == "equity" else case.own.balance
    if base is None or base <= 0:
        return Denied(Reason.OWN_MONEY_UNKNOWN, f"{case.size.percent_of}: {_shown(base)}")
    return _risking(share * Fraction(base) / PERCENT, case)


def _risk_money(case: SizeCase) -> Fraction | Denied:
    money = _set(case.size.risk_money, "size.risk_money")
    return money if isinstance(money, Denied) else _risking(money, case)


def _risking(money: Fraction, case: SizeCase) -> Fraction | Denied:
    if case.stop_distance <= 0:
        return Denied(Reason.NO_STOP, "without a stop loss on the losing side no risk is known")
    loss = _loss_per_lot(case)
    return loss if isinstance(loss, Denied) else money / (loss + Fraction(case.size.cost_per_lot))


def _loss_per_lot(case: SizeCase) -> Fraction | Denied:
    """The broker's word, unless the value of a tick says clearly otherwise.

    Where one of the two cannot be right nobody knows which; a tick value of zero says nothing.
    """
    if case.loss_per_lot is None or case.loss_per_lot <= 0:
        return Denied(Reason.RISK_UNKNOWN, f"what a lot of {case.spec.name} loses at the stop")
    loss = Fraction(case.loss_per_lot)
    if case.tick_value is not None and case.tick_value > 0:
        ticks = Fraction(case.stop_distance) / Fraction(case.spec.tick_size)
        by_ticks = ticks * Fraction(case.tick_value)
        if abs(by_ticks - loss) > loss * MAY_DIFFER:
            said = f"{float(loss):.8g} by the broker, {float(by_ticks):.8g} by its tick value"
            return Denied(Reason.RISK_UNKNOWN, f"a lot of {case.spec.name} loses {said}")
    return loss


def _leverage(case: SizeCase) -> Fraction | Denied:
    """Volume times the whole price, in our money, against our equity."""
    times = _set(case.size.times_equity, "size.times_equity")
    if isinstance(times, Denied):
        return times
    base = case.size.own_reference or (None if case.own is None else case.own.equity)
    if base is None or base <= 0:
        return Denied(Reason.OWN_MONEY_UNKNOWN, f"equity: {_shown(base)}")
    if case.tick_value is None or case.tick_value <= 0:
        return Denied(Reason.RISK_UNKNOWN, f"what a price tick of {case.spec.name} is worth")
    worth = Fraction(case.price) / Fraction(case.spec.tick_size) * Fraction(case.tick_value)
    return times * Fraction(base) / worth


def _formula(case: SizeCase) -> Fraction | Denied:
    stale = _why_stale(case)
    asks_for_money = any(name.startswith("master_") for name in names_in(case.size.formula) - FREE)
    if stale is not None and asks_for_money:
        return stale
    try:
        return Fraction(volume_of(case.size.formula, _names(case)))
    except FormulaError as error:
        return Denied(Reason.FORMULA_FAILED, str(error))


#: Of a master, but not of its money.
FREE = frozenset({"master_lots", "master_contract_size"})


def _names(case: SizeCase) -> Mapping[str, Decimal | None]:
    own, theirs = case.own, case.master
    return {
        "master_lots": case.master_volume,
        "master_balance": None if theirs is None else theirs.balance,
        "master_equity": None if theirs is None else theirs.equity,
        "master_free_margin": None if theirs is None else theirs.margin_free,
        "master_contract_size": case.master_contract_size,
        "balance": None if own is None else own.balance,
        "equity": None if own is None else own.equity,
        "free_margin": None if own is None else own.margin_free,
        "contract_size": case.spec.contract_size,
        "price": case.price,
        "stop_distance": case.stop_distance,
        "loss_per_lot": case.loss_per_lot,
        "tick_size": case.spec.tick_size,
        "tick_value": case.tick_value,
        "lot_factor": case.factor,
        "multiplier": case.size.multiplier or ONE,
        "rate": case.rate,
    }


def _set(value: Decimal | None, name: str) -> Fraction | Denied:
    """A mode whose figure is missing is refused with its document; this is the second lock."""
    return Denied(Reason.BAD_DOCUMENT, f"{name} is not set") if value is None else Fraction(value)


def _figure(funds: Funds, mode: SizeMode) -> Decimal:
    if mode is SizeMode.BALANCE:
        return funds.balance
    return funds.equity if mode is SizeMode.EQUITY else funds.margin_free


def _currencies(case: SizeCase) -> str:
    theirs = "?" if case.master is None else case.master.currency
    return f"{theirs} in {'?' if case.own is None else case.own.currency}"


def _shown(figure: Decimal | None) -> str:
    return "not known" if figure is None else f"{figure:f}"


_MODES: Mapping[SizeMode, Callable[[SizeCase], Fraction | Denied]] = {
    SizeMode.SAME: _same,
    SizeMode.NOTIONAL: _notional,
    SizeMode.BALANCE: _ratio,
    SizeMode.EQUITY: _ratio,
    SizeMode.FREE_MARGIN: _ratio,
    SizeMode.FIXED: _fixed,
    SizeMode.RISK_PERCENT: _risk_percent,
    SizeMode.RISK_MONEY: _risk_money,
    SizeMode.LEVERAGE: _leverage,
    SizeMode.FORMULA: _formula,
}
