"""Our counts of milliseconds and microseconds as the dates a database keeps, and back."""

from datetime import UTC, datetime


def date_of_ms(utc_ms: int) -> datetime | None:
    """Nothing where the moment never came (zero)."""
    return datetime.fromtimestamp(utc_ms / 1000, UTC) if utc_ms else None


def date_of_us(utc_us: int) -> datetime | None:
    """Nothing where the moment never came (zero); a database keeps milliseconds of it."""
    return date_of_ms(utc_us // 1000)


def ms_of_date(moment: object) -> int:
    """A date, or the ISO text that older documents have, in milliseconds; zero for neither."""
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            return 0
    if not isinstance(moment, datetime):
        return 0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1000)
