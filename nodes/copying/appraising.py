"""What has to be asked of this account's broker for a size or a stop, and only that.

Each question is a call at the terminal, on the way of a signal; most accounts need none of them.
"""

from decimal import Decimal

from decisions.drafting import Asking, Draft, draft_copy
from decisions.situation import Situation, Worth
from decisions.size_modes import Figure, figures_needed
from domain.copy_settings import StopLossType
from domain.market import Unknowable, known
from domain.policies import AccountSettings
from nodes.ports import TerminalDoor


def volatility_of(door: TerminalDoor, symbol: str, settings: AccountSettings) -> Decimal | None:
    """The average true range that a dynamic stop follows."""
    if settings.stop_loss_type is not StopLossType.DYNAMIC:
        return None
    return known(door.average_true_range(symbol, settings.atr.timeframe, settings.atr.period))


def worth_of(door: TerminalDoor, fact: Asking, now: Situation) -> Worth:
    """What the account's way of sizing has to know of this copy."""
    needs = figures_needed(now.settings.size)
    draft = draft_copy(fact, now) if needs else None
    if not isinstance(draft, Draft):
        return Worth()
    loss = value = rate = None
    if Figure.LOSS in needs and draft.sl:
        loss = known(door.loss_per_lot(draft.side, now.symbol, draft.price, draft.sl))
    if Figure.TICK_VALUE in needs:
        value = known(door.tick_value(now.symbol))
    theirs = None if fact.means is None else fact.means.funds
    if Figure.RATE in needs and theirs is not None and not isinstance(now.account, Unknowable):
        rate = known(door.rate(theirs.currency, now.account.currency))
    return Worth(loss_per_lot=loss, tick_value=value, rate=rate)
