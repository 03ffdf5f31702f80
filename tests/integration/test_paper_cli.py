"""`python -m paper` as a person types it: the broker alone, accounts, the wheel, mistakes."""

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.staging.ports import free_port
from paper.admin import Admin
from paper.packaging.wheel import write_wheel
from paper.starting import answering, ensure_running
from paper.typed.command_line import main
from paper.typed.words import overview
from tests.client_copies import fresh_client
from tests.waiting import eventually
from tests.wine import PATIENCE
from utils.os_signals import new_process_group_kwargs

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
Said = subprocess.CompletedProcess[str]


def said(*words: str, program: tuple[str, ...] = ("-m", "paper")) -> Said:
    command = [sys.executable, *program, *words]
    return subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=30 * PATIENCE,
        check=False,
    )


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Starts a broker as a person does; whatever still runs at the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def starting(*words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "paper", "serve", "--state", str(tmp_path / "s"), *words]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            **new_process_group_kwargs(),
        )
        started.append(process)
        eventually(lambda: process.poll() is not None or answering(tmp_path / "s"), within_s=20.0)
        return process

    yield starting
    for process in started:
        process.kill()
        process.communicate()


def interrupted(process: "subprocess.Popen[str]") -> str:
    """Ctrl+C, and all that was said."""
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        process.send_signal(signal.SIGINT)
    return process.communicate(timeout=15 * PATIENCE)[0]


def test_it_says_where_it_is_whom_it_lets_in_and_stops_in_order(
    alone: Callable[..., Any], tmp_path: Path
) -> None:
    port = free_port()
    process = alone("--port", str(port), "--deposit", "2500")
    mt5 = fresh_client()
    mt5._connect_to("127.0.0.1", port)
    assert mt5.initialize("C:\\anything\\terminal64.exe", login=4711, server="Some-Demo")
    assert mt5.account_info().balance == 2500.0
    mt5.shutdown()
    told = interrupted(process)
    assert f"paper broker ready on 127.0.0.1:{port}; Ctrl+C ends it" in told
    assert str(tmp_path / "s") in told
    assert "gets a demo account of 2,500.00 USD" in told
    assert f"set PAPER_BROKER=127.0.0.1:{port}" in told
    if sys.platform != "win32":
        assert told.endswith("paper broker stopped by Ctrl+C; its accounts are kept\n")
        assert process.returncode == 0
        assert answering(tmp_path / "s") is None


def test_accounts_are_listed_again_after_a_restart(
    alone: Callable[..., Any], tmp_path: Path
) -> None:
    first = alone("--port", "0")
    words = ("account", "--state", str(tmp_path / "s"))
    assert said(*words).stdout == "no account yet\n"
    opened = said(*words, "mine", "--broker", "Kontor-Demo", "--margin-mode", "netting",
                  "--currency", "EUR", "--login", "12345678")  # fmt: skip
    assert opened.stdout == "mine: 12345678 at Kontor-Demo\n", opened.stderr
    interrupted(first)
    eventually(lambda: first.poll() is not None)
    again = alone("--port", "0")
    listed = said(*words).stdout
    assert listed.startswith("mine: 12345678 at Kontor-Demo, balance 10,000.00, positions 0")
    assert "mine: 12345678 at Kontor-Demo" in interrupted(again)


def test_without_a_welcome_strangers_stay_outside(alone: Callable[..., Any]) -> None:
    port = free_port()
    process = alone("--port", str(port), "--no-welcome")
    mt5 = fresh_client()
    mt5._connect_to("127.0.0.1", port)
    assert not mt5.initialize("x.exe")
    assert mt5.last_error() == (-10003, "IPC initialize failed, Process create failed 'x.exe'")
    assert not mt5.initialize()
    assert mt5.last_error() == (-10003, "IPC initialize failed, MetaTrader 5 x64 not found")
    mt5.shutdown()
    assert "guests     none" in interrupted(process)


def test_the_products_own_broker_has_no_guests(tmp_path: Path) -> None:
    address = ensure_running(tmp_path)
    mt5 = fresh_client()
    mt5._connect_to(address.host, address.port)
    try:
        assert not mt5.initialize("C:\\anything\\terminal64.exe")
        assert mt5.last_error()[0] == -10003
    finally:
        mt5.shutdown()
        with Admin(address.host, address.port) as admin:
            admin.shutdown()
    eventually(lambda: answering(tmp_path) is None)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("sevre",), "python -m paper has no 'sevre'"),
        (("serve", "--port", "99999"), "99999 is no port: wanted 0 to 65535"),
        (("serve", "--port", "x"), "'x' is not a whole number"),
        (("serve", "--state", ""), "an empty name is no folder"),
        (("serve", "--speed", "0"), "0 is not a number above 0"),
        (("serve", "--deposit", "-5"), "-5 is no deposit: wanted 0 or more"),
        (("serve", "--leverage", "0"), "0 is no leverage: wanted 1 or more"),
        (("account", "--margin-mode", "gross"), "invalid choice: 'gross'"),
        (("account", "--state", "no/such/folder"), "start one first: python -m paper"),
    ],
    ids=" ".join,
)
def test_mistakes_are_explained(
    words: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: int | str | None = main(words)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert complaint in capsys.readouterr().err


def test_a_broker_that_refuses_an_account_says_why(
    alone: Callable[..., Any], tmp_path: Path
) -> None:
    alone("--port", "0")
    words = ("account", "--state", str(tmp_path / "s"), "mine", "--currency", "XYZ")
    answer = said(*words)
    assert answer.returncode == 1
    assert "an account in XYZ at Paper-Demo needs rates" in answer.stderr


def test_a_second_broker_on_the_folder_or_port_says_so(
    alone: Callable[..., Any], tmp_path: Path
) -> None:
    port = free_port()
    alone("--port", str(port))
    same_folder = said("serve", "--state", str(tmp_path / "s"), "--port", "0")
    assert same_folder.returncode == 3
    assert "already serves" in same_folder.stderr
    same_port = said("serve", "--state", str(tmp_path / "other"), "--port", str(port))
    assert same_port.returncode == 2
    assert f"port {port} on 127.0.0.1 cannot be had" in same_port.stderr


def test_a_place_where_no_accounts_can_be_kept_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_file, a_folder, spoiled = tmp_path / "file", tmp_path / "folder", tmp_path / "spoiled"
    a_file.write_text("no folder")
    (a_folder / "paper.lock").mkdir(parents=True)
    spoiled.mkdir()
    (spoiled / "paper.sqlite3").write_text("no database" * 100)
    for place in (a_file, a_file / "below", a_folder, spoiled):
        assert main(["serve", "--state", str(place), "--port", "0"]) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"paper broker: accounts cannot be kept in {place}: ")
        assert told.endswith("name a folder that you may write to with --state\n")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--currency", "XYZ"), "an account in XYZ at Paper-Demo needs rates for EURUSD, XAUUSD"),
        (("--currency", "dollars"), "a currency of three letters"),
    ],
    ids=["no rates", "no currency"],
)
def test_a_welcome_that_no_guest_could_get_is_refused_at_the_start(
    words: tuple[str, ...], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--state", str(tmp_path), "--port", "0", *words]) == 2
    assert complaint in capsys.readouterr().err


def test_where_packages_are_missing_the_person_reads_which_and_what_to_type(
    tmp_path: Path,
) -> None:
    elsewhere = tmp_path / "a copy without .venv"
    without_samples = shutil.ignore_patterns("samples", "__pycache__")
    shutil.copytree(ROOT / "paper", elsewhere / "paper", ignore=without_samples)
    for name in ("first_start.py", "requirements.txt"):
        shutil.copy(ROOT / name, elsewhere)
    source = (
        "import runpy, sys; "
        "sys.path[:] = [p for p in sys.path if p and 'site-packages' not in p]; "
        f"sys.path.insert(0, {str(elsewhere)!r}); sys.argv = ['paper', '--no-setup']; "
        "runpy.run_module('paper', run_name='__main__')"
    )
    done = said(program=("-c", source))
    assert done.returncode == 2
    assert "Nothing was installed: " in done.stderr
    assert re.search(r"pyzmq==\S+ \(found: none\)", done.stderr)
    assert "-m pip install -r" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_launcher_hands_everything_on() -> None:
    told = said("--help", program=("launcher.py", "--no-setup", "paper"))
    assert told.stdout == overview()


def test_the_wheel_is_the_same_file_every_time_and_warns(tmp_path: Path) -> None:
    answer = said("wheel", "--into", str(tmp_path))
    wheel = Path(answer.stdout.splitlines()[0])
    assert wheel.name == "metatrader5-5.0.6231+paper-py3-none-any.whl"
    assert wheel.read_bytes() == write_wheel(tmp_path / "again").read_bytes()
    assert "never where the genuine" in " ".join(answer.stdout.split())
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "MetaTrader5",
        "metatrader5-5.0.6231+paper.dist-info",
    }


def test_a_wheel_that_cannot_be_written_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main(["wheel", "--into", str(tmp_path / "file")]) == 2
    assert "cannot write a wheel into" in capsys.readouterr().err


def test_the_broker_loads_numpy_only_when_somebody_asks_for_prices() -> None:
    source = "import sys, paper.typed.command_line; sys.exit('numpy' in sys.modules)"
    assert said(program=("-c", source)).returncode == 0
