"""What can be missing for a leg to be as its master's position is: one small value for each."""

from decimal import Decimal
from enum import Enum, auto

import msgspec

from decisions.evidence import Absence
from decisions.settling import Unanswered
from domain.book import BookOrder, BookPosition, Stamp
from domain.legs import Intent, Leg
from domain.market import Deal, OrderFate, PendingOrder, Position, Quote, SymbolSpec
from domain.orders import CancelOrder, ClosePosition, ModifyOrder, ModifyPosition, Nothing
from domain.policies import TradingState

#: What can be asked of a position that is there already.
FollowOrder = ModifyPosition | ClosePosition


class MasterWord(msgspec.Struct, frozen=True, kw_only=True):
    """What a master's newest book says of a leg: held or waiting, known closed, or nothing."""

    stamp: Stamp
    position: BookPosition | None = None
    order: BookOrder | None = None
    closed: bool = False


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """How a leg stands in a netting account's position, which several legs share (law 14).

    `foreign`: signed lots that no leg explains, None while an order's end is not known. Only the
    leg that `keeps_stops` sets them, to `sl` and `tp`.
    """

    foreign: Decimal | None
    keeps_stops: bool
    sl: Decimal
    tp: Decimal


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of one leg at one moment: its book, its broker, its journal.

    `waiting`: our own order that has not filled, `fate`: what became of it; `withdraws`: no order
    of ours may wait. `share`: on netting accounts only, where `held` is what is left of the leg in
    the position that it shares. `deals`: of its position, `recent`: the account's of the last days.
    None where nobody has asked yet. `absence` counts good looks without the position, this one
    included. `quote`: where the price matters. `frozen_s`: for so long the broker has let nobody
    touch its position or order, None where it does. `name`: of the order, should there be one.
    Moments are UTC ms, `now_s` is monotonic.
    """

    state: TradingState
    now_ms: int
    now_s: float
    held: Position | None = None
    waiting: PendingOrder | None = None
    fate: OrderFate | None = None
    withdraws: bool = False
    newest_server_ms: int = 0
    share: Share | None = None
    word: MasterWord | None = None
    unanswered: tuple[Unanswered, ...] = ()
    deals: tuple[Deal, ...] | None = None
    recent: tuple[Deal, ...] | None = None
    absence: Absence | None = None
    spec: SymbolSpec | None = None
    quote: Quote | None = None
    frozen_s: float | None = None
    name: str = ""


class Wanted(Enum):
    """What has to be asked of the terminal before anything can be said."""

    DEALS_OF_POSITION = auto()
    RECENT_DEALS = auto()
    FATE_OF_ORDER = auto()


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing can be said without these deals. `why`: what is wrong while nobody answers."""

    wanted: Wanted
    why: str = ""


class Retarget(msgspec.Struct, frozen=True, kw_only=True):
    """The master's book says otherwise than the leg does."""

    leg: Leg


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A look at the position tells more than the leg knows; no order follows from it."""

    leg: Leg


class Grown(msgspec.Struct, frozen=True, kw_only=True):
    """The rest of an open that was filled in part has filled after all; its deals prove it."""

    leg: Leg


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """Its position is there: an open found at last, or a fill after it was given up."""

    leg: Leg
    intent: Intent | None = None
    was_live: bool = True


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """It is closed, by whomever. `proven`: its deals say so; else five looks had to do.

    `was_unknown`: nobody had known of its open either, which `intent` asked for.
    """

    leg: Leg
    proven: bool = True
    was_unknown: bool = False
    intent: Intent | None = None


class GivenUp(msgspec.Struct, frozen=True, kw_only=True):
    """An open was not found while the window was open. Should it fill yet, it is adopted."""

    leg: Leg
    intent: Intent


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A close or reduction with an unknown end has been executed, so many lots of it."""

    leg: Leg
    intent: Intent
    volume: Decimal


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """An order is looked for no longer."""

    intent: Intent


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """An order is due; its intent goes by this name. `aimed`: the leg with what it aims at.

    `keeps`: it is right however long ago it was decided, as it can never take too much.
    """

    order: FollowOrder
    name: str
    aimed: Leg
    keeps: bool = False


class SendPending(msgspec.Struct, frozen=True, kw_only=True):
    """An order of ours that waits is to be changed or withdrawn; the intent goes by this name."""

    order: ModifyOrder | CancelOrder
    name: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Our waiting order is there, though nobody could say whether it was placed."""

    leg: Leg
    intent: Intent | None = None


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """Our waiting order ended without a fill, and that is proven; the leg says why."""

    leg: Leg


class AskMaster(msgspec.Struct, frozen=True, kw_only=True):
    """The book does not hold it, and nobody said that it was closed."""


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing may be done yet. `why` is said where it is a trouble, empty where it is none."""

    why: str = ""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """All is as it should be, or as near as it can be brought."""

    leg: Leg
    why: Nothing


Repair = (
    Ask
    | Retarget
    | Shown
    | Grown
    | Adopted
    | Ended
    | GivenUp
    | Done
    | Noted
    | Send
    | SendPending
    | Found
    | Withdrawn
    | AskMaster
    | Wait
    | Settled
)
