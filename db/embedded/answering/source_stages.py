"""Stages that make documents instead of taking a collection's; each can only come first."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from db.embedded.answering.activity_commands import current_operations_stage
from db.embedded.answering.requests import Request
from db.embedded.answering.statistics_commands import collection_stage, index_stage
from db.embedded.errors import Refusal
from db.embedded.expressions.expressions import compile_expression
from db.embedded.values import Document

Source: TypeAlias = Callable[[Request, object], list[Document]]


def _search_indexes(_: Request, __: object) -> list[Document]:
    raise Refusal(31082, "search indexes exist on MongoDB Atlas alone")


def _stated_documents(_: Request, operand: object) -> list[Document]:
    made = compile_expression(operand)({})
    if not isinstance(made, list) or not all(isinstance(item, dict) for item in made):
        raise Refusal(5858203, "$documents must be an array of objects")
    return made


OF_A_COLLECTION: dict[str, Source] = {
    "$collStats": collection_stage,
    "$indexStats": index_stage,
    "$listSearchIndexes": _search_indexes,
}
OF_THE_SERVER: dict[str, Source] = {
    "$currentOp": current_operations_stage,
    "$documents": _stated_documents,
}


def sourced(request: Request) -> tuple[list[Document], object] | None:
    """The documents a source stage makes, and the stages left; None where no source stage leads."""
    pipeline = request.command.get("pipeline")
    if not isinstance(pipeline, list) or not pipeline or not isinstance(pipeline[0], Mapping):
        return None
    sources = OF_THE_SERVER if request.command[request.name] == 1 else OF_A_COLLECTION
    name, operand = next(iter(pipeline[0].items()), ("", None))
    source = sources.get(name)
    if source is None or len(pipeline[0]) != 1:
        return None
    return source(request, operand), pipeline[1:]
