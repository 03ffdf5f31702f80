"""What MongoDB Compass sends, by its published source, played through pymongo.

Compass itself has not been run against the embedded database.
"""

from datetime import datetime
from typing import Any

import pytest
from bson import ObjectId
from pymongo import MongoClient, ReturnDocument
from pymongo.database import Database
from pymongo.errors import OperationFailure

pytestmark = pytest.mark.integration
Client = MongoClient[dict[str, Any]]
Db = Database[dict[str, Any]]


def test_it_connects_and_learns_what_the_server_is(client: Client) -> None:
    admin = client.admin

    who = admin.command("connectionStatus", showPrivileges=True)["authInfo"]
    host = admin.command("hostInfo")
    build = admin.command("buildInfo")
    version = admin.command("getParameter", featureCompatibilityVersion=1)
    options = admin.command("getCmdLineOpts")

    assert who == {
        "authenticatedUsers": [],
        "authenticatedUserRoles": [],
        "authenticatedUserPrivileges": [],
    }
    assert host["system"]["numCores"] >= 1
    assert all(isinstance(host["os"][word], str) for word in ("type", "name", "version"))
    assert isinstance(host["system"]["cpuArch"], str)
    assert build["version"] == "7.0.0"
    assert "enterprise" not in str(build)
    assert version["featureCompatibilityVersion"] == {"version": "7.0"}
    assert options["parsed"] == {}
    assert admin["atlascli"].count_documents({"managedClusterType": "x"}) == 0
    with pytest.raises(OperationFailure) as refused:
        admin.command("atlasVersion")
    assert refused.value.code == 59


def test_it_lists_databases_and_collections(client: Client, database: Db) -> None:
    database.create_collection("rules", validator={"$jsonSchema": {"required": ["a"]}})
    database.ticks.insert_many([{"_id": number} for number in range(3)])

    named = client.admin.command("listDatabases", nameOnly=True, authorizedDatabases=True)
    stats = database.command("dbStats")
    only_names = database.command(
        "listCollections", filter={}, nameOnly=True, authorizedCollections=True, cursor={}
    )
    whole = database.command("listCollections", filter={"name": "rules"}, nameOnly=False)

    assert {"name": database.name} in named["databases"]
    assert (stats["collections"], stats["objects"], stats["indexes"]) == (2, 3, 2)
    assert stats["dataSize"] == stats["storageSize"] == 3 * 14
    assert only_names["cursor"]["firstBatch"] == [
        {"name": "rules", "type": "collection"},
        {"name": "ticks", "type": "collection"},
    ]
    (rules,) = whole["cursor"]["firstBatch"]
    assert rules["options"] == {"validator": {"$jsonSchema": {"required": ["a"]}}}
    assert rules["info"]["readOnly"] is False


def test_it_shows_the_figures_of_a_collection(database: Db) -> None:
    database.ticks.insert_many([{"_id": number} for number in range(4)])
    database.ticks.create_index("a")
    double = {word: {"$toDouble": f"$storageStats.{word}"} for word in ("avgObjSize", "count")}
    pipeline = [
        {"$collStats": {"storageStats": {}}},
        {
            "$group": {
                "_id": None,
                "capped": {"$first": "$storageStats.capped"},
                "count": {"$sum": "$storageStats.count"},
                "size": {"$sum": {"$toDouble": "$storageStats.size"}},
                "totalIndexSize": {"$sum": {"$toDouble": "$storageStats.totalIndexSize"}},
                "unscaled": {"$sum": {"$multiply": list(double.values())}},
                "nindexes": {"$max": "$storageStats.nindexes"},
            }
        },
        {
            "$addFields": {
                "avgObjSize": {
                    "$cond": {
                        "if": {"$ne": ["$count", 0]},
                        "then": {"$divide": ["$unscaled", {"$toDouble": "$count"}]},
                        "else": 0,
                    }
                }
            }
        },
    ]

    (figures,) = database.ticks.aggregate(pipeline)

    assert figures == {
        "_id": None,
        "capped": False,
        "count": 4,
        "size": 56.0,
        "totalIndexSize": 0.0,
        "unscaled": 56.0,
        "nindexes": 2,
        "avgObjSize": 14.0,
    }


def test_it_shows_indexes_with_their_use(database: Db) -> None:
    database.ticks.insert_one({"a": 1})
    database.ticks.create_index("a", expireAfterSeconds=60, name="life")
    assert database.ticks.find_one({"a": 1})
    uses = {
        "name": 1,
        "usageHost": "$host",
        "usageCount": "$accesses.ops",
        "usageSince": "$accesses.since",
    }
    sizes = [
        {"$collStats": {"storageStats": {}}},
        {"$project": {"indexSizes": {"$objectToArray": "$storageStats.indexSizes"}}},
        {"$unwind": "$indexSizes"},
        {"$group": {"_id": "$indexSizes.k", "size": {"$sum": {"$toDouble": "$indexSizes.v"}}}},
    ]

    listed = {index["name"]: index for index in database.ticks.list_indexes()}
    used = {
        i["name"]: i for i in database.ticks.aggregate([{"$indexStats": {}}, {"$project": uses}])
    }

    assert listed["life"]["expireAfterSeconds"] == 60
    assert used["life"]["usageCount"] == 1
    assert isinstance(used["life"]["usageSince"], datetime)
    assert {s["_id"]: s["size"] for s in database.ticks.aggregate(sizes)} == {
        "_id_": 0.0,
        "life": 0.0,
    }


def test_it_reads_pages_and_counts(database: Db) -> None:
    database.ticks.insert_many([{"_id": number, "v": number % 3} for number in range(60)])

    page = database.command(
        "find", "ticks", filter={}, skip=20, limit=20, maxTimeMS=60000, collation=None
    )
    counted = database.ticks.count_documents({"v": 1}, maxTimeMS=5000, skip=0)
    sampled = list(
        database.ticks.aggregate(
            [{"$match": {"v": 1}}, {"$sample": {"size": 5}}, {"$project": {"v": 1}}],
            allowDiskUse=True,
            maxTimeMS=60000,
        )
    )

    assert [found["_id"] for found in page["cursor"]["firstBatch"]] == [*range(20, 40)]
    assert counted == 20
    assert database.ticks.estimated_document_count(maxTimeMS=5000) == 60
    assert len(sampled) == 5


def test_it_edits_a_document_only_while_its_fields_are_as_they_were(database: Db) -> None:
    identity = ObjectId()
    database.accounts.insert_one({"_id": identity, "name": "m", "lots": 0.1})
    edit = {"$set": {"lots": 0.2}, "$unset": {"gone": ""}}

    changed = database.accounts.find_one_and_update(
        {"_id": identity, "lots": 0.1}, edit, return_document=ReturnDocument.AFTER
    )
    late = database.accounts.find_one_and_update({"_id": identity, "lots": 0.1}, edit)
    replaced = database.accounts.find_one_and_replace(
        {"_id": identity, "name": "m"},
        {"_id": identity, "name": "n"},
        return_document=ReturnDocument.AFTER,
    )

    assert changed == {"_id": identity, "name": "m", "lots": 0.2}
    assert late is None
    assert replaced == {"_id": identity, "name": "n"}


def test_its_validation_tab_shows_and_changes_the_rules(database: Db) -> None:
    database.accounts.insert_many([{"_id": 1, "name": "a"}, {"_id": 2, "name": 5}])
    rules = {"$jsonSchema": {"bsonType": "object", "properties": {"name": {"bsonType": "string"}}}}

    passing = list(database.accounts.aggregate([{"$match": rules}, {"$sample": {"size": 1}}]))
    failing = list(
        database.accounts.aggregate([{"$match": {"$nor": [rules]}}, {"$sample": {"size": 1}}])
    )
    database.command(
        "collMod",
        "accounts",
        validator=rules,
        validationAction="error",
        validationLevel="moderate",
    )
    database.accounts.update_one({"_id": 2}, {"$set": {"x": 1}})
    with pytest.raises(OperationFailure) as refused:
        database.accounts.update_one({"_id": 1}, {"$set": {"name": 6}})

    assert ([d["_id"] for d in passing], [d["_id"] for d in failing]) == ([1], [2])
    assert refused.value.code == 121
    database.command("collMod", "accounts", validator={})
    database.accounts.update_one({"_id": 1}, {"$set": {"name": 6}})


@pytest.mark.parametrize("verbosity", ["queryPlanner", "executionStats", "allPlansExecution"])
def test_its_explain_tab_shows_the_index_that_is_used(database: Db, verbosity: str) -> None:
    database.ticks.insert_many([{"_id": number, "v": number % 3} for number in range(9)])
    database.ticks.create_index("v")
    find = {"find": "ticks", "filter": {"v": 1}, "sort": {"_id": -1}, "limit": 2}

    told = database.command("explain", find, verbosity=verbosity)

    plan = told["queryPlanner"]["winningPlan"]
    assert (plan["stage"], plan["inputStage"]["stage"]) == ("LIMIT", "SORT")
    assert plan["inputStage"]["inputStage"]["inputStage"]["indexName"] == "v_1"
    if verbosity != "queryPlanner":
        figures = told["executionStats"]
        assert (figures["nReturned"], figures["totalDocsExamined"]) == (2, 3)
        assert database.command("explain", {"find": "ticks"})["executionStats"]["nReturned"] == 9


def test_it_exports_and_imports(database: Db) -> None:
    rows = [{"_id": number, "text": "x" * 100} for number in range(2500)]
    database.ticks.insert_many(rows, ordered=False, bypass_document_validation=False)

    out = list(database.ticks.find({}, batch_size=1000, no_cursor_timeout=True).sort("_id", 1))

    assert out == rows


def test_what_belongs_to_atlas_or_a_replica_set_is_refused_by_name(
    client: Client, database: Db
) -> None:
    database.ticks.insert_one({})
    with pytest.raises(OperationFailure) as search:
        list(database.ticks.list_search_indexes())
    with pytest.raises(OperationFailure) as top:
        client.admin.command("top")
    with pytest.raises(OperationFailure) as view:
        database.create_collection("seen", viewOn="ticks", pipeline=[{"$match": {"a": 1}}])

    assert search.value.code == 31082
    assert (top.value.code, view.value.code) == (238, 238)
    (running,) = client.admin.aggregate(
        [{"$currentOp": {"allUsers": True, "idleConnections": False, "truncateOps": False}}]
    )
    assert running["active"] is True
    assert client.admin.command("killOp", op=running["opid"])["ok"] == 1
    assert client.admin.command("serverStatus")["process"] == "murmuration-embedded"
