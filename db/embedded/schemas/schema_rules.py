"""`$jsonSchema` as functions that answer with what a document breaks, in MongoDB's own words."""

from db.embedded.errors import Refusal
from db.embedded.schemas.schema_arrays import ARRAYS, check_items
from db.embedded.schemas.schema_logic import LOGIC
from db.embedded.schemas.schema_objects import MEMBERS, OBJECTS, members
from db.embedded.schemas.schema_scalars import SCALARS
from db.embedded.schemas.schema_words import (
    FAILED_TO_PARSE,
    TYPE_MISMATCH,
    Faults,
    Maker,
    Rule,
    Schema,
    mapping,
    misstated,
    switch,
)

MAKERS: dict[str, Maker] = SCALARS | ARRAYS | OBJECTS | LOGIC
SPOKEN_OF = frozenset({"title", "description", "exclusiveMinimum", "exclusiveMaximum"})
KNOWN_ELSEWHERE = frozenset(
    {"$ref", "$schema", "default", "definitions", "format", "id", "encrypt", "encryptMetadata"}
)


def compile_schema(schema: object, keyword: str = "$jsonSchema") -> Rule:
    """The rule a schema states; a schema with a keyword nobody knows is refused."""
    stated = mapping(schema, keyword)
    for word in stated:
        _refuse_unknown(word)
    _check_words(stated)
    rules = [MAKERS[word](value, stated, compile_schema) for word, value in _in_use(stated)]
    if MEMBERS & stated.keys():
        rules.append(members(stated, compile_schema))
    return _all_of_them(rules)


def _in_use(stated: Schema) -> list[tuple[str, object]]:
    return [(word, value) for word, value in stated.items() if word in MAKERS]


def _all_of_them(rules: list[Rule]) -> Rule:
    def rule(value: object) -> Faults:
        return [fault for rule in rules for fault in rule(value)]

    return rule


def _refuse_unknown(word: str) -> None:
    if word in KNOWN_ELSEWHERE:
        raise misstated(word, "is not currently supported")
    if word not in MAKERS and word not in SPOKEN_OF and word not in MEMBERS:
        raise Refusal(FAILED_TO_PARSE, f"Unknown $jsonSchema keyword: {word}")


def _check_words(stated: Schema) -> None:
    for word in ("title", "description"):
        if not isinstance(stated.get(word, ""), str):
            raise misstated(word, "must be of type string", TYPE_MISMATCH)
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if exclusive in stated:
            switch(stated[exclusive], exclusive)
            if bound not in stated:
                raise misstated(bound, f"must be a present if {exclusive} is present")
    if "bsonType" in stated and "type" in stated:
        text = "Cannot specify both $jsonSchema keywords 'type' and 'bsonType'"
        raise Refusal(FAILED_TO_PARSE, text)
    check_items(stated)
