"""The keywords of `$jsonSchema` for arrays: what items, how many, and none twice."""

from db.embedded.schemas.schema_words import (
    TYPE_MISMATCH,
    Compile,
    Faults,
    Maker,
    Rule,
    Schema,
    count,
    fault,
    mapping,
    misstated,
    same_key,
    switch,
    words,
)
from db.embedded.values import Document


def _items(stated: object, _schema: Schema, compile_: Compile) -> Rule:
    if isinstance(stated, list):
        return _by_place([compile_(part, "items") for part in stated])
    return _alike("items", "At least one item", stated, compile_, start=0)


def _alike(keyword: str, what: str, stated: object, compile_: Compile, *, start: int) -> Rule:
    part, said = compile_(stated, keyword), words(stated)
    reason = f"{what} did not match the sub-schema"

    def rule(value: object) -> Faults:
        for index, item in enumerate(_beyond(value, start), start):
            if faults := part(item):
                told: Document = {"operatorName": keyword, **said, "reason": reason}
                return [{**told, "itemIndex": index, "details": faults}]
        return []

    return rule


def _beyond(value: object, start: int) -> list[object]:
    return value[start:] if isinstance(value, list) else []


def _by_place(parts: list[Rule]) -> Rule:
    def rule(value: object) -> Faults:
        placed = enumerate(zip(parts, _beyond(value, 0), strict=False))
        broken: Faults = [
            {"itemIndex": index, "details": faults}
            for index, (part, item) in placed
            if (faults := part(item))
        ]
        return [{"operatorName": "items", "details": broken}] if broken else []

    return rule


def _additional_items(stated: object, schema: Schema, compile_: Compile) -> Rule:
    """They are additional only to items that are stated place by place."""
    rule = _additional(stated, _places(schema), compile_)
    return rule if isinstance(schema.get("items"), list) else lambda _: []


def _places(schema: Schema) -> int:
    items = schema.get("items")
    return len(items) if isinstance(items, list) else 0


def _additional(stated: object, start: int, compile_: Compile) -> Rule:
    if not isinstance(stated, bool):
        mapping(stated, "additionalItems")
        return _alike(
            "additionalItems", "At least one additional item", stated, compile_, start=start
        )

    def rule(value: object) -> Faults:
        extra = [] if stated else _beyond(value, start)
        told: Document = {
            "operatorName": "additionalItems",
            "specifiedAs": {"additionalItems": False},
        }
        return (
            [{**told, "reason": "found additional items", "additionalItems": extra}]
            if extra
            else []
        )

    return rule


def _unique_items(stated: object, _schema: Schema, _compile: Compile) -> Rule:
    wanted = switch(stated, "uniqueItems")

    def rule(value: object) -> Faults:
        seen: set[object] = set()
        for item in _beyond(value, 0) if wanted else []:
            if (key := same_key(item)) in seen:
                told = fault("uniqueItems", stated, "found a duplicate item", value)
                return [{**told, "duplicatedValue": item}]
            seen.add(key)
        return []

    return rule


def _item_count(keyword: str, *, least: bool) -> Maker:
    def make(stated: object, _schema: Schema, _compile: Compile) -> Rule:
        limit = count(stated, keyword)

        def rule(value: object) -> Faults:
            if not isinstance(value, list):
                return []
            fits = len(value) >= limit if least else len(value) <= limit
            told = fault(keyword, stated, "array did not match specified length", value)
            return [] if fits else [{**told, "numberOfItems": len(value)}]

        return rule

    return make


def check_items(schema: Schema) -> None:
    """`items` is one schema, or one for each place."""
    if "items" in schema and not isinstance(schema["items"], (list, dict)):
        raise misstated("items", "must be an array or an object", TYPE_MISMATCH)


ARRAYS: dict[str, Maker] = {
    "items": _items,
    "additionalItems": _additional_items,
    "minItems": _item_count("minItems", least=True),
    "maxItems": _item_count("maxItems", least=False),
    "uniqueItems": _unique_items,
}
