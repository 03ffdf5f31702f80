"""explain: which index the server would use, and how many documents it would look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from db.embedded.address import PROCESS
from db.embedded.answering.requests import Request
from db.embedded.answering.server_commands import VERSION
from db.embedded.answering.source_stages import sourced
from db.embedded.answering.statistics_commands import HOST
from db.embedded.answering.write_commands import check_hint
from db.embedded.errors import Refusal
from db.embedded.finding.matching import compile_filter
from db.embedded.holding.collection import Collection
from db.embedded.holding.indexes import Index
from db.embedded.pipelines.aggregating import Pipeline
from db.embedded.values import Document

VERBOSITIES = ("queryPlanner", "executionStats", "allPlansExecution")
_FILTERS = {"find": "filter", "count": "query", "distinct": "query", "findandmodify": "query"}
_STATEMENTS = {"update": "updates", "delete": "deletes"}


@dataclass(frozen=True, slots=True)
class Question:
    """What an explained command looks for."""

    query: Mapping[str, object]
    skip: int = 0
    limit: int | None = None
    sort: Mapping[str, object] | None = None
    projection: object = None
    hint: object = None
    on_top: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What looking came to."""

    keys: int
    examined: int
    returned: int
    took_ms: int


def explain(request: Request, verbosity: object) -> Document:
    """The plan of the command in `request`, and with executionStats what it came to."""
    if verbosity not in VERBOSITIES:
        raise Refusal(2, f"verbosity must be one of {', '.join(VERBOSITIES)}, found {verbosity!r}")
    if request.name.lower() == "aggregate":
        shown = _aggregation(request, str(verbosity))
    else:
        shown = _answer(request, _question(request), str(verbosity))
    server: Document = {"host": HOST, "version": VERSION, "gitVersion": PROCESS}
    asked = {word: value for word, value in request.command.items() if word != "lsid"}
    return {"explainVersion": "1", **shown, "command": asked, "serverInfo": server, "ok": 1.0}


def _question(request: Request) -> Question:
    name = request.name.lower()
    if name in _STATEMENTS:
        return _question_of_statement(request, name)
    if name not in _FILTERS:
        raise Refusal(59, f"Explain failed due to unknown command: {request.name}")
    return Question(
        query=request.mapping(_FILTERS[name]),
        skip=request.whole("skip") or 0,
        limit=1 if name == "findandmodify" else request.whole("limit") or None,
        sort=request.mapping("sort"),
        projection=request.command.get("projection"),
        hint=request.command.get("hint"),
        on_top={"count": "COUNT", "findandmodify": "UPDATE"}.get(name, ""),
    )


def _question_of_statement(request: Request, name: str) -> Question:
    statements = request.documents(_STATEMENTS[name])
    if len(statements) != 1:
        raise Refusal(72, "explained write batches must be of size 1")
    (statement,) = statements
    query = statement.get("q")
    if not isinstance(query, Mapping):
        raise Refusal(14, "'q' must be an object")
    single = statement.get("limit") == 1 if name == "delete" else not statement.get("multi")
    limit = 1 if single else None
    return Question(query, limit=limit, hint=statement.get("hint"), on_top=name.upper())


def _answer(request: Request, question: Question, verbosity: str) -> Document:
    collection = request.engine.find(request.database, request.target())
    check_hint(collection, question.hint)
    compile_filter(question.query)
    plan = _stages(collection, question)
    planner: Document = {
        "namespace": f"{request.database}.{request.target()}",
        "parsedQuery": dict(question.query),
        "indexFilterSet": False,
        "winningPlan": plan,
        "rejectedPlans": [],
    }
    if verbosity == "queryPlanner":
        return {"queryPlanner": planner}
    figures = _figures(plan, _look(request, collection, question), question)
    if verbosity == "allPlansExecution":
        figures["allPlansExecution"] = []
    return {"queryPlanner": planner, "executionStats": figures}


def _stages(collection: Collection | None, question: Question) -> Document:
    if collection is None:
        return {"stage": "EOF"}
    stage = _way(collection, question.query)
    if question.sort and "$natural" not in question.sort:
        stage = {"stage": "SORT", "sortPattern": dict(question.sort), "inputStage": stage}
    if question.skip:
        stage = {"stage": "SKIP", "skipAmount": question.skip, "inputStage": stage}
    if question.limit and not question.on_top:
        stage = {"stage": "LIMIT", "limitAmount": question.limit, "inputStage": stage}
    if question.projection:
        shape = question.projection
        stage = {"stage": "PROJECTION_DEFAULT", "transformBy": shape, "inputStage": stage}
    return {"stage": question.on_top, "inputStage": stage} if question.on_top else stage


def _way(collection: Collection, query: Mapping[str, object]) -> Document:
    found = collection.plan(query)
    if found is None:
        return _scan(query)
    branches = query.get("$or")
    rest = {word: value for word, value in query.items() if word != "$or"}
    if not isinstance(branches, list) or collection.plan(rest) is not None:
        return _fetch(found[0], query)
    ways: list[Document] = [_way(collection, branch) for branch in branches]
    inner: Document = {"stage": "OR", "inputStages": ways}
    return {"stage": "FETCH", "filter": dict(query), "inputStage": inner}


def _scan(query: Mapping[str, object]) -> Document:
    said: Document = {"filter": dict(query)} if query else {}
    return {"stage": "COLLSCAN", **said, "direction": "forward"}


def _fetch(index: Index, query: Mapping[str, object]) -> Document:
    keys: Document = {
        "stage": "IXSCAN",
        "keyPattern": index.pattern,
        "indexName": index.name,
        "isUnique": index.unique,
        "isSparse": index.sparse,
        "isPartial": "partialFilterExpression" in index.specification,
        "indexVersion": 2,
        "direction": "forward",
    }
    return {"stage": "FETCH", "filter": dict(query), "inputStage": keys}


def _look(request: Request, collection: Collection | None, question: Question) -> Look:
    started_s = request.now_s()
    if collection is None:
        return Look(0, 0, 0, 0)
    found = collection.plan(question.query)
    records = sorted(found[1]) if found else list(collection.documents)
    examined, returned = _counted(collection, records, question)
    took_ms = int((request.now_s() - started_s) * 1000)
    return Look(len(found[1]) if found else 0, examined, returned, took_ms)


def _counted(collection: Collection, records: list[int], question: Question) -> tuple[int, int]:
    """Without a sort the look ends as soon as enough are found."""
    wanted = compile_filter(question.query)
    enough = None if question.sort or not question.limit else question.skip + question.limit
    examined = matched = 0
    for record in records:
        examined, matched = examined + 1, matched + wanted(collection.documents[record])
        if matched == enough:
            break
    left = max(0, matched - question.skip)
    return examined, left if question.limit is None else min(left, question.limit)


def _figures(plan: Document, look: Look, question: Question) -> Document:
    counted: Document = {
        "nReturned": 0 if question.on_top else look.returned,
        "executionTimeMillis": look.took_ms,
        "totalKeysExamined": look.keys,
        "totalDocsExamined": look.examined,
    }
    stages = _with_figures(plan, look)
    return {"executionSuccess": True, **counted, "executionStages": stages}


def _with_figures(stage: Document, look: Look) -> Document:
    name, inner = stage["stage"], stage.get("inputStage")
    shown: Document = {**stage, "nReturned": look.returned}
    if name in ("COUNT", "UPDATE", "DELETE"):
        shown = {**stage, "nReturned": 0, "nMatched": look.returned}
    elif name in ("COLLSCAN", "FETCH"):
        shown["docsExamined"] = look.examined
    elif name == "IXSCAN":
        shown = {**stage, "nReturned": look.keys, "keysExamined": look.keys}
    return {**shown, "inputStage": _with_figures(inner, look)} if isinstance(inner, dict) else shown


def _aggregation(request: Request, verbosity: str) -> Document:
    pipeline = request.command.get("pipeline")
    if not isinstance(pipeline, list):
        raise Refusal(14, "'pipeline' must be an array")
    source = sourced(request)
    if source is not None:
        return {"stages": pipeline}
    first = pipeline[0] if pipeline else None
    query = first.get("$match") if isinstance(first, Mapping) and len(first) == 1 else None
    rest = pipeline[1:] if isinstance(query, Mapping) else pipeline
    question = Question(query if isinstance(query, Mapping) else {})
    Pipeline(request.engine, request.database).run([], rest)
    cursor = _answer(request, question, verbosity)
    return {"stages": [{"$cursor": cursor}, *rest]} if rest else cursor
