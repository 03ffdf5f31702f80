"""When waiting orders end by themselves, and stops with the day, by the server's clock."""

from math import inf
from typing import Final

import msgspec

from domain.mt5_words import GtcMode, OrderState, TimeInForce
from paper.broker.booking import done
from paper.broker.brokers import SymbolProfile
from paper.broker.moment import Moment
from paper.broker.reaching import PENDING, at_market
from paper.broker.records import Changes, Order, Position
from paper.broker.server_time import DAY_MS

DAY_S: Final = DAY_MS // 1000


def lifetime_s(type_time: int, expiration: int, now_msc: int) -> int:
    """What `time_expiration` shows: the end of today for DAY, nothing for GTC, else as asked."""
    if type_time == TimeInForce.GTC:
        return 0
    if type_time == TimeInForce.DAY:
        return day_end_s(now_msc // 1000)
    return expiration


def ends_s(order: Order, profile: SymbolProfile) -> float:
    """The second from which an order waits no more."""
    own_s = _own_end_s(order.type_time, order.time_expiration)
    if profile.order_gtc_mode == GtcMode.GTC:
        return own_s
    return min(own_s, day_end_s(order.time_setup))


def has_ended(order: Order, profile: SymbolProfile, now_msc: int) -> bool:
    """Whether a waiting order's time is over; a market order's rest has none."""
    return order.type in PENDING and now_msc >= ends_s(order, profile) * 1000


def is_past(type_time: int, expiration: int, now_msc: int) -> bool:
    """Whether an order with this lifetime would end as soon as it is placed."""
    expiration = lifetime_s(type_time, expiration, now_msc)
    return now_msc >= _own_end_s(type_time, expiration) * 1000


def day_end_s(moment_s: int) -> int:
    """The next midnight of the server."""
    return (moment_s // DAY_S + 1) * DAY_S


def expire(moment: Moment) -> Changes | None:
    """The first waiting order whose time is over."""
    market = moment.market
    for order in moment.account.waiting.values():
        if has_ended(order, market.profiles[order.symbol], moment.now_msc):
            over = at_market(order, market.quotes.get(order.symbol))
            return Changes(orders=(done(over, OrderState.EXPIRED, moment.now_msc),))
    return None


def drop_stops_of_the_day(moment: Moment) -> Changes | None:
    """Where orders are good for a day only, so are the stops of positions."""
    bare = tuple(
        msgspec.structs.replace(position, sl=0.0, tp=0.0)
        for position in moment.account.positions.values()
        if _loses_stops(position, moment)
    )
    return Changes(kept=bare) if bare else None


def _loses_stops(position: Position, moment: Moment) -> bool:
    profile = moment.market.profiles[position.symbol]
    if profile.order_gtc_mode != GtcMode.DAILY or not (position.sl or position.tp):
        return False
    since_msc = max(position.stops_msc, position.time_update_msc)
    return moment.now_msc >= day_end_s(since_msc // 1000) * 1000


def _own_end_s(type_time: int, expiration: int) -> float:
    if type_time == TimeInForce.GTC:
        return inf
    return day_end_s(expiration) if type_time == TimeInForce.SPECIFIED_DAY else expiration
