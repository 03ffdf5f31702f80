"""What the server's midnight does to positions: swap is charged, some are opened anew."""

from typing import NamedTuple

import msgspec

from domain.mt5_words import DealEntry, Reason, SwapMode
from paper.broker.currencies import rounded
from paper.broker.hours import day_of
from paper.broker.moment import Moment
from paper.broker.money import profit, trade_of
from paper.broker.records import Changes, Deal, Position
from paper.broker.swaps import REOPENING, can_be_counted, nights, points_of, swap


class Rolled(NamedTuple):
    """A position after midnight, with the deals that made it so."""

    position: Position
    deals: tuple[Deal, ...] = ()


def roll_over(moment: Moment) -> Changes | None:
    """The first position that has not seen all midnights.

    How far it is charged is stored with what it cost: so a broker that was down for days charges
    for all of them, and one that was killed halfway charges nobody twice.
    """
    for position in moment.account.positions.values():
        if _charged_to(position) < day_of(moment.now_msc) and _is_due(moment, position):
            return _changes(position, _rolled(moment, position))
    return None


def _charged_to(position: Position) -> int:
    return max(position.swap_day, day_of(position.time_msc))


def _is_due(moment: Moment, position: Position) -> bool:
    profile = moment.market.profiles[position.symbol]
    if profile.swap_mode == SwapMode.DISABLED:
        return moment.broker.renumbers_at_rollover
    return can_be_counted(moment.market, position, moment.account.terms.currency)


def _rolled(moment: Moment, position: Position) -> Rolled:
    profile, today = moment.market.profiles[position.symbol], day_of(moment.now_msc)
    count = nights(_charged_to(position), today, profile.swap_rollover3days)
    position = msgspec.structs.replace(position, swap_day=today)
    if profile.swap_mode in REOPENING:
        return _reopened(moment, position, count) if count else Rolled(position)
    return Rolled(_charged(moment, position, count))


def _charged(moment: Moment, position: Position, count: int) -> Position:
    """Swap runs up beside the position; it is realised when that is closed."""
    currency = moment.account.terms.currency
    if not count:
        return position
    charge = swap(moment.market, position, currency, count)
    charged = msgspec.structs.replace(position, swap=rounded(position.swap + charge, currency))
    if not moment.broker.renumbers_at_rollover:
        return charged
    return msgspec.structs.replace(charged, ticket=moment.next_ticket)


def _reopened(moment: Moment, position: Position, count: int) -> Rolled:
    """Closed at the day's last price, opened anew so many points away: less points in its favour.

    The identifier stays, the ticket is new, and two deals without an order say what happened.
    """
    market, profile = moment.market, moment.market.profiles[position.symbol]
    quote = market.quotes[position.symbol]
    is_sell = position.type & 1
    at_bid = profile.swap_mode == SwapMode.REOPEN_BID or not is_sell
    closed_at = quote.bid if at_bid else quote.ask
    points = points_of(profile, position) * count * (1 if is_sell else -1)
    opened_at = round(closed_at + points * profile.point, profile.digits)
    currency = moment.account.terms.currency
    earned = profit(market, profile, currency, trade_of(position), closed_at)
    out = _deal(moment, position, DealEntry.OUT, closed_at)
    deals = (
        msgspec.structs.replace(out, profit=earned),
        _deal(moment, position, DealEntry.IN, opened_at),
    )
    reborn = msgspec.structs.replace(position, ticket=moment.next_ticket, price_open=opened_at)
    return Rolled(reborn, deals)


def _deal(moment: Moment, position: Position, entry: DealEntry, price: float) -> Deal:
    is_out = entry == DealEntry.OUT
    return Deal(
        ticket=moment.next_ticket + (1 if is_out else 2),
        time=moment.now_msc // 1000,
        time_msc=moment.now_msc,
        type=1 - position.type if is_out else position.type,
        entry=entry,
        magic=position.magic,
        position_id=position.identifier,
        reason=Reason.ROLLOVER,
        volume=position.volume,
        price=price,
        symbol=position.symbol,
        comment=position.comment,
    )


def _changes(before: Position, rolled: Rolled) -> Changes:
    after = rolled.position
    is_renumbered = after.ticket != before.ticket
    last = rolled.deals[-1].ticket if rolled.deals else after.ticket
    return Changes(
        kept=(after,),
        gone=(before.ticket,) if is_renumbered else (),
        deals=rolled.deals,
        last_ticket=last if is_renumbered else 0,
    )
