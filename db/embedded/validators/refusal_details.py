"""Why a validator refuses a document: the clauses that decided it, down to the values."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeGuard

from bson import encode

from db.embedded.errors import Refusal
from db.embedded.expressions.expressions import compile_expression
from db.embedded.finding.matching import compile_filter, is_operator_document
from db.embedded.schemas.schema_rules import compile_schema
from db.embedded.schemas.schema_words import words
from db.embedded.validators.refusal_leaves import leaf, operator_of
from db.embedded.values import CODEC, Document, Missing, too_deep

MOST_BYTES = 4 * 1024 * 1024
"""A document of 16 MB may break many rules; what is told of it must fit into one answer."""

VALUES = frozenset(
    {"specifiedAs", "consideredValue", "consideredValues", "duplicatedValue", "additionalItems"}
)


class Clause(NamedTuple):
    """One condition of a query: a logical operator, or an operator on a path."""

    name: str
    operator: str
    stated: object

    @property
    def query(self) -> Document:
        """The clause alone."""
        return {self.name: self.stated}


def refusal_details(query: Mapping[str, object], document: Document) -> Document:
    """All of it, or as much as fits into an answer."""
    details = explained(query, document)
    if not _fits(details):
        details = without_values(details)
    if _fits(details):
        return details
    return {"reason": "the details of this failure are too large to be told"}


def explained(query: Mapping[str, object], document: Document, *, held: bool = False) -> Document:
    """Why the query does not match, or `held`: why it does where it was not to."""
    clauses = list(_clauses(query))
    if len(clauses) == 1:
        return _of_clause(clauses[0], document, held=held)
    return _of_several("$and", [clause.query for clause in clauses], document, held=held)


def _clauses(query: Mapping[str, object]) -> Iterator[Clause]:
    for name, stated in query.items():
        if name.startswith("$"):
            if name != "$comment":
                yield Clause(name, name, stated)
        elif _states_operators(stated):
            yield from _conditions(name, stated)
        else:
            yield Clause(name, operator_of(stated), stated)


def _states_operators(stated: object) -> TypeGuard[Mapping[str, object]]:
    """A reference to another document begins with a sign as well, but is a value."""
    return isinstance(stated, Mapping) and is_operator_document(stated) and "$ref" not in stated


def _conditions(path: str, stated: Mapping[str, object]) -> Iterator[Clause]:
    for operator, value in stated.items():
        if operator == "$options":
            continue
        with_options = operator == "$regex" and "$options" in stated
        options = {"$options": stated["$options"]} if with_options else {}
        yield Clause(path, operator, {operator: value, **options})


def _of_clause(clause: Clause, document: Document, *, held: bool) -> Document:
    if clause.operator in ("$and", "$or", "$nor") and isinstance(clause.stated, list):
        return _of_several(clause.operator, clause.stated, document, held=held)
    if clause.operator == "$jsonSchema":
        return _of_schema(clause.stated, document, held=held)
    if clause.operator == "$expr":
        return _of_expression(clause.stated, document, held=held)
    if clause.operator == "$not" and isinstance(clause.stated, Mapping):
        return _of_not(clause.name, clause.stated["$not"], document, held=held)
    negated = clause.operator in ("$ne", "$nin")
    return leaf(clause.name, clause.operator, clause.stated, document, held=held is not negated)


def _of_several(
    operator: str, queries: list[Mapping[str, object]], document: Document, *, held: bool
) -> Document:
    """Those clauses that decided it; of a $nor they are the ones that hold."""
    inner_held = held is not (operator == "$nor")
    told: list[Document] = [
        {"index": index, "details": explained(query, document, held=inner_held)}
        for index, query in enumerate(queries)
        if matches(query, document) is inner_held
    ]
    return {"operatorName": operator, f"clauses{'' if held else 'Not'}Satisfied": told}


def matches(query: Mapping[str, object], document: Document) -> bool:
    """Whether a document is accepted. What cannot be worked out for it is no acceptance."""
    try:
        return compile_filter(query)(document)
    except Refusal:
        return False


def _of_schema(schema: object, document: Document, *, held: bool) -> Document:
    told: Document = {"operatorName": "$jsonSchema", **words(schema)}
    if held:
        return {**told, "reason": "schema matched"}
    return {**told, "schemaRulesNotSatisfied": compile_schema(schema)(document)}


def _of_expression(stated: object, document: Document, *, held: bool) -> Document:
    told: Document = {"operatorName": "$expr", "specifiedAs": {"$expr": stated}}
    try:
        result = compile_expression(stated)(document)
    except Refusal as reason:
        why: Document = {"code": reason.code, "codeName": reason.name, "errmsg": reason.message}
        failed: Document = {"reason": "failed to evaluate aggregation expression", "details": why}
        return {**told, **failed}
    shown: Document = {} if isinstance(result, Missing) else {"expressionResult": result}
    return {**told, "reason": f"expression did{'' if held else ' not'} match", **shown}


def _of_not(path: str, stated: object, document: Document, *, held: bool) -> Document:
    return {"operatorName": "$not", "details": explained({path: stated}, document, held=not held)}


def _fits(details: Document) -> bool:
    return not too_deep(details) and len(encode(details, codec_options=CODEC)) <= MOST_BYTES


def without_values(told: Document) -> Document:
    """The same details with nothing of the document in them, which may hold a password."""
    return {name: _shortened(value) for name, value in told.items() if name not in VALUES}


def _shortened(value: object) -> object:
    if isinstance(value, dict):
        return without_values(value)
    return [_shortened(item) for item in value] if isinstance(value, list) else value
