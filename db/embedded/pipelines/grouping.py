"""$group: documents with the same key, and what is gathered over them."""

from collections.abc import Mapping
from typing import TypeAlias

from db.embedded.errors import Refusal, not_implemented
from db.embedded.expressions.expressions import Expression, compile_expression
from db.embedded.expressions.gathering import IN_GROUPS, Gather
from db.embedded.values import Document, Key, Missing, key_of

Fields: TypeAlias = dict[str, tuple[Gather, Expression]]

_ABSENT = frozenset(
    {
        "$accumulator", "$bottom", "$bottomN", "$firstN", "$lastN", "$maxN", "$median", "$minN",
        "$percentile", "$top", "$topN",
    }
)  # fmt: skip


def group(documents: list[Document], operand: object) -> list[Document]:
    """One document for each key, in the order the keys were first seen."""
    if not isinstance(operand, Mapping) or "_id" not in operand:
        raise Refusal(15955, "a group specification must be an object with an _id")
    identity = compile_expression(operand["_id"])
    fields = accumulators({name: said for name, said in operand.items() if name != "_id"})
    members: dict[Key, list[Document]] = {}
    names: dict[Key, object] = {}
    for document in documents:
        value = identity(document)
        shown = None if isinstance(value, Missing) else value
        names.setdefault(key_of(shown), shown)
        members.setdefault(key_of(shown), []).append(document)
    return [gathered(names[key], found, fields) for key, found in members.items()]


def accumulators(stated: Mapping[str, object]) -> Fields:
    """What is gathered under which name."""
    return {name: _accumulator(name, said) for name, said in stated.items()}


def gathered(identity: object, members: list[Document], fields: Fields) -> Document:
    """One document for one group."""
    values = {
        name: gather([part(member) for member in members])
        for name, (gather, part) in fields.items()
    }
    return {"_id": identity, **values}


def _accumulator(name: str, stated: object) -> tuple[Gather, Expression]:
    if "." in name or name.startswith("$"):
        raise Refusal(40235, f"The field name '{name}' cannot be used in $group")
    if not isinstance(stated, Mapping) or len(stated) != 1:
        raise Refusal(40234, f"The field '{name}' must be an accumulator object")
    word, operand = next(iter(stated.items()))
    if word == "$count":
        return len, compile_expression(1)
    if word in _ABSENT:
        raise not_implemented(f"the group operator {word}")
    if word not in IN_GROUPS:
        raise Refusal(15952, f"unknown group operator '{word}'")
    return IN_GROUPS[word], compile_expression(operand)
