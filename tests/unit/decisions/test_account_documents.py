"""An account document becomes settings, or every fault in it is told at once."""

from decimal import Decimal
from typing import Any

import pytest
from bson import Code, Decimal128, Int64, ObjectId

from decisions.account_documents import needs_restart, parse_account
from domain.account_fields import AccountDefaults
from domain.policies import AccountSettings, PaperAccount, Role, SlippageMode
from domain.problems import Problem

MINIMAL = {"name": "Apex_Slave_01", "type": "SLAVE", "path": "C:/Apex/terminal64.exe"}
SECRET = "hunter2-do-not-show"  # noqa: S105 - what must not be shown

ISSUE_SLAVE = {
    "_id": 17,
    "name": "Apex_Slave_01",
    "type": "SLAVE",
    "enabled": True,
    "terminal": "mt5",
    "path": "C:/Program Files/Apex MT5/terminal64.exe",
    "login": 51234567,
    "server": "Apex-Live",
    "password": "${APEX_PASSWORD}",
    "follows": ["FTMO_Master"],
    "labels": ["apex"],
    "suffix": ".c",
    "symbol_map": {"XAUUSD": "GOLD", "US30": "DJ30"},
    "slippage_tolerance": 50,
    "slippage_mode": "either",
    "magic_number": 234000,
    "max_signal_age_ms": 5000,
    "max_lot": 5,
    "max_open_trades": 10,
    "opens_without_database": False,
    "kill_switch": {
        "enabled": True,
        "daily_loss": 200,
        "reset": {"time": "00:00", "zone": "server"},
        "resume_at_reset": False,
    },
}


def settings(**other: Any) -> AccountSettings:
    read = parse_account(MINIMAL | other)
    assert isinstance(read, AccountSettings), read
    return read


def problems(**other: Any) -> tuple[Problem, ...]:
    read = parse_account(MINIMAL | other)
    assert isinstance(read, tuple), read
    return read


def only_problem(**other: Any) -> Problem:
    (problem,) = problems(**other)
    return problem


def test_the_document_of_a_real_slave_is_read_as_it_stands() -> None:
    read = parse_account(ISSUE_SLAVE)
    assert isinstance(read, AccountSettings)
    assert read.symbol_map == {"XAUUSD": "GOLD", "US30": "DJ30"}
    assert read.follows == ("FTMO_Master",)
    assert read.kill_switch.daily_loss == Decimal(200)
    assert read.max_lot == Decimal(5)


def test_a_document_of_the_earlier_system_needs_nothing_new() -> None:
    old = MINIMAL | {"enabled": True, "suffix": ".c", "symbol_map": {}, "slippage_tolerance": 30}
    read = parse_account(old)
    assert isinstance(read, AccountSettings)
    assert (read.type, read.terminal, read.follows) == (Role.SLAVE, "mt5", None)
    assert read.slippage_tolerance == Decimal(30)


def test_silence_means_the_defaults_that_the_user_set_for_all() -> None:
    read = parse_account(MINIMAL, AccountDefaults(slippage_tolerance=Decimal(7), magic_number=42))
    assert isinstance(read, AccountSettings)
    assert (read.slippage_tolerance, read.magic_number) == (Decimal(7), 42)


def test_a_paper_terminal_without_a_paper_block_gets_a_plain_account() -> None:
    assert settings(terminal="paper").paper == PaperAccount()
    assert settings(terminal="paper", paper=None).paper == PaperAccount()
    assert settings().paper is None


def test_a_paper_block_is_read_field_by_field() -> None:
    paper = settings(terminal="paper", paper={"broker": "FTMO-Demo", "deposit": 5000}).paper
    assert paper == PaperAccount(broker="FTMO-Demo", deposit=Decimal(5000))


@pytest.mark.parametrize(
    "number",
    [12, 12.0, Int64(12), Decimal128("12.0"), Decimal(12)],
    ids=["int", "double", "int64", "decimal128", "decimal"],
)
def test_a_number_may_be_of_any_type_a_database_client_hands_over(number: object) -> None:
    read = settings(magic_number=number, slippage_tolerance=number)
    assert (read.magic_number, read.slippage_tolerance) == (12, Decimal(12))
    assert type(read.magic_number) is int


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slippage_tolerance", float("nan")),
        ("slippage_tolerance", float("inf")),
        ("slippage_tolerance", Decimal128("NaN")),
        ("slippage_tolerance", True),
        ("slippage_tolerance", "50"),
        ("slippage_tolerance", None),
        ("slippage_tolerance", -1),
        ("slippage_tolerance", object()),
        ("slippage_tolerance", [50]),
        ("max_lot", 0),
        ("max_lot", "5"),
        ("max_open_trades", 1.5),
        ("max_open_trades", -1),
        ("magic_number", 9_223_372),
        ("magic_number", -1),
        ("magic_number", True),
        ("max_signal_age_ms", 0),
        ("pub_port", 65535),
        ("enabled", 1),
        ("enabled", "true"),
        ("type", "Slave"),
        ("type", 1),
        ("terminal", "mt4"),
        ("slippage_mode", "both"),
        ("partial_below_min", "drop"),
        ("name", ""),
        ("name", "  "),
        ("name", "two\nlines"),
        ("name", 5),
        ("path", " "),
        ("suffix", None),
        ("labels", "apex"),
        ("labels", ["apex", ""]),
        ("labels", [1]),
        ("follows", "FTMO_Master"),
        ("symbol_map", ["XAUUSD"]),
        ("symbol_map", {"XAUUSD": ""}),
        ("symbol_map", {"XAUUSD": 5}),
        ("symbol_map", {"X" * 65: "GOLD"}),
        ("symbol_map", {str(number): "x" for number in range(10_001)}),
        ("labels", ["apex", "apex"]),
        ("labels", [str(number) for number in range(101)]),
        ("labels", [" "]),
        ("name", "x" * 65),
        ("name", "zero\u200bwidth"),
        ("name", "no-break\u00a0space"),
        ("name", Code("function () {}")),
        ("type", Code("SLAVE")),
        ("login", ObjectId("000000000000000000000005")),
        ("slippage_tolerance", 1e300),
        ("slippage_tolerance", Decimal128("1E+6111")),
        ("max_lot", 1_000_001),
        ("kill_switch", None),
        ("kill_switch", 5),
        ("paper", "x" * 200),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_value_that_cannot_stand_is_one_problem_of_its_field(field: str, value: object) -> None:
    problem = only_problem(**{field: value})
    assert problem.field == field
    assert problem.wanted
    assert problem.found
    assert problem.what_to_do


@pytest.mark.parametrize(
    ("field", "section"),
    [
        ("kill_switch.daily_loss", {"daily_loss": -0.01}),
        ("kill_switch.enabled", {"enabled": 0}),
        ("kill_switch.reset", {"reset": "00:00"}),
        ("kill_switch.reset.time", {"reset": {"time": "24:00"}}),
        ("kill_switch.reset.time", {"reset": {"time": "00:00\n"}}),
        ("kill_switch.reset.zone", {"reset": {"zone": "../etc/passwd"}}),
        ("kill_switch.resume_at_reset", {"resume_at_reset": "no"}),
        ("kill_switch.dayly_loss", {"dayly_loss": 200}),
    ],
)
def test_a_fault_within_the_kill_switch_is_named_by_its_whole_path(
    field: str, section: dict[str, object]
) -> None:
    assert only_problem(kill_switch=section).field == field


def test_a_missing_field_is_named_with_what_it_takes() -> None:
    read = parse_account({"name": "Apex"})
    assert isinstance(read, tuple)
    assert [(p.field, p.found) for p in read] == [("type", "nothing"), ("path", "nothing")]
    assert '"MASTER" or "SLAVE"' in read[0].wanted


def test_all_faults_are_told_at_once_each_with_the_accounts_name() -> None:
    found = problems(type="x", path="", max_lot=-1, sufix=".c", kill_switch={"daily_loss": "a"})
    assert {p.field for p in found} == {
        "type",
        "path",
        "max_lot",
        "sufix",
        "kill_switch.daily_loss",
    }
    assert {p.account for p in found} == {"Apex_Slave_01"}


def test_a_document_without_a_name_is_known_by_its_id() -> None:
    read = parse_account({"_id": 17, "type": "SLAVE", "path": "x"})
    assert isinstance(read, tuple)
    assert read[0].account == "_id 17"


def test_a_name_written_wrongly_gets_the_right_one_suggested() -> None:
    assert only_problem(sufix=".c").what_to_do == "Did you mean suffix?"
    assert "legacy" in only_problem(colour="red").what_to_do


def test_what_other_programs_keep_in_a_document_is_let_be() -> None:
    kept = {"_id": 1, "__v": 0, "legacy": {"colour": "red"}}
    stamps = {"created_at": "x", "updated_at": "y", "updated_by": "z"}
    assert settings(**kept, **stamps) == settings()


@pytest.mark.parametrize("reference", ["${APEX_PASSWORD}", "keyring:apex/51234567", ""])
def test_a_password_is_named_by_reference(reference: str) -> None:
    assert settings(login=1, password=reference).password == reference


@pytest.mark.parametrize("literal", [SECRET, f"${{{SECRET}}}", "keyring:", f"keyring:{SECRET}"])
def test_a_password_itself_is_refused_and_never_shown(literal: str) -> None:
    problem = only_problem(password=literal)
    assert problem.field == "password"
    assert SECRET not in problem.text


def test_a_password_of_another_type_is_refused_and_never_shown() -> None:
    problem = only_problem(password=123456)
    assert "123456" not in problem.text


def test_nobody_follows_himself() -> None:
    assert only_problem(follows=["Apex_Slave_01"]).field == "follows"


def test_absent_lists_of_masters_and_limits_stay_absent() -> None:
    read = settings(follows=None, max_lot=None, max_open_trades=None)
    assert (read.follows, read.max_lot, read.max_open_trades) == (None, None, None)


def test_names_are_taken_exactly() -> None:
    assert settings(name=" Apex  01 ").name == " Apex  01 "


def test_an_unknown_time_zone_is_refused_where_zones_are_known() -> None:
    document = MINIMAL | {"kill_switch": {"reset": {"zone": "Europe/Pariss"}}}
    read = parse_account(document, zone_exists=lambda name: name == "Europe/Paris")
    assert isinstance(read, tuple)
    assert read[0].field == "kill_switch.reset.zone"
    assert isinstance(parse_account(document), AccountSettings)


def test_a_broken_reset_says_so_once_and_asks_for_no_zone() -> None:
    read = parse_account(MINIMAL | {"kill_switch": {"reset": 5}}, zone_exists=lambda _: False)
    assert isinstance(read, tuple)
    assert [p.field for p in read] == ["kill_switch.reset"]


@pytest.mark.parametrize(
    ("change", "restart"),
    [
        ({}, False),
        ({"slippage_tolerance": 60}, False),
        ({"enabled": False}, False),
        ({"kill_switch": {"daily_loss": 9}}, False),
        ({"follows": ["B"]}, False),
        ({"path": "elsewhere"}, True),
        ({"login": 5}, True),
        ({"terminal": "paper"}, True),
        ({"login": 5, "password": "${OTHER}"}, True),
    ],
    ids=str,
)
def test_only_what_a_running_node_cannot_take_up_needs_a_restart(
    change: dict[str, Any], restart: bool
) -> None:
    assert needs_restart(settings(), settings(**change)) is restart


def test_another_paper_broker_needs_a_restart() -> None:
    before = settings(terminal="paper", paper={"broker": "A"})
    after = settings(terminal="paper", paper={"broker": "B"})
    assert needs_restart(before, after)


def test_the_slippage_mode_is_read() -> None:
    assert settings(slippage_mode="adverse").slippage_mode is SlippageMode.ADVERSE


@pytest.mark.parametrize(
    ("document", "field", "what_to_do"),
    [
        ({"type": "MASTER", "follows": ["Other"]}, "follows", "make the account a SLAVE"),
        ({"type": "SLAVE", "pub_port": 6000}, "pub_port", "make the account a MASTER"),
        ({"type": "MASTER", "max_lot": 5}, "max_lot", "set it on the slaves"),
        ({"type": "MASTER", "max_open_trades": 0}, "max_open_trades", "set it on the slaves"),
        (
            {"type": "MASTER", "kill_switch": {"daily_loss": 200}},
            "kill_switch.daily_loss",
            "set it on the slaves",
        ),
        ({"password": "${APEX_PASSWORD}"}, "password", "Add login"),
    ],
    ids=str,
)
def test_what_cannot_stand_together_is_one_problem_with_its_way_out(
    document: dict[str, Any], field: str, what_to_do: str
) -> None:
    problem = only_problem(**document)
    assert problem.field == field
    assert what_to_do in problem.what_to_do


@pytest.mark.parametrize(
    "document",
    [
        {"type": "MASTER", "pub_port": 6000, "follows": [], "suffix": ".c"},
        {"type": "MASTER", "max_lot": None, "kill_switch": {"daily_loss": 0}},
        {"type": "SLAVE", "pub_port": 0, "follows": []},
        {"login": 5, "password": "${APEX_PASSWORD}"},
        {"server": "Apex-Live"},
        {"paper": {"deposit": 5}, "terminal": "mt5"},
    ],
    ids=str,
)
def test_what_only_means_nothing_is_let_be(document: dict[str, Any]) -> None:
    assert settings(**document).name == MINIMAL["name"]


def test_a_faulty_section_hides_no_other_fault() -> None:
    found = problems(type="MASTER", kill_switch=5, max_lot=1)
    assert {problem.field for problem in found} == {"kill_switch", "max_lot"}


def test_there_is_one_zero() -> None:
    read = settings(slippage_tolerance=-0.0, kill_switch={"daily_loss": Decimal128("-0.00")})
    assert str(read.slippage_tolerance) == str(read.kill_switch.daily_loss) == "0"


def test_the_last_digit_of_a_long_number_counts() -> None:
    assert settings(login=2**63 - 1).login == 2**63 - 1
    assert only_problem(login=2**63).found == "9223372036854775808 (int)"


def test_a_number_too_long_to_print_is_still_a_problem_one_can_read() -> None:
    assert only_problem(login=10**6000).found.endswith("000... (int)")


def test_law_7_a_document_that_nobody_can_read_is_a_fault_of_its_account_alone() -> None:
    """Whatever the reading of one stumbles over, the accounts beside it run on."""

    def stumbles(_: str) -> bool:
        raise ZeroDivisionError("no zone")

    windows = {"trading_windows": ["Mon-Fri 08:00-17:00 Europe/Prague"]}
    found = parse_account(MINIMAL | windows, zone_exists=stumbles)
    assert isinstance(found, tuple)
    [problem] = found
    assert problem.account == MINIMAL["name"]
    assert "ZeroDivisionError: no zone" in problem.found
