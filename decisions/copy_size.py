"""The size of one copy, from what its master said and from the situation here."""

from decimal import Decimal

from decisions.rounding import to_tick
from decisions.situation import Situation
from decisions.size_modes import SizeCase
from decisions.sizing import Sized, size_copy
from domain.market import Quote, Side, SymbolSpec, Unknowable
from domain.orders import Denied
from domain.signals import OrderPlaced, PositionOpened

ZERO = Decimal(0)
#: What asks for a copy: a position, or an order that waits to become one.
Asking = PositionOpened | OrderPlaced


def sized_copy(fact: Asking, now: Situation) -> Sized | Denied | None:
    """The volume, or why none; None without a contract or a price."""
    spec, price = now.spec, entry_price(fact, now.quote)
    if not isinstance(spec, SymbolSpec) or price is None:
        return None
    means, account = fact.means, now.account
    case = SizeCase(
        size=now.settings.size,
        master_volume=fact.subject.volume,
        spec=spec,
        price=price,
        own=None if isinstance(account, Unknowable) else account.funds,
        master=None if means is None else means.funds,
        master_age_ms=now.means_age_ms,
        master_contract_size=None if means is None else means.contract_size,
        rate=now.worth.rate,
        tick_value=now.worth.tick_value,
        stop_distance=stop_distance(fact, price, spec),
        loss_per_lot=now.worth.loss_per_lot,
        max_lot=now.settings.max_lot,
    )
    return size_copy(case)


def entry_price(fact: Asking, quote: Quote | None) -> Decimal | None:
    """Where a copy would open: at the market, or where its order waits."""
    if isinstance(fact, OrderPlaced):
        return fact.order.stop_limit_price or fact.order.price
    return None if quote is None else quote.entry(fact.subject.side)


def stop_distance(fact: Asking, price: Decimal, spec: SymbolSpec) -> Decimal:
    """From the entry to the stop, on the side where it loses; zero without a stop."""
    stop = to_tick(fact.subject.sl, spec.tick_size)
    if stop == ZERO:
        return ZERO
    return price - stop if fact.subject.side is Side.BUY else stop - price
