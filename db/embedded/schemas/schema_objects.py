"""The keywords of `$jsonSchema` for objects: which fields, of what kind, how many, with which."""

import re
from collections.abc import Callable, Collection

from db.embedded.fields.patterns import compile_regex
from db.embedded.schemas.schema_words import (
    TYPE_MISMATCH,
    Compile,
    Faults,
    Maker,
    Rule,
    Schema,
    count,
    fields,
    mapping,
    misstated,
    names,
    words,
)
from db.embedded.values import Document

MEMBERS = frozenset({"properties", "patternProperties", "additionalProperties"})


def members(schema: Schema, compile_: Compile) -> Rule:
    """Fields by name, fields by pattern, and all others, which only the three together can tell."""
    properties = mapping(schema.get("properties", {}), "properties")
    patterns = mapping(schema.get("patternProperties", {}), "patternProperties")
    shapes = [compile_regex(pattern, "") for pattern in patterns]
    rules = [
        _properties(properties, compile_),
        _pattern_properties(patterns, shapes, compile_),
        _others(schema.get("additionalProperties", True), properties.keys(), shapes, compile_),
    ]
    return _on_fields(lambda found: [told for rule in rules for told in rule(found)])


def _on_fields(rule: Callable[[Document], Faults]) -> Rule:
    def on_value(value: object) -> Faults:
        found = fields(value)
        return [] if found is None else rule(found)

    return on_value


def _properties(properties: Schema, compile_: Compile) -> Callable[[Document], Faults]:
    parts = {name: compile_(part, "properties") for name, part in properties.items()}

    def rule(found: Document) -> Faults:
        broken: Faults = [
            {"propertyName": name, **words(properties[name]), "details": faults}
            for name, part in parts.items()
            if name in found and (faults := part(found[name]))
        ]
        return [{"operatorName": "properties", "propertiesNotSatisfied": broken}] if broken else []

    return rule


def _pattern_properties(
    patterns: Schema, shapes: list[re.Pattern[str]], compile_: Compile
) -> Callable[[Document], Faults]:
    parts = [compile_(part, "patternProperties") for part in patterns.values()]
    said = list(zip(patterns, map(words, patterns.values()), shapes, parts, strict=True))

    def rule(found: Document) -> Faults:
        broken: Faults = []
        for pattern, says, shape, part in said:
            failing = _first_failing(found, [n for n in found if shape.search(n)], part)
            if failing:
                name, faults = failing
                broken.append({"propertyName": name, **says, "regexMatched": pattern} | faults)
        return [{"operatorName": "patternProperties", "details": broken}] if broken else []

    return rule


def _first_failing(
    found: Document, chosen: Collection[str], part: Rule
) -> tuple[str, Document] | None:
    for name in chosen:
        if faults := part(found[name]):
            return name, {"details": faults}
    return None


def _others(
    stated: object, named: Collection[str], shapes: list[re.Pattern[str]], compile_: Compile
) -> Callable[[Document], Faults]:
    def others(found: Document) -> list[str]:
        beyond = (name for name in found if name not in named)
        return [name for name in beyond if not any(shape.search(name) for shape in shapes)]

    if stated is True:
        return lambda _: []
    if stated is False:
        return lambda found: _extra(others(found))
    part = compile_(stated, "additionalProperties")

    def rule(found: Document) -> Faults:
        failing = _first_failing(found, others(found), part)
        return [_of_another(stated, *failing)] if failing else []

    return rule


def _extra(extra: list[str]) -> Faults:
    specified: Document = {"additionalProperties": False}
    told: Document = {"operatorName": "additionalProperties", "specifiedAs": specified}
    return [{**told, "additionalProperties": extra}] if extra else []


def _of_another(stated: object, name: str, faults: Document) -> Document:
    reason = "at least one additional property did not match the subschema"
    told: Document = {"operatorName": "additionalProperties", **words(stated), "reason": reason}
    return {**told, "failingProperty": name, **faults}


def _required(stated: object, _schema: Schema, _compile: Compile) -> Rule:
    wanted = names(stated, "required")

    def rule(found: Document) -> Faults:
        missing = [name for name in wanted if name not in found]
        specified: Document = {"required": stated}
        told: Document = {"operatorName": "required", "specifiedAs": specified}
        return [{**told, "missingProperties": missing}] if missing else []

    return _on_fields(rule)


def _field_count(keyword: str, *, least: bool) -> Maker:
    def make(stated: object, _schema: Schema, _compile: Compile) -> Rule:
        limit = count(stated, keyword)

        def rule(found: Document) -> Faults:
            fits = len(found) >= limit if least else len(found) <= limit
            reason = "specified number of properties was not satisfied"
            told: Document = {"operatorName": keyword, "specifiedAs": {keyword: stated}}
            return [] if fits else [{**told, "reason": reason, "numberOfProperties": len(found)}]

        return _on_fields(rule)

    return make


def _dependencies(stated: object, _schema: Schema, compile_: Compile) -> Rule:
    parts = {
        name: _dependency(name, part, compile_)
        for name, part in mapping(stated, "dependencies").items()
    }

    def rule(found: Document) -> Faults:
        failing = [told for name, part in parts.items() if name in found for told in part(found)]
        return [{"operatorName": "dependencies", "failingDependencies": failing}] if failing else []

    return _on_fields(rule)


def _dependency(name: str, stated: object, compile_: Compile) -> Callable[[Document], Faults]:
    told: Document = {"conditionalProperty": name}
    if isinstance(stated, list):
        wanted = names(stated, "dependencies")
        return lambda found: _told_if(
            told, "missingProperties", [n for n in wanted if n not in found]
        )
    if fields(stated) is None:
        wanted_kind = f"property '{name}' must be either an object or an array"
        raise misstated("dependencies", wanted_kind, TYPE_MISMATCH)
    rule = compile_(stated, "dependencies")
    return lambda found: _told_if(told, "details", rule(found))


def _told_if(told: Document, word: str, broken: Collection[object]) -> Faults:
    return [{**told, word: broken}] if broken else []


OBJECTS: dict[str, Maker] = {
    "required": _required,
    "minProperties": _field_count("minProperties", least=True),
    "maxProperties": _field_count("maxProperties", least=False),
    "dependencies": _dependencies,
}
