"""The day's result, and when a trading day began."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo
from decimal import Decimal

from domain.market import Deal
from domain.policies import KillSwitch

ZERO = Decimal(0)


def day_began_utc_ms(utc_ms: int, reset: time, zone: tzinfo) -> int:
    """The newest moment, not after now, at which a clock in `zone` showed the reset time."""
    now = datetime.fromtimestamp(utc_ms / 1000, zone)
    began = now.replace(
        hour=reset.hour, minute=reset.minute, second=reset.second, microsecond=0, fold=0
    )
    # As moments, not as clock faces: those go wrong in the hours around a change of summer time.
    if began.timestamp() > now.timestamp():
        began = _the_day_before(began, zone)
    return int(began.timestamp() * 1000)


def day_began_server_ms(server_ms: int, reset: time) -> int:
    """The same on the broker's own wall clock, whose stamps count as if they were UTC."""
    return day_began_utc_ms(server_ms, reset, UTC)


def result_of_day(deals: Iterable[Deal], floating: Decimal) -> Decimal:
    """Realised since the day began, plus floating: money of the account, negative for a loss."""
    return sum((d.net for d in deals), ZERO) + floating


def limit_reached(result: Decimal, guard: KillSwitch) -> bool:
    """The loss is as large as the limit, or larger. No limit is set where it is zero."""
    return guard.enabled and guard.daily_loss > ZERO and -result >= guard.daily_loss


def is_guarded(guard: KillSwitch) -> bool:
    """There is a limit to judge at all."""
    return guard.enabled and guard.daily_loss > ZERO


def _the_day_before(moment: datetime, zone: tzinfo) -> datetime:
    """One calendar day earlier on the same wall clock, across a change of summer time."""
    yesterday = moment.date() - timedelta(days=1)
    return datetime.combine(yesterday, moment.time(), zone)
