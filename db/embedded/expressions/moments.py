"""Dates in expressions: read, shown as text, cut to a unit, and counted in units."""

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from bson import Int64, ObjectId, Timestamp
from bson.datetime_ms import DatetimeMS

from db.embedded.errors import Refusal
from db.embedded.values import MISSING, Missing, is_number, type_name

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - BSON dates are UTC without saying so
_REFERENCE = datetime(2000, 1, 1)  # noqa: DTZ001 - as above
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?")
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?)?\s*(Z|[+-]\d\d:?\d\d)?"
)
_STEPS_MS = {
    "week": 604_800_000,
    "day": 86_400_000,
    "hour": 3_600_000,
    "minute": 60_000,
    "second": 1000,
    "millisecond": 1,
}
_MONTHS = {"year": 12, "quarter": 3, "month": 1}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_date(value: object) -> bool:
    """A BSON date, near or far."""
    return isinstance(value, (datetime, DatetimeMS))


def of_milliseconds(milliseconds: int) -> datetime:
    """A date from its BSON number."""
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as reason:
        raise Refusal(15, "a date beyond the year 9999 cannot be computed with") from reason


def moment_of(value: object, operator: str) -> datetime:
    """A date, a timestamp or an ObjectId as UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, DatetimeMS):
        return of_milliseconds(int(value))
    if isinstance(value, Timestamp):
        return of_milliseconds(value.time * 1000)
    if isinstance(value, ObjectId):
        return value.generation_time.replace(tzinfo=None)
    raise Refusal(16006, f"{operator}: can't convert from {type_name(value)} to Date")


def iso_text(moment: datetime) -> str:
    """As MongoDB shows a date."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def parsed(text: object, zone: tzinfo = UTC) -> datetime:
    """A date from ISO 8601 text."""
    if not isinstance(text, str):
        raise Refusal(241, f"a date string is wanted, found {type_name(text)}")
    found = _ISO.fullmatch(text.strip())
    if not found:
        raise Refusal(241, f"Error parsing date string '{text}'")
    *parts, thousandths, offset = found.groups(default="")
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    micro = int(thousandths.ljust(3, "0") or 0) * 1000
    try:
        local = datetime(year, month, day, hour, minute, second, micro, zone_of(offset or zone))
    except ValueError as reason:
        raise Refusal(241, f"Error parsing date string '{text}': {reason}") from reason
    return local.astimezone(UTC).replace(tzinfo=None)


def zone_of(stated: object) -> tzinfo:
    """A time zone by its name or as an offset like +02:00."""
    if isinstance(stated, tzinfo):
        return stated
    if stated is None or isinstance(stated, Missing) or stated in ("Z", "UTC", "GMT"):
        return UTC
    if not isinstance(stated, str):
        raise Refusal(40533, f"a timezone must be a string, found {type_name(stated)}")
    if offset := _OFFSET.fullmatch(stated):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    try:
        return ZoneInfo(stated)
    except (KeyError, ValueError, OSError) as reason:
        raise Refusal(40485, f"unrecognized time zone identifier: '{stated}'") from reason


def _local(said: Mapping[str, object], word: str, operator: str) -> datetime:
    return (
        moment_of(said[word], operator)
        .replace(tzinfo=UTC)
        .astimezone(zone_of(said.get("timezone")))
    )


def _utc(local: datetime, zone: tzinfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def _is_null(value: object) -> bool:
    return value is None or isinstance(value, Missing)


PARTS: dict[str, Callable[[datetime], int]] = {
    "$year": lambda date: date.year,
    "$month": lambda date: date.month,
    "$dayOfMonth": lambda date: date.day,
    "$dayOfYear": lambda date: date.timetuple().tm_yday,
    "$dayOfWeek": lambda date: date.isoweekday() % 7 + 1,
    "$hour": lambda date: date.hour,
    "$minute": lambda date: date.minute,
    "$second": lambda date: date.second,
    "$millisecond": lambda date: date.microsecond // 1000,
    "$week": lambda date: int(date.strftime("%U")),
    "$isoWeek": lambda date: date.isocalendar().week,
    "$isoWeekYear": lambda date: date.isocalendar().year,
    "$isoDayOfWeek": lambda date: date.isoweekday(),
}


def part(name: str, said: Mapping[str, object]) -> object:
    """One part of a date."""
    if _is_null(said["date"]):
        return None
    number = PARTS[name](_local(said, "date", name))
    return Int64(number) if name == "$isoWeekYear" else number


_FORMAT = re.compile(r"%(.?)", re.DOTALL)


def _by_calendar(letter: str) -> Callable[[datetime], str]:
    return lambda date: date.strftime(letter)


_SHOWN: dict[str, Callable[[datetime], str]] = {
    "%": lambda _: "%",
    "Y": lambda date: f"{date.year:04}",
    "G": lambda date: f"{date.isocalendar().year:04}",
    "L": lambda date: f"{date.microsecond // 1000:03}",
    "u": lambda date: str(date.isoweekday()),
    "V": lambda date: f"{date.isocalendar().week:02}",
    "w": lambda date: str(date.isoweekday() % 7 + 1),
    "Z": lambda date: f"{_offset_minutes(date):+}",
    **{letter: _by_calendar(f"%{letter}") for letter in "mdHMSjUbBz"},
}


def _offset_minutes(date: datetime) -> int:
    return int((date.utcoffset() or timedelta()).total_seconds() // 60)


def to_text(said: Mapping[str, object]) -> object:
    """$dateToString."""
    if _is_null(said["date"]):
        return said.get("onNull")
    date = _local(said, "date", "$dateToString")
    ending = "Z" if _offset_minutes(date) == 0 else ""
    shape = said.get("format") or f"%Y-%m-%dT%H:%M:%S.%L{ending}"
    if not isinstance(shape, str):
        raise Refusal(18533, "$dateToString requires that 'format' be a string")
    return _FORMAT.sub(lambda found: _shown(date, found[1]), shape)


def _shown(date: datetime, letter: str) -> str:
    if letter not in _SHOWN:
        raise Refusal(18536, f"Invalid format character '%{letter}' in format string")
    return _SHOWN[letter](date)


def from_text(said: Mapping[str, object]) -> object:
    """$dateFromString, of ISO 8601 text."""
    text = said["dateString"]
    if _is_null(text):
        return said.get("onNull")
    try:
        return parsed(text, zone_of(said.get("timezone")))
    except Refusal:
        if "onError" in said:
            return said["onError"]
        raise


def from_parts(said: Mapping[str, object]) -> object:
    """$dateFromParts; a part beyond its range carries over."""
    words = ("year", "month", "day", "hour", "minute", "second", "millisecond")
    values = [said.get(word, 1 if word in ("month", "day") else 0) for word in words]
    if any(_is_null(value) for value in values):
        return None
    year, month, day, hour, minute, second, thousandth = (_amount(value) for value in values)
    years, months = divmod(year * 12 + month - 1, 12)
    try:
        start = datetime(years, months + 1, 1)  # noqa: DTZ001 - local, its zone follows
        local = start + timedelta(
            days=day - 1, hours=hour, minutes=minute, seconds=second, milliseconds=thousandth
        )
    except (ValueError, OverflowError) as reason:
        raise Refusal(40523, f"$dateFromParts: {reason}") from reason
    return _utc(local, zone_of(said.get("timezone")))


def to_parts(said: Mapping[str, object]) -> object:
    """$dateToParts."""
    if _is_null(said["date"]):
        return None
    date = _local(said, "date", "$dateToParts")
    names = {"day": "$dayOfMonth"}
    words = ("year", "month", "day", "hour", "minute", "second", "millisecond")
    return {word: PARTS[names.get(word, f"${word}")](date) for word in words}


def add(said: Mapping[str, object], sign: int = 1) -> object:
    """$dateAdd, and $dateSubtract with the sign turned."""
    if any(_is_null(said[word]) for word in ("startDate", "unit", "amount")):
        return None
    amount, unit = sign * _amount(said["amount"]), _unit(said["unit"])
    local = _local(said, "startDate", "$dateAdd")
    try:
        if unit in _MONTHS:
            moved = _months_later(local, amount * _MONTHS[unit])
            return _utc(moved.replace(tzinfo=None), zone_of(said.get("timezone")))
        return local.astimezone(UTC).replace(tzinfo=None) + timedelta(
            milliseconds=amount * _STEPS_MS[unit]
        )
    except (ValueError, OverflowError) as reason:
        raise Refusal(5166406, f"$dateAdd: {reason}") from reason


def _months_later(date: datetime, months: int) -> datetime:
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date.replace(year=year, month=month + 1, day=min(date.day, last))


def _amount(value: object) -> int:
    if not is_number(value) or not isinstance(value, (int, float)) or not float(value).is_integer():
        raise Refusal(5166405, f"expected a whole number, found {value!r}")
    return int(value)


def _unit(value: object) -> str:
    if not isinstance(value, str) or value not in {*_MONTHS, *_STEPS_MS}:
        raise Refusal(9, f"unknown time unit value: {value!r}")
    return value


def truncate(said: Mapping[str, object]) -> object:
    """$dateTrunc: the start of the unit, or of the bin of units, that holds the date."""
    if any(_is_null(said[word]) for word in ("date", "unit")):
        return None
    size = _amount(said.get("binSize", 1))
    if size < 1:
        raise Refusal(5439017, "$dateTrunc requires 'binSize' to be greater than 0")
    local = _local(said, "date", "$dateTrunc").replace(tzinfo=None)
    number = _number(local, _unit(said["unit"]), said.get("startOfWeek"), size)
    start = _start(number * size, _unit(said["unit"]), said.get("startOfWeek"))
    return _utc(start, zone_of(said.get("timezone")))


def _number(local: datetime, unit: str, week: object, size: int = 1) -> int:
    """How many units lie between the reference and the date."""
    if unit in _MONTHS:
        months = (local.year - _REFERENCE.year) * 12 + local.month - 1
        return months // (_MONTHS[unit] * size)
    past = local - _start(0, unit, week)
    return past // timedelta(milliseconds=_STEPS_MS[unit] * size)


def _start(number: int, unit: str, week: object) -> datetime:
    if unit in _MONTHS:
        return _months_later(_REFERENCE, number * _MONTHS[unit])
    first = _first_weekday(week) if unit == "week" else _REFERENCE
    return first + timedelta(milliseconds=number * _STEPS_MS[unit])


def _first_weekday(week: object) -> datetime:
    name = "sun" if _is_null(week) else str(week).lower()[:3]
    if name not in _WEEKDAYS:
        raise Refusal(9, f"unknown day of week value: {week!r}")
    return _REFERENCE + timedelta(days=(_WEEKDAYS.index(name) - _REFERENCE.weekday()) % 7)


def difference(said: Mapping[str, object]) -> object:
    """$dateDiff: how many borders of the unit lie between the two."""
    if any(_is_null(said[word]) for word in ("startDate", "endDate", "unit")):
        return None
    unit, week = _unit(said["unit"]), said.get("startOfWeek", MISSING)
    start, end = (
        _number(_local(said, word, "$dateDiff").replace(tzinfo=None), unit, week)
        for word in ("startDate", "endDate")
    )
    return Int64(end - start)
