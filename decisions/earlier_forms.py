"""The two forms of earlier systems: which of their fields is which of ours, and in which unit."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from decisions.account_edits import plain_number
from decisions.imported_values import (
    MONEY,
    PERCENT,
    PIPS,
    POINTS,
    Amount,
    Sheet,
    amount_in,
    is_reference,
    number_in,
    password_variable,
    read_as,
    shown,
)
from domain.copy_settings import StopLossType, TakeProfitType
from domain.policies import Role

Handler = Callable[[Sheet, str, object], None]

POINTS_IN_A_PIP = 10
MANY_LOTS = 100
SECONDS_IN_A_DAY = 86_400
#: What the earlier form calls a stop that follows from how much the price moves.
BY_VOLATILITY = frozenset({"dynamic", "atr", "volatility"})
DAILY_LOSS = "kill_switch.daily_loss"
SWITCHED = "kill_switch.enabled"


class FormTable(NamedTuple):
    """One form: its sections, what is done with each field, and why others are merely kept.

    Of those, `limits` held the account back where it came from, and do not hold here.
    """

    sections: frozenset[str]
    handlers: Mapping[str, Handler]
    kept: Mapping[str, str]
    limits: Mapping[str, str]


STRANGER = "this form has no such field, and neither has an account document"
SIZED_BY_RISK = (
    "copies have the master's lots; set size.mode=risk_percent and size.risk_percent to size them "
    "by what is lost at the stop"
)
BY_THE_TERMINAL = "the terminal tells it"


def _login(sheet: Sheet, old: str, value: object) -> None:
    exact = number_in(value)
    if exact is None or exact != exact.to_integral_value() or exact < 0:
        sheet.refuse(old, "the account number, a whole number", "Correct it in the file.")
        return
    sheet.move(old, "login", int(exact), read_as(value))


def _server(sheet: Sheet, old: str, value: object) -> None:
    sheet.move(old, "server", value)


def _path(sheet: Sheet, old: str, value: object) -> None:
    sheet.move(old, "path", value)


def _password(sheet: Sheet, old: str, value: object) -> None:
    if is_reference(value):
        sheet.move(old, "password", value, "names a password already")
        return
    variable = password_variable(sheet.name, sheet.taken)
    sheet.move(old, "password", f"${{{variable}}}", "the password itself is not taken over")
    sheet.to_do.append(
        f"Set the environment variable {variable} to the account's password where the launcher "
        f"is started. The file still holds the password at {old}: delete it there."
    )


def _kind_of_account(sheet: Sheet, old: str, value: object) -> None:
    """`_role` has read it already where it says MASTER or SLAVE."""
    if isinstance(value, str) and value.strip().upper() == sheet.role.value:
        sheet.move(old, "type", sheet.role.value)
        return
    sheet.keep(old, value, "the firm's kind of account; here type is MASTER or SLAVE")


def _positive(new: str, wanted: str, remark: str, sheet: Sheet, old: str, value: object) -> None:
    exact = number_in(value)
    if exact is None or exact < 0:
        sheet.refuse(old, wanted, "Correct it in the file, or take it out.")
        return
    if exact == 0:
        why = "0 may mean no limit or nothing at all; set it yourself"
        sheet.keep(old, value, f"{why} as {new}", limit=True)
        return
    many = f"; over {MANY_LOTS} lots: make sure" if new == "max_lot" and exact > MANY_LOTS else ""
    said = "; ".join(filter(None, [f"{remark}{many}", read_as(value)]))
    sheet.move(old, new, plain_number(exact), said)


def _symbols(sheet: Sheet, old: str, value: object) -> None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        sheet.refuse(old, "a list of symbols", "Correct it in the file, or take it out.")
        return
    if not value:
        why = "an empty list may mean every symbol or none; set symbols yourself"
        sheet.keep(old, value, why, limit=True)
        return
    sheet.move(old, "symbols", value, "by the master's name or ours")


def _trades_a_day(sheet: Sheet, old: str, value: object) -> None:
    _positive("throttle.opens", "a whole number", "within any 24 hours", sheet, old, value)
    if any(one.new == "throttle.opens" for one in sheet.moved):
        sheet.move(old, "throttle.seconds", SECONDS_IN_A_DAY)


def _stop_loss_type(sheet: Sheet, old: str, value: object) -> None:
    if isinstance(value, str) and value.strip().lower() in BY_VOLATILITY:
        remark = "as the atr fields say, which have their defaults"
        sheet.move(old, "stop_loss_type", StopLossType.DYNAMIC.value, remark)
        return
    why = "copies have the master's stop; docs/STOPS.md says how to change that"
    sheet.keep(old, value, why, limit=True)


def _take_profit_ratio(sheet: Sheet, old: str, value: object) -> None:
    remark = "so many times as far as the stop is"
    _positive("take_profit_ratio", "a number above 0", remark, sheet, old, value)
    if any(one.new == "take_profit_ratio" for one in sheet.moved):
        sheet.move(old, "take_profit_type", TakeProfitType.RATIO.value)


def _slippage(sheet: Sheet, old: str, value: object) -> None:
    exact = number_in(value)
    if exact is None or exact < 0:
        sheet.refuse(old, "a distance of 0 or more", "Correct it in the file, or take it out.")
        return
    factors = {POINTS: 1, PIPS: POINTS_IN_A_PIP}
    unit = sheet.wishes.slippage_unit
    if unit not in factors:
        why = (
            "points or pips is not said: repeat with --slippage-unit points (or pips); until "
            "then slippage_tolerance has its default"
        )
        sheet.keep(old, value, why, limit=True)
        return
    remark = f"{exact:f} pips of {POINTS_IN_A_PIP} points each" if unit == PIPS else "points"
    sheet.move(old, "slippage_tolerance", plain_number(exact * factors[unit]), remark)


def _daily_loss(sheet: Sheet, old: str, value: object) -> None:
    _limit_a_day(sheet, old, value, ("--loss-unit", sheet.wishes.loss_unit))


def _daily_drawdown(sheet: Sheet, old: str, value: object) -> None:
    if sheet.at("killSwitch.enabled") is False:
        sheet.keep(old, value, "the file has its kill switch off (killSwitch.enabled: false)")
        return
    _limit_a_day(sheet, old, value, ("--drawdown-unit", sheet.wishes.drawdown_unit))


def _limit_a_day(sheet: Sheet, old: str, value: object, option: tuple[str, str]) -> None:
    amount = amount_in(value)
    if amount is None:
        sheet.refuse(old, "a number, like 500 or 5%", "Correct it in the file, or take it out.")
        return
    if amount.value == 0:
        sheet.keep(old, value, "0 sets no limit")
        return
    unit = amount.unit or option[1]
    money = _money(sheet, Amount(abs(amount.value), unit), option[0])
    if isinstance(money, str):
        sheet.keep(old, value, money, limit=True)
        return
    _tighten(sheet, old, value, money)


def _money(sheet: Sheet, amount: Amount, option: str) -> Decimal | str:
    """The amount in the account's currency, or why nobody can say."""
    yourself = f"or set {DAILY_LOSS} yourself"
    if amount.unit == MONEY:
        return amount.value
    if amount.unit != PERCENT:
        return f"money or percent is not said: repeat with {option} money (or percent), {yourself}"
    balance = sheet.wishes.balance or number_in(sheet.at("initial_balance"))
    if not balance or balance < 0:
        return f"percent of what is not said: repeat with --balance, {yourself}"
    return amount.value * balance / 100


def _tighten(sheet: Sheet, old: str, value: object, money: Decimal) -> None:
    """Of two daily limits the smaller one holds."""
    before = next((one for one in sheet.moved if one.new == DAILY_LOSS), None)
    if before is not None and before.value <= money:
        sheet.keep(old, value, f"{before.old} is as strict or stricter, and holds")
        return
    if before is not None:
        sheet.moved.remove(before)
        sheet.keep(before.old, sheet.at(before.old), f"{old} is stricter, and holds")
    remark = f"{shown(value)} as money, whatever the balance becomes"
    sheet.move(old, DAILY_LOSS, plain_number(money), remark)


def _kill_switch(sheet: Sheet, old: str, value: object) -> None:
    """A loss that holds by itself in the file shall not be switched off with another one."""
    if not isinstance(value, bool):
        sheet.refuse(old, "true or false", "Correct it in the file, or take it out.")
    elif not value and any(one.new == DAILY_LOSS for one in sheet.moved):
        sheet.keep(old, value, f"{DAILY_LOSS} comes from risk.maxDailyLoss and stays in force")
    else:
        without = value and not any(one.new == DAILY_LOSS for one in sheet.moved)
        sheet.move(old, SWITCHED, value, "watches nothing until daily_loss is set" * without)


def _on_paper(new: str, sheet: Sheet, old: str, value: object) -> None:
    """A real account's terminal tells these; a paper account is opened with them."""
    if sheet.wishes.terminal != "paper":
        sheet.keep(old, value, BY_THE_TERMINAL)
        return
    ratio = value.strip().removeprefix("1:") if isinstance(value, str) else value
    exact = number_in(ratio)
    sheet.move(old, new, value if exact is None else plain_number(exact))


FORM_A = FormTable(
    sections=frozenset({"mt5", "risk", "killSwitch"}),
    handlers={
        "mt5.login": _login,
        "mt5.server": _server,
        "mt5.password": _password,
        "mt5.path": _path,
        "symbols": _symbols,
        "risk.maxDailyLoss": _daily_loss,
        "killSwitch.dailyDDLimit": _daily_drawdown,
        "killSwitch.enabled": _kill_switch,
    },
    kept={
        "id": "the account is known by its name",
        "mt5.baseUrl": (
            "it has no meaning here: each node speaks to the terminal on its own machine"
        ),
    },
    limits={
        "risk.riskPercent": SIZED_BY_RISK,
        "risk.maxWeeklyLoss": "only a day's loss is watched",
        "killSwitch.weeklyDDLimit": "only a day's loss is watched",
    },
)

FORM_B = FormTable(
    sections=frozenset(),
    handlers={
        "mt5_login": _login,
        "mt5_server": _server,
        "mt5_password": _password,
        "account_type": _kind_of_account,
        "max_position_size": partial(_positive, "max_lot", "a size in lots", "taken as lots"),
        "max_concurrent_trades": partial(_positive, "max_open_trades", "a whole number", ""),
        "max_daily_trades": _trades_a_day,
        "max_slippage": _slippage,
        "stop_loss_type": _stop_loss_type,
        "take_profit_ratio": _take_profit_ratio,
        "broker": partial(_on_paper, "paper.broker"),
        "base_currency": partial(_on_paper, "paper.currency"),
        "initial_balance": partial(_on_paper, "paper.deposit"),
        "leverage": partial(_on_paper, "paper.leverage"),
    },
    kept={"strategy_allocation": "strategies are not told apart; a slave copies masters"},
    limits={
        "trading_sessions": "copies are opened at any time; set trading_windows for other hours",
        "risk_per_trade": SIZED_BY_RISK,
        "trailing_stop": "copies have the master's stop, and follow it; trailing sets their own",
        "news_filter": "copies are opened in the news as well",
    },
)


def role_said(value: object) -> Role | None:
    """MASTER or SLAVE, where a kind of account says so."""
    word = value.strip().upper() if isinstance(value, str) else ""
    return Role(word) if word in {role.value for role in Role} else None
