"""`drill --like-mine`: accounts shaped like the user's, with nothing that is secret or real."""

from decimal import Decimal
from typing import Any

import pytest

from commands.drilling.likeness import SOLD, CannotShapeError, like
from decisions.account_documents import parse_account
from domain.account_fields import AccountDefaults
from paper.broker.profiles.by_name import profile_for
from paper.service.tick_files import bundled, load

Document = dict[str, Any]

MASTER: Document = {
    "name": "FTMO_Master",
    "type": "MASTER",
    "path": "C:/Program Files/FTMO/terminal64.exe",
    "login": 5001,
    "server": "FTMO-Live",
    "password": "${FTMO_PASSWORD}",
}
SLAVE: Document = {
    "_id": "an id of the database's",
    "name": "Apex Slave 01",
    "type": "SLAVE",
    "path": "C:/Program Files/Apex/terminal64.exe",
    "login": 6001,
    "server": "Apex-Live",
    "password": "keyring:apex/6001",
    "follows": ["FTMO_Master"],
    "suffix": "m",
    "slippage_tolerance": 700,
    "magic_number": 4711,
    "max_lot": 0.5,
    "kill_switch": {"daily_loss": 500},
    "api_token": "do not copy",
}


def shaped(**changes: Any) -> Document:
    return like([MASTER, {**SLAVE, **changes}]).accounts[1]


def remarks(**changes: Any) -> str:
    return "\n".join(like([MASTER, {**SLAVE, **changes}]).remarks)


def test_names_and_rules_are_kept() -> None:
    account = shaped()
    kept = ("name", "type", "follows", "suffix", "slippage_tolerance", "magic_number", "max_lot")
    assert {name: account[name] for name in kept} == {name: SLAVE[name] for name in kept}
    assert account["kill_switch"] == {"daily_loss": 500}


WAYS: Document = {
    "size": {"mode": "fixed", "fixed_lot": 3},
    "reverse": True,
    "stop_loss_type": "fixed",
    "stop_loss_points": 200,
    "filters": {"sides": ["BUY"]},
    "trading_windows": ["Mon-Fri 08:00-17:00 UTC"],
    "max_hold_seconds": 900,
    "break_even": {"at": 50},
    "throttle": {"opens": 3},
    "prefix": "x",
    "master_suffix": ".m",
    "rules": [{"masters": ["FTMO_Master"], "max_lot": 1}],
}


def test_every_way_of_copying_is_taken_over_as_it_stands() -> None:
    account = shaped(**WAYS)
    assert {name: account[name] for name in WAYS} == WAYS


def test_a_close_is_not_held_back_for_longer_than_a_drill_waits_and_that_is_said() -> None:
    long = {"min_hold_seconds": 600, "rules": [{"symbols": ["X*"], "min_hold_seconds": 60}]}
    account = shaped(**long)
    assert account["min_hold_seconds"] == 5
    assert account["rules"] == [{"symbols": ["X*"], "min_hold_seconds": 5}]
    assert "held back for 5 s at most" in remarks(**long)
    assert "held back" not in remarks(min_hold_seconds=3)


def test_nothing_real_and_nothing_secret_is_copied() -> None:
    for account in like([MASTER, SLAVE]).accounts:
        assert not {"login", "server", "password", "_id", "api_token"} & set(account)
        assert account["terminal"] == "paper"
        assert "terminal64" not in account["path"]
    assert "apex/6001" not in str(like([MASTER, SLAVE]))


def test_what_a_slave_does_not_say_is_the_users_own_default() -> None:
    silent = {k: v for k, v in SLAVE.items() if k not in {"magic_number", "slippage_tolerance"}}
    defaults = AccountDefaults(slippage_tolerance=Decimal("12.5"), magic_number=555)
    master, account = like([MASTER, silent], defaults).accounts
    assert (account["slippage_tolerance"], account["magic_number"]) == (12.5, 555)
    assert "magic_number" not in master
    assert like([MASTER, SLAVE], defaults).accounts[1]["magic_number"] == SLAVE["magic_number"]


def test_each_account_sits_at_a_terminal_of_its_own_whatever_its_name_is_written_in() -> None:
    names = ("A 1", "A_1", "a-1", "Слейв", "Счёт", "口座")
    mine = [
        {**MASTER, "name": "Мастер"},
        *({**SLAVE, "name": name, "follows": None} for name in names),
    ]
    assert len({account["path"] for account in like(mine).accounts}) == len(mine)


@pytest.mark.parametrize("account", like([MASTER, SLAVE]).accounts, ids=lambda a: str(a["name"]))
def test_what_comes_out_is_a_sound_document(account: Document) -> None:
    parsed = parse_account(account, AccountDefaults(), lambda _zone: True)
    assert not isinstance(parsed, list | tuple), parsed


@pytest.mark.parametrize(
    ("rules", "broker"),
    [
        pytest.param({"suffix": "m"}, "Harbor-Demo", id="suffix m"),
        pytest.param(
            {"suffix": ".pro", "symbol_map": {"XAUUSD": "GOLD.pro"}}, "Union-Demo", id="pro"
        ),
        pytest.param({"suffix": ".c", "symbol_map": {"XAUUSD": "GOLD"}}, "Apex-Demo", id="map"),
        pytest.param({"suffix": ""}, "FTMO-Demo", id="plain"),
    ],
)
def test_the_nearest_broker_sells_what_the_account_asks_for(rules: Document, broker: str) -> None:
    assert shaped(**rules)["paper"]["broker"] == broker


def test_where_nobody_sells_it_the_map_is_replaced_and_said_so() -> None:
    account = shaped(suffix=".xyz")
    assert account["suffix"] == ".xyz"
    assert set(account["symbol_map"].values()) == set(SOLD[account["paper"]["broker"]])
    assert "no paper broker sells EURUSD.xyz or XAUUSD.xyz" in remarks(suffix=".xyz")


def test_what_one_broker_lacks_is_said() -> None:
    assert "XAUUSD would be XAUUSD.c, which Apex-Demo has not" in remarks(suffix=".c")
    assert "Not shaped" in remarks()


def test_an_account_that_nets_is_told_that_its_drill_does_not() -> None:
    netting = {"paper": {"margin_mode": "netting"}}
    assert shaped(**netting)["paper"]["margin_mode"] == "hedging"
    assert "Every account of a drill is a hedging one" in remarks(**netting)


def test_a_paper_accounts_currency_and_money_are_kept() -> None:
    paper = shaped(paper={"broker": "Apex-Demo", "currency": "EUR", "deposit": 5000})["paper"]
    assert (paper["currency"], paper["deposit"]) == ("EUR", 5000)


def test_disabled_accounts_stay_out_and_somebody_must_be_left() -> None:
    off = {**SLAVE, "enabled": False}
    with pytest.raises(CannotShapeError, match="found 1 and 0"):
        like([MASTER, off])
    found = like([MASTER, SLAVE, {**off, "name": "Other"}])
    assert [account["name"] for account in found.accounts] == ["FTMO_Master", "Apex Slave 01"]
    assert "1 account(s) that are disabled" in "\n".join(found.remarks)


def test_only_masters_that_take_part_are_followed_in_a_drill() -> None:
    off = {**MASTER, "name": "Off", "enabled": False}
    both = {**SLAVE, "name": "Both", "follows": ["Off", "FTMO_Master"]}
    alone = {**SLAVE, "name": "Alone", "follows": ["Off"]}
    everyone = {**SLAVE, "name": "Everyone", "follows": None}
    found = like([MASTER, off, both, alone, everyone])
    follows = {account["name"]: account.get("follows") for account in found.accounts[1:]}
    assert follows == {"Both": ["FTMO_Master"], "Everyone": None}
    assert "Alone: follows no enabled MASTER and takes no part." in found.remarks
    with pytest.raises(CannotShapeError, match="found 1 and 0"):
        like([MASTER, off, alone])


def test_the_brokers_sell_what_is_said_here() -> None:
    digits = {feed.symbol: feed.digits for feed in load(bundled())}
    for broker, names in SOLD.items():
        assert {symbol.name for symbol in profile_for(broker, digits).symbols} == set(names)
