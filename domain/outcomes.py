"""What the broker said to an order."""

from decimal import Decimal

import msgspec


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """Executed. `volume` may be less than asked (`in_part`); `price` zero where it was not told."""

    order: int
    deal: int
    volume: Decimal
    price: Decimal
    in_part: bool = False


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """Proven not executed. `retcode` is MetaTrader's, or last_error()'s where `sent` is false."""

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
