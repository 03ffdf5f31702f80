"""The size of one copy, from what its master said and from the situation here."""

from decisions.drafting import Asking, Draft
from decisions.parts import MOST_PARTS
from decisions.situation import Situation
from decisions.size_modes import SizeCase
from decisions.sizing import Sized, size_copy
from domain.market import SymbolSpec, Unknowable
from domain.orders import Denied
from domain.signals import OrderPlaced


def sized_copy(fact: Asking, now: Situation, draft: Draft, spec: SymbolSpec) -> Sized | Denied:
    """The volume, or why none."""
    if now.begun is not None:
        # It was decided with the first part.
        return Sized(volume=now.begun.rest)
    means, account = fact.means, now.account
    case = SizeCase(
        size=now.settings.size,
        master_volume=fact.subject.volume,
        factor=now.lot_factor,
        spec=spec,
        price=draft.price,
        own=None if isinstance(account, Unknowable) else account.funds,
        master=None if means is None else means.funds,
        master_age_ms=now.means_age_ms,
        master_contract_size=None if means is None else means.contract_size,
        rate=now.worth.rate,
        tick_value=now.worth.tick_value,
        stop_distance=draft.stop_distance,
        loss_per_lot=now.worth.loss_per_lot,
        max_lot=now.settings.max_lot,
        most_parts=_most_parts(fact, now),
    )
    return size_copy(case)


def _most_parts(fact: Asking, now: Situation) -> int:
    """An order waits as one; where the oldest is closed first, parts would block each other."""
    account, blocks = now.account, now.settings.fifo
    if not isinstance(account, Unknowable):
        blocks = account.closes_oldest_first or (blocks and account.hedging)
    waits = isinstance(fact, OrderPlaced) or now.late_until_ms > 0
    return 1 if blocks or waits else MOST_PARTS
