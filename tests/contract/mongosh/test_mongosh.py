"""A user at MongoDB's own shell reads what a standalone MongoDB would say."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pymongo import MongoClient

from db.setting_up import set_up
from domain.account_fields import AccountDefaults
from tests.contract.mongosh.shell import INSTALL_WITHIN_S, Shell
from tests.embedded_server import EmbeddedServer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(INSTALL_WITHIN_S + 60)]


class Line(NamedTuple):
    """What a user types, and what must be in the answer."""

    name: str
    typed: str
    read: tuple[str, ...]


RULES = (
    "{$jsonSchema: {required: ['name'], properties: {name: {bsonType: 'string'}, "
    "type: {enum: ['MASTER', 'SLAVE']}}}}"
)
SESSION = (
    Line("version", "db.version()", ("7.0.0",)),
    Line("use", "use shop", ("switched to db shop",)),
    Line(
        "insert one",
        "db.accounts.insertOne({_id: 'm', name: 'm', type: 'MASTER'})",
        ("acknowledged: true", "insertedId: 'm'"),
    ),
    Line(
        "insert many",
        "db.ticks.insertMany(Array.from({length: 45}, (_, i) => ({_id: i, v: i % 5})))"
        ".acknowledged",
        ("true",),
    ),
    Line("show dbs", "show dbs", ("shop", "KiB")),
    Line("show collections", "show collections", ("accounts", "ticks")),
    Line("find", "db.accounts.find()", ("[ { _id: 'm', name: 'm', type: 'MASTER' } ]",)),
    Line("twenty", "db.ticks.find()", ("{ _id: 19, v: 4 }", 'Type "it" for more')),
    Line("twenty more", "it", ("{ _id: 20, v: 0 }", "{ _id: 39, v: 4 }", 'Type "it" for more')),
    Line("the rest", "it", ("{ _id: 44, v: 4 }",)),
    Line("no more", "it", ("no cursor",)),
    Line("pretty", "db.accounts.find().pretty()", ("name: 'm'",)),
    Line(
        "sort, skip, limit",
        "db.ticks.find({v: 3}, {v: 0}).sort({_id: -1}).skip(1).limit(2).toArray()",
        ("[ { _id: 38 }, { _id: 33 } ]",),
    ),
    Line(
        "update one",
        "db.accounts.updateOne({_id: 'm'}, {$set: {size: 5}, $inc: {n: 2}, $push: {tags: 'x'}})",
        ("matchedCount: 1", "modifiedCount: 1"),
    ),
    Line("updated", "db.accounts.findOne()", ("n: 2, size: 5, tags: [ 'x' ]",)),
    Line(
        "upsert",
        "db.accounts.updateOne({_id: 'u'}, {$set: {a: 1}}, {upsert: true})",
        ("upsertedCount: 1", "insertedId: 'u'"),
    ),
    Line(
        "replace one",
        "db.accounts.replaceOne({_id: 'u'}, {name: 'u', type: 'SLAVE'})",
        ("modifiedCount: 1",),
    ),
    Line(
        "find one and update",
        "db.accounts.findOneAndUpdate({_id: 'u'}, {$set: {z: 1}}, {returnDocument: 'after'})",
        ("{ _id: 'u', name: 'u', type: 'SLAVE', z: 1 }",),
    ),
    Line(
        "find one and delete",
        "db.accounts.findOneAndDelete({_id: 'u'})",
        ("{ _id: 'u', name: 'u', type: 'SLAVE', z: 1 }",),
    ),
    Line(
        "bulk write",
        "db.accounts.bulkWrite([{insertOne: {document: {_id: 'b'}}}, {updateOne: {filter: "
        "{_id: 'b'}, update: {$set: {q: 1}}}}, {deleteOne: {filter: {_id: 'b'}}}])",
        ("insertedCount: 1", "modifiedCount: 1", "deletedCount: 1"),
    ),
    Line("delete one", "db.ticks.deleteOne({_id: 44})", ("deletedCount: 1",)),
    Line("count documents", "'n=' + db.ticks.countDocuments({v: 3})", ("n=9",)),
    Line("estimated count", "'n=' + db.ticks.estimatedDocumentCount()", ("n=44",)),
    Line("distinct", "db.ticks.distinct('v')", ("[ 0, 1, 2, 3, 4 ]",)),
    Line(
        "aggregate",
        "db.ticks.aggregate([{$match: {v: {$gte: 3}}}, {$group: {_id: '$v', n: {$sum: 1}}}, "
        "{$sort: {_id: 1}}])",
        ("[ { _id: 3, n: 9 }, { _id: 4, n: 8 } ]",),
    ),
    Line("index", "db.ticks.createIndex({v: 1})", ("v_1",)),
    Line(
        "partial unique index",
        "db.accounts.createIndex({type: 1}, "
        "{unique: true, partialFilterExpression: {type: 'MASTER'}})",
        ("type_1",),
    ),
    Line(
        "duplicate",
        "db.accounts.insertOne({_id: 'n', type: 'MASTER'})",
        ("MongoServerError", "E11000 duplicate key error collection: shop.accounts", "type_1"),
    ),
    Line("ttl index", "db.accounts.createIndex({at: 1}, {expireAfterSeconds: 3600})", ("at_1",)),
    Line(
        "other life time",
        "db.runCommand({collMod: 'accounts', index: {name: 'at_1', expireAfterSeconds: 60}})",
        ("expireAfterSeconds_old: 3600, expireAfterSeconds_new: 60",),
    ),
    Line(
        "indexes",
        "db.accounts.getIndexes()",
        (
            "name: '_id_'",
            "name: 'type_1', unique: true, partialFilterExpression: { type: 'MASTER' }",
            "name: 'at_1', expireAfterSeconds: 60",
        ),
    ),
    Line("index keys", "db.accounts.getIndexKeys()", ("[ { _id: 1 }, { type: 1 }, { at: 1 } ]",)),
    Line("drop index", "db.accounts.dropIndex('at_1')", ("nIndexesWas: 3, ok: 1",)),
    Line(
        "drop no index",
        "db.accounts.dropIndex('at_1')",
        ("MongoServerError[IndexNotFound]: index not found with name [at_1]",),
    ),
    Line("explain", "db.ticks.find({v: 1}).explain()", ("stage: 'IXSCAN'", "indexName: 'v_1'")),
    Line("explain a scan", "db.ticks.find({w: 1}).explain()", ("stage: 'COLLSCAN'",)),
    Line(
        "explain with figures",
        "db.ticks.find({v: 1}).explain('executionStats').executionStats",
        ("nReturned: 9", "totalKeysExamined: 9, totalDocsExamined: 9"),
    ),
    Line(
        "explain an aggregation",
        "db.ticks.explain().aggregate([{$match: {v: 1}}, {$group: {_id: 1}}])",
        ("'$cursor': { queryPlanner", "indexName: 'v_1'", "{ '$group': { _id: 1 } }"),
    ),
    Line("database figures", "db.stats()", ("db: 'shop'", "objects: Long('45')", "ok: 1")),
    Line(
        "collection figures",
        "db.ticks.stats()",
        ("count: 44", "capped: false", "nindexes: 2", "ns: 'shop.ticks'"),
    ),
    Line("figures of all", "db.printCollectionStats()", ("accounts", "ns: 'shop.ticks'")),
    Line("validate", "db.ticks.validate()", ("nrecords: 44", "valid: true", "ok: 1")),
    Line("rename", "db.ticks.renameCollection('prices')", ("ok: 1",)),
    Line("renamed", "'n=' + db.prices.countDocuments({v: 1})", ("n=9",)),
    Line(
        "rename on to another",
        "db.prices.renameCollection('accounts')",
        ("MongoServerError[NamespaceExists]: target namespace exists: shop.accounts",),
    ),
    Line("create with rules", f"db.createCollection('rules', {{validator: {RULES}}})", ("ok: 1",)),
    Line(
        "collection infos",
        "db.getCollectionInfos({name: 'rules'})",
        ("name: 'rules'", "'$jsonSchema': { required: [ 'name' ]"),
    ),
    Line(
        "invalid account",
        "db.rules.insertOne({name: 'a', type: 'SLAV'})",
        (
            "MongoServerError: Document failed validation",
            "propertyName: 'type'",
            "reason: 'value was not found in enum', consideredValue: 'SLAV'",
        ),
    ),
    Line("code of it", "try { db.rules.insertOne({}) } catch (e) { 'c=' + e.code }", ("c=121",)),
    Line("valid account", "db.rules.insertOne({_id: 1, name: 'a'})", ("insertedId: 1",)),
    Line(
        "invalid edit",
        "db.rules.updateOne({_id: 1}, {$set: {name: 5}})",
        ("Document failed validation", "propertyName: 'name'", "consideredValue: 5"),
    ),
    Line("nothing changed", "db.rules.find()", ("[ { _id: 1, name: 'a' } ]",)),
    Line(
        "collMod",
        "db.runCommand({collMod: 'rules', validationLevel: 'moderate'})",
        ("{ ok: 1 }",),
    ),
    Line("server status", "db.serverStatus()", ("process: 'murmuration-embedded'", "ok: 1")),
    Line("hello", "db.hello()", ("isWritablePrimary: true", "maxWireVersion: 21")),
    Line("current operations", "db.currentOp()", ("inprog: [", "active: true", "ok: 1")),
    Line("users", "db.getUsers()", ("{ users: [], ok: 1 }",)),
    Line("roles", "db.getRoles()", ("{ roles: [], ok: 1 }",)),
    Line(
        "make a user",
        "db.createUser({user: 'a', pwd: 'b', roles: []})",
        ("MongoServerError[NotImplemented]: the embedded database has no users",),
    ),
    Line("log in", "db.auth('a', 'b')", ("MongoServerError[AuthenticationFailed]",)),
    Line(
        "replica set",
        "rs.status()",
        ("MongoServerError[NoReplicationEnabled]: not running with --replSet",),
    ),
    Line("shards", "sh.status()", ("This db does not have sharding enabled",)),
    Line(
        "transaction",
        "s = db.getMongo().startSession(); s.startTransaction(); "
        "s.getDatabase('shop').rules.insertOne({_id: 2, name: 'tx'})",
        ("MongoServerError",),
    ),
    Line(
        "code of a transaction",
        "db.runCommand({insert: 'rules', documents: [{_id: 2, name: 'tx'}], "
        "txnNumber: Long(1), startTransaction: true, autocommit: false})",
        (
            "MongoServerError[IllegalOperation]: Transaction numbers are only allowed on a replica "
            "set member or mongos",
        ),
    ),
    Line("no transaction happened", "'n=' + db.rules.countDocuments()", ("n=1",)),
    Line(
        "change stream",
        "db.accounts.watch()",
        ("MongoServerError[Location40573]: The $changeStream stage is only supported on replica",),
    ),
    Line("ping", "db.adminCommand({ping: 1})", ("{ ok: 1 }",)),
    Line(
        "unknown command",
        "db.adminCommand({fiddle: 1})",
        ("MongoServerError[CommandNotFound]: no such command: 'fiddle'",),
    ),
    Line(
        "default concerns",
        "db.adminCommand({getDefaultRWConcern: 1})",
        ("is not supported on standalone nodes",),
    ),
    Line("host", "db.hostInfo()", ("numCores:", "ok: 1")),
    Line("commands", "db.adminCommand({listCommands: 1}).commands.find", ("help:",)),
    Line("help of a command", "db.commandHelp('find')", ("Documents that match",)),
    Line("documents", "db.aggregate([{$documents: [{a: 1}]}])", ("[ { a: 1 } ]",)),
    Line("profiling", "db.getProfilingStatus()", ("was: 0",)),
    Line(
        "capped",
        "db.createCollection('c', {capped: true, size: 10})",
        ("MongoServerError[NotImplemented]: 'capped' in create is not implemented",),
    ),
    Line(
        "collation",
        "db.accounts.find().collation({locale: 'de'})",
        ("MongoServerError[NotImplemented]: 'collation' in find is not implemented",),
    ),
    Line("simple collation", "db.accounts.find().collation({locale: 'simple'})", ("_id: 'm'",)),
    Line(
        "map-reduce",
        "db.prices.mapReduce('f', 'g', {out: 'x'})",
        ("MongoServerError[NotImplemented]: the command mapReduce is not implemented",),
    ),
    Line("search indexes", "db.prices.getSearchIndexes()", ("Atlas",)),
    Line("index use", "db.prices.aggregate([{$indexStats: {}}])", ("name: 'v_1'", "accesses:")),
    Line("delete many", "db.prices.deleteMany({v: {$lt: 2}})", ("deletedCount: 18",)),
    Line("drop", "db.prices.drop()", ("true",)),
    Line("drop database", "db.dropDatabase()", ("{ ok: 1, dropped: 'shop' }",)),
)
SLAVE = "{name: 'Apex_Slave_01'}"
EDITS = (
    Line("accounts", "db.accounts.find({}, {_id: 0, name: 1}).sort({name: 1})", ("Apex_Slave_01",)),
    Line(
        "good edit",
        f"db.accounts.updateOne({SLAVE}, {{$set: {{slippage_tolerance: 30}}}})",
        ("modifiedCount: 1",),
    ),
    Line(
        "out of range",
        f"db.accounts.updateOne({SLAVE}, {{$set: {{slippage_tolerance: -1}}}})",
        ("Document failed validation", "propertyName: 'slippage_tolerance'", "minimum: 0"),
    ),
    Line(
        "wrong type",
        f"db.accounts.updateOne({SLAVE}, {{$set: {{enabled: 'yes'}}}})",
        ("Document failed validation", "propertyName: 'enabled'", "consideredType: 'string'"),
    ),
    Line(
        "unknown field",
        f"db.accounts.updateOne({SLAVE}, {{$set: {{sufix: '.c'}}}})",
        ("Document failed validation", "additionalProperties: [ 'sufix' ]"),
    ),
    Line(
        "missing field",
        f"db.accounts.updateOne({SLAVE}, {{$unset: {{path: 1}}}})",
        ("Document failed validation", "missingProperties: [ 'path' ]"),
    ),
    Line(
        "second of the name",
        "db.accounts.insertOne({name: 'FTMO_Master', type: 'MASTER', path: 'x'})",
        ("MongoServerError: E11000 duplicate key error", "dup key: { name:", "FTMO_Master"),
    ),
    Line(
        "disable",
        f"db.accounts.findOneAndUpdate({SLAVE}, {{$set: {{enabled: false}}}}, "
        "{returnDocument: 'after'}).enabled",
        ("false",),
    ),
    Line(
        "what stands",
        f"db.accounts.findOne({SLAVE}, {{_id: 0, slippage_tolerance: 1, enabled: 1, sufix: 1}})",
        ("slippage_tolerance: 30", "enabled: false"),
    ),
)
GREETING = "greeting"


@pytest.fixture(scope="module")
def answers(shell: Shell, server: EmbeddedServer) -> dict[str, str]:
    return sitting(shell, server.uri, SESSION)


@pytest.fixture(scope="module")
def answers_about_accounts(shell: Shell, server: EmbeddedServer) -> dict[str, str]:
    with MongoClient[dict[str, Any]](server.uri) as client:
        set_up(client.prop_copy_trader, AccountDefaults(), datetime(2014, 5, 2, tzinfo=UTC))
    return sitting(shell, f"{server.uri}prop_copy_trader", EDITS)


def sitting(shell: Shell, uri: str, lines: Sequence[Line]) -> dict[str, str]:
    """One sitting at the prompt; a printed mark before each line tells the answers apart."""
    typed = "".join(f"print('## {line.name}')\n{line.typed}\n" for line in lines)
    said = shell.run("--norc", uri, typed=typed + "exit\n")
    assert said.returncode == 0, said.stderr
    marks = [*re.finditer(r"## (.+)\n", said.stdout)]
    ends = [(a, b.start()) for a, b in pairwise(marks)] + [(marks[-1], len(said.stdout))]
    answers = {mark[1]: said.stdout[mark.end() : end] for mark, end in ends}
    return {GREETING: said.stdout[: marks[0].start()] + said.stderr, **answers}


@pytest.mark.parametrize("line", SESSION, ids=[line.name for line in SESSION])
def test_a_user_reads_what_a_standalone_says(line: Line, answers: dict[str, str]) -> None:
    assert_read(line, answers)


@pytest.mark.parametrize("line", EDITS, ids=[line.name for line in EDITS])
def test_a_wrong_edit_of_an_account_is_refused_and_its_field_named(
    line: Line, answers_about_accounts: dict[str, str]
) -> None:
    assert_read(line, answers_about_accounts)


def assert_read(line: Line, answers: dict[str, str]) -> None:
    answer = " ".join(answers[line.name].split())

    for expected in line.read:
        assert expected in answer, f"{line.typed}\n{answers[line.name]}"


def test_the_shell_greets_without_a_warning_of_the_server(answers: dict[str, str]) -> None:
    assert "Using MongoDB: 7.0.0" in " ".join(answers[GREETING].split())
    assert "warnings when booting" not in answers[GREETING]
    assert "Error" not in answers[GREETING]


def test_a_script_file_runs_to_its_end(
    shell: Shell, server: EmbeddedServer, tmp_path: Path
) -> None:
    script = tmp_path / "edit.js"
    script.write_text(
        "db = db.getSiblingDB('scripted');\n"
        "db.accounts.insertOne({_id: 1, enabled: true, lots: 0.1, at: new Date(0)});\n"
        "db.accounts.updateOne({_id: 1}, {$set: {enabled: false}});\n"
        "print(EJSON.stringify(db.accounts.findOne(), {relaxed: false}));\n",
        "utf-8",
    )

    said = shell.run("--quiet", "--norc", server.uri, "--file", str(script))

    assert said.stdout.strip() == (
        '{"_id":{"$numberInt":"1"},"enabled":false,"lots":{"$numberDouble":"0.1"},'
        '"at":{"$date":{"$numberLong":"0"}}}'
    )
    assert (said.returncode, said.stderr) == (0, "")


def test_a_refused_write_ends_a_script_with_an_error(shell: Shell, server: EmbeddedServer) -> None:
    write = "db.x.updateOne({}, {$fiddle: {a: 1}})"

    said = shell.run("--quiet", "--norc", server.uri, "--eval", write)

    assert said.returncode == 1
    assert "MongoServerError" in said.stdout + said.stderr
    assert "$fiddle" in said.stdout + said.stderr


def test_a_password_in_the_address_is_refused_at_once(shell: Shell, server: EmbeddedServer) -> None:
    uri = server.uri.replace("mongodb://", "mongodb://me:wrong@")

    said = shell.run("--quiet", "--norc", uri, "--eval", "db.version()")

    assert said.returncode == 1
    assert "has no users" in said.stderr


def test_the_node_driver_follows_the_server_with_its_streaming_monitor(
    shell: Shell, server: EmbeddedServer
) -> None:
    uri = f"{server.uri}?serverMonitoringMode=stream&heartbeatFrequencyMS=500"
    script = f"""
const {{ MongoClient }} = require('mongodb');
const client = new MongoClient('{uri}');
let beats = 0, failures = 0;
client.on('serverHeartbeatFailed', () => failures++);
client.on('serverHeartbeatSucceeded', async () => {{
  if (++beats < 3) return;
  const kind = client.topology.description.type;
  await client.db('a').command({{ ping: 1 }});
  console.log(kind + ' failures=' + failures);
  await client.close();
}});
client.connect();
"""
    said = shell.node(script)

    assert said.stdout.strip() == "Single failures=0", said.stderr
