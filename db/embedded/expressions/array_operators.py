"""Expression operators on arrays, sets and objects."""

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import TypeAlias

from db.embedded.errors import Refusal
from db.embedded.fields.sorting import sort_items
from db.embedded.values import MISSING, Key, Missing, key_of, same, type_name

Values: TypeAlias = list[object]
Said: TypeAlias = Mapping[str, object]
_MANY = 1_000_000
_PAIR = 2


def _is_null(value: object) -> bool:
    return value is None or isinstance(value, Missing)


def _array(value: object, operator: str, code: int) -> list[object]:
    if not isinstance(value, list):
        raise Refusal(code, f"{operator} requires an array, found: {type_name(value)}")
    return value


def _whole(value: object, operator: str, code: int) -> int:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not float(value).is_integer()
    ):
        raise Refusal(code, f"{operator} requires whole numbers, found: {value!r}")
    return int(value)


def _size(values: Values) -> object:
    return len(_array(values[0], "$size", 17124))


def _is_in(values: Values) -> object:
    return any(same(values[0], item) for item in _array(values[1], "$in", 40081))


def _element(values: Values) -> object:
    if any(_is_null(value) for value in values):
        return None
    array, at = _array(values[0], "$arrayElemAt", 28689), _whole(values[1], "$arrayElemAt", 28690)
    return array[at] if -len(array) <= at < len(array) else MISSING


def _end(name: str, at: int) -> Callable[[Values], object]:
    def chosen(values: Values) -> object:
        if _is_null(values[0]):
            return None
        array = _array(values[0], name, 28689)
        return array[at] if array else MISSING

    return chosen


def _joined(values: Values) -> object:
    if any(_is_null(value) for value in values):
        return None
    return [item for value in values for item in _array(value, "$concatArrays", 28664)]


def _reversed(values: Values) -> object:
    return None if _is_null(values[0]) else _array(values[0], "$reverseArray", 34435)[::-1]


def _slice(values: Values) -> object:
    if any(_is_null(value) for value in values):
        return None
    array, numbers = _array(values[0], "$slice", 28724), values[1:]
    count = _whole(numbers[-1], "$slice", 28726)
    if len(numbers) == 1:
        return array[:count] if count >= 0 else array[count:]
    if count <= 0:
        raise Refusal(28729, "Third argument to $slice must be positive")
    start = _whole(numbers[0], "$slice", 28725)
    start = max(len(array) + start, 0) if start < 0 else start
    return array[start : start + count]


def _range(values: Values) -> object:
    codes = (34444, 34446, 34448)
    numbers = [_whole(value, "$range", code) for value, code in zip(values, codes, strict=False)]
    if numbers[_PAIR:] == [0]:
        raise Refusal(34449, "$range requires a non-zero step value")
    chosen = range(*numbers)
    if abs(chosen.stop - chosen.start) // abs(chosen.step) > _MANY:
        raise Refusal(146, "$range would use too much memory")
    return list(chosen)


def _index(values: Values) -> object:
    if _is_null(values[0]):
        return None
    array = _array(values[0], "$indexOfArray", 40090)
    start, end = ([_whole(v, "$indexOfArray", 40096) for v in values[2:]] + [0, len(array)])[:2]
    if len(values) == _PAIR + 1:
        end = len(array)
    places = range(start, min(end, len(array)))
    return next((at for at in places if same(array[at], values[1])), -1)


def _to_object(values: Values) -> object:
    if _is_null(values[0]):
        return None
    return dict(_pair(item) for item in _array(values[0], "$arrayToObject", 40386))


def _pair(item: object) -> tuple[str, object]:
    if isinstance(item, Mapping):
        if set(item) != {"k", "v"}:
            raise Refusal(40392, "$arrayToObject takes objects of k and v")
        item = [item["k"], item["v"]]
    if not isinstance(item, list):
        raise Refusal(40398, f"Unrecognised input type format for $arrayToObject: {item!r}")
    if len(item) != _PAIR:
        raise Refusal(40397, "$arrayToObject takes arrays of a name and a value")
    if not isinstance(item[0], str):
        raise Refusal(40395, f"$arrayToObject takes names that are strings, not {item[0]!r}")
    return item[0], item[1]


def _to_array(values: Values) -> object:
    if _is_null(values[0]):
        return None
    if not isinstance(values[0], Mapping):
        raise Refusal(40390, f"$objectToArray requires an object, found: {type_name(values[0])}")
    return [{"k": name, "v": value} for name, value in values[0].items()]


def _merged(values: Values) -> object:
    result: dict[str, object] = {}
    for value in values:
        if isinstance(value, Mapping):
            result.update(value)
        elif not _is_null(value):
            raise Refusal(40400, f"$mergeObjects requires objects, not {type_name(value)}")
    return result


def distinct(items: list[object]) -> dict[Key, object]:
    """Each value once, by its key."""
    found: dict[Key, object] = {}
    for item in items:
        found.setdefault(key_of(item), item)
    return found


def _sets(values: Values, name: str, code: int) -> list[dict[Key, object]]:
    return [distinct(_array(value, name, code)) for value in values]


def _ordered(found: dict[Key, object]) -> list[Key]:
    return sorted(found)


def _union(values: Values) -> object:
    if any(_is_null(value) for value in values):
        return None
    union = {
        key: item for found in _sets(values, "$setUnion", 17043) for key, item in found.items()
    }
    return [union[key] for key in _ordered(union)]


def _intersection(values: Values) -> object:
    if any(_is_null(value) for value in values):
        return None
    first, *others = _sets(values, "$setIntersection", 17047) or [{}]
    kept = {key: item for key, item in first.items() if all(key in other for other in others)}
    return [kept[key] for key in _ordered(kept)]


def _without(values: Values) -> object:
    if any(_is_null(value) for value in values):
        return None
    left, right = _sets(values, "$setDifference", 17048)
    return [item for key, item in left.items() if key not in right]


def _equal_sets(values: Values) -> object:
    first, *others = _sets(values, "$setEquals", 17044)
    return all(other.keys() == first.keys() for other in others)


def _subset(values: Values) -> object:
    left, right = _sets(values, "$setIsSubset", 17046)
    return left.keys() <= right.keys()


def sort(said: Said) -> object:
    """$sortArray."""
    if _is_null(said["input"]):
        return None
    return sort_items(_array(said["input"], "$sortArray", 2942504), said["sortBy"])


def zipped(said: Said) -> object:
    """$zip."""
    inputs = _array(said["inputs"], "$zip", 34461)
    if any(_is_null(item) for item in inputs):
        return None
    arrays = [_array(item, "$zip", 34468) for item in inputs]
    if not said.get("useLongestLength"):
        return [list(row) for row in zip(*arrays, strict=False)]
    rows = [list(row) for row in zip_longest(*arrays, fillvalue=MISSING)]
    defaults = said.get("defaults")
    standing_in = defaults if isinstance(defaults, list) else [None] * len(arrays)
    return [
        [standing_in[at] if cell is MISSING else cell for at, cell in enumerate(row)]
        for row in rows
    ]


ARRAYS: dict[str, tuple[Callable[[Values], object], int, int]] = {
    "$size": (_size, 1, 1),
    "$in": (_is_in, 2, 2),
    "$arrayElemAt": (_element, 2, 2),
    "$first": (_end("$first", 0), 1, 1),
    "$last": (_end("$last", -1), 1, 1),
    "$isArray": (lambda values: isinstance(values[0], list), 1, 1),
    "$concatArrays": (_joined, 0, _MANY),
    "$reverseArray": (_reversed, 1, 1),
    "$slice": (_slice, 2, 3),
    "$range": (_range, 2, 3),
    "$indexOfArray": (_index, 2, 4),
    "$arrayToObject": (_to_object, 1, 1),
    "$objectToArray": (_to_array, 1, 1),
    "$mergeObjects": (_merged, 0, _MANY),
    "$setUnion": (_union, 0, _MANY),
    "$setIntersection": (_intersection, 0, _MANY),
    "$setDifference": (_without, 2, 2),
    "$setEquals": (_equal_sets, 2, _MANY),
    "$setIsSubset": (_subset, 2, 2),
}
