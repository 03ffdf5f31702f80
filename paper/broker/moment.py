"""One account at one instant: all that what happens by itself can be judged by."""

from collections.abc import Callable

import msgspec

from paper.broker.account import Account
from paper.broker.brokers import BrokerProfile
from paper.broker.market import Market
from paper.broker.records import Changes


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One account at one instant of its server's clock."""

    broker: BrokerProfile
    market: Market
    account: Account
    now_msc: int
    next_ticket: int


Duty = Callable[[Moment], Changes | None]
"""The next thing that is due, or None; applied before the duty is asked again."""
