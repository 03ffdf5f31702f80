"""Our counts of milliseconds and microseconds as the dates a database keeps, and back."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def moment(utc_ms: int) -> datetime:
    """A count of milliseconds as a date."""
    return _EPOCH + utc_ms * _MS


def date_of_ms(utc_ms: int) -> datetime | None:
    """Nothing where the moment never came (zero)."""
    return moment(utc_ms) if utc_ms else None


def date_of_us(utc_us: int) -> datetime | None:
    """Nothing where the moment never came (zero); a database keeps milliseconds of it."""
    return date_of_ms(utc_us // 1000)


def ms_of_date(date: object) -> int:
    """A date, or the ISO text that older documents have, in milliseconds; zero for neither."""
    if isinstance(date, str):
        try:
            date = datetime.fromisoformat(date)
        except ValueError:
            return 0
    if not isinstance(date, datetime):
        return 0
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MS
