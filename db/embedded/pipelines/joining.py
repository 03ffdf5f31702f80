"""$lookup: documents of another collection beside each document."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from db.embedded.errors import Refusal, not_implemented
from db.embedded.expressions.expressions import Cell, compile_expression, naming
from db.embedded.fields.paths import candidates, values_at
from db.embedded.fields.places import Parts
from db.embedded.values import Document, key_of, type_name

Documents: TypeAlias = list[Document]
Run: TypeAlias = Callable[[Documents, object], Documents]
_BY_FIELDS = frozenset({"from", "localField", "foreignField", "as"})
_WORDS = _BY_FIELDS | {"let", "pipeline"}


def lookup(
    documents: Documents, operand: object, source: Callable[[str], Documents], run: Run
) -> Documents:
    """Each document with a list of what belongs to it."""
    stated = _checked(operand)
    name = str(stated["as"])
    others = source(str(stated["from"]))
    by_fields = "localField" in stated
    chosen = _by_fields(stated, others) if by_fields else (lambda _: others)
    if "pipeline" not in stated:
        return [{**document, name: chosen(document)} for document in documents]
    return [
        {**document, name: _through_pipeline(stated, document, chosen(document), run)}
        for document in documents
    ]


def _checked(operand: object) -> Mapping[str, object]:
    if not isinstance(operand, Mapping) or "as" not in operand:
        raise Refusal(9, "must specify 'as' field for a $lookup")
    if "from" not in operand:
        raise not_implemented("$lookup without 'from'")
    for word in operand:
        if word not in _WORDS:
            raise Refusal(9, f"unknown argument to $lookup: {word}")
    if ("localField" in operand) != ("foreignField" in operand):
        raise Refusal(9, "$lookup requires both or neither of 'localField' and 'foreignField'")
    if "localField" not in operand and "pipeline" not in operand:
        raise Refusal(9, "$lookup requires either 'pipeline' or 'localField' and 'foreignField'")
    _check_texts(operand)
    return operand


def _check_texts(operand: Mapping[str, object]) -> None:
    for word in _BY_FIELDS & operand.keys():
        if not isinstance(operand[word], str):
            found = type_name(operand[word])
            raise Refusal(9, f"$lookup argument '{word}' must be a string, is type {found}")
    if "." in str(operand["as"]) or str(operand["as"]).startswith("$"):
        raise not_implemented("$lookup into a nested field")


def _by_fields(stated: Mapping[str, object], others: Documents) -> Callable[[Document], Documents]:
    local = tuple(str(stated["localField"]).split("."))
    by_key = _by_key(others, tuple(str(stated["foreignField"]).split(".")))
    return lambda document: _joined(document, local, by_key)


def _by_key(documents: Documents, parts: Parts) -> dict[object, dict[int, Document]]:
    found: dict[object, dict[int, Document]] = {}
    for place, document in enumerate(documents):
        for value in candidates(document, parts):
            found.setdefault(key_of(value), {})[place] = document
    return found


def _joined(
    document: Document, parts: Parts, by_key: dict[object, dict[int, Document]]
) -> Documents:
    """An array joins by its elements; a missing field joins what is null or missing."""
    found: dict[int, Document] = {}
    for value in list(values_at(document, parts)) or [None]:
        for item in value if isinstance(value, list) else [value]:
            found.update(by_key.get(key_of(item), {}))
    return [found[place] for place in sorted(found)]


def _through_pipeline(
    stated: Mapping[str, object], document: Document, chosen: Documents, run: Run
) -> Documents:
    variables = stated.get("let", {})
    if not isinstance(variables, Mapping):
        raise Refusal(9, "$lookup argument 'let' must be an object")
    cells = {name: Cell() for name in variables}
    for name, said in variables.items():
        cells[name].value = compile_expression(said)(document)
    with naming(cells):
        return run(chosen, stated["pipeline"])


def compile_union(operand: object) -> tuple[str, object]:
    """$unionWith: the other collection, and what is done to it first."""
    if isinstance(operand, str):
        return operand, []
    if not isinstance(operand, Mapping) or not set(operand) <= {"coll", "pipeline"}:
        raise Refusal(9, "$unionWith takes a collection's name, or coll and pipeline")
    if not isinstance(operand.get("coll"), str):
        raise not_implemented("$unionWith without a collection")
    return str(operand["coll"]), operand.get("pipeline", [])
