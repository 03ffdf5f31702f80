"""Query filters as functions: what MongoDB's find language means, and a refusal for the rest."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from bson import MaxKey, MinKey, Regex

from db.embedded.errors import Refusal, not_implemented
from db.embedded.expressions.expressions import compile_expression, truth
from db.embedded.fields.arithmetic import truncated
from db.embedded.fields.paths import as_mapping, position_in, values_at
from db.embedded.fields.patterns import compile_regex
from db.embedded.fields.type_aliases import wanted_types
from db.embedded.finding import bits
from db.embedded.schemas import schema_rules
from db.embedded.values import MISSING, Key, Missing, key_of, type_name
from utils.randomness import unseeded

Parts: TypeAlias = tuple[str, ...]
Path: TypeAlias = Parts | None
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


def _sample_rate(wanted: object) -> Test:
    if isinstance(wanted, bool) or not isinstance(wanted, (int, float)) or not 0 <= wanted <= 1:
        raise Refusal(2, "$sampleRate needs a number between 0 and 1")
    dice = unseeded()
    return lambda _: dice.random() < wanted


_LOGIC: dict[str, Callable[[object], Test]] = {
    "$and": _and,
    "$or": _or,
    "$nor": _nor,
    "$jsonSchema": _json_schema,
    "$expr": _expression,
    "$sampleRate": _sample_rate,
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


def _conditions(parts: Path, wanted: Mapping[str, object]) -> Test:
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


def _condition(parts: Path, name: str, value: object, wanted: Mapping[str, object]) -> Test:
    if name == "$regex":
        return _on_any(parts, _regex_test(value, str(wanted.get("$options", ""))))
    if name in _ON_ANY:
        return _on_any(parts, _ON_ANY[name](value))
    if name in _ON_WHOLE:
        return _on_whole(parts, _ON_WHOLE[name](value))
    if name in _NEGATED:
        test = _on_any(parts, _NEGATED[name](value))
        return lambda document: not test(document)
    if name in bits.OPERATORS:
        return _on_any(parts, bits.bits_test(name, value))
    if name in _ON_PATH:
        return _ON_PATH[name](parts, value)
    if name.startswith(("$geo", "$near")):
        raise not_implemented(f"the query operator {name}")
    raise Refusal(2, f"unknown operator: {name}")


def _on_any(parts: Path, test: Test) -> Test:
    """Try each value the path leads to; without a path, the value itself alone."""
    if parts is None:
        return test
    if len(parts) == 1:
        return _on_plain_field(parts[0], test)
    return lambda document: any(test(value) for value in _tried(document, parts))


def _tried(node: object, parts: Parts) -> Iterator[object]:
    """Each value the path leads to, and each element of a value that is an array."""
    if not parts:
        yield node
        yield from node if isinstance(node, (list, tuple)) else ()
        return
    document = as_mapping(node)
    if document is not None:
        yield from _tried(document.get(parts[0], MISSING), parts[1:])
    elif isinstance(node, (list, tuple)):
        yield from _tried_in_array(node, parts)
    else:
        yield MISSING


def _tried_in_array(array: list[object] | tuple[object, ...], parts: Parts) -> Iterator[object]:
    at = position_in(parts[0])
    if at is not None and at < len(array):
        chosen = array[at]
        # An element chosen by its index counts as a whole, even where it is an array itself.
        yield from _tried(chosen, parts[1:]) if parts[1:] else (chosen,)
    for item in array:
        if as_mapping(item) is not None:
            yield from _tried(item, parts)


def _on_plain_field(name: str, test: Test) -> Test:
    """The usual case, without walking: a field of the document itself."""

    def matches(document: object) -> bool:
        if not isinstance(document, dict):
            return any(test(value) for value in _tried(document, (name,)))
        value = document.get(name, MISSING)
        if isinstance(value, list):
            return test(value) or any(test(item) for item in value)
        return test(value)

    return matches


def _on_whole(parts: Path, test: Test) -> Test:
    if parts is None:
        return test
    return lambda document: any(test(value) for value in values_at(document, parts))


def _not(parts: Path, value: object) -> Test:
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


def _exists(parts: Path, wanted: object) -> Test:
    test = _on_whole(parts, lambda value: not isinstance(value, Missing))
    return test if bool(wanted) else lambda document: not test(document)


def _type_test(wanted: object) -> Test:
    names = wanted_types(wanted)
    return lambda value: not isinstance(value, Missing) and type_name(value) in names


def _size_test(wanted: object) -> Test:
    if (
        not isinstance(wanted, (int, float))
        or isinstance(wanted, bool)
        or not float(wanted).is_integer()
    ):
        raise Refusal(2, "$size needs a whole number")
    if wanted < 0:
        raise Refusal(2, "$size may not be negative")
    return lambda value: isinstance(value, list) and len(value) == wanted


def _mod_test(wanted: object) -> Test:
    parts = [truncated(part) for part in wanted] if isinstance(wanted, list) else []
    if len(parts) != 2 or None in parts:  # noqa: PLR2004 - divisor and remainder
        raise Refusal(2, "malformed mod, needs to be an array of two numbers")
    divisor, remainder = parts
    if not divisor:
        raise Refusal(2, "divisor cannot be 0")

    def test(value: object) -> bool:
        whole = truncated(value)
        if whole is None:
            return False
        left = abs(whole) % abs(divisor)
        return (left if whole >= 0 else -left) == remainder

    return test


def _elem_match_test(wanted: object) -> Test:
    if not isinstance(wanted, Mapping):
        raise Refusal(2, "$elemMatch needs an Object")
    logic = next(iter(wanted), "") in _LOGIC
    if is_operator_document(wanted) and not logic:
        on_element = _conditions(None, wanted)
    else:
        compiled = compile_filter(wanted)
        on_element = lambda item: isinstance(item, (dict, list)) and compiled(item)  # noqa: E731 - one of two tests
    return lambda value: isinstance(value, list) and any(on_element(item) for item in value)


def _all(parts: Path, wanted: object) -> Test:
    if not isinstance(wanted, list):
        raise Refusal(2, "$all needs an array")
    tests = [_all_item(parts, item) for item in wanted]
    return lambda document: bool(tests) and all(test(document) for test in tests)


def _all_item(parts: Path, item: object) -> Test:
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
_ON_PATH: dict[str, Callable[[Path, object], Test]] = {
    "$not": _not,
    "$all": _all,
    "$exists": _exists,
}
