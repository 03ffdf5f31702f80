"""Expression operators whose arguments have names, and those this server does not have."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from db.embedded.expressions import array_operators, conversions, moments, text_operators

Said: TypeAlias = Mapping[str, object]
Words: TypeAlias = frozenset[str]
Row: TypeAlias = tuple[Callable[[Said], object], Words, Words]


def _row(work: Callable[[Said], object], needed: str, free: str = "") -> Row:
    return work, frozenset(needed.split()), frozenset(free.split())


_ADD = "startDate unit amount"
_REGEX = "input regex"
_REPLACE = "input find replacement"

NAMED: dict[str, Row] = {
    "$dateToString": _row(moments.to_text, "date", "format timezone onNull"),
    "$dateFromString": _row(moments.from_text, "dateString", "timezone onNull onError"),
    "$dateToParts": _row(moments.to_parts, "date", "timezone"),
    "$dateFromParts": _row(
        moments.from_parts, "year", "month day hour minute second millisecond timezone"
    ),
    "$dateAdd": _row(moments.add, _ADD, "timezone"),
    "$dateSubtract": _row(lambda said: moments.add(said, -1), _ADD, "timezone"),
    "$dateTrunc": _row(moments.truncate, "date unit", "binSize timezone startOfWeek"),
    "$dateDiff": _row(moments.difference, "startDate endDate unit", "timezone startOfWeek"),
    "$convert": _row(conversions.convert, "input to", "onError onNull"),
    "$trim": _row(lambda said: text_operators.trim(said, str.strip), "input", "chars"),
    "$ltrim": _row(lambda said: text_operators.trim(said, str.lstrip), "input", "chars"),
    "$rtrim": _row(lambda said: text_operators.trim(said, str.rstrip), "input", "chars"),
    "$replaceOne": _row(lambda said: text_operators.replace(said, 1), _REPLACE),
    "$replaceAll": _row(lambda said: text_operators.replace(said, -1), _REPLACE),
    "$regexMatch": _row(text_operators.regex_match, _REGEX, "options"),
    "$regexFind": _row(text_operators.regex_find, _REGEX, "options"),
    "$regexFindAll": _row(text_operators.regex_find_all, _REGEX, "options"),
    "$sortArray": _row(array_operators.sort, "input sortBy"),
    "$zip": _row(array_operators.zipped, "inputs", "useLongestLength defaults"),
}
ABSENT = frozenset(
    {
        "$accumulator", "$acos", "$acosh", "$asin", "$asinh", "$atan", "$atan2", "$atanh",
        "$binarySize", "$bitAnd", "$bitNot", "$bitOr", "$bitXor", "$bsonSize", "$cos", "$cosh",
        "$degreesToRadians", "$firstN", "$function", "$indexOfBytes", "$lastN", "$maxN", "$median",
        "$meta", "$minN", "$percentile", "$radiansToDegrees", "$setField", "$sin", "$sinh", "$tan",
        "$tanh", "$toHashedIndexKey", "$toUUID", "$tsIncrement", "$tsSecond", "$unsetField",
    }
)  # fmt: skip
