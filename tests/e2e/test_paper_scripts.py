"""Scripts written for MetaTrader5 run unchanged: a wheel in an environment of its own, a broker."""

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from commands.staging.ports import free_port
from paper import client
from paper.admin import Admin
from paper.packaging.wheel import write_wheel
from paper.starting import answering
from tests.unit.paper.desk import named
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "examples" / "scripts"
PIP_S = 90.0
SCRIPT_S = 40.0
LATER = 2**40

Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with our wheel in it.

    It borrows numpy, msgspec and pyzmq from the one that runs the tests: pip finds the wheel's
    needs met and downloads nothing.
    """
    venv = pytest.importorskip("venv", reason="this Python cannot make environments")
    pytest.importorskip("pip", reason="no pip to install the wheel with")
    folder = tmp_path_factory.mktemp("environment")
    venv.EnvBuilder(with_pip=False).create(folder)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    (site,) = folder.rglob("site-packages")
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")
    installed = pip(python, "install", "--no-index", str(write_wheel(folder / "wheels")))
    assert installed.returncode == 0, installed.stderr
    return python


def pip(python: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pip", "--python", str(python), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=PIP_S, check=False)


class Broker:
    """`python -m paper` as a person starts it, and its books."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        options = ("--state", str(state), "--port", str(self.port), "--speed", "20")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "paper", "serve", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        eventually(lambda: answering(state), within_s=20.0)

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()

    def ask(self, verb: str, *args: object) -> Any:
        """Of the terminal that was used last."""
        with Admin("127.0.0.1", self.port) as line:
            line.ask("initialize", "", 0, "", "", 1_000)
            return line.ask(verb, *args)

    def deals(self, magic: int) -> list[SimpleNamespace]:
        rows = self.ask("history_deals_get", "window", [0, LATER])
        return [deal for deal in (named("TradeDeal", row) for row in rows) if deal.magic == magic]

    def balance(self) -> float:
        return float(named("AccountInfo", self.ask("account_info")).balance)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path / "state")
    yield running
    running.end()


@pytest.fixture
def run(environment: Path, broker: Broker, tmp_path: Path) -> Python:
    """Runs Python in the environment, in a folder of the user's own."""

    def running(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(environment), *words],
            cwd=tmp_path,
            env={**os.environ, "PAPER_BROKER": f"127.0.0.1:{broker.port}", "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SCRIPT_S,
            check=False,
        )

    return running


@pytest.fixture
def say(run: Python) -> Callable[..., str]:
    """What one of the scripts prints; it must end well."""

    def saying(name: str, *words: str) -> str:
        done = run(str(SCRIPTS / name), *words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not done.stderr
        return done.stdout

    return saying


def test_pip_takes_the_wheel_for_the_metatrader5_package(environment: Path) -> None:
    asked = pip(environment, "install", "--no-index", "MetaTrader5>=5.0.45")
    assert "Requirement already satisfied: MetaTrader5>=5.0.45" in asked.stdout
    assert "(5.0.6231+paper)" in asked.stdout


def test_the_installed_module_exports_what_ours_does_and_clashes_with_nothing(
    run: Python, tmp_path: Path
) -> None:
    for name in ("paper", "wire", "module", "where", "arguments"):
        (tmp_path / f"{name}.py").write_text("raise AssertionError('the user owns this')")
    public = "print(*sorted(n for n in dir(m) if not n.startswith('_')))"
    done = run("-c", f"import MetaTrader5 as m; from MetaTrader5 import *; {public}")
    assert done.stdout.split() == sorted(n for n in dir(client) if not n.startswith("_"))
    assert done.stderr == ""


@pytest.mark.parametrize("address", ["27119", "127.0.0.1:", ":27119", "127.0.0.1:70000"])
def test_a_mistyped_address_is_explained(environment: Path, address: str) -> None:
    done = subprocess.run(
        [str(environment), "-c", "import MetaTrader5"],
        env={**os.environ, "PAPER_BROKER": address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"PAPER_BROKER is '{address}'; wanted host:port" in done.stderr


def test_account_summary_with_a_login_nobody_knew(say: Callable[..., str], broker: Broker) -> None:
    said = say("account_summary.py")
    assert "equity of 25115284 at MetaQuotes-Demo: 10000.00 USD" in said
    assert "margin_mode = 2" in said
    account = named("AccountInfo", broker.ask("account_info"))
    assert (account.login, account.server) == (25115284, "MetaQuotes-Demo")


def test_open_and_close_then_the_report(say: Callable[..., str], broker: Broker) -> None:
    said = say("open_and_close.py")
    assert said.startswith("order_check: 0 Done, margin ")
    assert "close: 10009 Request executed" in said
    opened, closed = broker.deals(magic=100_001)
    assert (opened.entry, closed.entry) == (0, 1)
    assert (opened.position_id, opened.volume) == (closed.position_id, closed.volume)
    report = say("history_report.py")
    balance = f"{broker.balance():.2f}"
    assert report.startswith("3 deals, 2 orders\n")
    assert f"sum of all deals {balance}, balance {balance}" in report


def test_pending_orders(say: Callable[..., str], broker: Broker) -> None:
    said = say("pending_orders.py")
    assert re.findall(r"^(\w+): 10009", said, re.MULTILINE) == [
        "place", "place", "modify", "remove", "remove",
    ]  # fmt: skip
    assert said.endswith("orders left: 0\n")
    rows = broker.ask("history_orders_get", "window", [0, LATER])
    orders = [named("TradeOrder", row) for row in rows]
    assert [(order.type, order.state) for order in orders] == [(2, 2), (5, 2)]


def test_trailing_stop(say: Callable[..., str], broker: Broker) -> None:
    said = say("trailing_stop.py", "6")
    assert int(re.findall(r"stop moved (\d+) times", said)[0]) >= 1
    assert broker.ask("positions_get", "all", None) == []
    assert broker.deals(magic=100_003)[0].symbol == "XAUUSD"


def test_rates_and_ticks(say: Callable[..., str]) -> None:
    said = say("rates_and_ticks.py")
    assert said.startswith("500 hours, ")
    (ticks,) = re.findall(r"^(\d+) ticks of a day", said, re.MULTILINE)
    assert 50_000 < int(ticks) < 200_000


def test_moving_averages(say: Callable[..., str], environment: Path, broker: Broker) -> None:
    insist_on_pandas(environment)
    said = say("moving_averages.py", "2")
    deals = broker.deals(magic=100_004)
    assert f"{len(deals)} deals, profit {sum(deal.profit for deal in deals):.2f}" in said
    assert len(deals) >= 2
    assert {deal.entry for deal in deals} == {0, 1}
    assert said.endswith("left open: 0\n")


def insist_on_pandas(environment: Path) -> None:
    """Its wheel is downloaded where the tests' own environment has none."""
    if importlib.util.find_spec("pandas") is None:
        try:
            got = pip(environment, "install", "--only-binary", ":all:", "--no-compile", "pandas")
        except subprocess.TimeoutExpired:
            pytest.skip(f"pip did not get pandas within {PIP_S:.0f} s")
        if got.returncode:
            pytest.skip(f"pip cannot install pandas here: {got.stderr.strip()[-200:]}")
