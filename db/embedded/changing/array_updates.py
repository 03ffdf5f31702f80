"""What update operators do to arrays; each makes a new one."""

from collections.abc import Callable, Mapping

from db.embedded.errors import Refusal
from db.embedded.fields.places import copied
from db.embedded.fields.sorting import sort_items
from db.embedded.finding.matching import Test, compile_filter, is_operator_document
from db.embedded.values import key_of, same, type_name

_PUSH_WORDS = frozenset({"$each", "$slice", "$sort", "$position"})


def _push(array: list[object], operand: object) -> list[object]:
    if not isinstance(operand, Mapping) or "$each" not in operand:
        return [*array, copied(operand)]
    unknown = set(operand) - _PUSH_WORDS
    if unknown:
        raise Refusal(2, f"Unrecognized clause in $push: {min(unknown)}")
    place = _whole(operand.get("$position", len(array)), "$position")
    result = [*array[:place], *_each(operand, "$push"), *array[place:]]
    if "$sort" in operand:
        result = sort_items(result, operand["$sort"])
    return _sliced(result, operand)


def _sliced(array: list[object], operand: Mapping[str, object]) -> list[object]:
    if "$slice" not in operand:
        return array
    kept = _whole(operand["$slice"], "$slice")
    if kept == 0:
        return []
    return array[:kept] if kept > 0 else array[kept:]


def _whole(value: object, word: str) -> int:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not float(value).is_integer()
    ):
        raise Refusal(2, f"The value for {word} must be a whole number")
    return int(value)


def _each(operand: Mapping[str, object], operator: str) -> list[object]:
    items = operand["$each"]
    if not isinstance(items, list):
        code = 2 if operator == "$push" else 14
        raise Refusal(code, f"The argument to $each in {operator} must be an array")
    return [copied(item) for item in items]


def _add_to_set(array: list[object], operand: object) -> list[object]:
    items = [operand]
    if isinstance(operand, Mapping) and "$each" in operand:
        if len(operand) != 1:
            raise Refusal(2, "$addToSet with $each takes no other clause")
        items = _each(operand, "$addToSet")
    result, keys = list(array), {key_of(item) for item in array}
    for item in items:
        if key_of(item) not in keys:
            keys.add(key_of(item))
            result.append(copied(item))
    return result


def _pull(array: list[object], operand: object) -> list[object]:
    test = _pull_test(operand)
    return [item for item in array if not test(item)]


def _pull_test(operand: object) -> Test:
    if isinstance(operand, Mapping) and is_operator_document(operand):
        test = compile_filter({"item": operand})
        return lambda item: test({"item": item})
    if isinstance(operand, Mapping):
        on_document = compile_filter(operand)
        return lambda item: isinstance(item, dict) and on_document(item)
    if type_name(operand) == "regex":
        test = compile_filter({"item": operand})
        return lambda item: isinstance(item, str) and test({"item": item})
    return lambda item: same(item, operand)


def _pull_all(array: list[object], operand: object) -> list[object]:
    if not isinstance(operand, list):
        raise Refusal(2, "$pullAll requires an array argument")
    keys = {key_of(item) for item in operand}
    return [item for item in array if key_of(item) not in keys]


def _pop(array: list[object], operand: object) -> list[object]:
    if operand not in (1, -1) or isinstance(operand, bool):
        raise Refusal(9, "$pop expects 1 or -1")
    return array[1:] if operand == -1 else array[:-1]


Work = Callable[[list[object], object], list[object]]
ADDING: dict[str, Work] = {"$push": _push, "$addToSet": _add_to_set}
REMOVING: dict[str, Work] = {"$pull": _pull, "$pullAll": _pull_all, "$pop": _pop}
