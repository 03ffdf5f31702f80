"""THE table of every field of an account document: parsing, validators and docs come from it."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from domain.copy_settings import (
    Beyond,
    CopyExisting,
    LateEntry,
    SizeMode,
    StopLossType,
    TakeProfitType,
)
from domain.fields import END, MASTER, NOT_BLANK, SECRET_PATTERN, SLAVE, Field, Kind
from domain.market import PendingKind, Side
from domain.mt5_words import Timeframe
from domain.policies import Role

LONGEST_NAME = 64
"""Of an account; its name becomes part of file names and goes before every message."""

BOOKKEEPING = frozenset({"_id", "__v", "legacy", "created_at", "updated_at", "updated_by"})
"""Fields that other programs keep in a document; they mean nothing here and are let be."""


MAGICS = r"^[0-9]{1,19}(-[0-9]{1,19})?" + END
SIDES = "^(" + "|".join(Side) + ")" + END
ORDER_TYPES = "^(MARKET|" + "|".join(PendingKind) + ")" + END


#: Whom a rule is for; a list that is absent means all.
RULE_FOR = ("masters", "magics", "symbols")
#: What a rule may set instead, each field or section as a whole.
RULE_SETS = (
    "slippage_tolerance",
    "slippage_mode",
    "slippage_of_stop",
    "open_tries",
    "max_signal_age_ms",
    "late_entry",
    "late_entry_seconds",
    "copy_existing",
    "max_lot",
    "size",
    "reverse",
    "stop_loss_type",
    "stop_loss_points",
    "stop_loss_offset",
    "protective_stop",
    "require_stop_loss",
    "atr",
    "take_profit_type",
    "take_profit_points",
    "take_profit_offset",
    "take_profit_ratio",
    "require_take_profit",
    "break_even",
    "trailing",
    "filters",
    "max_spread",
    "trading_windows",
    "min_hold_seconds",
    "max_hold_seconds",
    "partial_below_min",
)


_DAY = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
ZONE = r"[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+)*"
WINDOW = f"^{_DAY}(-{_DAY})? {_TIME}-{_TIME} {ZONE}" + END


LOT_FACTOR_BAR = "|"
"""Stands between a symbol and how many lots of it stand for one of the master's."""

FINGERPRINT = "^[0-9a-f]{12}" + END

MAPPED = r"^[^|]+(\|[0-9]{1,6}(\.[0-9]{1,8})?)?" + END


class AccountDefaults(msgspec.Struct, frozen=True, kw_only=True):
    """Defaults that the user sets for all accounts at once."""

    slippage_tolerance: Decimal = Decimal(50)
    magic_number: int = 234000


ACCOUNT_FIELDS: tuple[Field, ...] = (
    Field(
        name="name",
        kind=Kind.TEXT,
        meaning="The account's unique name; everything else refers to it by this name.",
        required=True,
        pattern=NOT_BLANK,
        longest=LONGEST_NAME,
        example="FTMO_Master",
        restart=True,
    ),
    Field(
        name="type",
        kind=Kind.CHOICE,
        meaning="Whether this account is copied from, or copied to.",
        required=True,
        choices=(Role.MASTER.value, Role.SLAVE.value),
        restart=True,
    ),
    Field(
        name="path",
        kind=Kind.TEXT,
        meaning="The terminal's program file; for a paper terminal, its key.",
        required=True,
        pattern=NOT_BLANK,
        longest=1024,
        example="C:/Program Files/Apex MT5/terminal64.exe",
        restart=True,
    ),
    Field(
        name="enabled",
        kind=Kind.SWITCH,
        meaning="Whether the account takes part; open copies of a disabled one are still closed.",
        default=True,
    ),
    Field(
        name="terminal",
        kind=Kind.CHOICE,
        meaning="Whether the account lives in MetaTrader 5 or at the paper broker.",
        default="mt5",
        choices=("mt5", "paper"),
        restart=True,
    ),
    Field(
        name="login",
        kind=Kind.WHOLE,
        meaning="The account number the terminal must be logged in to; 0 takes what it finds.",
        default=0,
        least=0,
        most=2**63 - 1,
        restart=True,
    ),
    Field(
        name="server",
        kind=Kind.TEXT,
        meaning="The broker's server the terminal must be logged in at; empty takes what it finds.",
        default="",
        longest=128,
        example="Apex-Live",
        restart=True,
    ),
    Field(
        name="password",
        kind=Kind.SECRET,
        meaning="Where the password is kept: ${ENV_NAME} or keyring:SERVICE/USER.",
        default="",
        pattern=SECRET_PATTERN,
        longest=256,
        example="${APEX_PASSWORD}",
        restart=True,
    ),
    Field(
        name="relaunch_terminal",
        kind=Kind.SWITCH,
        meaning="Whether a terminal that hung three times in an hour is ended and started anew.",
        default=False,
    ),
    Field(
        name="pub_port",
        kind=Kind.WHOLE,
        meaning="The port a master publishes on, the next one answers; 0 takes the next free pair.",
        default=0,
        least=0,
        most=65534,
        roles=MASTER,
        restart=True,
    ),
    Field(
        name="paper",
        kind=Kind.SECTION,
        meaning="How the paper broker opens the account the first time.",
        may_be_null=True,
        restart=True,
    ),
    Field(
        name="paper.broker",
        kind=Kind.TEXT,
        meaning="The paper broker's name; it decides symbol names, digits and contracts.",
        default="Paper-Demo",
        pattern=NOT_BLANK,
        longest=64,
        example="FTMO-Demo",
        restart=True,
    ),
    Field(
        name="paper.deposit",
        kind=Kind.NUMBER,
        meaning="The money the account starts with.",
        default=Decimal(100000),
        unit="paper.currency",
        above=0,
        most=10**12,
        restart=True,
    ),
    Field(
        name="paper.currency",
        kind=Kind.TEXT,
        meaning="The account's currency.",
        default="USD",
        pattern=r"^[A-Z]{3}" + END,
        longest=3,
        example="USD",
        restart=True,
    ),
    Field(
        name="paper.leverage",
        kind=Kind.WHOLE,
        meaning="How many times the margin may be traded.",
        default=100,
        least=1,
        most=10000,
        restart=True,
    ),
    Field(
        name="paper.margin_mode",
        kind=Kind.CHOICE,
        meaning="How positions on one symbol add up: on a hedging account each stands alone, on a "
        "netting or exchange account there is one.",
        default="hedging",
        choices=("hedging", "netting", "exchange"),
        restart=True,
    ),
    Field(
        name="labels",
        kind=Kind.NAMES,
        meaning="Words by which several accounts can be addressed at once.",
        longest=64,
        most_items=100,
    ),
    Field(
        name="follows",
        kind=Kind.NAMES,
        meaning="The masters this account copies; absent means every enabled one.",
        may_be_null=True,
        longest=LONGEST_NAME,
        most_items=1000,
        roles=SLAVE,
    ),
    Field(
        name="prefix",
        kind=Kind.TEXT,
        meaning="What this broker puts before symbol names that symbol_map does not name.",
        default="",
        longest=32,
        example="m.",
        roles=SLAVE,
    ),
    Field(
        name="master_prefix",
        kind=Kind.TEXT,
        meaning="What the masters' broker puts before its symbol names, taken off first.",
        default="",
        longest=32,
        example="#",
        roles=SLAVE,
    ),
    Field(
        name="master_suffix",
        kind=Kind.TEXT,
        meaning="What the masters' broker appends to its symbol names, taken off first.",
        default="",
        longest=32,
        example=".pro",
        roles=SLAVE,
    ),
    Field(
        name="suffix",
        kind=Kind.TEXT,
        meaning="What this broker appends to symbol names that symbol_map does not name.",
        default="",
        longest=32,
        example=".c",
        roles=SLAVE,
    ),
    Field(
        name="symbol_map",
        kind=Kind.TEXT_MAP,
        meaning="The master's symbol, with its affixes or without -> what this broker calls it, "
        "and behind a vertical bar how many lots here stand for one of the master's.",
        longest=64,
        most_items=10_000,
        pattern=MAPPED,
        example="US30|0.1",
        roles=SLAVE,
    ),
    Field(
        name="accepted_contracts",
        kind=Kind.TEXT_MAP,
        meaning="This broker's symbol -> the fingerprint of a contract that was accepted after it "
        "had changed; `launcher.py symbols accept-contract` writes it.",
        longest=64,
        most_items=10_000,
        pattern=FINGERPRINT,
        example="a1b2c3d4e5f6",
        roles=SLAVE,
    ),
    Field(
        name="slippage_tolerance",
        kind=Kind.NUMBER,
        meaning="How far the price may be from the master's for an open; equal is allowed.",
        default=AccountDefaults().slippage_tolerance,
        unit="points of this account's symbol",
        least=0,
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="slippage_mode",
        kind=Kind.CHOICE,
        meaning="Whether any distance counts (either), or only a worse price (adverse).",
        default="either",
        choices=("either", "adverse"),
        roles=SLAVE,
    ),
    Field(
        name="slippage_of_stop",
        kind=Kind.NUMBER,
        meaning="How far the price may be from the master's for an open, as a share of the way "
        "from the master's price to its stop; the smaller of this and slippage_tolerance holds, "
        "absent means that this does not.",
        may_be_null=True,
        unit="percent",
        above=0,
        most=1000,
        roles=SLAVE,
    ),
    Field(
        name="open_tries",
        kind=Kind.WHOLE,
        meaning="How often an open is tried in all, each time at a new price, where the broker "
        "refused it for a reason that may pass.",
        default=4,
        least=1,
        most=20,
        roles=SLAVE,
    ),
    Field(
        name="magic_number",
        kind=Kind.WHOLE,
        meaning="The number in front of the magic of every copy.",
        default=AccountDefaults().magic_number,
        least=0,
        most=9_223_371,
        roles=SLAVE,
    ),
    Field(
        name="max_signal_age_ms",
        kind=Kind.WHOLE,
        meaning="A master's position older than this is not opened any more.",
        default=5000,
        unit="milliseconds",
        least=1,
        most=86_400_000,
        roles=SLAVE,
    ),
    Field(
        name="late_entry",
        kind=Kind.CHOICE,
        meaning="What becomes of an open that is refused for its age or its price: nothing (skip), "
        "or an order at the master's price that waits for late_entry_seconds (order).",
        default=LateEntry.SKIP.value,
        choices=tuple(choice.value for choice in LateEntry),
        roles=SLAVE,
    ),
    Field(
        name="late_entry_seconds",
        kind=Kind.WHOLE,
        meaning="How long such an order waits before it is withdrawn.",
        default=60,
        unit="seconds",
        least=1,
        most=86_400,
        roles=SLAVE,
    ),
    Field(
        name="copy_existing",
        kind=Kind.CHOICE,
        meaning="Whether positions that a master had before this account began to follow it are "
        "copied, which is decided once, when it begins to: none of them, those whose price is "
        "within the slippage allowed (near), or all, at any price (always).",
        default=CopyExisting.NO.value,
        choices=tuple(choice.value for choice in CopyExisting),
        roles=SLAVE,
    ),
    Field(
        name="max_lot",
        kind=Kind.NUMBER,
        meaning="The largest copy that is opened; absent means no limit.",
        may_be_null=True,
        unit="lots",
        above=0,
        most=10**6,
        roles=SLAVE,
    ),
    Field(
        name="size",
        kind=Kind.SECTION,
        meaning="How large a copy is; docs/SIZING.md works out examples.",
        roles=SLAVE,
    ),
    Field(
        name="size.mode",
        kind=Kind.CHOICE,
        meaning="What a copy's volume follows: the master's volume (same), its contract value "
        "(notional), a share by what both accounts have, a fixed lot, a risk, or a formula.",
        default=SizeMode.SAME.value,
        choices=tuple(mode.value for mode in SizeMode),
        roles=SLAVE,
    ),
    Field(
        name="size.multiplier",
        kind=Kind.NUMBER,
        meaning="How many times what the mode gives of the master's volume is copied; absent "
        "means once.",
        may_be_null=True,
        above=0,
        most=10**6,
        roles=SLAVE,
    ),
    Field(
        name="size.fixed_lot",
        kind=Kind.NUMBER,
        meaning="The volume of every copy, in mode fixed.",
        may_be_null=True,
        unit="lots",
        above=0,
        most=10**6,
        roles=SLAVE,
    ),
    Field(
        name="size.risk_percent",
        kind=Kind.NUMBER,
        meaning="What a copy loses at its stop, in mode risk_percent.",
        may_be_null=True,
        unit="percent of what size.percent_of says",
        above=0,
        most=100,
        roles=SLAVE,
    ),
    Field(
        name="size.percent_of",
        kind=Kind.CHOICE,
        meaning="What size.risk_percent is a share of.",
        default="balance",
        choices=("balance", "equity"),
        roles=SLAVE,
    ),
    Field(
        name="size.risk_money",
        kind=Kind.NUMBER,
        meaning="What a copy loses at its stop, in mode risk_money.",
        may_be_null=True,
        unit="the account's currency",
        above=0,
        most=10**12,
        roles=SLAVE,
    ),
    Field(
        name="size.cost_per_lot",
        kind=Kind.NUMBER,
        meaning="What opening and closing a lot costs, commission and slippage; a risk includes "
        "it.",
        default=Decimal(0),
        unit="the account's currency",
        least=0,
        most=10**6,
        roles=SLAVE,
    ),
    Field(
        name="size.times_equity",
        kind=Kind.NUMBER,
        meaning="How many times the equity a copy is worth, in mode leverage.",
        may_be_null=True,
        above=0,
        most=10**4,
        roles=SLAVE,
    ),
    Field(
        name="size.formula",
        kind=Kind.TEXT,
        meaning="The volume worked out by your own formula, in mode formula.",
        default="",
        longest=500,
        example="master_lots * equity / master_equity",
        roles=SLAVE,
    ),
    Field(
        name="size.master_reference",
        kind=Kind.NUMBER,
        meaning="What a share takes the master to have, whatever it has; absent means what it has.",
        may_be_null=True,
        unit="the master's currency",
        above=0,
        most=10**12,
        roles=SLAVE,
    ),
    Field(
        name="size.own_reference",
        kind=Kind.NUMBER,
        meaning="What a share or risk takes this account to have; absent means what it has.",
        may_be_null=True,
        unit="the account's currency",
        above=0,
        most=10**12,
        roles=SLAVE,
    ),
    Field(
        name="size.max_money_age_ms",
        kind=Kind.WHOLE,
        meaning="How old the news of what the master has may be; older news opens nothing.",
        default=60_000,
        unit="milliseconds",
        least=1,
        most=86_400_000,
        roles=SLAVE,
    ),
    Field(
        name="size.ignore_contract_size",
        kind=Kind.SWITCH,
        meaning="Whether a share is of lots, though a lot is worth more at one of the brokers.",
        default=False,
        roles=SLAVE,
    ),
    Field(
        name="size.ignore_currency",
        kind=Kind.SWITCH,
        meaning="Whether a share is of bare numbers, though the accounts' currencies differ.",
        default=False,
        roles=SLAVE,
    ),
    Field(
        name="size.min_lot",
        kind=Kind.NUMBER,
        meaning="The smallest copy that is opened; absent means the broker's minimum.",
        may_be_null=True,
        unit="lots",
        above=0,
        most=10**6,
        roles=SLAVE,
    ),
    Field(
        name="size.below_min_lot",
        kind=Kind.CHOICE,
        meaning="What becomes of a copy below size.min_lot: none (skip), or one of that size.",
        default=Beyond.SKIP.value,
        choices=tuple(beyond.value for beyond in Beyond),
        roles=SLAVE,
    ),
    Field(
        name="size.above_max_lot",
        kind=Kind.CHOICE,
        meaning="What becomes of a copy above max_lot: none (skip), or one of that size.",
        default=Beyond.SKIP.value,
        choices=tuple(beyond.value for beyond in Beyond),
        roles=SLAVE,
    ),
    Field(
        name="size.bump_at_most",
        kind=Kind.NUMBER,
        meaning="A volume below the broker's minimum is raised to it while that is at most so "
        "many times as much; absent means never.",
        may_be_null=True,
        least=1,
        most=1000,
        roles=SLAVE,
    ),
    Field(
        name="reverse",
        kind=Kind.SWITCH,
        meaning="Whether copies are on the other side, with stop loss and take profit swapped.",
        default=False,
        roles=SLAVE,
    ),
    Field(
        name="stop_loss_type",
        kind=Kind.CHOICE,
        meaning="Where a copy's stop loss is: at the master's price (exact), as far away as the "
        "master's (distance), at a fixed or dynamic distance of its own, or nowhere.",
        default=StopLossType.EXACT.value,
        choices=tuple(one.value for one in StopLossType),
        roles=SLAVE,
    ),
    Field(
        name="stop_loss_points",
        kind=Kind.NUMBER,
        meaning="How far from its price a copy's stop loss is, in type fixed.",
        may_be_null=True,
        unit="points of this account's symbol",
        above=0,
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="stop_loss_offset",
        kind=Kind.NUMBER,
        meaning="How much further away than the master's a copy's stop loss is; negative is "
        "nearer.",
        default=Decimal(0),
        unit="points of this account's symbol",
        least=-(10**9),
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="protective_stop",
        kind=Kind.NUMBER,
        meaning="How far from its price a copy has a stop loss whose master's has none; absent "
        "means that it has none either.",
        may_be_null=True,
        unit="points of this account's symbol",
        above=0,
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="require_stop_loss",
        kind=Kind.SWITCH,
        meaning="Whether a master's position without a stop loss is not copied.",
        default=False,
        roles=SLAVE,
    ),
    Field(
        name="atr",
        kind=Kind.SECTION,
        meaning="The average true range that a dynamic stop loss is measured in.",
        roles=SLAVE,
    ),
    Field(
        name="atr.timeframe",
        kind=Kind.CHOICE,
        meaning="How long a bar lasts.",
        default="H1",
        choices=tuple(one.name for one in Timeframe),
        roles=SLAVE,
    ),
    Field(
        name="atr.period",
        kind=Kind.WHOLE,
        meaning="Over how many bars the average is taken.",
        default=14,
        least=1,
        most=500,
        roles=SLAVE,
    ),
    Field(
        name="atr.times",
        kind=Kind.NUMBER,
        meaning="How many of them a dynamic stop loss is away from the copy's price.",
        default=Decimal(2),
        above=0,
        most=1000,
        roles=SLAVE,
    ),
    Field(
        name="take_profit_type",
        kind=Kind.CHOICE,
        meaning="Where a copy's take profit is: at the master's price (exact), as far away as the "
        "master's (distance), at a fixed distance, at a ratio of its stop's distance, or nowhere.",
        default=TakeProfitType.EXACT.value,
        choices=tuple(one.value for one in TakeProfitType),
        roles=SLAVE,
    ),
    Field(
        name="take_profit_points",
        kind=Kind.NUMBER,
        meaning="How far from its price a copy's take profit is, in type fixed.",
        may_be_null=True,
        unit="points of this account's symbol",
        above=0,
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="take_profit_offset",
        kind=Kind.NUMBER,
        meaning="How much further away than the master's a copy's take profit is; negative is "
        "nearer.",
        default=Decimal(0),
        unit="points of this account's symbol",
        least=-(10**9),
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="take_profit_ratio",
        kind=Kind.NUMBER,
        meaning="How many times its stop's distance a copy's take profit is away, in type ratio.",
        may_be_null=True,
        above=0,
        most=1000,
        roles=SLAVE,
    ),
    Field(
        name="require_take_profit",
        kind=Kind.SWITCH,
        meaning="Whether a master's position without a take profit is not copied.",
        default=False,
        roles=SLAVE,
    ),
    Field(
        name="symbols",
        kind=Kind.NAMES,
        meaning="The only symbols that are copied, by the master's name or ours, * for any "
        "letters; absent means all.",
        may_be_null=True,
        longest=64,
        most_items=1000,
        example="XAU*",
        roles=SLAVE,
    ),
    Field(
        name="filters",
        kind=Kind.SECTION,
        meaning="Which of a master's trades are copied; what denies wins over what allows.",
        roles=SLAVE,
    ),
    Field(
        name="filters.not_symbols",
        kind=Kind.NAMES,
        meaning="Symbols that are not copied, by the master's name or ours, * for any letters.",
        longest=64,
        most_items=1000,
        roles=SLAVE,
    ),
    Field(
        name="filters.magics",
        kind=Kind.NAMES,
        meaning="The only magic numbers of the master's that are copied, like 5 or 100-199; absent "
        "means all.",
        may_be_null=True,
        longest=40,
        most_items=1000,
        pattern=MAGICS,
        roles=SLAVE,
    ),
    Field(
        name="filters.not_magics",
        kind=Kind.NAMES,
        meaning="Magic numbers of the master's that are not copied, like 5 or 100-199.",
        longest=40,
        most_items=1000,
        pattern=MAGICS,
        roles=SLAVE,
    ),
    Field(
        name="filters.comments",
        kind=Kind.NAMES,
        meaning="The only comments of the master's that are copied, * for any letters; absent "
        "means all.",
        may_be_null=True,
        longest=64,
        most_items=1000,
        roles=SLAVE,
    ),
    Field(
        name="filters.not_comments",
        kind=Kind.NAMES,
        meaning="Comments of the master's that are not copied, * for any letters.",
        longest=64,
        most_items=1000,
        roles=SLAVE,
    ),
    Field(
        name="filters.sides",
        kind=Kind.NAMES,
        meaning="The only sides of the master's that are copied; absent means both.",
        may_be_null=True,
        longest=4,
        most_items=2,
        pattern=SIDES,
        roles=SLAVE,
    ),
    Field(
        name="filters.order_types",
        kind=Kind.NAMES,
        meaning="The only orders of the master's that are copied; absent means all.",
        may_be_null=True,
        longest=15,
        most_items=7,
        pattern=ORDER_TYPES,
        roles=SLAVE,
    ),
    Field(
        name="filters.min_master_lot",
        kind=Kind.NUMBER,
        meaning="The smallest volume of the master's that is copied.",
        may_be_null=True,
        unit="lots",
        above=0,
        most=10**6,
        roles=SLAVE,
    ),
    Field(
        name="filters.max_master_lot",
        kind=Kind.NUMBER,
        meaning="The largest volume of the master's that is copied.",
        may_be_null=True,
        unit="lots",
        above=0,
        most=10**6,
        roles=SLAVE,
    ),
    Field(
        name="max_spread",
        kind=Kind.NUMBER,
        meaning="How wide the spread may be for an open; equal is allowed, absent means no limit.",
        may_be_null=True,
        unit="points of this account's symbol",
        least=0,
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="max_open_trades",
        kind=Kind.WHOLE,
        meaning="How many copies may be open at once; absent means no limit.",
        may_be_null=True,
        least=0,
        most=100_000,
        roles=SLAVE,
    ),
    Field(
        name="max_open_trades_per_symbol",
        kind=Kind.WHOLE,
        meaning="How many copies may be open at once in one symbol; absent means no limit.",
        may_be_null=True,
        least=0,
        most=100_000,
        roles=SLAVE,
    ),
    Field(
        name="max_open_lots",
        kind=Kind.NUMBER,
        meaning="How many lots may be open at once; absent means no limit.",
        may_be_null=True,
        unit="lots",
        above=0,
        most=10**6,
        roles=SLAVE,
    ),
    Field(
        name="max_open_lots_per_symbol",
        kind=Kind.NUMBER,
        meaning="How many lots may be open at once in one symbol; absent means no limit.",
        may_be_null=True,
        unit="lots",
        above=0,
        most=10**6,
        roles=SLAVE,
    ),
    Field(
        name="fifo",
        kind=Kind.SWITCH,
        meaning="Whether the oldest position of a symbol has to be closed first, so that there is "
        "one copy per symbol; where the terminal says so of the account, it holds without this.",
        default=False,
        roles=SLAVE,
    ),
    Field(
        name="block_hedging",
        kind=Kind.SWITCH,
        meaning="Whether nothing is opened against the side of a copy, or of anything else that "
        "is open in its symbol.",
        default=False,
        roles=SLAVE,
    ),
    Field(
        name="throttle",
        kind=Kind.SECTION,
        meaning="How many copies may be opened within a time.",
        roles=SLAVE,
    ),
    Field(
        name="throttle.opens",
        kind=Kind.WHOLE,
        meaning="How many; absent means no limit.",
        may_be_null=True,
        least=1,
        most=100_000,
        roles=SLAVE,
    ),
    Field(
        name="throttle.seconds",
        kind=Kind.WHOLE,
        meaning="Within how long.",
        default=60,
        unit="seconds",
        least=1,
        most=86_400,
        roles=SLAVE,
    ),
    Field(
        name="partial_below_min",
        kind=Kind.CHOICE,
        meaning="When what is left would be below the minimum volume: keep it, or close it all.",
        default="keep",
        choices=("keep", "close"),
        roles=SLAVE,
    ),
    Field(
        name="break_even",
        kind=Kind.SECTION,
        meaning="When a copy's stop goes to its open price.",
        roles=SLAVE,
    ),
    Field(
        name="break_even.at",
        kind=Kind.NUMBER,
        meaning="From which gain on; absent means never.",
        may_be_null=True,
        unit="points of this account's symbol",
        above=0,
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="break_even.lock",
        kind=Kind.NUMBER,
        meaning="How much beyond the open price the stop goes.",
        default=Decimal(0),
        unit="points of this account's symbol",
        least=0,
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="trailing",
        kind=Kind.SECTION,
        meaning="How a copy's stop follows its price, and never goes back.",
        roles=SLAVE,
    ),
    Field(
        name="trailing.distance",
        kind=Kind.NUMBER,
        meaning="How far behind the price it stays; absent means that it does not follow.",
        may_be_null=True,
        unit="points of this account's symbol",
        above=0,
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="trailing.start",
        kind=Kind.NUMBER,
        meaning="From which gain on it follows.",
        default=Decimal(0),
        unit="points of this account's symbol",
        least=0,
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="trailing.step",
        kind=Kind.NUMBER,
        meaning="How far it moves at least, so that the broker is not asked at every tick.",
        default=Decimal(1),
        unit="points of this account's symbol",
        above=0,
        most=10**9,
        roles=SLAVE,
    ),
    Field(
        name="trading_windows",
        kind=Kind.NAMES,
        meaning="When copies are opened: days and hours of a zone, the end not included, over "
        "midnight where it comes first; absent means always.",
        may_be_null=True,
        longest=64,
        most_items=100,
        pattern=WINDOW,
        example="Mon-Fri 08:00-17:00 Europe/Prague",
        roles=SLAVE,
    ),
    Field(
        name="min_hold_seconds",
        kind=Kind.WHOLE,
        meaning="How long a copy is held at least: a close or reduction that comes sooner waits.",
        default=0,
        unit="seconds",
        least=0,
        most=86_400,
        roles=SLAVE,
    ),
    Field(
        name="max_hold_seconds",
        kind=Kind.WHOLE,
        meaning="After how long a copy is closed, whatever its master does; absent means never.",
        may_be_null=True,
        unit="seconds",
        least=1,
        most=31_536_000,
        roles=SLAVE,
    ),
    Field(
        name="rules",
        kind=Kind.RULES,
        meaning="What holds instead for some masters, magic numbers or symbols; the first rule "
        "that fits holds, and docs/RULES.md shows how.",
        most_items=200,
        roles=SLAVE,
    ),
    Field(
        name="opens_without_database",
        kind=Kind.SWITCH,
        meaning="Whether copies are still opened while the database is silent.",
        default=False,
        roles=SLAVE,
    ),
    Field(
        name="kill_switch",
        kind=Kind.SECTION,
        meaning="The guard that halts the account after a day's loss.",
        roles=SLAVE,
    ),
    Field(
        name="kill_switch.enabled",
        kind=Kind.SWITCH,
        meaning="Whether the daily loss is watched.",
        default=True,
        roles=SLAVE,
    ),
    Field(
        name="kill_switch.daily_loss",
        kind=Kind.NUMBER,
        meaning="The day's loss, realised plus floating, that halts the account; 0 means no limit.",
        default=Decimal(0),
        unit="the account's currency",
        least=0,
        most=10**12,
        roles=SLAVE,
    ),
    Field(
        name="kill_switch.reset",
        kind=Kind.SECTION,
        meaning="When a trading day begins.",
        roles=SLAVE,
    ),
    Field(
        name="kill_switch.reset.time",
        kind=Kind.TEXT,
        meaning="The wall-clock time at which a trading day begins.",
        default="00:00",
        unit="HH:MM",
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]" + END,
        longest=5,
        example="00:00",
        roles=SLAVE,
    ),
    Field(
        name="kill_switch.reset.zone",
        kind=Kind.TEXT,
        meaning="Whose clock that is: server (the broker's), UTC, or a zone like Europe/Prague.",
        default="server",
        pattern=f"^{ZONE}" + END,
        longest=64,
        example="server",
        roles=SLAVE,
    ),
    Field(
        name="kill_switch.resume_at_reset",
        kind=Kind.SWITCH,
        meaning="Your standing order to resume by itself when the next trading day begins.",
        default=False,
        roles=SLAVE,
    ),
)


class Impossible(msgspec.Struct, frozen=True, kw_only=True):
    """A field that cannot be in use: on accounts of a type, without another, or beside another.

    A number is in use above 0, one that may be null when there is one, a text or list when it is
    not empty; `size.mode=fixed` is in use where the field has just that value. What only means
    nothing stays allowed; what its writer would rely on in vain is not.
    """

    field: str
    on: Role | None = None
    without: str = ""
    beside: str = ""
    why: str
    what_to_do: str

    @property
    def place(self) -> str:
        """The dotted name of the field, whatever value of it is meant."""
        return self.field.partition("=")[0]


#: What a choice is set by, which means nothing without it.
SET_BY = {
    "size.mode=fixed": "size.fixed_lot",
    "size.mode=risk_percent": "size.risk_percent",
    "size.mode=risk_money": "size.risk_money",
    "size.mode=leverage": "size.times_equity",
    "size.mode=formula": "size.formula",
    "stop_loss_type=fixed": "stop_loss_points",
    "take_profit_type=fixed": "take_profit_points",
    "take_profit_type=ratio": "take_profit_ratio",
}


def _figures() -> Iterator[Impossible]:
    for choice, figure in SET_BY.items():
        name, _, value = choice.partition("=")
        yield Impossible(
            field=choice,
            without=figure,
            why="it is set by that figure",
            what_to_do=f"Add {figure}, or set {name} to something else.",
        )
        yield Impossible(
            field=figure,
            without=choice,
            why="it means nothing with any other",
            what_to_do=f"Set {name} to {value}, or remove {figure}.",
        )


def _sizes() -> Iterator[Impossible]:
    for mode in ("fixed", "risk_percent", "risk_money", "leverage"):
        yield Impossible(
            field="size.multiplier",
            beside=f"size.mode={mode}",
            why="that mode does not follow the master's volume, so nothing is multiplied",
            what_to_do=f"Remove size.multiplier, or change {SET_BY[f'size.mode={mode}']} instead.",
        )
    modes = (f"size.mode={mode}" for mode in SizeMode if mode is not SizeMode.SAME)
    for what in (*modes, "size.multiplier", "size.min_lot", "size.bump_at_most"):
        yield Impossible(
            field=what,
            on=Role.MASTER,
            why="a master is traded by others, so nothing would be sized",
            what_to_do=f"Remove {what.partition('=')[0]} here and set it on the slaves.",
        )


IMPOSSIBLE: tuple[Impossible, ...] = (
    Impossible(
        field="follows",
        on=Role.MASTER,
        why="a master follows nobody, so it would copy nothing",
        what_to_do="Remove follows, or make the account a SLAVE.",
    ),
    Impossible(
        field="pub_port",
        on=Role.SLAVE,
        why="only a master publishes",
        what_to_do="Remove pub_port, or make the account a MASTER.",
    ),
    Impossible(
        field="max_lot",
        on=Role.MASTER,
        why="a master is traded by others, so nothing would be limited",
        what_to_do="Remove max_lot here and set it on the slaves.",
    ),
    Impossible(
        field="max_open_trades",
        on=Role.MASTER,
        why="a master is traded by others, so nothing would be limited",
        what_to_do="Remove max_open_trades here and set it on the slaves.",
    ),
    Impossible(
        field="kill_switch.daily_loss",
        on=Role.MASTER,
        why="a master is traded by others, so nothing would be halted",
        what_to_do="Remove kill_switch.daily_loss here and set it on the slaves.",
    ),
    Impossible(
        field="password",
        without="login",
        why="a password opens one account, and login says which",
        what_to_do="Add login, or remove password.",
    ),
    Impossible(
        field="break_even.lock",
        without="break_even.at",
        why="it says where the stop goes, and nothing says when",
        what_to_do="Add break_even.at, or remove break_even.lock.",
    ),
    Impossible(
        field="trailing.start",
        without="trailing.distance",
        why="it says when the stop follows, and nothing says how far behind",
        what_to_do="Add trailing.distance, or remove trailing.start.",
    ),
    Impossible(
        field="size.below_min_lot=clamp",
        without="size.min_lot",
        why="there is no least volume that a copy could be raised to",
        what_to_do="Add size.min_lot, or remove size.below_min_lot; size.bump_at_most raises to "
        "the broker's minimum.",
    ),
    Impossible(
        field="size.percent_of=equity",
        without="size.mode=risk_percent",
        why="no other mode takes a percentage",
        what_to_do="Set size.mode to risk_percent, or remove size.percent_of.",
    ),
    *_figures(),
    *_sizes(),
)


def field_named(name: str) -> Field:
    """The field of a dotted name."""
    return next(field for field in ACCOUNT_FIELDS if field.name == name)


def fields_of(section: str) -> tuple[Field, ...]:
    """The fields that stand directly in a section; the empty name is the document itself."""
    return tuple(field for field in ACCOUNT_FIELDS if field.section == section)


def rule_fields() -> tuple[Field, ...]:
    """The fields of a rule: whom it is for, and what it sets."""
    masters = msgspec.structs.replace(
        field_named("follows"), name="masters", meaning="The masters it is for; absent means all."
    )
    symbols = msgspec.structs.replace(
        field_named("symbols"),
        meaning="The symbols it is for, by the master's name or ours, * for any letters; absent "
        "means all.",
    )
    magics = msgspec.structs.replace(
        field_named("filters.magics"),
        name="magics",
        meaning="The master's magic numbers it is for, like 5 or 100-199; absent means all.",
    )
    return (masters, magics, symbols, *(field_named(name) for name in RULE_SETS))


def where_of(one: Impossible) -> str:
    """Where a field cannot be in use, in words."""
    if one.on is not None:
        return f"on a {one.on}"
    return f"without {one.without}" if one.without else f"beside {one.beside}"
