"""Every reason for a verdict: what it means, and what to do about it."""

from enum import StrEnum
from typing import NamedTuple


class Explanation(NamedTuple):
    """A reason in words for the person who reads it."""

    meaning: str
    what_to_do: str


class Reason(StrEnum):
    """Why an event was, or was not, copied."""

    NONE = "NONE"
    # refused by us, before an order
    ACCOUNT_DISABLED = "ACCOUNT_DISABLED"
    BAD_DOCUMENT = "BAD_DOCUMENT"
    DRAINING = "DRAINING"
    TRADING_HALTED = "TRADING_HALTED"
    TRADING_REDUCING = "TRADING_REDUCING"
    SUPERVISOR_LOST = "SUPERVISOR_LOST"
    BOOK_UNCONFIRMED = "BOOK_UNCONFIRMED"
    DATABASE_SILENT = "DATABASE_SILENT"
    RECOVERING = "RECOVERING"
    WRONG_LOGIN = "WRONG_LOGIN"
    TERMINAL_UNKNOWN = "TERMINAL_UNKNOWN"
    TERMINAL_OFFLINE = "TERMINAL_OFFLINE"
    TRADING_NOT_ALLOWED = "TRADING_NOT_ALLOWED"
    NETTING_BUSY = "NETTING_BUSY"
    FIFO_BUSY = "FIFO_BUSY"
    HEDGING_BLOCKED = "HEDGING_BLOCKED"
    SIGNAL_TOO_OLD = "SIGNAL_TOO_OLD"
    SIGNAL_FROM_FUTURE = "SIGNAL_FROM_FUTURE"
    ALREADY_HANDLED = "ALREADY_HANDLED"
    CLOSED_MEANWHILE = "CLOSED_MEANWHILE"
    UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
    SYMBOL_NOT_TRADABLE = "SYMBOL_NOT_TRADABLE"
    CONTRACT_CHANGED = "CONTRACT_CHANGED"
    NO_MARKET = "NO_MARKET"
    PRICE_MOVED = "PRICE_MOVED"
    VOLUME_TOO_SMALL = "VOLUME_TOO_SMALL"
    SYMBOL_FILTERED = "SYMBOL_FILTERED"
    MAGIC_FILTERED = "MAGIC_FILTERED"
    COMMENT_FILTERED = "COMMENT_FILTERED"
    SIDE_FILTERED = "SIDE_FILTERED"
    ORDER_TYPE_FILTERED = "ORDER_TYPE_FILTERED"
    MASTER_LOT_FILTERED = "MASTER_LOT_FILTERED"
    OUTSIDE_HOURS = "OUTSIDE_HOURS"
    SPREAD_TOO_WIDE = "SPREAD_TOO_WIDE"
    MAX_OPEN_LOTS = "MAX_OPEN_LOTS"
    TOO_MANY_IN_TIME = "TOO_MANY_IN_TIME"
    SIZE_LIMITED = "SIZE_LIMITED"
    MIN_LOT = "MIN_LOT"
    MAX_LOT = "MAX_LOT"
    OWN_MONEY_UNKNOWN = "OWN_MONEY_UNKNOWN"
    MASTER_MONEY_UNKNOWN = "MASTER_MONEY_UNKNOWN"
    MASTER_MONEY_STALE = "MASTER_MONEY_STALE"
    RATE_UNKNOWN = "RATE_UNKNOWN"
    CONTRACT_UNKNOWN = "CONTRACT_UNKNOWN"
    NO_STOP = "NO_STOP"
    NO_TARGET = "NO_TARGET"
    STOP_PASSED = "STOP_PASSED"
    STOPS_MOVED = "STOPS_MOVED"
    STOPS_TOO_NEAR = "STOPS_TOO_NEAR"
    ORDER_TOO_NEAR = "ORDER_TOO_NEAR"
    FROZEN = "FROZEN"
    VOLATILITY_UNKNOWN = "VOLATILITY_UNKNOWN"
    RISK_UNKNOWN = "RISK_UNKNOWN"
    FORMULA_FAILED = "FORMULA_FAILED"
    MAX_OPEN_TRADES = "MAX_OPEN_TRADES"
    DAILY_LOSS = "DAILY_LOSS"
    DAILY_LOSS_UNKNOWN = "DAILY_LOSS_UNKNOWN"
    MAGIC_TAKEN = "MAGIC_TAKEN"
    JOURNAL_UNWRITABLE = "JOURNAL_UNWRITABLE"
    DECISION_CRASHED = "DECISION_CRASHED"
    LOOP_STALLED = "LOOP_STALLED"
    LOOSER_STOP_HELD = "LOOSER_STOP_HELD"
    STOPS_SHARED = "STOPS_SHARED"
    MODIFY_BUDGET = "MODIFY_BUDGET"
    ORDER_WITHDRAWN = "ORDER_WITHDRAWN"
    ORDER_GONE_HERE = "ORDER_GONE_HERE"
    ORDER_NOT_ALLOWED = "ORDER_NOT_ALLOWED"
    # it came too late, or never reached us
    ENTRY_WAITS = "ENTRY_WAITS"
    ENTRY_EXPIRED = "ENTRY_EXPIRED"
    EXISTED_BEFORE = "EXISTED_BEFORE"
    SLAVE_WAS_DOWN = "SLAVE_WAS_DOWN"
    FLASH = "FLASH"
    NEVER_ANSWERED = "NEVER_ANSWERED"
    # the broker's
    BROKER_REJECTED = "BROKER_REJECTED"
    NOT_SENT = "NOT_SENT"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    FILLED_IN_PART = "FILLED_IN_PART"
    # nothing to do
    OPERATOR_CLOSED = "OPERATOR_CLOSED"
    OPERATOR_LEFT = "OPERATOR_LEFT"
    MAX_HOLD = "MAX_HOLD"
    NEVER_COPIED = "NEVER_COPIED"
    ALREADY_CLOSED_HERE = "ALREADY_CLOSED_HERE"
    ALREADY_AS_WANTED = "ALREADY_AS_WANTED"
    BELOW_MINIMUM_KEPT = "BELOW_MINIMUM_KEPT"
    RETRYING = "RETRYING"


EXPLANATIONS: dict[Reason, Explanation] = {
    Reason.NONE: Explanation("Nothing stood in the way.", "Nothing."),
    Reason.ACCOUNT_DISABLED: Explanation(
        "Its document says `enabled: false`: nothing opens, open copies are followed to the end.",
        "Set `enabled: true` in its document.",
    ),
    Reason.BAD_DOCUMENT: Explanation(
        "Its document is wrong, or another account claims the same login or terminal: nothing "
        "opens, open copies are followed.",
        "See what is wrong with `launcher.py status`; correct the document.",
    ),
    Reason.DRAINING: Explanation(
        "The account no longer follows this master, or is being stopped; it only closes.",
        "Name the master in `follows`, or start the swarm again.",
    ),
    Reason.TRADING_HALTED: Explanation(
        "The kill switch is on.",
        "See why with `launcher.py status`; `launcher.py resume NAME` when it is right.",
    ),
    Reason.TRADING_REDUCING: Explanation(
        "The account is only allowed to reduce.", "See why with `launcher.py status`."
    ),
    Reason.SUPERVISOR_LOST: Explanation(
        "The launcher has not been heard of for a while; the node closes but does not open.",
        "Start `python launcher.py` again; it takes the running nodes over.",
    ),
    Reason.BOOK_UNCONFIRMED: Explanation(
        "This master is silent or does not vouch for its book, or what we know of it has a gap.",
        "Nothing: a new picture is on its way. If it stays, look at the master's node.",
    ),
    Reason.DATABASE_SILENT: Explanation(
        "The database does not answer, and the account does not open without it.",
        "Start the database, or set `opens_without_database: true`.",
    ),
    Reason.RECOVERING: Explanation(
        "What this account's journal may have lost is still being asked of the database, or of the "
        "broker.",
        "Nothing, where it passes. If it stays, the alarm says who does not answer.",
    ),
    Reason.WRONG_LOGIN: Explanation(
        "The terminal is, or was, logged in to another account.",
        "Log it in to the account of the document, then `launcher.py resume NAME`.",
    ),
    Reason.TERMINAL_UNKNOWN: Explanation(
        "The terminal gave no answer that could be believed.",
        "Look at the terminal; restart it if it hangs.",
    ),
    Reason.TERMINAL_OFFLINE: Explanation(
        "The terminal is not connected to its trade server.", "Check the network and the broker."
    ),
    Reason.TRADING_NOT_ALLOWED: Explanation(
        "Automated trading is off in the terminal, or the account may only look.",
        "Press Algo Trading; log in with the master password, not the investor's.",
    ),
    Reason.NETTING_BUSY: Explanation(
        "On a netting account a symbol has one position, and this one is taken: by another master, "
        "by the other side, or by lots that are not copies.",
        "Close what is not a copy; or give each master symbols, or a hedging account, of its own.",
    ),
    Reason.FIFO_BUSY: Explanation(
        "The oldest position of a symbol has to be closed first (the broker says so, or `fifo`), "
        "and there is a copy on this symbol already: a second one could not be closed with its "
        "master's.",
        "Nothing; or use an account without that rule.",
    ),
    Reason.HEDGING_BLOCKED: Explanation(
        "`block_hedging` is set, and something is open on the symbol that faces the other way, a "
        "copy or not; or nobody can say yet what is open.",
        "Nothing; or close it, or set `block_hedging: false` where the account may hedge.",
    ),
    Reason.SIGNAL_TOO_OLD: Explanation(
        "The master's deal is older than `max_signal_age_ms`.",
        "Nothing, or raise the limit. An old price is not a copy; `late_entry: order` waits for it "
        "to come back.",
    ),
    Reason.SIGNAL_FROM_FUTURE: Explanation(
        "The signal's age came out negative by more than two seconds: a clock is wrong.",
        "Set the clock of this machine; see `launcher.py status` for the offset measured.",
    ),
    Reason.ALREADY_HANDLED: Explanation(
        "This position was opened, refused or closed here before; an open happens at most once.",
        "Nothing.",
    ),
    Reason.CLOSED_MEANWHILE: Explanation(
        "The master had closed the position before the order went out.", "Nothing."
    ),
    Reason.UNKNOWN_SYMBOL: Explanation(
        "The slave's broker does not know the symbol, as it is mapped.",
        "See what it may be there with `launcher.py symbols`, and accept one; or set `suffix`.",
    ),
    Reason.SYMBOL_NOT_TRADABLE: Explanation(
        "The broker does not let this symbol be opened in this direction.",
        "Ask the broker, or map another symbol.",
    ),
    Reason.CONTRACT_CHANGED: Explanation(
        "The broker has changed what a lot of this symbol is, or in which steps it is traded, and "
        "nobody has accepted that yet. Closes and stops go on.",
        "Look at the symbol's specification, at sizes and the symbol map; then "
        "`launcher.py symbols accept-contract NAME SYMBOL`.",
    ),
    Reason.NO_MARKET: Explanation(
        "There is no quote for the symbol, or a crossed one.", "Nothing; look at the market."
    ),
    Reason.PRICE_MOVED: Explanation(
        "The price here is further from the master's than `slippage_tolerance` allows.",
        "Nothing, or raise the tolerance: it counts points of the slave's symbol; or let an order "
        "wait at the master's price with `late_entry: order`.",
    ),
    Reason.VOLUME_TOO_SMALL: Explanation(
        "The volume comes out below the symbol's minimum.",
        "Trade larger on the master, raise `size.multiplier`, or allow `size.bump_at_most`.",
    ),
    Reason.SYMBOL_FILTERED: Explanation(
        "This account does not copy the symbol.", "Nothing; or change `symbols`, `filters`."
    ),
    Reason.MAGIC_FILTERED: Explanation(
        "This account does not copy trades with the master's magic number.",
        "Nothing; or change `filters.magics`, `filters.not_magics`.",
    ),
    Reason.COMMENT_FILTERED: Explanation(
        "This account does not copy trades with the master's comment.",
        "Nothing; or change `filters.comments`, `filters.not_comments`.",
    ),
    Reason.SIDE_FILTERED: Explanation(
        "This account does not copy the master's side.", "Nothing; or change `filters.sides`."
    ),
    Reason.ORDER_TYPE_FILTERED: Explanation(
        "This account does not copy such orders.",
        "Nothing: when the master's order fills, that is a signal of its own. Or change "
        "`filters.order_types`.",
    ),
    Reason.MASTER_LOT_FILTERED: Explanation(
        "The master's volume is below `filters.min_master_lot` or above `filters.max_master_lot`.",
        "Nothing; or change them.",
    ),
    Reason.OUTSIDE_HOURS: Explanation(
        "None of `trading_windows` is open.", "Nothing; or change them. Closes go on at all hours."
    ),
    Reason.SPREAD_TOO_WIDE: Explanation(
        "The spread is wider than `max_spread` allows.", "Nothing; or raise it."
    ),
    Reason.MAX_OPEN_LOTS: Explanation(
        "With this copy more lots would be open than `max_open_lots` or "
        "`max_open_lots_per_symbol` allows.",
        "Close some, or raise it.",
    ),
    Reason.TOO_MANY_IN_TIME: Explanation(
        "As many copies were opened lately as `throttle` allows.",
        "Nothing; or raise `throttle.opens`.",
    ),
    Reason.SIZE_LIMITED: Explanation(
        "Copied, in another size than the account's way of sizing gave: a limit of the account or "
        "of the broker was reached.",
        "Nothing; see `size` and `max_lot` in its document.",
    ),
    Reason.MIN_LOT: Explanation(
        "The volume is below `size.min_lot`.",
        "Lower it, or set `size.below_min_lot: clamp` to open the least instead.",
    ),
    Reason.MAX_LOT: Explanation(
        "The volume is above `max_lot`.",
        "Raise it, trade smaller, or set `size.above_max_lot: clamp` to open the most instead.",
    ),
    Reason.OWN_MONEY_UNKNOWN: Explanation(
        "The size depends on what this account has, and that is not known or not above zero.",
        "Look at the terminal; or set `size.own_reference`.",
    ),
    Reason.MASTER_MONEY_UNKNOWN: Explanation(
        "The size depends on what the master has, and the master does not say, or has nothing. "
        "Without it no size is guessed.",
        "Look at the master's terminal; or set `size.master_reference`.",
    ),
    Reason.MASTER_MONEY_STALE: Explanation(
        "What the master has was read longer ago than `size.max_money_age_ms` allows.",
        "Nothing, or raise the limit; or set `size.master_reference`.",
    ),
    Reason.RATE_UNKNOWN: Explanation(
        "The two accounts have different currencies, and this broker names no rate between them.",
        "Show a symbol of both in the Market Watch; or set `size.ignore_currency: true`.",
    ),
    Reason.CONTRACT_UNKNOWN: Explanation(
        "The size depends on the master's contract size of this symbol, which is not known.",
        "Restart the master's node; or set `size.ignore_contract_size: true`.",
    ),
    Reason.NO_STOP: Explanation(
        "There is no stop that would lose, and the size follows from what is lost at it, or "
        "`require_stop_loss` is set; or the copy's own stop would lie below zero.",
        "Trade with a stop loss on the master, or give copies one of their own, near enough.",
    ),
    Reason.NO_TARGET: Explanation(
        "The master's has no take profit, and `require_take_profit` is set.",
        "Trade with a take profit on the master, or unset it.",
    ),
    Reason.STOP_PASSED: Explanation(
        "The price here is at or beyond the copy's stop loss or take profit already: it would be "
        "closed at once, and the broker refuses it.",
        "Nothing; where the two brokers' prices differ for good, copy stops by `distance`.",
    ),
    Reason.STOPS_MOVED: Explanation(
        "Copied with a stop loss or take profit further from the price than it should be: the "
        "broker takes none nearer than its stops level.",
        "Nothing: the copy's stops go where they belong once the price allows it.",
    ),
    Reason.STOPS_TOO_NEAR: Explanation(
        "The new stop is nearer to the price than the broker's stops level, and the one in force "
        "is as near to it as it may be.",
        "Nothing: it is sent once the price allows it.",
    ),
    Reason.ORDER_TOO_NEAR: Explanation(
        "The price of the waiting order is beyond the market here, or nearer to it than the "
        "broker's stops level.",
        "Nothing: a change is made once the price allows it, and when the master's order fills, "
        "that is a signal of its own.",
    ),
    Reason.FROZEN: Explanation(
        "The price is so near to the copy's stop, or to the waiting order, that the broker lets "
        "nobody touch it: its freeze level.",
        "Nothing: it is sent once the price has moved away.",
    ),
    Reason.VOLATILITY_UNKNOWN: Explanation(
        "The stop follows the symbol's average true range, and the terminal has too few bars to "
        "tell it.",
        "Open a chart of the symbol in the terminal, so that it loads them.",
    ),
    Reason.RISK_UNKNOWN: Explanation(
        "What a lot is worth, or loses at the stop, the broker does not say, or says in two ways "
        "that disagree by more than 5 %.",
        "Look at the symbol's specification in the terminal; ask the broker.",
    ),
    Reason.FORMULA_FAILED: Explanation(
        "`size.formula` gives no volume: it names a figure nobody knows, or divides by zero.",
        "Correct it; docs/SIZING.md lists what it may name.",
    ),
    Reason.MAX_OPEN_TRADES: Explanation(
        "As many copies are open as `max_open_trades` or `max_open_trades_per_symbol` allows.",
        "Close some, or raise it.",
    ),
    Reason.DAILY_LOSS: Explanation(
        "Realised plus floating loss of the day has reached `kill_switch.daily_loss`.",
        "Nothing today. Then `launcher.py resume NAME`, or `resume_at_reset: true` beforehand.",
    ),
    Reason.DAILY_LOSS_UNKNOWN: Explanation(
        "The day's loss could not be worked out, so the limit cannot be judged.",
        "Look at the terminal's history; the node tries again by itself.",
    ),
    Reason.MAGIC_TAKEN: Explanation(
        "Another open copy carries the same magic number.",
        "Nothing; report it, it should not happen.",
    ),
    Reason.JOURNAL_UNWRITABLE: Explanation(
        "The node's journal could not be written, so no order may open.",
        "Free disk space; check the folder's rights.",
    ),
    Reason.DECISION_CRASHED: Explanation(
        "Our own decision failed, and a guard that cannot answer has answered no.",
        "Report it with the node's log.",
    ),
    Reason.LOOP_STALLED: Explanation(
        "The node had been stopped for more than a second; what it had decided is thrown away.",
        "Look what keeps the machine, or the terminal, busy.",
    ),
    Reason.LOOSER_STOP_HELD: Explanation(
        "The stop would have been loosened, which this state forbids.",
        "Resume the account, or leave it.",
    ),
    Reason.STOPS_SHARED: Explanation(
        "On a netting account all copies on a symbol share one SL and one TP: those furthest from "
        "the market are in force, and none where a copy has none or lots that are not copies are "
        "on the symbol.",
        "Nothing; or use a hedging account, where every copy has its own.",
    ),
    Reason.MODIFY_BUDGET: Explanation(
        "The stops of this account's copies were moved so often today that only tighter ones are "
        "sent any more.",
        "Nothing: it begins anew with the UTC day. A trailing stop with larger steps needs fewer.",
    ),
    Reason.ORDER_WITHDRAWN: Explanation(
        "Our waiting order was withdrawn before it filled: its master's filled first, the account "
        "may not open, or it is being drained.",
        "Nothing. When the master's order fills, that is a signal of its own.",
    ),
    Reason.ORDER_GONE_HERE: Explanation(
        "Our waiting order was deleted, or ended by its broker, while the master's still waits.",
        "Nothing; it is not placed again.",
    ),
    Reason.ORDER_NOT_ALLOWED: Explanation(
        "The slave's broker takes no such waiting orders on this symbol; or the account is a "
        "netting account, where waiting orders are not copied.",
        "Nothing. When the master's order fills, that is a signal of its own.",
    ),
    Reason.ENTRY_WAITS: Explanation(
        "It came too late, or the price had run away: an order waits at the master's price for "
        "`late_entry_seconds`.",
        "Nothing; when it fills, that is told.",
    ),
    Reason.ENTRY_EXPIRED: Explanation(
        "The price did not come back to the master's within `late_entry_seconds`.",
        "Nothing; or raise it.",
    ),
    Reason.EXISTED_BEFORE: Explanation(
        "The master had the position before this account began to follow it.",
        "Nothing; `copy_existing` has to be set before a master is followed.",
    ),
    Reason.SLAVE_WAS_DOWN: Explanation(
        "The position was opened while this slave was not running, or it ended before all parts "
        "of the copy were open.",
        "Nothing; it is not opened late.",
    ),
    Reason.FLASH: Explanation("It was opened and closed between two looks.", "Nothing."),
    Reason.NEVER_ANSWERED: Explanation(
        "The order's outcome was not found in the settle window.",
        "Nothing; should it show up, it is dealt with.",
    ),
    Reason.BROKER_REJECTED: Explanation(
        "The broker refused the order; its code stands beside.", "See the code."
    ),
    Reason.NOT_SENT: Explanation(
        "The order never left this machine.", "See the detail; check the terminal."
    ),
    Reason.OUTCOME_UNKNOWN: Explanation(
        "Nobody can say yet whether the order was executed; it is being looked up.", "Nothing yet."
    ),
    Reason.FILLED_IN_PART: Explanation("The broker filled only part of the volume.", "Nothing."),
    Reason.OPERATOR_CLOSED: Explanation(
        "An operator had the account's copies closed with `launcher.py close`.", "Nothing."
    ),
    Reason.OPERATOR_LEFT: Explanation(
        "An operator let go of the copy with `launcher.py leave`: it is not followed any more.",
        "Close it yourself when its time has come.",
    ),
    Reason.MAX_HOLD: Explanation(
        "The copy was closed after `max_hold_seconds`.", "Nothing; or raise it, or set it to null."
    ),
    Reason.NEVER_COPIED: Explanation("There is no copy of this position here.", "Nothing."),
    Reason.ALREADY_CLOSED_HERE: Explanation(
        "The copy had been closed before: by its SL or TP, by hand, or by us.", "Nothing."
    ),
    Reason.ALREADY_AS_WANTED: Explanation("The copy already is as it should be.", "Nothing."),
    Reason.BELOW_MINIMUM_KEPT: Explanation(
        "The rest would be below the minimum volume; the copy is kept until the master closes.",
        "Nothing.",
    ),
    Reason.RETRYING: Explanation(
        "The order failed and is tried again.", "Nothing; an alarm follows if it lasts."
    ),
}
