"""What the broker said to an order."""

from decimal import Decimal

import msgspec

from domain.market import Lifetime


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """Executed. `volume` may be less than asked (`in_part`); `price` zero where it was not told."""

    order: int
    deal: int
    volume: Decimal
    price: Decimal
    in_part: bool = False


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """The broker has the order as it was wanted; by now it may be filled.

    `lifetime` is what was sent: where the symbol forbids the one wanted it lasts longer.
    """

    order: int
    lifetime: Lifetime


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing of the order waits any more; what was filled before stays filled."""

    order: int


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """Proven not executed. `retcode` is MetaTrader's, or last_error()'s where `sent` is false.

    `gone`: a look showed that there is no such position or waiting order (any more). What became of
    an order that is gone, whether it was cancelled or filled, its fate tells.
    """

    retcode: int
    comment: str
    sent: bool = True
    may_retry: bool = False
    gone: bool = False


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody can say yet. `order` is the broker's number where it gave one."""

    code: int
    comment: str
    order: int = 0


Outcome = Filled | Rejected | Unknown
PendingOutcome = Placed | Cancelled | Rejected | Unknown
