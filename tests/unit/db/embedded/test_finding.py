"""An index makes a search shorter, never different."""

from typing import Any

import pytest
from bson import Decimal128
from hypothesis import given, settings
from hypothesis import strategies as st

from db.embedded.errors import Refusal
from db.embedded.finding.matching import compile_filter
from db.embedded.holding.collection import Collection

Doc = dict[str, Any]


class Recorder:
    """Counts records up; nothing is kept."""

    def __init__(self) -> None:
        self.last = 0
        self.kept: dict[int, bytes] = {}

    def next_record(self) -> int:
        self.last += 1
        return self.last

    def put(self, collection: int, record: int, body: bytes) -> None:
        self.kept[record] = body

    def remove(self, record: int) -> None:
        del self.kept[record]

    def describe(self, collection: int, description: Doc) -> None:
        pass


def an_index(*paths: str, **options: Any) -> Doc:
    name = "_".join([*paths, *map(str, options)])
    return {"key": dict.fromkeys(paths, 1), "name": name, **options}


def a_collection(*indexes: Doc) -> Collection:
    stated = [{"key": {"_id": 1}, "name": "_id_"}, *indexes]
    return Collection(1, "d.t", {"uuid": b"", "indexes": stated})


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.sampled_from([1.0, 1.5, -0.0, float("nan"), Decimal128("1"), "", "x", "xy", "y", "€"])
)
INNER = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.sampled_from("ab"), SCALARS)
VALUES = INNER | st.lists(INNER, max_size=3) | st.dictionaries(st.sampled_from("ab"), INNER)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)
PATHS = st.sampled_from(["a", "b", "c", "a.a", "a.b", "b.a", "a.0"])
CONDITIONS = (
    VALUES
    | st.builds(lambda v: {"$eq": v}, VALUES)
    | st.builds(lambda v: {"$in": v}, st.lists(VALUES, max_size=3))
    | st.builds(lambda v: {"$nin": v}, st.lists(SCALARS, max_size=3))
    | st.builds(lambda v: {"$ne": v}, VALUES)
    | st.dictionaries(
        st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), SCALARS, min_size=1, max_size=2
    )
    | st.booleans().map(lambda v: {"$exists": v})
)
PLAIN = st.dictionaries(PATHS, CONDITIONS, max_size=3)
QUERIES = (
    PLAIN
    | st.builds(lambda a, b: {"$and": [a, b]}, PLAIN, PLAIN)
    | st.builds(lambda a, b, c: {**c, "$or": [a, b]}, PLAIN, PLAIN, PLAIN)
)
INDEXES = [
    an_index("a"), an_index("a", "b"), an_index("b", "a", "c"), an_index("a.b"),
    an_index("a.a", "a.b"), an_index("b.a", "c"), an_index("a.0"), an_index("a", sparse=True),
    an_index("b", "c", sparse=True),
    an_index("a", "c", partialFilterExpression={"a": {"$exists": True}}),
    an_index("c", partialFilterExpression={"b": {"$gt": 0}}),
    an_index("c", "b", partialFilterExpression={"a": None}),
]  # fmt: skip


@settings(max_examples=2 * settings.default.max_examples)
@given(
    st.lists(st.sampled_from(INDEXES), max_size=3, unique_by=str),
    st.lists(DOCUMENTS, max_size=8),
    st.lists(QUERIES, min_size=1, max_size=4),
)
def test_a_search_finds_with_indexes_what_it_finds_without(
    indexes: list[Doc], documents: list[Doc], queries: list[Doc]
) -> None:
    collection, recorder = a_collection(*indexes), Recorder()
    for number, document in enumerate(documents):
        insert_if_indexable(collection, {"_id": number, **document}, recorder)
    for query in queries:
        wanted = compile_filter(query)
        expected = [r for r, document in collection.documents.items() if wanted(document)]
        assert list(collection.matching(query)) == expected


ODD: list[tuple[Doc, Doc, Doc]] = [
    (an_index("a.0"), {"a": [[1]]}, {"a.0": {"$ne": 1}}),
    (an_index("a.0"), {"a": [[1]]}, {"a.0": {"$nin": [1, 2]}}),
    (an_index("a"), {"a": 5, "": 2}, {"a": 5, "": {"$gt": 1}}),
]


@pytest.mark.parametrize(("index", "document", "query"), ODD, ids=["ne", "nin", "no name"])
def test_an_index_does_not_hide_an_odd_document(index: Doc, document: Doc, query: Doc) -> None:
    collection = a_collection(index)
    collection.insert({"_id": 1, **document}, Recorder())
    assert compile_filter(query)(document)
    assert len(list(collection.matching(query))) == 1


def insert_if_indexable(collection: Collection, document: Doc, recorder: Recorder) -> None:
    try:
        collection.insert(document, recorder)
    except Refusal as refused:
        if refused.code != 171:
            raise


@given(
    st.lists(st.sampled_from(INDEXES), max_size=3, unique_by=str), st.lists(DOCUMENTS, max_size=6)
)
def test_what_is_indexed_while_writing_is_what_a_restart_would_index(
    indexes: list[Doc], documents: list[Doc]
) -> None:
    collection, recorder = a_collection(*indexes), Recorder()
    for number, document in enumerate(documents):
        insert_if_indexable(collection, {"_id": number, **document}, recorder)
    for record, document in zip(list(collection.documents), reversed(documents), strict=False):
        replace_if_indexable(collection, record, document, recorder)
    for record in list(collection.documents)[::3]:
        collection.remove(record, recorder)
    again = a_collection(*indexes)
    for record, body in recorder.kept.items():
        again.load(record, body)
    again.loaded()
    assert dict(collection.documents.bodies()) == recorder.kept
    for name, index in collection.indexes.items():
        assert index.held() == again.indexes[name].held()


def replace_if_indexable(
    collection: Collection, record: int, document: Doc, recorder: Recorder
) -> None:
    identity = collection.documents[record]["_id"]
    try:
        collection.replace(record, {"_id": identity, **document}, recorder)
    except Refusal as refused:
        if refused.code != 171:
            raise


@pytest.mark.parametrize(
    ("query", "looked_at"),
    [
        ({"account": "a3"}, 10),
        ({"account": "a3", "event": 33}, 1),
        ({"account": {"$in": ["a3", "a4"]}}, 20),
        ({"account": "a3", "time": {"$gte": 43}}, 6),
        ({"account": "a3", "time": {"$gt": 3, "$lt": 23}}, 3),
        ({"status": {"$ne": "done"}}, 2),
        ({"status": {"$nin": ["done", "pending"]}}, 1),
        ({"$or": [{"event": 5, "account": "a5"}, {"status": "pending"}]}, 2),
        ({"$and": [{"account": "a3"}, {"time": 33}]}, 1),
        ({"event": 33}, None),
    ],
    ids=str,
)
def test_a_search_by_the_first_fields_of_an_index_looks_at_few_documents(
    query: Doc, looked_at: int | None
) -> None:
    collection, recorder = (
        a_collection(
            an_index("account", "event"), an_index("account", "time"), an_index("status", "time")
        ),
        Recorder(),
    )
    for n in range(100):
        status = {1: "pending", 2: "odd"}.get(n, "done")
        document = {"_id": n, "account": f"a{n % 10}", "event": n, "time": n, "status": status}
        collection.insert(document, recorder)
    plan = collection.plan(query)
    assert (None if plan is None else len(plan[1])) == looked_at


def test_elements_of_one_array_are_paired_within_each_element() -> None:
    collection, recorder = a_collection(an_index("legs.id", "legs.v", unique=True)), Recorder()
    legs = [{"id": 1, "v": 1}, {"id": 2, "v": 2}]
    collection.insert({"_id": 1, "legs": legs}, recorder)
    collection.insert({"_id": 2, "legs": [{"id": 1, "v": 2}]}, recorder)
    with pytest.raises(Refusal, match="E11000"):
        collection.insert({"_id": 3, "legs": [{"id": 9, "v": 9}, {"id": 2, "v": 2}]}, recorder)
    found = collection.find({"legs.id": 1, "legs.v": 2})
    assert [document["_id"] for _, document in found] == [1, 2]


def test_two_arrays_in_one_index_are_refused_as_by_mongodb() -> None:
    collection, recorder = a_collection(an_index("a", "b")), Recorder()
    with pytest.raises(Refusal, match="parallel arrays") as refused:
        collection.insert({"a": [1, 2], "b": [3]}, recorder)
    assert (refused.value.code, refused.value.name) == (171, "CannotIndexParallelArrays")
    assert len(collection.documents) == 0
