"""Accounts of earlier systems become documents of ours, with every field accounted for."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from decisions.account_checks import NO_PATH_YET
from decisions.account_documents import parse_account
from decisions.account_import import (
    Form,
    Incoming,
    Translated,
    Wishes,
    differs,
    merged,
    name_of,
    recognised,
    translated,
)
from decisions.imported_values import Kept, Moved, amount_in, number_in, password_variable
from domain.policies import AccountSettings, Role
from domain.problems import Problem

SECRET = "hunter2"  # noqa: S105 - what must not be shown
DAILY_LOSS = "kill_switch.daily_loss"


def form_a(**other: Any) -> dict[str, Any]:
    usual = {
        "id": "acc-1",
        "name": "Apex A",
        "mt5": {"baseUrl": "http://10.0.0.5:8080", "login": 51234567},
        "symbols": ["XAUUSD"],
        "risk": {"riskPercent": 1, "maxDailyLoss": 500, "maxWeeklyLoss": 1500},
        "killSwitch": {"enabled": True, "dailyDDLimit": 4.5, "weeklyDDLimit": 8},
    }
    return usual | other


def form_b(**other: Any) -> dict[str, Any]:
    usual = {
        "account_id": "FTMO-77",
        "broker": "FTMO",
        "account_type": "demo",
        "mt5_login": "510077",
        "mt5_password": SECRET,
        "mt5_server": "FTMO-Demo",
        "base_currency": "USD",
        "initial_balance": 100000,
        "leverage": "1:100",
        "max_position_size": 5.0,
        "max_concurrent_trades": 10,
        "trading_sessions": ["london"],
        "risk_per_trade": 0.01,
        "max_daily_trades": 20,
        "strategy_allocation": {"smc": 1.0},
        "stop_loss_type": "atr",
        "take_profit_ratio": 2,
        "trailing_stop": True,
        "max_slippage": 3,
        "news_filter": False,
    }
    return usual | other


def incoming(content: object) -> tuple[Incoming, ...]:
    found = recognised("old.json", content)
    assert not isinstance(found, Problem), found.text
    return found


def one(content: dict[str, Any], **wishes: Any) -> Translated:
    (made,) = translated(incoming(content), Wishes(**wishes), {})
    return made


def sound(content: dict[str, Any], **wishes: Any) -> dict[str, Any]:
    made = one(content, **wishes)
    assert made.problems == ()
    read = parse_account(made.document)
    assert isinstance(read, AccountSettings), read
    return made.document


def moved(made: Translated, old: str) -> Moved:
    return next(entry for entry in made.moved if entry.old == old)


def kept(made: Translated, old: str) -> Kept:
    return next(entry for entry in made.kept if entry.old == old)


def limits(made: Translated) -> set[str]:
    return {entry.old for entry in made.kept if entry.limit}


def only_problem(content: dict[str, Any], **wishes: Any) -> Problem:
    (problem,) = one(content, **wishes).problems
    return problem


def test_form_a_is_translated_and_nothing_of_it_is_lost() -> None:
    made = one(form_a(), path="C:/MT5/{name}/terminal64.exe")
    assert made.form is Form.A
    assert made.document == {
        "name": "Apex A",
        "type": "SLAVE",
        "path": "C:/MT5/Apex A/terminal64.exe",
        "enabled": False,
        "login": 51234567,
        "symbols": ["XAUUSD"],
        "kill_switch": {"enabled": True},
        "legacy": {
            "id": "acc-1",
            "mt5": {"baseUrl": "http://10.0.0.5:8080"},
            "risk": {"riskPercent": 1, "maxDailyLoss": 500, "maxWeeklyLoss": 1500},
            "killSwitch": {"dailyDDLimit": 4.5, "weeklyDDLimit": 8},
        },
    }
    assert isinstance(parse_account(made.document), AccountSettings)


def test_form_b_is_translated_and_nothing_of_it_is_lost() -> None:
    made = one(form_b())
    assert made.form is Form.B
    assert made.document["name"] == "FTMO-77"
    assert (made.document["login"], made.document["server"]) == (510077, "FTMO-Demo")
    assert (made.document["max_lot"], made.document["max_open_trades"]) == (5, 10)
    gone = {"account_id", "mt5_login", "mt5_server", "mt5_password", "max_position_size"}
    gone |= {"max_concurrent_trades", "max_daily_trades", "stop_loss_type", "take_profit_ratio"}
    assert made.document["throttle"] == {"opens": 20, "seconds": 86_400}
    assert made.document["stop_loss_type"] == "dynamic"
    assert (made.document["take_profit_type"], made.document["take_profit_ratio"]) == ("ratio", 2)
    assert set(made.document["legacy"]) == set(form_b()) - gone
    assert isinstance(parse_account(made.document), AccountSettings)


def test_the_address_of_a_bridge_is_reported_and_used_for_nothing() -> None:
    made = one(form_a())
    assert "no meaning here" in kept(made, "mt5.baseUrl").why
    assert not kept(made, "mt5.baseUrl").limit


def test_limits_that_do_not_hold_here_are_told_apart_from_what_is_merely_kept() -> None:
    assert limits(one(form_a())) == {
        "risk.riskPercent",
        "risk.maxDailyLoss",
        "risk.maxWeeklyLoss",
        "killSwitch.dailyDDLimit",
        "killSwitch.weeklyDDLimit",
    }
    assert limits(one(form_b())) == {
        "trading_sessions",
        "risk_per_trade",
        "trailing_stop",
        "max_slippage",
    }


@pytest.mark.parametrize(
    ("form", "what", "value"),
    [
        pytest.param(form_a, "symbols", [], id="an empty list may mean either"),
        pytest.param(form_b, "max_daily_trades", 0, id="none, or no limit"),
        pytest.param(form_b, "take_profit_ratio", 0, id="no target, or the master's"),
        pytest.param(form_b, "stop_loss_type", "swing", id="a kind of stop nobody here has"),
    ],
)
def test_what_may_mean_two_things_is_left_to_the_reader(
    form: Callable[..., dict[str, Any]], what: str, value: object
) -> None:
    content = form(**{what: value})
    assert what in limits(one(content))
    assert sound(content)["legacy"][what] == value


@pytest.mark.parametrize("found", ["XAUUSD", [1], {"XAUUSD": "GOLD"}], ids=str)
def test_symbols_that_are_no_list_of_names_are_refused(found: object) -> None:
    assert only_problem(form_a(symbols=found)).field == "symbols"


def test_a_ratio_or_a_number_of_trades_that_is_none_is_refused() -> None:
    assert only_problem(form_b(take_profit_ratio="two")).field == "take_profit_ratio"
    assert only_problem(form_b(max_daily_trades=-1)).field == "max_daily_trades"


# --- passwords


def test_a_password_becomes_a_reference_and_is_nowhere_to_be_seen() -> None:
    made = one(form_b(notes={"investor_password": SECRET, "tokens": [SECRET]}, api_key=SECRET))
    reference = made.document["password"]
    assert reference == "${FTMO_77_PASSWORD}"
    assert SECRET not in repr(made)
    assert any("FTMO_77_PASSWORD" in text and "mt5_password" in text for text in made.to_do)


@pytest.mark.parametrize(
    "written",
    [
        {"mt5": {"baseUrl": f"http://me:{SECRET}@10.0.0.5:8080/api"}},
        {"mt5": {"login": 1, "pass": SECRET}},
        {"mt5": {"login": 1, "passphrase": SECRET}},
        {"credentials": {"value": SECRET}},
        {"bridges": [{"url": f"see ws://me:{SECRET}@host"}]},
        {"symbols": {"EURUSD": {"brokerPass": SECRET, "private_key": SECRET, "pin": SECRET}}},
    ],
    ids=str,
)
def test_nor_is_one_that_stands_in_an_address_or_has_another_name(written: dict[str, Any]) -> None:
    made = one(form_a(**written))
    own = one({"name": "A", "type": "SLAVE", "path": "p", "legacy": written, "more": written})
    assert SECRET not in repr(made)
    assert SECRET not in repr(own)


def test_an_address_without_a_password_is_kept_as_it_is() -> None:
    made = one(form_a(mt5={"baseUrl": "http://10.0.0.5:8080/a@b"}, mail="me@firm.example"))
    assert made.document["legacy"]["mt5"]["baseUrl"] == "http://10.0.0.5:8080/a@b"
    assert made.document["legacy"]["mail"] == "me@firm.example"


def test_a_reference_stays_the_reference_it_is() -> None:
    made = one(form_b(mt5_password="keyring:mt5/77", hint={"password": "${X}"}))
    reference = made.document["password"]
    assert reference == "keyring:mt5/77"
    assert made.document["legacy"]["hint"] == {"password": "${X}"}


@pytest.mark.parametrize(
    ("name", "taken", "variable"),
    [
        ("Apex 01/b", (), "APEX_01_B_PASSWORD"),
        ("77", (), "ACCOUNT_77_PASSWORD"),
        ("Привет", (), "ACCOUNT_PASSWORD"),
        ("A", ("a_password",), "A_PASSWORD_2"),
        ("A", ("A_PASSWORD", "A_PASSWORD_2"), "A_PASSWORD_3"),
    ],
)
def test_every_password_has_a_variable_of_its_own(
    name: str, taken: tuple[str, ...], variable: str
) -> None:
    assert password_variable(name, taken) == variable


def test_no_two_accounts_share_a_variable_and_a_second_import_finds_its_own_again() -> None:
    files = incoming([form_b(account_id="A-1"), form_b(account_id="A 1")])
    names = {"Old": "A_1_PASSWORD", "A-1": "A_1_PASSWORD_2"}
    made = translated(files, Wishes(), names)
    assert [m.document["password"] for m in made] == ["${A_1_PASSWORD_2}", "${A_1_PASSWORD_3}"]


# --- limits and their units


def test_a_days_loss_without_a_unit_is_no_limit_here_and_said_so() -> None:
    made = one(form_a())
    assert "--loss-unit" in kept(made, "risk.maxDailyLoss").why
    assert "--drawdown-unit" in kept(made, "killSwitch.dailyDDLimit").why
    assert "watches nothing" in moved(made, "killSwitch.enabled").remark


@pytest.mark.parametrize(
    ("loss", "wishes", "daily_loss"),
    [
        (500, {"loss_unit": "money"}, 500),
        (-500, {"loss_unit": "money"}, 500),
        ("500", {"loss_unit": "money"}, 500),
        ("$500", {}, 500),
        ("499.5 EUR", {}, 499.5),
        ("5%", {"balance": Decimal(20000)}, 1000),
        (5, {"loss_unit": "percent", "balance": Decimal(20000)}, 1000),
    ],
    ids=str,
)
def test_a_days_loss_whose_unit_is_said_is_in_force(
    loss: object, wishes: dict[str, Any], daily_loss: float
) -> None:
    document = sound(form_a(risk={"maxDailyLoss": loss}, killSwitch={}), **wishes)
    assert document["kill_switch"] == {"daily_loss": daily_loss}


def test_the_balance_of_the_file_serves_for_percent() -> None:
    content = form_a(risk={"maxDailyLoss": "5%"}, killSwitch={}, initial_balance=1000)
    assert sound(content)["kill_switch"]["daily_loss"] == 50


def test_percent_of_nobody_knows_what_is_kept() -> None:
    made = one(form_a(risk={"maxDailyLoss": "5%"}, initial_balance=-1))
    assert "--balance" in kept(made, "risk.maxDailyLoss").why


def test_of_two_daily_limits_the_stricter_holds_and_the_other_is_kept() -> None:
    units = {"loss_unit": "money", "drawdown_unit": "money"}
    second = one(form_a(killSwitch={"dailyDDLimit": 300}), **units)
    assert second.document["kill_switch"]["daily_loss"] == 300
    assert "killSwitch.dailyDDLimit is stricter" in kept(second, "risk.maxDailyLoss").why
    first = one(form_a(killSwitch={"dailyDDLimit": 700}), **units)
    assert first.document["kill_switch"]["daily_loss"] == 500
    assert "as strict or stricter" in kept(first, "killSwitch.dailyDDLimit").why
    assert not limits(first) & {"risk.maxDailyLoss", "killSwitch.dailyDDLimit"}


def test_a_kill_switch_that_is_off_takes_its_own_limit_along_and_no_other() -> None:
    off = {"enabled": False, "dailyDDLimit": 300}
    made = one(form_a(killSwitch=off), loss_unit="money", drawdown_unit="money")
    assert made.document["kill_switch"] == {"daily_loss": 500}
    assert "kill switch off" in kept(made, "killSwitch.dailyDDLimit").why
    alone = one(form_a(killSwitch=off, risk={}))
    assert alone.document["kill_switch"] == {"enabled": False}


def test_zero_is_a_limit_that_only_a_person_can_read() -> None:
    made = one(form_b(max_concurrent_trades=0, max_position_size=0))
    assert {"max_concurrent_trades", "max_position_size"} <= limits(made)
    assert not limits(one(form_a(risk={"maxDailyLoss": 0}))) & {"risk.maxDailyLoss"}


def test_a_size_in_lots_that_looks_like_money_is_pointed_at() -> None:
    assert "make sure" in moved(one(form_b(max_position_size=100000)), "max_position_size").remark
    assert "taken as lots" in moved(one(form_b()), "max_position_size").remark


@pytest.mark.parametrize(("unit", "points"), [("points", 3), ("pips", 30)])
def test_slippage_is_taken_over_in_the_unit_that_is_said(unit: str, points: int) -> None:
    assert sound(form_b(), slippage_unit=unit)["slippage_tolerance"] == points


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (form_a(mt5={"login": "a lot"}), "mt5.login"),
        (form_a(mt5={"login": 1.5}), "mt5.login"),
        (form_a(mt5={"login": -1}), "mt5.login"),
        (form_a(mt5="http://10.0.0.5"), "mt5"),
        (form_a(risk={"maxDailyLoss": "much"}), "risk.maxDailyLoss"),
        (form_a(risk={"maxDailyLoss": True}), "risk.maxDailyLoss"),
        (form_a(killSwitch={"enabled": "yes"}), "killSwitch.enabled"),
        (form_b(max_position_size="big"), "max_position_size"),
        (form_b(max_concurrent_trades=-1), "max_concurrent_trades"),
        (form_b(max_slippage="1 pip"), "max_slippage"),
        (form_b(max_slippage=-1), "max_slippage"),
        (form_b(account_id=None), "name"),
        (form_b(account_id=" "), "account_id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_understood_is_told_by_its_own_name(
    content: dict[str, Any], field: str
) -> None:
    assert only_problem(content).field == field


def test_a_section_without_a_value_is_no_fault() -> None:
    assert one(form_a(risk=None)).problems == ()


# --- names, types, terminals


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (form_a(), "Apex A"),
        (form_a(name=None), "acc-1"),
        (form_a(name="  Apex A "), "Apex A"),
        (form_b(account_id=77), "77"),
        (form_b(name="Seven"), "Seven"),
        (form_b(account_id=None), ""),
        (form_b(account_id=True), ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_account_is_called_as_its_file_calls_it(content: dict[str, Any], name: str) -> None:
    (entry,) = incoming(content)
    assert name_of(entry) == name


def test_a_name_that_was_changed_is_remarked() -> None:
    assert moved(one(form_b(account_id=77)), "account_id").remark
    assert not moved(one(form_b()), "account_id").remark


@pytest.mark.parametrize(
    ("content", "wishes", "role"),
    [
        (form_b(), {}, Role.SLAVE),
        (form_b(account_type="Master"), {}, Role.MASTER),
        (form_b(account_type="slave"), {"type": Role.MASTER}, Role.SLAVE),
        (form_b(account_type=3), {"type": Role.MASTER}, Role.MASTER),
        (form_b(), {"type": Role.SLAVE, "masters": ("FTMO-77",)}, Role.MASTER),
    ],
)
def test_the_type_is_the_files_or_the_persons_or_slave(
    content: dict[str, Any], wishes: dict[str, Any], role: Role
) -> None:
    assert sound(content, **wishes)["type"] == role.value


def test_a_master_has_no_limits_of_a_slave() -> None:
    made = one(form_b(account_type="MASTER"))
    assert "max_lot" not in made.document
    assert kept(made, "max_position_size").value == 5.0


def test_an_account_comes_in_disabled_unless_asked_for() -> None:
    assert one(form_b()).document["enabled"] is False
    assert "accounts enable FTMO-77" in one(form_b()).to_do[-1]
    assert 'accounts enable "Apex A"' in one(form_a()).to_do[-1]
    enabled = one(form_b(), enable=True, type=Role.SLAVE, path="C:/x")
    assert enabled.document["enabled"] is True
    assert enabled.problems == ()
    assert not any("accounts enable" in text for text in enabled.to_do)


def test_a_slave_copies_the_masters_that_are_said_or_every_one_as_is_told() -> None:
    named = one(form_b(), follows=("M1", "M2"))
    assert named.document["follows"] == ["M1", "M2"]
    assert not any("Whom" in text for text in named.to_do)
    assert any("Every enabled master" in text for text in one(form_b()).to_do)
    master = one(form_b(account_type="MASTER"), follows=("M1",))
    assert "follows" not in master.document


def test_nobody_is_enabled_whose_type_is_a_guess() -> None:
    assert only_problem(form_b(), enable=True, path="C:/x").field == "type"


def test_a_path_that_nobody_said_is_a_place_kept_for_one() -> None:
    made = one(form_b())
    assert made.document["path"] == f"{NO_PATH_YET}FTMO-77"
    assert any("path" in text for text in made.to_do)
    assert sound(form_a(mt5={"path": "C:/a"}))["path"] == "C:/a"


def test_on_paper_the_account_is_opened_as_the_file_says() -> None:
    document = sound(form_b(), terminal="paper")
    assert (document["terminal"], document["path"]) == ("paper", "FTMO-77")
    assert document["paper"] == {
        "broker": "FTMO",
        "deposit": 100000,
        "currency": "USD",
        "leverage": 100,
    }


# --- which form it is


@pytest.mark.parametrize(
    ("content", "forms"),
    [
        (form_a(), [Form.A]),
        ([form_a(), form_b()], [Form.A, Form.B]),
        ({"accounts": [form_b()]}, [Form.B]),
        ({"name": "M", "type": "MASTER", "path": "m"}, [Form.OWN]),
        ({"format": "murmuration-accounts", "version": 1, "accounts": [form_a()]}, [Form.A]),
    ],
    ids=["a", "several", "wrapped", "ours", "export"],
)
def test_each_form_is_recognised(content: object, forms: list[Form]) -> None:
    assert [entry.form for entry in incoming(content)] == forms


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("text", "a str"),
        ([], "an empty list"),
        ({}, "the fields of nothing"),
        ([form_a(), {"a": 1}], "the fields a"),
        ([5], "a int"),
        ({"format": "murmuration-accounts", "version": 2, "accounts": []}, "version 2"),
        ({"format": "other", "accounts": []}, "'other'"),
    ],
    ids=str,
)
def test_what_is_none_of_the_forms_is_refused_and_all_three_are_named(
    content: object, found: str
) -> None:
    problem = recognised("old.json", content)
    assert isinstance(problem, Problem)
    assert found in problem.found
    assert all(form in problem.what_to_do for form in ("our own export", "form A", "form B"))


def test_the_second_of_one_name_is_refused_with_the_first() -> None:
    made = translated(incoming([form_b(), form_b(), form_a()]), Wishes(), {})
    assert [[p.field for p in m.problems] for m in made] == [["name"], ["name"], []]
    assert "old.json, account 2" in made[0].problems[0].found


# --- our own form, and accounts that are there already


def test_our_own_documents_come_as_they_are() -> None:
    document = {"name": "M", "type": "MASTER", "path": "m", "created_at": 5, "labels": ["x"]}
    made = one(document | {"_id": 7, "updated_at": 6, "updated_by": "x", "__v": 0})
    assert made.document == document
    assert made.kept == ()


def test_fields_of_another_version_are_kept_as_legacy() -> None:
    document = {"name": "M", "type": "MASTER", "path": "m"}
    made = one(document | {"legacy": {"a": 1, "password": SECRET}, "mood": "good", "token": SECRET})
    assert made.document["legacy"] == {
        "a": 1,
        "password": "(not shown)",
        "mood": "good",
        "token": "(not shown)",
    }
    assert [entry.old for entry in made.kept] == ["mood", "token"]
    assert one(document | {"legacy": 5, "mood": "good"}).document["legacy"] == {"mood": "good"}


def test_a_new_account_is_stored_as_translated() -> None:
    made = one(form_b())
    assert merged(made, None) == made.document


def test_a_second_import_changes_nothing_even_after_a_person_filled_things_in() -> None:
    made = one(form_a())
    stored = made.document | {"_id": 7, "created_at": 5, "updated_at": 6}
    filled = stored | {
        "path": "C:/a",
        "enabled": True,
        "type": "MASTER",
        "suffix": ".c",
        "password": "keyring:a/b",
    }
    assert not differs(filled, merged(made, filled))
    secret = one(form_b())
    mine = secret.document | {"password": "keyring:a/b"}
    assert not differs(mine, merged(secret, mine))


def test_what_the_file_says_anew_is_a_difference_and_a_home_found_ends_the_keeping() -> None:
    stored = one(form_b()).document | {"legacy": form_b() | {"my": "note"}}
    after = merged(one(form_b(), slippage_unit="points", path="C:/a"), stored)
    assert differs(stored, after)
    assert (after["slippage_tolerance"], after["path"]) == (3, "C:/a")
    assert "max_slippage" not in after["legacy"]
    assert after["legacy"]["my"] == "note"


def test_our_own_form_replaces_the_whole_document_but_for_its_bookkeeping() -> None:
    made = one({"name": "M", "type": "MASTER", "path": "m"})
    present = {"_id": 7, "name": "M", "type": "MASTER", "path": "x", "labels": ["a"]}
    present["created_at"] = 5
    assert merged(made, present) == made.document | {"_id": 7, "created_at": 5}


@pytest.mark.parametrize("value", [True, None, [], "x"])
def test_what_is_no_number_is_none(value: object) -> None:
    assert number_in(value) is None
    assert amount_in(value) is None


# --- whatever a file holds

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS | st.sampled_from(["5%", "$5", "1:100", "master", "${A}", SECRET]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
OLD_FIELDS = sorted({*form_a(), *form_b(), "accounts", "type", "path", "legacy", "follows"})
INNER = ["login", "password", "enabled", "maxDailyLoss", "dailyDDLimit", "server", "path"]
SECTIONS = st.dictionaries(st.sampled_from(INNER), VALUES, max_size=4)
ACCOUNTS = st.dictionaries(st.sampled_from(OLD_FIELDS), VALUES | SECTIONS, max_size=8)
UNITS = st.sampled_from(["", "money", "percent", "points", "pips"])


def says_something(value: object) -> bool:
    """A section in which every field is empty says no more than a field that is."""
    if isinstance(value, dict):
        return any(says_something(inner) for inner in value.values())
    return value not in ("", None)


@given(content=ACCOUNTS | st.lists(ACCOUNTS, max_size=3) | VALUES, unit=UNITS, yes=st.booleans())
@example(
    content={"account_type": {}, "base_currency": {}, "name": [], "account_id": ""},
    unit="",
    yes=False,
)
def test_no_file_makes_it_fall_over_and_every_field_is_accounted_for(
    content: Any, unit: str, yes: bool
) -> None:
    found = recognised("old.json", content)
    if isinstance(found, Problem):
        return
    wishes = Wishes(loss_unit=unit, drawdown_unit=unit, slippage_unit=unit, enable=yes)
    for entry, made in zip(found, translated(found, wishes, {}), strict=True):
        parse_account(made.document)
        assert not differs(made.document, merged(made, made.document))
        if entry.form is not Form.OWN:
            told = [one.old for one in (*made.moved, *made.kept)] + [
                problem.field for problem in made.problems
            ]
            heads = {old.partition(".")[0] for old in told}
            said = {key for key, value in entry.content.items() if says_something(value)}
            assert said <= heads


@given(password=st.text("abcdefgh", min_size=8), where=st.sampled_from(["a", "b"]))
def test_no_password_of_an_earlier_form_is_left_anywhere(password: str, where: str) -> None:
    mt5 = {"login": 5, "password": password}
    content = form_a(mt5=mt5) if where == "a" else form_b(mt5_password=password)
    made = one(content)
    assert password not in repr((made.document, made.moved, made.kept, made.problems, made.to_do))
