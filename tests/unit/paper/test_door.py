"""Who is let in: announced terminals, the one used last, and guests where they are welcome."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from paper.service.door import USUAL_PATH, Door, Welcome
from paper.service.session import Session
from paper.service.world import ServerRefusal, Wish
from tests.unit.paper.desk import ADDRESS, KEY, Desk, named

EXE = "C:\\MT5 two\\terminal64.exe"


class Caller:
    """A client of a desk's world, before it has taken up a terminal."""

    def __init__(self, desk: Desk, memory: Path | None, welcome: Welcome | None) -> None:
        self.desk = desk
        self.door = Door(desk.world, lambda: desk.utc_ms, memory=memory, welcome=welcome)

    def initialize(self, path: str = "", login: int = 0, server: str = "") -> SimpleNamespace:
        self.desk.session = Session(
            self.desk.world, ADDRESS, lambda: self.desk.utc_ms, door=self.door
        )
        self.desk.ask("initialize", path, login, "any password", server, 1000)
        return self.account()

    def account(self) -> SimpleNamespace:
        return named("AccountInfo", self.desk.ask("account_info"))

    def terminal(self) -> SimpleNamespace:
        return named("TerminalInfo", self.desk.ask("terminal_info"))


@pytest.fixture
def strict(desk: Desk, tmp_path: Path) -> Caller:
    return Caller(desk, tmp_path / "last.txt", None)


@pytest.fixture
def welcoming(desk: Desk, tmp_path: Path) -> Caller:
    return Caller(desk, tmp_path / "last.txt", Welcome())


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(ServerRefusal) as refused:
        call()
    return refused.value.code, str(refused.value)


def test_without_a_path_the_only_terminal_is_taken(strict: Caller) -> None:
    strict.initialize()
    assert strict.desk.session.terminal.key == KEY


def test_without_a_path_the_terminal_used_last_is_taken_also_after_a_restart(
    welcoming: Caller, tmp_path: Path
) -> None:
    first = welcoming.initialize(EXE)
    again = Caller(welcoming.desk, tmp_path / "last.txt", None)
    assert again.initialize().login == first.login
    again.initialize(KEY)
    assert again.initialize().login != first.login


def test_without_a_path_among_several_never_used_there_is_none(strict: Caller) -> None:
    strict.desk.world.ensure_account(_other_wish(strict), 0)
    assert refusal(strict.initialize) == (-10003, "MetaTrader 5 x64 not found")


def _other_wish(caller: Caller) -> Any:
    from msgspec.structs import replace

    return replace(caller.desk.wish, key="terminal-2")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"path": EXE}, (-10003, f"Process create failed '{EXE}'")),
        ({"path": KEY, "server": "FTMO-Demo"}, (-2, "a server was given without a login")),
        ({"path": KEY, "login": 7}, (-6, "no account 7 at 'FTMO-Demo'")),
        ({"path": KEY, "login": 7, "server": "X"}, (-6, "no account 7 at 'X'")),
    ],
    ids=["unknown path", "server alone", "unknown login", "unknown server"],
)
def test_strangers_are_refused_where_nobody_is_welcome(
    strict: Caller, asked: dict[str, Any], found: tuple[int, str]
) -> None:
    assert refusal(lambda: strict.initialize(**asked)) == found


def test_a_guest_gets_the_login_server_and_terminal_it_names(welcoming: Caller) -> None:
    account = welcoming.initialize(EXE, 25_115_284, "MetaQuotes-Demo")
    assert (account.login, account.server) == (25_115_284, "MetaQuotes-Demo")
    assert (account.balance, account.currency, account.margin_mode) == (10_000.0, "USD", 2)
    assert welcoming.terminal().path == "C:\\MT5 two"
    assert welcoming.initialize(EXE).login == 25_115_284


def test_a_guest_that_names_nothing_gets_the_usual_terminal(desk: Desk) -> None:
    desk.world.terminals.clear()
    account = Caller(desk, None, Welcome(deposit=500.0)).initialize()
    assert (account.server, account.balance) == ("Paper-Demo", 500.0)
    assert USUAL_PATH in desk.world.terminals


def test_a_guest_may_log_in_to_an_account_made_at_another_terminal(welcoming: Caller) -> None:
    mine = welcoming.initialize(EXE, 11, "Somewhere")
    elsewhere = welcoming.initialize("D:\\other\\terminal64.exe", 11, "Somewhere")
    assert (elsewhere.login, elsewhere.name) == (11, mine.name)
    welcoming.desk.send()
    assert welcoming.initialize(EXE).margin == welcoming.account().margin > 0


def test_login_makes_up_an_account_on_the_terminal_that_is_taken_up(welcoming: Caller) -> None:
    welcoming.initialize(EXE)
    welcoming.desk.ask("login", 77, "", "Another-Server", 1000)
    assert (welcoming.account().login, welcoming.account().server) == (77, "Another-Server")


def test_a_broker_without_hedging_opens_what_it_has(welcoming: Caller) -> None:
    assert welcoming.initialize(EXE, 5, "Bourse-Demo").margin_mode == 1


@pytest.mark.parametrize("spelled", ["C:/MT5 two/terminal64.exe", "c:\\mt5 TWO\\Terminal64.EXE"])
def test_a_path_is_the_same_however_windows_would_write_it(welcoming: Caller, spelled: str) -> None:
    assert welcoming.initialize(EXE, 9, "S").login == welcoming.initialize(spelled).login


def test_keys_that_are_no_paths_differ_in_capitals(strict: Caller) -> None:
    assert refusal(lambda: strict.initialize(KEY.upper()))[0] == -10003


def test_a_memory_that_cannot_be_written_keeps_nobody_outside(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    caller = Caller(desk, tmp_path / "no such folder" / "last.txt", Welcome())
    assert caller.initialize(EXE, 3, "S").login == 3
    assert "cannot be written down" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["", EXE, "C:\\known\\terminal64.exe"])
def test_a_login_too_large_to_be_kept_is_refused_as_unknown(welcoming: Caller, path: str) -> None:
    welcoming.initialize("C:\\known\\terminal64.exe", 4711, "Some-Demo")
    code, words = refusal(lambda: welcoming.initialize(path, 2**63, "Other-Demo"))
    assert code == -6
    assert "'Other-Demo' gives no login 9223372036854775808" in words
    assert welcoming.initialize(path, 2**63 - 1, "Other-Demo").login == 2**63 - 1


def test_a_person_cannot_open_an_account_whose_login_cannot_be_kept(desk: Desk) -> None:
    for login in (-1, 2**63):
        wish = Wish(
            key="mine",
            broker="Some-Demo",
            deposit=1.0,
            currency="USD",
            leverage=100,
            margin_mode="hedging",
            login=login,
        )
        code, words = refusal(lambda wish=wish: desk.world.ensure_account(wish, desk.utc_ms))
        assert (code, words.split(":")[0]) == (-2, f"login {login}")
