"""What clocks on the wall show, for windows in named zones."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from decisions.windows import LocalTime, zones_of
from domain.policies import AccountSettings

SERVER_ZONE = "server"


def local_times(
    settings: AccountSettings, utc_ms: int, newest_server_ms: int
) -> dict[str, LocalTime]:
    """By zone; the broker's own is its newest tick's, and not known before the first."""
    zones = zones_of(settings.trading_windows or ())
    shown = {zone: _at(zone, utc_ms, newest_server_ms) for zone in zones}
    return {zone: at for zone, at in shown.items() if at is not None}


def _at(zone: str, utc_ms: int, newest_server_ms: int) -> LocalTime | None:
    if zone == SERVER_ZONE:
        if not newest_server_ms:
            return None
        # A server's wall clock is told as if it were UTC.
        there = datetime.fromtimestamp(newest_server_ms / 1000, UTC)
    else:
        there = datetime.fromtimestamp(utc_ms / 1000, ZoneInfo(zone))
    return LocalTime(there.weekday(), there.hour * 60 + there.minute)
