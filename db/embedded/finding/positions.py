"""The positional operator `$`: which element of an array the query matched."""

from collections.abc import Iterator, Mapping

from db.embedded.errors import Refusal, not_implemented
from db.embedded.fields.places import Parts, find_place
from db.embedded.finding.matching import Test, compile_filter, is_operator_document
from db.embedded.values import Document

_NEGATIONS = frozenset({"$ne", "$nin", "$not"})


def with_position(parts: Parts, query: Mapping[str, object], document: Document) -> Parts:
    """The path with the matched element's index in place of `$`."""
    at = parts.index("$")
    if "$" in parts[at + 1 :]:
        raise Refusal(2, f"Too many positional (i.e. '$') elements found in '{'.'.join(parts)}'")
    index = _matched_index(parts[:at], query, document)
    return (*parts[:at], str(index), *parts[at + 1 :])


def _matched_index(parts: Parts, query: Mapping[str, object], document: Document) -> int:
    conditions = list(_conditions_on(parts, query))
    if len(conditions) > 1:
        raise not_implemented("the positional operator $ with several conditions on its array")
    place = find_place(document, parts)
    array = place.value() if place else None
    for index, item in enumerate(array if isinstance(array, list) else []):
        if conditions and conditions[0](item):
            return index
    text = "The positional operator did not find the match needed from the query."
    raise Refusal(2, text)


def _conditions_on(parts: Parts, query: Mapping[str, object]) -> Iterator[Test]:
    for path, wanted in query.items():
        named = tuple(path.split("."))
        if path == "$and" and isinstance(wanted, list):
            for branch in wanted:
                yield from _conditions_on(parts, branch)
        elif path.startswith("$") and path != "$comment":
            raise not_implemented(f"the positional operator $ beside {path}")
        elif named[: len(parts)] == parts:
            yield _on_element(".".join(named[len(parts) :]), wanted)


def _on_element(rest: str, wanted: object) -> Test:
    if isinstance(wanted, Mapping) and _NEGATIONS & wanted.keys():
        raise not_implemented("the positional operator $ with a negated condition")
    if rest:
        on_document = compile_filter({rest: wanted})
        return lambda item: isinstance(item, dict) and on_document(item)
    if isinstance(wanted, Mapping) and list(wanted) == ["$elemMatch"]:
        return _elem_match(wanted["$elemMatch"])
    test = compile_filter({"item": wanted})
    return lambda item: test({"item": item})


def _elem_match(wanted: object) -> Test:
    if is_operator_document(wanted):
        test = compile_filter({"item": wanted})
        return lambda item: test({"item": item})
    on_document = compile_filter(wanted)
    return lambda item: isinstance(item, dict) and on_document(item)
