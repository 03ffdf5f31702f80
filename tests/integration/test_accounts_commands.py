"""What the actions of `accounts` say and write, against a real database."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pymongo.database import Database
from pymongo.errors import AutoReconnect

import config
from commands.accounts.answer import Refused
from commands.accounts.desk import TRIES, Desk, Plan
from commands.cli import main
from db.accounts import Accounts
from db.clients import opened
from db.identity import standing_of
from db.journal import Journal, journal_path
from db.setting_up import set_up
from decisions.account_import import FORMAT
from domain.account_fields import AccountDefaults
from tests.earlier_accounts import FORM_A, FORM_B, SECRET
from tests.embedded_server import EmbeddedServer

pytestmark = pytest.mark.integration

MASTER, SLAVE = "FTMO_Master", "Apex_Slave_01"


_numbers = count(1)


class Said(NamedTuple):
    """What a command printed."""

    stdout: str
    stderr: str


class Person:
    """Types commands that are about accounts."""

    def __init__(self, database: Database[Any], folder: Path, read: Any) -> None:
        self.database = database
        self.folder = folder
        self._read = read

    def __call__(self, *words: str, code: int = 0) -> Said:
        try:
            found = main(["accounts", *words])
        except SystemExit as wrong_use:
            found = wrong_use.code
        said = self._read.readouterr()
        assert found == code, said
        assert SECRET not in said.out + said.err
        return Said(said.out, said.err)

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code).stdout)

    def document(self, name: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.json("show", name)["document"]
        return shown

    def names(self) -> list[str]:
        return [row["name"] for row in self.json("list")]

    def file(self, name: str, content: object) -> str:
        path = self.folder / name
        path.write_text(json.dumps(content), "utf-8")
        return str(path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("database")) as made:
        yield made


@pytest.fixture
def desk(
    server: EmbeddedServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Person]:
    """A database of its own, set up with the two sample accounts."""
    name = f"accounts_{next(_numbers)}"
    monkeypatch.setenv("MONGO_URI", server.uri)
    monkeypatch.setenv("DATABASE_NAME", name)
    monkeypatch.setenv("MURMURATION_STATE", str(tmp_path / "state"))
    with opened(server.uri, name) as database:
        set_up(database, AccountDefaults(), datetime(2026, 11, 21, tzinfo=UTC))
        yield Person(database, tmp_path, capsys)


def test_accounts_are_listed_and_shown(desk: Person) -> None:
    listed = desk()
    assert [line.split()[:3] for line in listed.stdout.splitlines()[1:]] == [
        [SLAVE, "SLAVE", "yes"],
        [MASTER, "MASTER", "yes"],
    ]
    shown = desk("show", SLAVE).stdout
    assert "max_lot                      5\n" in shown
    assert "partial_below_min            keep  (default)" in shown
    fields = {row["field"]: row for row in desk.json("show", SLAVE)["fields"]}
    assert fields["max_lot"] == {"field": "max_lot", "value": 5, "default": False}
    assert fields["server"]["default"] is True


def test_a_name_that_nobody_has_is_refused_with_the_likely_one(desk: Person) -> None:
    refused = desk("show", "apex_slave", code=2)
    assert refused.stdout == ""
    assert f"Did you mean {SLAVE}?" in refused.stderr
    assert f"Did you mean {SLAVE}?" in desk.json("disable", "apex_slave", code=2)["error"]


def test_an_account_is_added_edited_and_removed_and_each_change_is_recorded(desk: Person) -> None:
    added = desk("add", "S2", "--type", "SLAVE", "--terminal", "paper", "--path", "s2")
    assert "S2: added\n  no launcher runs: it holds from the next start on" in added.stdout
    edited = desk.json(
        *("edit", "S2", "--set", "follows=FTMO_Master", "--set", "symbol_map.US30.c=DJ30"),
        *("--set", "kill_switch.daily_loss=250.5", "--set", "paper.deposit=5000"),
    )
    assert [change["field"] for change in edited["accounts"][0]["changes"]] == [
        "follows",
        "symbol_map",
        "kill_switch",
        "paper",
    ]
    desk("edit", "S2", "--unset", "paper.deposit", "--set", "enabled=no")
    shown = desk.json("show", "S2")
    assert shown["document"]["symbol_map"] == {"US30.c": "DJ30"}
    assert shown["document"]["kill_switch"] == {"daily_loss": 250.5}
    assert shown["document"]["paper"] == {}
    assert shown["document"]["updated_by"].endswith(", accounts edit")
    assert "created_at" in shown["document"]
    assert [change["kind"] for change in shown["changes"]] == ["added", "changed", "changed"]
    assert [change["via"] for change in shown["changes"]][-1] == "accounts edit"
    assert desk("edit", "S2", "--set", "enabled=no").stdout.startswith("S2: was like that already")
    assert "--yes" in desk("remove", "S2", code=2).stderr
    desk("remove", "S2", "--yes")
    assert desk.names() == [SLAVE, MASTER]


def test_an_account_is_added_from_a_file_under_another_name(desk: Person) -> None:
    whole = desk.document(SLAVE)
    path = desk.file("one.json", whole | {"path": "copy"})
    desk("add", "Copy", "--from", path, "--set", "max_lot=1")
    assert (desk.document("Copy")["max_lot"], desk.document("Copy")["suffix"]) == (1, ".c")
    assert "already" in desk("add", "--from", path, code=1).stderr
    several = desk.file("many.json", [whole, whole])
    assert "accounts import" in desk("add", "--from", several, code=1).stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add",), "NAME"),
        (("edit", SLAVE), "--set field=value"),
        (("bogus",), "invalid choice"),
        (("add", "X", "--type", "BOTH"), "invalid choice"),
        (("import", "nowhere.json"), "nowhere.json: wanted a file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_use_is_told(desk: Person, words: tuple[str, ...], told: str) -> None:
    assert told in desk(*words, code=2).stderr


def test_every_fault_is_told_at_once_and_nothing_is_written(desk: Person) -> None:
    before = desk.document(SLAVE)
    sets = ("max_lot=-1", "enabled=maybe", f"password={SECRET}", "follows=Nobody")
    refused = desk.json("edit", SLAVE, *(w for s in sets for w in ("--set", s)), code=1)
    assert {p["field"] for p in refused["problems"]} == {"max_lot", "enabled", "password"}
    assert "Nobody" in desk("edit", SLAVE, "--set", "follows=Nobody", code=1).stderr
    assert "max_lot" in desk("edit", SLAVE, "--set", "max_lots=1", code=1).stderr
    assert "new name" in desk("add", SLAVE, "--type", "SLAVE", "--path", "x", code=1).stderr
    assert "remove this one" in desk("edit", SLAVE, "--set", "name=Other", code=1).stderr
    assert desk.document(SLAVE) == before


def test_two_enabled_accounts_of_one_login_are_refused(desk: Person) -> None:
    same = ("--type", "SLAVE", "--login", "5", "--server", "X")
    desk("add", "S2", *same, "--path", "C:/2/terminal64.exe")
    refused = desk("add", "S3", *same, "--path", "C:/3/terminal64.exe", code=1)
    assert "S3: login: wanted one account document per login and server" in refused.stderr
    desk("add", "S3", *same, "--path", "C:/3/terminal64.exe", "--set", "enabled=false")
    assert "the same as in S2" in desk("enable", "S3", code=1).stderr
    desk("disable", "S2")
    desk("enable", "S3")


def test_a_master_that_slaves_name_is_not_removed_by_the_way(desk: Person) -> None:
    refused = desk("remove", MASTER, "--yes", code=1)
    assert "which no account is called" in refused.stderr
    desk("remove", MASTER, "--yes", "--force")
    assert desk.names() == [SLAVE]


def test_an_export_is_read_back_exactly(desk: Person) -> None:
    path = desk.folder / "all.json"
    desk("edit", SLAVE, "--set", "password=${APEX_PASSWORD}", "--set", "login=5")
    before = desk.document(SLAVE)
    desk("export", "--out", str(path))
    assert "--force" in desk("export", "--out", str(path), code=1).stderr
    desk("export", SLAVE, "--out", str(path), "--force")
    whole = json.loads(path.read_text("utf-8"))
    assert (whole["format"], [a["name"] for a in whole["accounts"]]) == (FORMAT, [SLAVE])
    assert "is there already, just like this" in desk("import", str(path)).stdout
    desk("remove", SLAVE, "--yes")
    desk("import", str(path))
    written = {"_id", "updated_at", "updated_by"}
    after = desk.document(SLAVE)
    assert {k: v for k, v in after.items() if k not in written} == {
        k: v for k, v in before.items() if k not in written
    }


@pytest.mark.parametrize("balance", ["nan", "inf", "1e400", "-5", "0", "much"])
def test_a_balance_that_is_no_amount_of_money_is_refused(desk: Person, balance: str) -> None:
    told = desk("import", desk.file("a.json", FORM_A), f"--balance={balance}", code=2)
    assert "--balance: wanted an amount above 0" in told.stderr
    assert "Apex A" not in desk.names()


def test_a_password_that_somebody_wrote_down_is_neither_shown_nor_exported(desk: Person) -> None:
    desk.database["accounts"].update_one(
        {"name": SLAVE},
        {"$set": {"password": SECRET, "legacy": {"mt5_password": SECRET}}},
        bypass_document_validation=True,
    )
    desk("list")
    assert "(not shown)" in desk("show", SLAVE).stdout
    told = desk("export", "--json")
    assert f"{SLAVE}: password is left out" in told.stderr
    assert "legacy.mt5_password is left out" in told.stderr


def test_an_account_that_is_there_and_differs_is_left_unless_told_otherwise(desk: Person) -> None:
    desk("import", desk.file("b.json", FORM_B))
    changed = desk.file("b.json", FORM_B | {"max_position_size": 2})
    refused = desk("import", changed, code=1)
    assert "differs in max_lot" in refused.stderr
    assert "is skipped" in desk("import", changed, "--skip-existing").stdout
    assert desk.document("FTMO-77")["max_lot"] == 5
    desk("import", changed, "--replace")
    assert desk.document("FTMO-77")["max_lot"] == 2


def test_one_account_that_cannot_be_understood_stops_all_unless_partial(desk: Person) -> None:
    path = desk.file("two.json", [FORM_B, FORM_A | {"mt5": {"login": "unknown"}}])
    refused = desk.json("import", path, code=1)
    assert [account["verdict"] for account in refused["accounts"]] == ["add", "refuse"]
    assert refused["accounts"][1]["problems"][0]["field"] == "mt5.login"
    assert desk.names() == [SLAVE, MASTER]
    assert "1 were written" in desk("import", path, "--partial", code=1).stderr
    assert desk.names() == [SLAVE, "FTMO-77", MASTER]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "found no JSON"),
        (b"", "found no JSON"),
        (b'{"account_id": "\xe9"}', "found no utf-8 text"),
        (b"[" * 100_000, "found lists within lists"),
        (b'{"a": 1}', "form A ("),
        (b"[]", "an empty list"),
        (b'{"$date": "x"}', "found no JSON"),
    ],
    ids=["broken", "empty", "latin", "deep", "stranger", "nobody", "bad date"],
)
def test_a_file_that_cannot_be_read_is_told(desk: Person, content: bytes, told: str) -> None:
    path = desk.folder / "bad.json"
    path.write_bytes(content)
    assert told in desk("import", str(path), code=1).stderr


def at(desk: Person) -> Desk:
    return Desk(desk.database, config.load(), "accounts edit")


def test_an_edit_is_made_again_on_what_somebody_quicker_has_left(desk: Person) -> None:
    rounds = iter(range(TRIES))

    def plan(present: dict[str, Any]) -> Plan:
        if next(rounds) == 0:
            desk.database["accounts"].update_one({"name": SLAVE}, {"$set": {"suffix": ".x"}})
        return {SLAVE: {**present[SLAVE], "max_lot": 2}}

    (written,) = at(desk).carry_out(plan)
    assert [change.field for change in written.changes] == ["max_lot"]
    found = desk.document(SLAVE)
    assert (found["suffix"], found["max_lot"]) == (".x", 2)


def test_an_edit_that_never_comes_to_its_turn_says_so(desk: Person) -> None:
    rounds = count(1)

    def plan(present: dict[str, Any]) -> Plan:
        theirs = {"$set": {"max_open_trades": next(rounds)}}
        desk.database["accounts"].update_one({"name": SLAVE}, theirs)
        return {SLAVE: {**present[SLAVE], "max_lot": 2}}

    with pytest.raises(Refused, match="try again"):
        at(desk).carry_out(plan)
    assert desk.document(SLAVE)["max_lot"] == 5


class FailsAtTheSecond(Accounts):
    """A database that goes away between two writes."""

    def replace(self, before: dict[str, Any], after: Mapping[str, Any]) -> bool:
        if before["name"] == MASTER:
            raise AutoReconnect("connection closed")
        return super().replace(before, after)


def test_a_database_that_fails_halfway_is_told_with_what_was_written(desk: Person) -> None:
    mine = at(desk)
    mine.accounts = FailsAtTheSecond(desk.database)

    def plan(present: dict[str, Any]) -> Plan:
        return {name: {**present[name], "labels": ["x"]} for name in (SLAVE, MASTER)}

    with pytest.raises(Refused, match=f"Written: {SLAVE}. Then .* {MASTER} was not written"):
        mine.carry_out(plan)


def an_open_copy() -> dict[str, Any]:
    return {
        "leg_key": "7@X#1.0",
        "slave_name": SLAVE,
        "master_name": MASTER,
        "master_ticket": 1,
        "slave_ticket": 2,
        "symbol": "GOLD",
        "direction": "BUY",
        "status": "OPEN",
    }


def test_an_account_with_open_copies_stays_the_account_it_is(desk: Person) -> None:
    desk.database["trades"].insert_one(an_open_copy())
    for name in (SLAVE, MASTER):
        refused = desk("edit", name, "--set", "path=another", code=1)
        assert f"{name}: path: wanted the account it is" in refused.stderr
        assert "found 1 open copies" in refused.stderr
    desk("edit", SLAVE, "--set", "max_lot=1")
    desk.database["trades"].update_many({}, {"$set": {"status": "CLOSED"}})
    desk("edit", SLAVE, "--set", "path=another")


def test_a_login_that_the_journal_does_not_know_waits_for_the_copies_end(desk: Person) -> None:
    desk.database["trades"].insert_one(an_open_copy())
    desk("list")  # from now on this machine knows which database it belongs to
    swarm = standing_of(desk.database).swarm
    journal = Journal(journal_path(config.load().state, SLAVE), swarm, SLAVE)
    journal.bind(55, "Apex-Demo")
    journal.close()
    refused = desk("edit", SLAVE, "--set", "login=77", code=1)
    assert f"{SLAVE}: login: wanted the account it is" in refused.stderr
    desk("edit", SLAVE, "--set", "login=55")
    desk("edit", SLAVE, "--set", "login=0")


class StoppedAtTheSecond(Accounts):
    """Somebody presses Ctrl+C between two writes."""

    def replace(self, before: dict[str, Any], after: Mapping[str, Any]) -> bool:
        if before["name"] == MASTER:
            raise KeyboardInterrupt
        return super().replace(before, after)


def test_ctrl_c_halfway_is_told_with_what_was_written(desk: Person) -> None:
    mine = at(desk)
    mine.accounts = StoppedAtTheSecond(desk.database)

    def plan(present: dict[str, Any]) -> Plan:
        return {name: {**present[name], "labels": ["x"]} for name in (SLAVE, MASTER)}

    with pytest.raises(Refused, match=f"Written: {SLAVE}. Then it was stopped, and {MASTER}") as it:
        mine.carry_out(plan)
    assert it.value.code == 130
    assert desk.document(SLAVE)["labels"] == ["x"]


def test_of_two_documents_of_one_name_none_is_taken_for_the_other(desk: Person) -> None:
    accounts = desk.database["accounts"]
    accounts.drop_indexes()
    accounts.insert_one({"name": SLAVE, "type": "SLAVE", "path": "elsewhere", "enabled": False})
    for words in (["edit", SLAVE, "--set", "max_lot=1"], ["remove", SLAVE, "--yes"]):
        refused = desk(*words, code=1)
        assert f"{SLAVE}: name: wanted one document of this name, found 2" in refused.stderr
    assert accounts.count_documents({"name": SLAVE}) == 2
    assert f"{SLAVE}: 2 documents have this name" in desk("export").stderr
    desk("disable", MASTER)


def test_open_copies_are_told_before_anything_is_removed(desk: Person) -> None:
    desk.database["trades"].insert_one(an_open_copy())
    refused = desk("remove", SLAVE, code=2)
    assert "1 copies are open. No order is given for them now" in refused.stderr
    assert SLAVE in desk.names()
    assert "1 copies are open" in desk("remove", SLAVE, "--yes").stderr


def test_the_accounts_of_an_empty_swarm_are_none(desk: Person) -> None:
    desk.database["accounts"].delete_many({})
    assert "python setup_db.py" in desk("list").stdout
    assert desk.json() == []
    assert desk.json("export")["accounts"] == []


def test_of_edits_at_the_same_time_none_is_lost_and_each_is_recorded(desk: Person) -> None:
    desk("edit", SLAVE, "--set", "max_open_trades=0")

    def one_more(present: dict[str, Any]) -> Plan:
        count_now = present[SLAVE]["max_open_trades"]
        return {SLAVE: {**present[SLAVE], "max_open_trades": count_now + 1}}

    def edit_thrice(_: int) -> None:
        for _ in range(3):
            at(desk).carry_out(one_more)

    with ThreadPoolExecutor(4) as people:
        list(people.map(edit_thrice, range(4)))
    assert desk.document(SLAVE)["max_open_trades"] == 12
    records = desk.database["account_changes"].find({"account": SLAVE}).sort("number", 1)
    changes = [change for record in records for change in record["changes"]]
    counted = [c["after"] for c in changes if c["field"] == "max_open_trades"]
    assert counted[-12:] == list(range(1, 13))
