"""Query filters as functions: what MongoDB's find language means, and a refusal for the rest."""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from bson import MaxKey, MinKey, Regex

from db.embedded import schema_rules
from db.embedded.errors import Refusal, not_implemented
from db.embedded.expressions import compile_expression, truth
from db.embedded.paths import candidates, values_at
from db.embedded.patterns import compile_regex
from db.embedded.type_aliases import wanted_types
from db.embedded.values import MISSING, Key, Missing, key_of, type_name

Parts: TypeAlias = tuple[str, ...]
Test: TypeAlias = Callable[[object], bool]


def compile_filter(query: object) -> Test:
    """A function that says whether a document is wanted."""
    if not isinstance(query, Mapping):
        raise Refusal(14, f"a filter must be an object, found {type_name(query)}")
    tests = [_clause(name, wanted) for name, wanted in query.items() if name != "$comment"]
    if len(tests) == 1:
        return tests[0]
    return lambda document: all(test(document) for test in tests)


def _clause(name: str, wanted: object) -> Test:
    if not name.startswith("$"):
        return _field(tuple(name.split(".")), wanted)
    if name in _LOGIC:
        return _LOGIC[name](wanted)
    if name in ("$where", "$text"):
        raise not_implemented(f"the query operator {name}")
    raise Refusal(2, f"unknown top level operator: {name}")


def _branches(name: str, wanted: object) -> list[Test]:
    if not isinstance(wanted, list) or not wanted:
        raise Refusal(2, f"{name} must be a nonempty array")
    return [compile_filter(branch) for branch in wanted]


def _and(wanted: object) -> Test:
    tests = _branches("$and", wanted)
    return lambda document: all(test(document) for test in tests)


def _or(wanted: object) -> Test:
    tests = _branches("$or", wanted)
    return lambda document: any(test(document) for test in tests)


def _nor(wanted: object) -> Test:
    tests = _branches("$nor", wanted)
    return lambda document: not any(test(document) for test in tests)


def _json_schema(wanted: object) -> Test:
    rules = schema_rules.compile_schema(wanted)
    return lambda document: not rules(document)


def _expression(wanted: object) -> Test:
    expression = compile_expression(wanted)
    return lambda document: isinstance(document, dict) and truth(expression(document))


_LOGIC: dict[str, Callable[[object], Test]] = {
    "$and": _and,
    "$or": _or,
    "$nor": _nor,
    "$jsonSchema": _json_schema,
    "$expr": _expression,
}


def is_operator_document(wanted: object) -> bool:
    """{"$gt": 1} is a condition, {"a": 1} a value."""
    return isinstance(wanted, Mapping) and next(iter(wanted), "").startswith("$")


def _field(parts: Parts, wanted: object) -> Test:
    if isinstance(wanted, Mapping) and is_operator_document(wanted) and "$ref" not in wanted:
        return _conditions(parts, wanted)
    if isinstance(wanted, (Regex, re.Pattern)):
        return _on_any(parts, _regex_test(wanted, ""))
    return _on_any(parts, _equal_test(wanted))


def _conditions(parts: Parts, wanted: Mapping[str, object]) -> Test:
    tests = [
        _condition(parts, name, value, wanted)
        for name, value in wanted.items()
        if name != "$options"
    ]
    if "$options" in wanted and "$regex" not in wanted:
        raise Refusal(2, "$options needs a $regex")
    if len(tests) == 1:
        return tests[0]
    return lambda document: all(test(document) for test in tests)


def _condition(parts: Parts, name: str, value: object, wanted: Mapping[str, object]) -> Test:
    if name == "$regex":
        return _on_any(parts, _regex_test(value, str(wanted.get("$options", ""))))
    if name in _ON_ANY:
        return _on_any(parts, _ON_ANY[name](value))
    if name in _ON_WHOLE:
        return _on_whole(parts, _ON_WHOLE[name](value))
    if name in _NEGATED:
        test = _on_any(parts, _NEGATED[name](value))
        return lambda document: not test(document)
    if name in _ON_PATH:
        return _ON_PATH[name](parts, value)
    if name.startswith(("$geo", "$near", "$bits")):
        raise not_implemented(f"the query operator {name}")
    raise Refusal(2, f"unknown operator: {name}")


def _on_any(parts: Parts, test: Test) -> Test:
    if len(parts) == 1:
        return _on_plain_field(parts[0], test)
    return lambda document: any(test(value) for value in candidates(document, parts))


def _on_plain_field(name: str, test: Test) -> Test:
    """The usual case, without walking: a field of the document itself."""

    def matches(document: object) -> bool:
        if not isinstance(document, dict):
            return any(test(value) for value in candidates(document, (name,)))
        value = document.get(name, MISSING)
        if isinstance(value, list):
            return test(value) or any(test(item) for item in value)
        return test(value)

    return matches


def _on_whole(parts: Parts, test: Test) -> Test:
    return lambda document: any(test(value) for value in values_at(document, parts))


def _not(parts: Parts, value: object) -> Test:
    if isinstance(value, (Regex, re.Pattern)):
        test = _on_any(parts, _regex_test(value, ""))
    elif isinstance(value, Mapping) and value and is_operator_document(value):
        test = _conditions(parts, value)
    else:
        raise Refusal(2, "$not needs a regex or a document of operators")
    return lambda document: not test(document)


def _equal_test(wanted: object) -> Test:
    if isinstance(wanted, (Regex, re.Pattern)):
        return _regex_test(wanted, "")
    return _exact_test(wanted)


def _exact_test(wanted: object) -> Test:
    key = key_of(wanted)
    return lambda value: key_of(value) == key


def _unequal_test(wanted: object) -> Test:
    if isinstance(wanted, Regex):
        raise Refusal(2, "Can't have regex as arg to $ne.")
    return _exact_test(wanted)


def _order_test(compare: Callable[[Key, Key], bool], wanted: object) -> Test:
    if isinstance(wanted, Regex):
        raise Refusal(2, "Can't have RegEx as arg to an ordering predicate")
    key = key_of(wanted)
    unordered = key == (10, 0)
    extreme = isinstance(wanted, (MinKey, MaxKey))

    def test(value: object) -> bool:
        if isinstance(value, Missing) and wanted is not None:
            return False
        other = key_of(value)
        if other[0] != key[0]:
            return extreme and compare(other[:1], key[:1])
        if unordered or other == (10, 0):
            return other == key and compare(key, key)
        return compare(other, key)

    return test


def _greater(a: Key, b: Key) -> bool:
    return a > b


def _less(a: Key, b: Key) -> bool:
    return a < b


def _greater_or_equal(a: Key, b: Key) -> bool:
    return a >= b


def _less_or_equal(a: Key, b: Key) -> bool:
    return a <= b


def _in_test(wanted: object) -> Test:
    if not isinstance(wanted, list):
        raise Refusal(2, "$in needs an array")
    if any(is_operator_document(item) for item in wanted):
        raise Refusal(2, "cannot nest $ under $in")
    patterns = [_regex_test(item, "") for item in wanted if isinstance(item, Regex)]
    keys = {key_of(item) for item in wanted if not isinstance(item, Regex)}
    return lambda value: key_of(value) in keys or any(test(value) for test in patterns)


def _regex_test(wanted: object, options: str) -> Test:
    compiled = compile_regex(wanted, options)
    key = key_of(wanted)

    def test(value: object) -> bool:
        if isinstance(value, str):
            return compiled.search(value) is not None
        return isinstance(value, Regex) and key_of(value) == key

    return test


def _exists(parts: Parts, wanted: object) -> Test:
    test = _on_whole(parts, lambda value: not isinstance(value, Missing))
    return test if bool(wanted) else lambda document: not test(document)


def _type_test(wanted: object) -> Test:
    names = wanted_types(wanted)
    return lambda value: not isinstance(value, Missing) and type_name(value) in names


def _size_test(wanted: object) -> Test:
    if not isinstance(wanted, (int, float)) or isinstance(wanted, bool) or wanted != int(wanted):
        raise Refusal(2, "$size needs a whole number")
    if wanted < 0:
        raise Refusal(2, "$size may not be negative")
    return lambda value: isinstance(value, list) and len(value) == wanted


def _mod_test(wanted: object) -> Test:
    if not isinstance(wanted, list) or len(wanted) != 2 or not all(map(_is_finite, wanted)):  # noqa: PLR2004 - divisor and remainder
        raise Refusal(2, "malformed mod, needs to be an array of two numbers")
    divisor, remainder = int(wanted[0]), int(wanted[1])
    if divisor == 0:
        raise Refusal(2, "divisor cannot be 0")

    def test(value: object) -> bool:
        if not isinstance(value, (int, float)) or not _is_finite(value):
            return False
        left = abs(int(value)) % abs(divisor)
        return (left if value >= 0 else -left) == remainder

    return test


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return value - value == 0


def _elem_match_test(wanted: object) -> Test:
    if not isinstance(wanted, Mapping):
        raise Refusal(2, "$elemMatch needs an Object")
    logic = next(iter(wanted), "") in _LOGIC
    if is_operator_document(wanted) and not logic:
        inner = _conditions((), wanted)
        on_element: Test = inner
    else:
        compiled = compile_filter(wanted)
        on_element = lambda item: isinstance(item, (dict, list)) and compiled(item)  # noqa: E731 - one of two tests
    return lambda value: isinstance(value, list) and any(on_element(item) for item in value)


def _all(parts: Parts, wanted: object) -> Test:
    if not isinstance(wanted, list):
        raise Refusal(2, "$all needs an array")
    tests = [_all_item(parts, item) for item in wanted]
    return lambda document: bool(tests) and all(test(document) for test in tests)


def _all_item(parts: Parts, item: object) -> Test:
    if isinstance(item, Mapping) and is_operator_document(item):
        if set(item) != {"$elemMatch"}:
            raise Refusal(2, "no $ expressions in $all")
        return _on_whole(parts, _elem_match_test(item["$elemMatch"]))
    return _on_any(parts, _equal_test(item))


_ON_ANY: dict[str, Callable[[object], Test]] = {
    "$eq": _exact_test,
    "$gt": lambda wanted: _order_test(_greater, wanted),
    "$gte": lambda wanted: _order_test(_greater_or_equal, wanted),
    "$lt": lambda wanted: _order_test(_less, wanted),
    "$lte": lambda wanted: _order_test(_less_or_equal, wanted),
    "$in": _in_test,
    "$type": _type_test,
    "$mod": _mod_test,
}
_NEGATED: dict[str, Callable[[object], Test]] = {"$ne": _unequal_test, "$nin": _in_test}
_ON_WHOLE: dict[str, Callable[[object], Test]] = {
    "$size": _size_test,
    "$elemMatch": _elem_match_test,
}
_ON_PATH: dict[str, Callable[[Parts, object], Test]] = {
    "$not": _not,
    "$all": _all,
    "$exists": _exists,
}
