"""The manual's "Update Operators": fields, arrays, modifiers, bitwise; "Update with Aggregation
Pipeline", and which updates are refused."""

from datetime import datetime
from typing import Any

import pytest
from bson import Decimal128, Int64, Timestamp
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from db.embedded.values import identical
from tests.contract.mongodb.tables import rows

C = Collection[dict[str, Any]]
Changes = dict[str, Any]

ON_FIELDS: list[tuple[Changes, Changes, Changes]] = [
    ({"a": 1}, {"$set": {"a": 2, "b": 3}}, {"a": 2, "b": 3}),
    ({"a": 1}, {"$set": {"a": {"x": [1]}}}, {"a": {"x": [1]}}),
    ({"a": {"x": 1}}, {"$set": {"a.y": 2}}, {"a": {"x": 1, "y": 2}}),
    ({}, {"$set": {"a.b.c": 1}}, {"a": {"b": {"c": 1}}}),
    ({}, {"$set": {"a.0": 1}}, {"a": {"0": 1}}),
    ({"a": [1, 2]}, {"$set": {"a.0": 9}}, {"a": [9, 2]}),
    ({"a": [1]}, {"$set": {"a.3": 9}}, {"a": [1, None, None, 9]}),
    ({"a": [{"b": 1}]}, {"$set": {"a.0.b": 2, "a.0.c": 3}}, {"a": [{"b": 2, "c": 3}]}),
    ({"a": 1}, {"$set": {"a": None}}, {"a": None}),
    ({}, {"$set": {"b": 1, "a": 1}}, {"a": 1, "b": 1}),
    ({"a": 1, "b": 2}, {"$unset": {"a": ""}}, {"b": 2}),
    ({"a": {"x": 1, "y": 2}}, {"$unset": {"a.x": 1}}, {"a": {"y": 2}}),
    ({"a": [1, 2, 3]}, {"$unset": {"a.1": 1}}, {"a": [1, None, 3]}),
    ({"a": 1}, {"$unset": {"b.c": 1, "z": 1}}, {"a": 1}),
    ({"a": 1}, {"$rename": {"a": "b"}}, {"b": 1}),
    ({"a": 1, "b": 2}, {"$rename": {"a": "b"}}, {"b": 1}),
    ({"a": {"x": 1}}, {"$rename": {"a.x": "b.y"}}, {"a": {}, "b": {"y": 1}}),
    ({"a": 1}, {"$rename": {"z": "b"}}, {"a": 1}),
    ({"a": 1}, {"$inc": {"a": 2}}, {"a": 3}),
    ({}, {"$inc": {"a": -2}}, {"a": -2}),
    ({"a": 1}, {"$inc": {"a": 0.5}}, {"a": 1.5}),
    ({"a": 1}, {"$inc": {"a": Int64(1)}}, {"a": Int64(2)}),
    ({"a": 2**31 - 1}, {"$inc": {"a": 1}}, {"a": Int64(2**31)}),
    ({"a": -(2**31)}, {"$inc": {"a": -1}}, {"a": Int64(-(2**31) - 1)}),
    ({"a": 1.5}, {"$inc": {"a": 1}}, {"a": 2.5}),
    ({"a": Decimal128("1.10")}, {"$inc": {"a": 1}}, {"a": Decimal128("2.10")}),
    ({"a": 1}, {"$inc": {"a": Decimal128("0.10")}}, {"a": Decimal128("1.10")}),
    ({"a": {"b": 1}}, {"$inc": {"a.b": 1, "a.c": 5}}, {"a": {"b": 2, "c": 5}}),
    ({"a": [1, 2]}, {"$inc": {"a.1": 5}}, {"a": [1, 7]}),
    ({"a": 5}, {"$mul": {"a": 3}}, {"a": 15}),
    ({"a": 5}, {"$mul": {"a": 0.5}}, {"a": 2.5}),
    ({}, {"$mul": {"a": 5}}, {"a": 0}),
    ({}, {"$mul": {"a": Int64(5)}}, {"a": Int64(0)}),
    ({}, {"$mul": {"a": 2.5}}, {"a": 0.0}),
    ({"a": 2**30}, {"$mul": {"a": 4}}, {"a": Int64(2**32)}),
    ({"a": Decimal128("1.5")}, {"$mul": {"a": 2}}, {"a": Decimal128("3.0")}),
    ({"a": 5}, {"$min": {"a": 3}}, {"a": 3}),
    ({"a": 5}, {"$min": {"a": 7}}, {"a": 5}),
    ({"a": 5}, {"$max": {"a": 7, "b": 1}}, {"a": 7, "b": 1}),
    ({"a": 5}, {"$max": {"a": "text"}}, {"a": "text"}),
    ({"a": 5}, {"$min": {"a": None}}, {"a": None}),
    ({"a": 5}, {"$max": {"a": 5.0}}, {"a": 5}),
    ({"a": 13}, {"$bit": {"a": {"and": 10}}}, {"a": 8}),
    ({"a": 3}, {"$bit": {"a": {"or": 5}}}, {"a": 7}),
    ({"a": 1}, {"$bit": {"a": {"xor": 5}}}, {"a": 4}),
    ({"a": Int64(13)}, {"$bit": {"a": {"and": 10}}}, {"a": Int64(8)}),
    ({"a": 13}, {"$bit": {"a": {"and": Int64(10)}}}, {"a": Int64(8)}),
    ({}, {"$bit": {"a": {"or": 5}}}, {"a": 5}),
    ({"a": 1}, {"$set": {"b": 2}, "$inc": {"a": 1}, "$unset": {"c": 1}}, {"a": 2, "b": 2}),
    ({"a": 1}, {"$setOnInsert": {"a": 9}}, {"a": 1}),
    ({"b": 1, "a": 2}, {"$set": {"b": 5}}, {"b": 5, "a": 2}),
    ({"a": 1}, {"$set": {}}, {"a": 1}),
]  # fmt: skip

ON_ARRAYS: list[tuple[Changes, Changes, Changes]] = [
    ({"l": [1]}, {"$push": {"l": 2}}, {"l": [1, 2]}),
    ({}, {"$push": {"l": 2}}, {"l": [2]}),
    ({"l": [1]}, {"$push": {"l": [2, 3]}}, {"l": [1, [2, 3]]}),
    ({"l": [1]}, {"$push": {"l": {"$each": [2, 3]}}}, {"l": [1, 2, 3]}),
    ({"l": [1]}, {"$push": {"l": {"$each": []}}}, {"l": [1]}),
    ({"l": [1, 2]}, {"$push": {"l": {"$each": [0], "$position": 0}}}, {"l": [0, 1, 2]}),
    ({"l": [1, 2]}, {"$push": {"l": {"$each": [9], "$position": 9}}}, {"l": [1, 2, 9]}),
    ({"l": [1, 2]}, {"$push": {"l": {"$each": [9], "$position": -1}}}, {"l": [1, 9, 2]}),
    ({"l": [1, 2]}, {"$push": {"l": {"$each": [3], "$slice": -2}}}, {"l": [2, 3]}),
    ({"l": [1, 2]}, {"$push": {"l": {"$each": [3], "$slice": 2}}}, {"l": [1, 2]}),
    ({"l": [1, 2]}, {"$push": {"l": {"$each": [3], "$slice": 0}}}, {"l": []}),
    ({"l": [1, 2]}, {"$push": {"l": {"$each": [], "$slice": -1}}}, {"l": [2]}),
    ({"l": [3, 1]}, {"$push": {"l": {"$each": [2], "$sort": 1}}}, {"l": [1, 2, 3]}),
    ({"l": [3, 1]}, {"$push": {"l": {"$each": [2], "$sort": -1, "$slice": 2}}}, {"l": [3, 2]}),
    ({"l": [{"q": 2, "n": 1}]}, {"$push": {"l": {"$each": [{"q": 1, "n": 2}], "$sort": {"q": 1}}}},
     {"l": [{"q": 1, "n": 2}, {"q": 2, "n": 1}]}),
    ({"l": [1]}, {"$addToSet": {"l": 1}}, {"l": [1]}),
    ({"l": [1]}, {"$addToSet": {"l": 1.0}}, {"l": [1]}),
    ({"l": [1]}, {"$addToSet": {"l": 2}}, {"l": [1, 2]}),
    ({}, {"$addToSet": {"l": {"$each": [2, 2, 3]}}}, {"l": [2, 3]}),
    ({"l": [{"a": 1, "b": 2}]}, {"$addToSet": {"l": {"b": 2, "a": 1}}},
     {"l": [{"a": 1, "b": 2}, {"b": 2, "a": 1}]}),
    ({"l": [1]}, {"$addToSet": {"l": [1]}}, {"l": [1, [1]]}),
    ({"l": [1, 2, 3]}, {"$pop": {"l": 1}}, {"l": [1, 2]}),
    ({"l": [1, 2, 3]}, {"$pop": {"l": -1}}, {"l": [2, 3]}),
    ({"l": []}, {"$pop": {"l": 1}}, {"l": []}),
    ({}, {"$pop": {"l": 1}}, {}),
    ({"l": [1, 2, 1]}, {"$pull": {"l": 1}}, {"l": [2]}),
    ({"l": [1, 5, 9]}, {"$pull": {"l": {"$gte": 5}}}, {"l": [1]}),
    ({"l": ["a", "b", "c"]}, {"$pull": {"l": {"$in": ["a", "c"]}}}, {"l": ["b"]}),
    ({"l": [{"v": 1, "t": 1}, {"v": 2}]}, {"$pull": {"l": {"v": 1}}}, {"l": [{"v": 2}]}),
    ({"l": [{"v": 1, "t": 1}, {"v": 1, "t": 2}]}, {"$pull": {"l": {"v": 1, "t": {"$gt": 1}}}},
     {"l": [{"v": 1, "t": 1}]}),
    ({"l": [{"v": [{"q": 1}]}, {"v": [{"q": 2}]}]},
     {"$pull": {"l": {"v": {"$elemMatch": {"q": 1}}}}}, {"l": [{"v": [{"q": 2}]}]}),
    ({"l": [[1, 2], [3]]}, {"$pull": {"l": [1, 2]}}, {"l": [[3]]}),
    ({}, {"$pull": {"l": 1}}, {}),
    ({"l": [1, 2, 3, 1.0]}, {"$pullAll": {"l": [1, 3]}}, {"l": [2]}),
    ({"l": [{"a": 1}, {"a": 2}]}, {"$pullAll": {"l": [{"a": 1}]}}, {"l": [{"a": 2}]}),
    ({"l": [1, 2]}, {"$set": {"l.$[]": 0}}, {"l": [0, 0]}),
    ({"l": [{"v": 1}, {"v": 2}]}, {"$inc": {"l.$[].v": 10}}, {"l": [{"v": 11}, {"v": 12}]}),
    ({"l": [[1, 2], [3]]}, {"$inc": {"l.$[].$[]": 1}}, {"l": [[2, 3], [4]]}),
    ({"l": [{"m": [1]}, {"m": []}]}, {"$push": {"l.$[].m": 9}}, {"l": [{"m": [1, 9]}, {"m": [9]}]}),
]  # fmt: skip


@pytest.mark.parametrize(("before", "update", "after"), rows([*ON_FIELDS, *ON_ARRAYS], 2))
def test_an_update_makes_of_a_document(
    c: C, before: Changes, update: Changes, after: Changes
) -> None:
    c.insert_one({"_id": 1, **before})

    result = c.update_one({"_id": 1}, update)

    found = c.find_one() or {}
    assert found == {"_id": 1, **after}
    assert all(identical(found[name], after[name]) for name in after), found
    assert list(found)[1:] == list(after)
    changed = before != after or not identical(before, after)
    assert (result.matched_count, result.modified_count) == (1, int(changed))


FILTERED: list[tuple[Changes, Changes, list[Changes], Changes]] = [
    ({"l": [90, 102, 95]}, {"$set": {"l.$[x]": 100}}, [{"x": {"$gte": 95}}],
     {"l": [90, 100, 100]}),
    ({"l": [{"v": 1, "n": 0}, {"v": 2, "n": 0}]}, {"$inc": {"l.$[x].n": 5}}, [{"x.v": 2}],
     {"l": [{"v": 1, "n": 0}, {"v": 2, "n": 5}]}),
    ({"l": [{"v": 1, "t": "a"}, {"v": 1, "t": "b"}]}, {"$set": {"l.$[x].hit": 1}},
     [{"x.v": 1, "x.t": "b"}], {"l": [{"v": 1, "t": "a"}, {"v": 1, "t": "b", "hit": 1}]}),
    ({"l": [{"m": [1, 5]}, {"m": [6]}]}, {"$set": {"l.$[].m.$[x]": 0}}, [{"x": {"$gt": 4}}],
     {"l": [{"m": [1, 0]}, {"m": [0]}]}),
    ({"l": [{"k": 1, "m": [1, 5]}, {"k": 2, "m": [5]}]}, {"$set": {"l.$[o].m.$[i]": 0}},
     [{"o.k": 1}, {"i": 5}], {"l": [{"k": 1, "m": [1, 0]}, {"k": 2, "m": [5]}]}),
    ({"l": [1, 2, 3]}, {"$set": {"l.$[x]": 0}}, [{"$or": [{"x": 1}, {"x": 3}]}], {"l": [0, 2, 0]}),
    ({"l": [1, 2, 3]}, {"$unset": {"l.$[x]": 1}}, [{"x": 2}], {"l": [1, None, 3]}),
    ({"l": [1]}, {"$set": {"l.$[x]": 0}}, [{"x": 9}], {"l": [1]}),
]  # fmt: skip


@pytest.mark.parametrize(("before", "update", "filters", "after"), rows(FILTERED, 3))
def test_array_filters_choose_elements(
    c: C, before: Changes, update: Changes, filters: list[Changes], after: Changes
) -> None:
    c.insert_one({"_id": 1, **before})
    c.update_one({"_id": 1}, update, array_filters=filters)
    assert c.find_one() == {"_id": 1, **after}


POSITIONAL: list[tuple[Changes, Changes, list[Any]]] = [
    ({"l": 80}, {"$set": {"l.$": 0}}, [85, 0, 80]),
    ({"l": {"$lt": 85}}, {"$set": {"l.$": 0}}, [85, 0, 80]),
    ({"l": {"$elemMatch": {"$lt": 85, "$gt": 70}}}, {"$inc": {"l.$": 1}}, [85, 81, 80]),
    ({"l": {"$in": [80]}, "_id": 1}, {"$unset": {"l.$": 1}}, [85, None, 80]),
]


@pytest.mark.parametrize(("query", "update", "after"), rows(POSITIONAL, 2))
def test_the_first_element_that_matched_is_changed(
    c: C, query: Changes, update: Changes, after: list[Any]
) -> None:
    c.insert_one({"_id": 1, "l": [85, 80, 80]})
    c.update_one(query, update)
    assert c.find_one() == {"_id": 1, "l": after}


def test_a_field_of_the_element_that_matched_is_changed(c: C) -> None:
    c.insert_one({"_id": 1, "l": [{"g": 80, "s": 8}, {"g": 85, "s": 5}, {"g": 90, "s": 5}]})
    c.update_one({"_id": 1, "l.g": 85}, {"$set": {"l.$.s": 6}})
    c.update_one({"l": {"$elemMatch": {"g": {"$lte": 90}, "s": 5}}}, {"$set": {"l.$.s": 2}})
    assert c.find_one() == {
        "_id": 1,
        "l": [{"g": 80, "s": 8}, {"g": 85, "s": 6}, {"g": 90, "s": 2}],
    }


PIPELINES: list[tuple[Changes, list[Changes], Changes]] = [
    ({"a": 1, "b": 2}, [{"$set": {"c": {"$add": ["$a", "$b"]}}}], {"a": 1, "b": 2, "c": 3}),
    ({"a": 1}, [{"$addFields": {"b.c": "$a"}}], {"a": 1, "b": {"c": 1}}),
    ({"a": 1, "b": 2}, [{"$unset": "a"}], {"b": 2}),
    ({"a": 1, "b": 2}, [{"$unset": ["a", "b"]}], {}),
    ({"a": 1, "b": 2}, [{"$project": {"a": 1}}], {"a": 1}),
    ({"a": {"x": 1}}, [{"$replaceWith": {"$mergeObjects": ["$$ROOT", "$a"]}}],
     {"a": {"x": 1}, "x": 1}),
    ({"a": 5}, [{"$set": {"a": {"$cond": [{"$gt": ["$a", 3]}, "big", "small"]}}}], {"a": "big"}),
    ({"a": 5}, [{"$set": {"a": 6}}, {"$set": {"b": "$a"}}], {"a": 6, "b": 6}),
    ({"l": [1, 2]}, [{"$set": {"n": {"$size": "$l"}}}], {"l": [1, 2], "n": 2}),
    ({"a": "x"}, [{"$set": {"b": {"$literal": "$a"}}}], {"a": "x", "b": "$a"}),
]  # fmt: skip


@pytest.mark.needs("update pipelines")
@pytest.mark.parametrize(("before", "update", "after"), rows(PIPELINES, 2))
def test_an_update_by_pipeline(
    c: C, before: Changes, update: list[Changes], after: Changes
) -> None:
    c.insert_one({"_id": 1, **before})
    c.update_one({}, update)
    assert c.find_one() == {"_id": 1, **after}


REFUSED: list[tuple[Any, int]] = [
    ({"$set": {"_id": 2}}, 66),
    ({"$unset": {"_id": 1}}, 66),
    ({"$inc": {"s": 1}}, 14),
    ({"$inc": {"n": "1"}}, 14),
    ({"$mul": {"s": 2}}, 14),
    ({"$inc": {"nothing": None}}, 14),
    ({"$push": {"s": 1}}, 2),
    ({"$push": {"l": {"$each": 1}}}, 2),
    ({"$addToSet": {"s": 1}}, 2),
    ({"$pull": {"s": 1}}, 2),
    ({"$pop": {"s": 1}}, 14),
    ({"$pop": {"l": 2}}, 9),
    ({"$pullAll": {"l": 1}}, 2),
    ({"$set": {"s.x": 1}}, 28),
    ({"$set": {"l.x": 1}}, 28),
    ({"$set": {"a": 1, "a.b": 2}}, 40),
    ({"$set": {"n": 1}, "$inc": {"n": 1}}, 40),
    ({"$set": {"n": 1}, "$unset": {"n.x": 1}}, 40),
    ({"$rename": {"n": "m"}, "$set": {"m": 1}}, 40),
    ({"$rename": {"n": "n"}}, 2),
    ({"$rename": {"n": 1}}, 2),
    ({"$rename": {"l.0": "m"}}, 2),
    ({"$rename": {"n": "l.0"}}, 2),
    ({"$rename": {"l.$[]": "m"}}, 2),
    ({"$rename": {"n": "l.$[]"}}, 2),
    ({"$rename": {"l.x": "m"}}, 28),
    ({"$rename": {"s.x": "m"}}, 28),
    ({"$pull": {"l.x": 1}}, 28),
    ({"$pull": {"s.x": 1}}, 28),
    ({"$pop": {"s.x": 1}}, 28),
    ({"$pullAll": {"l.01": [2]}}, 28),
    ({"$set": {"l.01": 1}}, 28),
    ({"$frobnicate": {"n": 1}}, 9),
    ({"$set": 1}, 9),
    ({"$set": {"": 1}}, 56),
    ({"$set": {"a..b": 1}}, 56),
    ({"$set": {"l.$.x": 1}}, 2),
    ({"$set": {"l.$[x]": 1}}, 2),
    ({"$set": {"n.$[]": 1}}, 2),
    ({"$bit": {"n": {"not": 1}}}, 2),
    ({"$bit": {"n": {"and": 1.5}}}, 2),
    ({"$bit": {"s": {"and": 1}}}, 2),
    ({"$currentDate": {"n": {"$type": "frobnicate"}}}, 2),
    ({"$inc": {"big": Int64(1)}}, 2),
    ({"$set": {"n": 1}, "x": 1}, 9),
    ([{"$match": {"n": 1}}], 72),
    ([{"$frobnicate": {"n": 1}}], 40324),
]


@pytest.mark.parametrize(("update", "code"), rows(REFUSED))
def test_a_refused_update_changes_nothing(c: C, update: Any, code: int) -> None:
    before = {"_id": 1, "n": 1, "s": "text", "l": [1, 2], "big": Int64(2**63 - 1)}
    c.insert_one(before)
    with pytest.raises(OperationFailure) as refused:
        c.update_one({"_id": 1}, update)
    assert refused.value.code == code
    assert c.find_one() == before


def test_an_array_filter_nobody_uses_is_refused(c: C) -> None:
    c.insert_one({"l": [1]})
    with pytest.raises(OperationFailure) as refused:
        c.update_one({}, {"$set": {"l.$[x]": 1}}, array_filters=[{"x": 1}, {"y": 1}])
    assert refused.value.code == 9


def test_the_servers_own_time_is_set(c: C) -> None:
    c.insert_one({"_id": 1})
    c.update_one(
        {}, {"$currentDate": {"a": True, "b": {"$type": "timestamp"}, "c": {"$type": "date"}}}
    )
    found = c.find_one() or {}
    assert isinstance(found["a"], datetime)
    assert isinstance(found["b"], Timestamp)
    assert isinstance(found["c"], datetime)


@pytest.mark.needs("update pipelines")
def test_a_pipeline_knows_the_servers_time(c: C) -> None:
    c.insert_one({"_id": 1})
    c.update_one({}, [{"$set": {"a": "$$NOW", "b": {"$year": "$$NOW"}}}])
    found = c.find_one() or {}
    assert isinstance(found["a"], datetime)
    assert found["b"] == found["a"].year
    assert c.count_documents({"$expr": {"$lte": ["$a", "$$NOW"]}}) == 1
