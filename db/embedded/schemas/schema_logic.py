"""The keywords of `$jsonSchema` that join schemas: all, any, one, none."""

from db.embedded.schemas.schema_words import (
    BAD_VALUE,
    Compile,
    Faults,
    Maker,
    Rule,
    Schema,
    listed,
    mapping,
    words,
)
from db.embedded.values import Document


class _Parts:
    """The schemas of one keyword."""

    def __init__(self, keyword: str, stated: object, compile_: Compile) -> None:
        schemas = listed(stated, keyword, empty=BAD_VALUE)
        self._keyword = keyword
        self._words = [words(schema) for schema in schemas]
        self._rules = [compile_(schema, keyword) for schema in schemas]

    def outcomes(self, value: object) -> list[Faults]:
        return [rule(value) for rule in self._rules]

    def broken(self, outcomes: list[Faults]) -> Faults:
        """Each schema that was not satisfied, in the words it has for itself."""
        failing: list[Document] = [
            {"index": index, **self._words[index], "details": faults}
            for index, faults in enumerate(outcomes)
            if faults
        ]
        return [{"operatorName": self._keyword, "schemasNotSatisfied": failing}]


def _all_of(stated: object, _schema: Schema, compile_: Compile) -> Rule:
    parts = _Parts("allOf", stated, compile_)

    def rule(value: object) -> Faults:
        outcomes = parts.outcomes(value)
        return parts.broken(outcomes) if any(outcomes) else []

    return rule


def _any_of(stated: object, _schema: Schema, compile_: Compile) -> Rule:
    parts = _Parts("anyOf", stated, compile_)

    def rule(value: object) -> Faults:
        outcomes = parts.outcomes(value)
        return parts.broken(outcomes) if all(outcomes) else []

    return rule


def _one_of(stated: object, _schema: Schema, compile_: Compile) -> Rule:
    parts = _Parts("oneOf", stated, compile_)

    def rule(value: object) -> Faults:
        outcomes = parts.outcomes(value)
        met = [index for index, faults in enumerate(outcomes) if not faults]
        if len(met) == 1:
            return []
        reason = "more than one subschema matched"
        several: Document = {"operatorName": "oneOf", "reason": reason}
        return [{**several, "matchingSchemaIndexes": met}] if met else parts.broken(outcomes)

    return rule


def _not(stated: object, _schema: Schema, compile_: Compile) -> Rule:
    part = compile_(mapping(stated, "not"), "not")

    def rule(value: object) -> Faults:
        if part(value):
            return []
        return [{"operatorName": "not", "reason": "child expression matched"}]

    return rule


LOGIC: dict[str, Maker] = {
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
}
