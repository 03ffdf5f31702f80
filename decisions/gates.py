"""The ordered list of reasons not to open. Each gate answers None, or why not.

To add one: write a function, put it into OPEN_GATES where it belongs, add its reason to
domain/reasons.py and a row to tests/unit/decisions/test_gates.py.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from decisions.ages import FORGIVEN_MS
from decisions.contracts import changes, contract_of
from decisions.copy_size import sized_copy
from decisions.daily_loss import is_guarded, limit_reached
from decisions.drafting import Asking, draft_copy, kind_here, side_here
from decisions.filters import first_filtered
from decisions.levels import order_may_wait
from decisions.rounding import to_tick
from decisions.situation import Situation
from decisions.slippage import slippage_points, spread_points
from decisions.trading_state import why_not_open
from decisions.windows import is_open
from domain.copy_settings import CopyExisting
from domain.market import Side, SymbolSpec, Unknowable
from domain.mt5_words import SymbolTradeMode
from domain.orders import Denied
from domain.policies import Hold
from domain.reasons import Reason
from domain.signals import OrderPlaced, PositionOpened

Gate = Callable[[Asking, Situation], Denied | None]

OPENABLE = {
    Side.BUY: frozenset({SymbolTradeMode.FULL, SymbolTradeMode.LONG_ONLY}),
    Side.SELL: frozenset({SymbolTradeMode.FULL, SymbolTradeMode.SHORT_ONLY}),
}


def account_is_enabled(_: Asking, now: Situation) -> Denied | None:
    """Disabling stops opens only. A document that is wrong disables nothing: its hold says so."""
    if now.settings.enabled or Hold.BAD_DOCUMENT in now.holds:
        return None
    return Denied(Reason.ACCOUNT_DISABLED)


def state_permits_opens(_: Asking, now: Situation) -> Denied | None:
    """The latch and the holds, the strictest wins."""
    reason = why_not_open(now.latch, now.holds)
    return None if reason is None else Denied(reason, now.latch.reason)


def leg_is_new(fact: Asking, now: Situation) -> Denied | None:
    """An open happens at most once per leg, for ever; nothing is added to what has ended."""
    if now.begun is not None and now.begun.has_ended:
        return Denied(Reason.ALREADY_CLOSED_HERE, "an earlier part of it")
    if now.closed_unopened:
        is_flash = isinstance(fact, PositionOpened) and fact.flash
        # A flash is told with its close, and closes go first.
        return Denied(Reason.FLASH if is_flash else Reason.CLOSED_MEANWHILE)
    return Denied(Reason.ALREADY_HANDLED) if now.leg_known else None


def it_is_trading_time(_: Asking, now: Situation) -> Denied | None:
    """`trading_windows`."""
    windows = now.settings.trading_windows
    if windows is None or is_open(windows, now.local_times):
        return None
    return Denied(Reason.OUTSIDE_HOURS, "; ".join(windows))


def master_still_holds(fact: Asking, now: Situation) -> Denied | None:
    """An open goes out only while its leg is in the newest book known."""
    if isinstance(fact, PositionOpened) and fact.flash:
        return Denied(Reason.FLASH)
    return None if now.still_held else Denied(Reason.CLOSED_MEANWHILE)


def signal_is_fresh(_: Asking, now: Situation) -> Denied | None:
    """Too old and from the future are both stale; what was there before is judged by its price."""
    limit_ms = now.settings.max_signal_age_ms
    if existed_before(now):
        if now.settings.copy_existing is CopyExisting.NO:
            return Denied(Reason.EXISTED_BEFORE)
    elif now.age_ms > limit_ms:
        return Denied(Reason.SIGNAL_TOO_OLD, f"{now.age_ms} ms old, at most {limit_ms}")
    if now.age_ms < -FORGIVEN_MS:
        return Denied(Reason.SIGNAL_FROM_FUTURE, f"{now.age_ms} ms")
    return None


def login_is_right(_: Asking, now: Situation) -> Denied | None:
    """The terminal is logged in where its document says."""
    if isinstance(now.identity, Unknowable):
        return Denied(Reason.TERMINAL_UNKNOWN, now.identity.why)
    if now.identity != now.expected:
        return Denied(Reason.WRONG_LOGIN, f"{now.identity.login} at {now.identity.server}")
    return None


def terminal_can_trade(_: Asking, now: Situation) -> Denied | None:
    """Connected, and programs may trade."""
    if isinstance(now.terminal, Unknowable):
        return Denied(Reason.TERMINAL_UNKNOWN, now.terminal.why)
    if not now.terminal.connected:
        return Denied(Reason.TERMINAL_OFFLINE)
    if not now.terminal.trade_allowed:
        return Denied(Reason.TRADING_NOT_ALLOWED, "Algo Trading is off in the terminal")
    return None


def account_can_trade(_: Asking, now: Situation) -> Denied | None:
    """The account may trade."""
    if isinstance(now.account, Unknowable):
        return Denied(Reason.TERMINAL_UNKNOWN, now.account.why)
    if not now.account.trade_allowed:
        return Denied(Reason.TRADING_NOT_ALLOWED, "the account may not trade")
    return None


def symbol_is_free(fact: Asking, now: Situation) -> Denied | None:
    """On a netting account one master owns a symbol, on one side, and nobody else (law 14)."""
    if isinstance(now.account, Unknowable) or now.account.hedging:
        return None
    use = now.symbol_use
    if use is None or use.foreign is None:
        return Denied(Reason.NETTING_BUSY, f"what is on {now.symbol} cannot be said yet")
    if use.foreign:
        return Denied(Reason.NETTING_BUSY, f"{use.foreign:+f} lots on {now.symbol} are not copies")
    if use.masters - {(fact.login, fact.server)}:
        return Denied(Reason.NETTING_BUSY, f"copies of another master are on {now.symbol}")
    if use.sides - {side_here(fact, now.settings)}:
        return Denied(Reason.NETTING_BUSY, f"copies on the other side are on {now.symbol}")
    return None


def daily_loss_is_below_limit(_: Asking, now: Situation) -> Denied | None:
    """Realised plus floating. A result nobody knows denies."""
    guard = now.settings.kill_switch
    if not is_guarded(guard):
        return None
    if now.daily is None:
        return Denied(Reason.DAILY_LOSS_UNKNOWN)
    if limit_reached(now.daily, guard):
        return Denied(Reason.DAILY_LOSS, f"{now.daily} of -{guard.daily_loss}")
    return None


def there_is_room_for_one_more(_: Asking, now: Situation) -> Denied | None:
    """`max_open_trades`; legs whose outcome is not known yet count."""
    limit = now.settings.max_open_trades
    if limit is None or now.open_legs < limit:
        return None
    return Denied(Reason.MAX_OPEN_TRADES, f"{now.open_legs} of {limit}")


def there_is_room_on_the_symbol(_: Asking, now: Situation) -> Denied | None:
    """`max_open_trades_per_symbol`."""
    limit = now.settings.max_open_trades_per_symbol
    if limit is None or now.open_legs_on_symbol < limit:
        return None
    return Denied(Reason.MAX_OPEN_TRADES, f"{now.open_legs_on_symbol} of {limit} on {now.symbol}")


def opens_are_not_too_many(_: Asking, now: Situation) -> Denied | None:
    """`throttle`."""
    throttle = now.settings.throttle
    if throttle.opens is None or now.recent_opens < throttle.opens:
        return None
    why = f"{now.recent_opens} of {throttle.opens} within {throttle.seconds} s"
    return Denied(Reason.TOO_MANY_IN_TIME, why)


def it_is_wanted(fact: Asking, now: Situation) -> Denied | None:
    """`symbols` and `filters`."""
    return first_filtered(fact, now)


def symbol_is_known(fact: Asking, now: Situation) -> Denied | None:
    """The slave's broker has the symbol, and lets it be opened on this side."""
    if isinstance(now.spec, Unknowable):
        return Denied(Reason.TERMINAL_UNKNOWN, now.spec.why)
    if now.spec is None:
        return Denied(Reason.UNKNOWN_SYMBOL, f"{fact.subject.symbol} -> {now.symbol}")
    side = side_here(fact, now.settings)
    if now.spec.trade_mode not in OPENABLE[side]:
        return Denied(Reason.SYMBOL_NOT_TRADABLE, f"{now.symbol} {side.value}")
    return None


def contract_is_in_force(_: Asking, now: Situation) -> Denied | None:
    """What a lot is here, a person knows; where the broker has changed it, one accepts it first."""
    if not isinstance(now.spec, SymbolSpec) or now.contract is None:
        return Denied(Reason.CONTRACT_CHANGED, f"{now.symbol}: what it was cannot be said")
    found = contract_of(now.spec)
    if found == now.contract:
        return None
    return Denied(
        Reason.CONTRACT_CHANGED, f"{now.symbol}: {', '.join(changes(now.contract, found))}"
    )


def older_copies_do_not_block(_: Asking, now: Situation) -> Denied | None:
    """`fifo`: where the oldest is closed first, a newer copy could not be closed with its master.

    On a netting account all copies share one position, which is as old as any.
    """
    if isinstance(now.account, Unknowable) or not now.account.hedging:
        return None
    if not (now.settings.fifo or now.account.closes_oldest_first):
        return None
    return Denied(Reason.FIFO_BUSY, now.symbol) if now.symbol_copied else None


def nothing_is_on_the_other_side(fact: Asking, now: Situation) -> Denied | None:
    """`block_hedging`; where it cannot be said what is open, nothing opens."""
    if not now.settings.block_hedging:
        return None
    if now.symbol_sides is None:
        return Denied(Reason.HEDGING_BLOCKED, f"what is on {now.symbol} cannot be said yet")
    against = side_here(fact, now.settings).opposite
    if against in now.symbol_sides:
        return Denied(Reason.HEDGING_BLOCKED, f"a {against.value} is on {now.symbol}")
    return None


def order_is_taken(fact: Asking, now: Situation) -> Denied | None:
    """The symbol takes this kind of waiting order at its price; the account keeps legs apart."""
    if isinstance(fact, PositionOpened) or not isinstance(now.spec, SymbolSpec):
        return None
    nets = not isinstance(now.account, Unknowable) and not now.account.hedging
    kind = kind_here(fact.order.kind, is_reversed=now.settings.reverse)
    if nets or kind is None or not now.spec.takes(kind):
        told = fact.order.kind.value if kind is None else kind.value
        turned = ", which cannot be reversed" if kind is None else ""
        return Denied(Reason.ORDER_NOT_ALLOWED, f"{told} on {now.symbol}{turned}")
    price = to_tick(fact.order.price, now.spec.tick_size)
    if now.quote is not None and not order_may_wait(kind, price, now.spec, now.quote):
        return Denied(Reason.ORDER_TOO_NEAR, f"{kind.value} at {price:f} on {now.symbol}")
    return None


def there_is_a_market(_: Asking, now: Situation) -> Denied | None:
    """A quote, and not a crossed one."""
    if now.quote is None or now.quote.ask < now.quote.bid:
        return Denied(Reason.NO_MARKET, now.symbol)
    return None


def spread_is_narrow(_: Asking, now: Situation) -> Denied | None:
    """`max_spread`, equal allowed."""
    limit = now.settings.max_spread
    if limit is None:
        return None
    if now.quote is None or not isinstance(now.spec, SymbolSpec):
        return Denied(Reason.NO_MARKET, now.symbol)
    spread = spread_points(now.quote, now.spec)
    if spread > limit:
        return Denied(Reason.SPREAD_TOO_WIDE, f"{spread:f} points, at most {limit:f}")
    return None


def price_is_near(fact: Asking, now: Situation) -> Denied | None:
    """`slippage_tolerance` and `slippage_of_stop`, the smaller of the two; equal allowed."""
    distance, limit = points_from_master(fact, now), allowed_points(fact, now)
    if distance is None or limit is None:
        return Denied(Reason.NO_MARKET, now.symbol)
    if distance > limit:
        return Denied(Reason.PRICE_MOVED, f"{distance:f} points, at most {limit:f}")
    return None


def stops_are_there(fact: Asking, now: Situation) -> Denied | None:
    """`require_stop_loss`, `require_take_profit`: what the master's has counts."""
    if now.settings.require_stop_loss and not fact.subject.sl:
        return Denied(Reason.NO_STOP, "the master's has none, and require_stop_loss is set")
    if now.settings.require_take_profit and not fact.subject.tp:
        return Denied(Reason.NO_TARGET, "the master's has none, and require_take_profit is set")
    return None


def volume_is_allowed(fact: Asking, now: Situation) -> Denied | None:
    """What the account's way of sizing gives, within its limits and the broker's."""
    draft = draft_copy(fact, now)
    if draft is None or not isinstance(now.spec, SymbolSpec):
        return Denied(Reason.NO_MARKET, now.symbol)
    if isinstance(draft, Denied):
        return draft
    sized = sized_copy(fact, now, draft, now.spec)
    return sized if isinstance(sized, Denied) else _too_many_lots(sized.volume, now)


def _too_many_lots(volume: Decimal, now: Situation) -> Denied | None:
    """`max_open_lots` and `max_open_lots_per_symbol`, with this copy, equal allowed."""
    limits = (
        (now.settings.max_open_lots, now.open_lots, "in all"),
        (now.settings.max_open_lots_per_symbol, now.open_lots_on_symbol, f"on {now.symbol}"),
    )
    for limit, held, where in limits:
        if limit is not None and held + volume > limit:
            why = f"{held:f} and {volume:f} lots {where}, at most {limit:f}"
            return Denied(Reason.MAX_OPEN_LOTS, why)
    return None


def magic_is_free(_: Asking, now: Situation) -> Denied | None:
    """No unclosed leg has the same mark."""
    return Denied(Reason.MAGIC_TAKEN, str(now.magic)) if now.magic_taken else None


OPEN_GATES: tuple[Gate, ...] = (
    account_is_enabled,
    state_permits_opens,
    leg_is_new,
    it_is_wanted,
    it_is_trading_time,
    master_still_holds,
    signal_is_fresh,
    login_is_right,
    terminal_can_trade,
    account_can_trade,
    daily_loss_is_below_limit,
    there_is_room_for_one_more,
    there_is_room_on_the_symbol,
    opens_are_not_too_many,
    symbol_is_known,
    contract_is_in_force,
    symbol_is_free,
    older_copies_do_not_block,
    nothing_is_on_the_other_side,
    order_is_taken,
    there_is_a_market,
    spread_is_narrow,
    price_is_near,
    stops_are_there,
    volume_is_allowed,
    magic_is_free,
)


#: An order that waits has a price of its own, wherever the market is.
OF_THE_MARKET: frozenset[Gate] = frozenset({there_is_a_market, spread_is_narrow, price_is_near})
PLACE_GATES = tuple(gate for gate in OPEN_GATES if gate not in OF_THE_MARKET)
#: What does not keep a late copy out that waits for its master's price.
OF_LATENESS: frozenset[Gate] = frozenset({signal_is_fresh, price_is_near, spread_is_narrow})
LATE_REASONS = frozenset({Reason.SIGNAL_TOO_OLD, Reason.PRICE_MOVED})


def first_denial(fact: Asking, now: Situation) -> Denied | None:
    """The first gate that says no."""
    return _first_of(PLACE_GATES if isinstance(fact, OrderPlaced) else OPEN_GATES, fact, now)


def first_denial_but(skipped: frozenset[Gate], fact: Asking, now: Situation) -> Denied | None:
    """The same without some of them."""
    return _first_of([gate for gate in OPEN_GATES if gate not in skipped], fact, now)


def _first_of(gates: Sequence[Gate], fact: Asking, now: Situation) -> Denied | None:
    for gate in gates:
        denial = gate(fact, now)
        if denial is not None:
            return denial
    return None


def existed_before(now: Situation) -> bool:
    """The master had it before it was followed, and long enough to be no signal any more."""
    return now.existing and now.age_ms > now.settings.max_signal_age_ms


def allowed_points(fact: Asking, now: Situation) -> Decimal | None:
    """How far the price may be from the master's; None without a spec.

    A share of the way to the master's stop limits it where there is one.
    """
    if not isinstance(now.spec, SymbolSpec):
        return None
    tolerance, percent = now.settings.slippage_tolerance, now.settings.slippage_of_stop
    if percent is None or not fact.subject.sl:
        return tolerance
    of_stop = abs(fact.price - fact.subject.sl) / now.spec.point * percent / 100
    return min(tolerance, of_stop)


def points_from_master(fact: Asking, now: Situation) -> Decimal | None:
    """How far the price to open at is from the master's; None without a spec or a quote.

    Where any price will do it is not far from it.
    """
    if now.quote is None or not isinstance(now.spec, SymbolSpec):
        return None
    if existed_before(now) and now.settings.copy_existing is CopyExisting.ALWAYS:
        return Decimal(0)
    side = side_here(fact, now.settings)
    price, mode = now.quote.entry(side), now.settings.slippage_mode
    return slippage_points(side, price, fact.price, now.spec.point, mode)
