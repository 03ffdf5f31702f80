"""What a document asks for, read once more for the judge alone, without any of the product's code.

Lots are fractions, prices are floats; sides are 1 for a buy and -1 for a sell.
"""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatch
from fractions import Fraction
from typing import Any, NamedTuple

import msgspec

Document = Mapping[str, Any]
#: What a formula comes to, by its text: the judge reads no formulas.
FORMULAS: Mapping[str, Callable[[Fraction, float], Fraction]] = {
    "min(master_lots * 0.5, 0.4)": lambda lots, _: min(lots / 2, Fraction(2, 5)),
    "0.3 if stop_distance else 0.2": lambda _, away: Fraction(3, 10) if away else Fraction(2, 10),
    "floor(balance / 100000) * 0.03": lambda _, __: Fraction(27, 100),
}
#: Balances of simulated accounts lie about a million; floor() makes 8, 9 or 10 steps of them.
FORMULA_APART: Mapping[str, float] = {"floor(balance / 100000) * 0.03": 0.12}
SHARES = frozenset({"same", "notional", "balance", "equity", "free_margin"})
RATIOS = frozenset({"balance", "equity", "free_margin"})
#: How far what is there now may be from what was there when it was looked at.
MONEY_APART = {"balance": 0.05, "equity": 0.05, "free_margin": 0.3}
RISK_APART = 0.002
#: What waits at the same price on the other side, by the numbers that MetaTrader gives kinds.
TURNED = {2: 5, 3: 4, 4: 3, 5: 2}
KINDS = {
    2: "BUY_LIMIT",
    3: "SELL_LIMIT",
    4: "BUY_STOP",
    5: "SELL_STOP",
    6: "BUY_STOP_LIMIT",
    7: "SELL_STOP_LIMIT",
}


class Contract(msgspec.Struct, frozen=True):
    """What a symbol is at a broker."""

    size: float
    step: float
    least: float
    most: float
    point: float
    tick: float


class Purse(msgspec.Struct, frozen=True):
    """What an account has."""

    balance: float
    equity: float
    free_margin: float


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A copy whose lots are to be judged. `stop`: from the price to its stop, 0 without one."""

    master_lots: float
    master_size: float
    contract: Contract
    own: Purse
    master: Purse
    price: float
    stop: float


class Stops(NamedTuple):
    """Zero for none."""

    sl: float
    tp: float


class Theirs(NamedTuple):
    """The master's position at some moment: its stops, and the price it was opened at."""

    sl: float
    tp: float
    price: float


class Wishes:
    """One slave's document as it holds for one master and one symbol."""

    def __init__(self, document: Document, master: str, symbol: str) -> None:
        """The first rule that fits stands in front of the document."""
        mapped = (document.get("symbol_map") or {}).get(symbol)
        plain = f"{document.get('prefix', '')}{symbol}{document.get('suffix', '')}"
        self.symbol, _, factor = (mapped or plain).partition("|")
        self.factor = Fraction(factor or 1)
        self.master, self.master_symbol = master, symbol
        fits = (r for r in document.get("rules", ()) if _fits(r, master, (symbol, self.symbol)))
        rule = next(fits, {})
        own = {name: value for name, value in rule.items() if name not in {"masters", "symbols"}}
        self._said = {**document, **own}

    def said(self, name: str, default: Any = None) -> Any:
        """A field; what is null is as if it were not there."""
        value: Any = self._said
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return default if value is None else value

    @property
    def turns(self) -> bool:
        """Copies are on the other side."""
        return bool(self.said("reverse", False))

    @property
    def follows(self) -> bool:
        """This master is to be copied."""
        wanted = self.said("follows")
        return wanted is None or self.master in wanted

    @property
    def copies_existing(self) -> bool:
        """What the master had before is not left out, however old it is."""
        return bool(self.said("copy_existing", "no") != "no")

    @property
    def copies_at_any_price(self) -> bool:
        """Of what the master had before."""
        return bool(self.said("copy_existing") == "always")

    @property
    def trails(self) -> bool:
        """The copy's stop moves by itself."""
        return bool(self.said("break_even.at") or self.said("trailing.distance"))

    def lots(self, case: Case) -> tuple[float, float] | None:
        """From, to; None where there is to be no copy."""
        raw, apart = self._raw(case)
        if raw is None:
            return None
        bounds = [self._limited(raw * Fraction(1 + a), case.contract) for a in (-apart, 0, apart)]
        found = [float(one) for one in bounds if one is not None]
        return (min(found), max(found)) if found else None

    def _raw(self, case: Case) -> tuple[Fraction | None, float]:
        """What the mode gives, and how far what it goes by may have moved since."""
        mode = self.said("size.mode", "same")
        if mode in SHARES:
            return self._share(mode, case)
        if mode == "fixed":
            return _exactly(self.said("size.fixed_lot")), 0.0
        if mode == "formula":
            text = self.said("size.formula")
            lots = FORMULAS[text](_exactly(case.master_lots), case.stop)
            return lots, FORMULA_APART.get(text, 0.0)
        if mode == "leverage":
            worth = _exactly(case.contract.size) * _exactly(case.price)
            own, apart = self._own("equity", case)
            return _exactly(self.said("size.times_equity")) * own / worth, apart
        return self._risked(mode, case)

    def _share(self, mode: str, case: Case) -> tuple[Fraction, float]:
        lots, apart = _exactly(case.master_lots), 0.0
        if mode != "same" and not self.said("size.ignore_contract_size", False):
            lots *= _exactly(case.master_size) / _exactly(case.contract.size)
        if mode in RATIOS:
            own, apart = self._own(mode, case)
            frozen = self.said("size.master_reference")
            apart = apart if frozen else MONEY_APART[mode]
            lots *= own / _exactly(frozen or getattr(case.master, mode))
        return lots * _exactly(self.said("size.multiplier", 1)) * self.factor, apart

    def _own(self, figure: str, case: Case) -> tuple[Fraction, float]:
        frozen = self.said("size.own_reference")
        if frozen:
            return _exactly(frozen), 0.0
        return _exactly(getattr(case.own, figure)), MONEY_APART[figure]

    def _risked(self, mode: str, case: Case) -> tuple[Fraction | None, float]:
        if not case.stop:
            return None, 0.0
        money, apart = _exactly(self.said("size.risk_money", 0)), 0.0
        if mode == "risk_percent":
            own, apart = self._own(self.said("size.percent_of", "balance"), case)
            money = own * _exactly(self.said("size.risk_percent")) / 100
        cost = _exactly(self.said("size.cost_per_lot", 0))
        return money / (_exactly(case.stop * case.contract.size) + cost), max(apart, RISK_APART)

    def _limited(self, lots: Fraction, contract: Contract) -> Fraction | None:
        step, limit, least = contract.step, self.said("max_lot"), self.said("size.min_lot")
        raw = lots
        if least and raw < _exactly(least):
            if self.said("size.below_min_lot", "skip") != "clamp":
                return None
            raw = _exactly(least)
        whole = _whole(raw, step)
        if limit and whole > _exactly(limit):
            if self.said("size.above_max_lot", "skip") != "clamp":
                return None
            whole = _whole(_exactly(limit), step)
        whole = min(whole, _exactly(contract.most))
        smallest = _exactly(contract.least)
        if whole >= smallest:
            return whole
        raised = raw * _exactly(self.said("size.bump_at_most", 0)) >= smallest
        return smallest if raised and not (limit and smallest > _exactly(limit)) else None

    def stops(self, price: float, side: int, theirs: Theirs, point: float, risk: float) -> Stops:
        """Of a copy on `side` that was asked at `price`; `risk`: to its stop when it was opened."""
        sl, tp = (theirs.tp, theirs.sl) if self.turns else (theirs.sl, theirs.tp)
        apart = price - theirs.price
        return Stops(
            self._stop_loss(price, -side, sl, apart, point),
            self._take_profit(price, side, tp, apart, point, risk),
        )

    def _stop_loss(self, price: float, away: int, sl: float, apart: float, point: float) -> float:
        kind = self.said("stop_loss_type", "exact")
        protective = self.said("protective_stop")
        otherwise = price + away * protective * point if protective else 0.0
        if kind == "fixed":
            return price + away * float(self.said("stop_loss_points")) * point
        if kind == "none" or not sl:
            return otherwise
        level = sl + (apart if kind == "distance" else 0.0)
        return level + away * float(self.said("stop_loss_offset", 0)) * point

    def _take_profit(
        self, price: float, away: int, tp: float, apart: float, point: float, risk: float
    ) -> float:
        kind = self.said("take_profit_type", "exact")
        if kind == "fixed":
            return price + away * float(self.said("take_profit_points")) * point
        if kind == "ratio":
            return price + away * float(self.said("take_profit_ratio")) * risk if risk else 0.0
        if kind == "none" or not tp:
            return 0.0
        level = tp + (apart if kind == "distance" else 0.0)
        return level + away * float(self.said("take_profit_offset", 0)) * point

    def keeps_out(
        self, kinds: Sequence[int], side: int, lots: Sequence[float], stops: Sequence[Theirs]
    ) -> list[str]:
        """Why nothing of the kind is to be opened, by the names of the reasons for it."""
        sides, wanted = self.said("filters.sides"), self.said("filters.order_types")
        named = {KINDS[kind] for kind in kinds} or {"MARKET"}
        least, most = self.said("filters.min_master_lot"), self.said("filters.max_master_lot")
        within = [v for v in lots if (least or 0) <= v <= (most or 1e9)]
        checks = {
            "SIDE_FILTERED": sides is not None and ("BUY" if side > 0 else "SELL") not in sides,
            "ORDER_TYPE_FILTERED": wanted is not None and not named & set(wanted),
            "MASTER_LOT_FILTERED": bool(lots) and not within,
            "SYMBOL_FILTERED": self._is_not_wanted(),
            "NO_STOP": bool(self.said("require_stop_loss", False)) and not any(o.sl for o in stops),
            "NO_TARGET": bool(self.said("require_take_profit", False))
            and not any(one.tp for one in stops),
        }
        return [reason for reason, is_so in checks.items() if is_so]

    def _is_not_wanted(self) -> bool:
        names = (self.master_symbol, self.symbol)
        wanted = self.said("symbols")
        if _any_like(names, self.said("filters.not_symbols", ())):
            return True
        return wanted is not None and not _any_like(names, wanted)


def _fits(rule: Document, master: str, names: Sequence[str]) -> bool:
    masters, symbols = rule.get("masters"), rule.get("symbols")
    if masters is not None and master not in masters:
        return False
    return symbols is None or _any_like(names, symbols)


def _any_like(names: Sequence[str], patterns: Sequence[str]) -> bool:
    return any(fnmatch(name.upper(), pattern.upper()) for name in names for pattern in patterns)


def _exactly(number: Any) -> Fraction:
    """A number as it is written: a tenth is a tenth."""
    return Fraction(str(number))


def _whole(lots: Fraction, step: float) -> Fraction:
    return lots // _exactly(step) * _exactly(step)
