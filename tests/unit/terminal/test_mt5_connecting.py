from pathlib import Path

import pytest

from domain.market import Identity, Unknowable
from tests.unit.terminal.doors import HOME, door
from tests.unit.terminal.fake_mt5 import FakeMt5, account, symbol

APEX = "C:/Program Files/Apex MT5/terminal64.exe"


def test_connecting_logs_in_as_the_document_says() -> None:
    module = FakeMt5()
    found = door(
        module, login=51234567, server="Apex-Live", password="open sesame", timeout_ms=5_000
    ).connect()
    assert found == HOME
    assert module.calls[0] == (
        "initialize",
        (APEX,),
        {"timeout": 5_000, "login": 51234567, "server": "Apex-Live", "password": "open sesame"},
    )


def test_connecting_without_a_login_takes_the_terminal_as_it_is() -> None:
    module = FakeMt5()
    found = door(module, path="apex", server="Apex-Live", timeout_ms=1, expected=None).connect()
    assert found == HOME
    assert module.calls[0] == ("initialize", ("apex",), {"timeout": 1})


def test_the_first_account_found_is_home_where_none_was_named() -> None:
    module = FakeMt5()
    terminal_door = door(module, expected=None)
    terminal_door.connect()
    module.account = account(login=777)
    assert terminal_door.connect() == Identity(777, "Apex-Live")
    assert isinstance(terminal_door.positions(), Unknowable)


@pytest.mark.parametrize(
    "failure",
    [
        (-6, "Terminal: Authorization failed"),
        (-10003, "IPC initialize failed, MetaTrader 5 x64 not found"),
        (-10005, "IPC timeout"),
        OSError("no pipe"),
    ],
    ids=str,
)
def test_a_terminal_that_cannot_be_had_is_unknowable(failure: tuple[int, str] | Exception) -> None:
    module = FakeMt5()
    module.failures["initialize"] = failure
    assert isinstance(door(module).connect(), Unknowable)


def test_another_terminal_than_the_one_named_is_refused() -> None:
    found = door(FakeMt5(), path="D:/Other MT5/terminal64.exe").connect()
    assert isinstance(found, Unknowable)
    assert "D:/Other MT5/terminal64.exe" in found.why


@pytest.mark.parametrize(
    "spelling", ["c:\\program files\\APEX mt5\\terminal64.exe", APEX, "paper_key"]
)
def test_the_same_terminal_in_another_spelling_is_accepted(spelling: str) -> None:
    assert door(FakeMt5(), path=spelling).connect() == HOME


def test_the_password_is_in_no_message() -> None:
    module = FakeMt5()
    module.failures["initialize"] = RuntimeError("refused for open sesame")
    found = door(module, login=1, password="open sesame").connect()
    assert isinstance(found, Unknowable)
    assert "open sesame" not in found.why
    assert "***" in found.why


def test_letting_go_never_raises() -> None:
    module = FakeMt5()
    module.failures["shutdown"] = OSError("gone")
    door(module).close()
    assert module.names_called() == ["shutdown"]


def test_the_brokers_clock_is_known_before_anything_was_traded() -> None:
    module = FakeMt5()
    module.symbols = {"GOLD.c": symbol(select=True), "EURUSD.c": symbol(name="EURUSD.c")}
    terminal = door(module)

    terminal.connect()

    assert terminal.newest_server_ms() == module.ticks["GOLD.c"].time_msc


@pytest.mark.parametrize(
    ("code", "said", "found", "what_to_do"),
    [
        pytest.param(
            -10003,
            f"IPC initialize failed, Process create failed '{APEX}'",
            "a file that Windows cannot start",
            "Correct `path`",
            id="no program",
        ),
        pytest.param(
            -10003,
            "IPC initialize failed, Pipe server didn't answer in 60 sec",
            "started and did not answer",
            "Look at its window",
            id="another program, or one that asks something",
        ),
        pytest.param(
            -10003,
            "IPC initialize failed, MetaTrader 5 x64 not found",
            "no MetaTrader 5 on this machine",
            "Install",
            id="not installed",
        ),
        pytest.param(
            -10003,
            "IPC initialize failed, CreateFile failed [5]",
            "lets nobody in",
            "same rights",
            id="another user's",
        ),
        pytest.param(
            -10003, "IPC initialize failed, ", "cannot be connected", "Look", id="not a word"
        ),
        pytest.param(-10005, "IPC timeout", "logged in", "`server`", id="no login in time"),
        pytest.param(
            -6, "Terminal: Authorization failed", "refused the login", "`password`", id="refused"
        ),
        pytest.param(
            -7,
            "Unsupported authorization mode, OTP or certificate password needed",
            "one-time password",
            "by hand",
            id="one-time password",
        ),
        pytest.param(-5, "Terminal: Incompatible versions", "version", "update", id="too old"),
        pytest.param(-10001, "IPC send failed", "went away", "tried again", id="gone"),
        pytest.param(-1, "Terminal: Call failed", "cannot be connected", "Look", id="who knows"),
    ],
)
def test_why_a_terminal_cannot_be_had_says_wanted_found_and_what_to_do(
    code: int, said: str, found: str, what_to_do: str
) -> None:
    module = FakeMt5()
    module.failures["initialize"] = (code, said)
    told = door(module, login=51234567, password="open sesame").connect()
    assert isinstance(told, Unknowable)
    assert told.why.startswith(f"wanted {APEX} logged in to 51234567, found ")
    # In MetaTrader's own words as well, which are what a search on the web finds.
    for words in (found, what_to_do, f"{said} ({code})"):
        assert words in told.why


def test_the_password_stands_in_no_reason() -> None:
    module = FakeMt5()
    module.failures["initialize"] = (-6, "Terminal: open sesame refused")
    told = door(module, login=51234567, password="open sesame").connect()
    assert isinstance(told, Unknowable)
    assert "open sesame" not in told.why


def test_metatraders_module_is_not_asked_to_fail_in_words_it_cannot_write(tmp_path: Path) -> None:
    """Its 5.0.6231 overwrites its own TradeOrder then."""
    program = tmp_path / "\u0413\u0440\u0430\u0444\u0438\u043a" / "terminal64.exe"
    module = FakeMt5()
    told = door(module, path=str(program)).connect()
    assert isinstance(told, Unknowable)
    assert told.why.startswith(f"wanted {program}, found no program (nothing is there). Correct")
    assert not module.calls
    program.parent.mkdir()
    program.write_bytes(b"MZ")
    door(module, path=str(program)).connect()
    assert module.calls[0][0] == "initialize"
