"""Law 13: one node per account and per terminal, between real processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes.lease import Lease, LeaseRefusedError
from utils.os_signals import resume, suspend

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]

HOLDER = """
import sys
from pathlib import Path
from nodes.lease import Lease
folder, login, server, data_path = sys.argv[1:]
held = Lease.take(Path(folder), login=int(login), server=server, data_path=data_path)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds 1001 at FTMO-Demo on the terminal in C:/MT5."""
    arguments = [str(tmp_path), "1001", "FTMO-Demo", "C:/MT5"]
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait(10)
    process.stdin.close()
    process.stdout.close()


@pytest.mark.history(2, 24)
@pytest.mark.parametrize(
    ("login", "data_path", "named"),
    [
        pytest.param(1001, "C:/MT5", "account 1001 at FTMO-Demo", id="both"),
        pytest.param(1001, "C:/Other", "account 1001 at FTMO-Demo", id="the account"),
        pytest.param(2002, "C:/MT5", "terminal C:/MT5", id="the terminal"),
        pytest.param(2002, "C:/MT5/", "terminal C:/MT5/", id="the terminal, spelled otherwise"),
    ],
)
def test_law_13_a_second_node_is_refused_and_told_who_holds_it(
    tmp_path: Path, other: "subprocess.Popen[str]", login: int, data_path: str, named: str
) -> None:
    """Histories 2 and 24: another swarm's node, or one of another document, on this machine."""
    with pytest.raises(LeaseRefusedError) as refused:
        Lease.take(tmp_path, login=login, server="FTMO-Demo", data_path=data_path)
    assert named in str(refused.value)
    assert f"process {other.pid}" in str(refused.value)
    assert "stop that process" in str(refused.value)


@pytest.mark.history(23)
def test_law_13_a_holder_that_is_stopped_lets_nobody_in(
    tmp_path: Path, other: "subprocess.Popen[str]"
) -> None:
    """History 23: it may wake up at any time, with a decision of long ago in its hands."""
    assert suspend(other.pid)
    with pytest.raises(LeaseRefusedError, match=f"process {other.pid}"):
        Lease.take(tmp_path, login=1001, server="FTMO-Demo", data_path="C:/MT5")
    assert resume(other.pid)


def test_law_13_a_killed_holder_holds_nothing(
    tmp_path: Path, other: "subprocess.Popen[str]"
) -> None:
    other.kill()
    other.wait(10)
    lease = Lease.take(tmp_path, login=1001, server="FTMO-Demo", data_path="C:/MT5")
    assert str(os.getpid()) in {file.read_text("utf-8") for file in tmp_path.glob("*.pid")}
    lease.release()


def test_law_13_another_account_on_another_terminal_is_free(
    tmp_path: Path, other: "subprocess.Popen[str]"
) -> None:
    Lease.take(tmp_path, login=1001, server="Apex-Live", data_path="C:/Apex").release()


def test_a_refused_lease_keeps_none_of_the_two_locks(
    tmp_path: Path, other: "subprocess.Popen[str]"
) -> None:
    with pytest.raises(LeaseRefusedError):
        Lease.take(tmp_path, login=2002, server="FTMO-Demo", data_path="C:/MT5")
    Lease.take(tmp_path, login=2002, server="FTMO-Demo", data_path="C:/Third").release()


def test_a_folder_that_cannot_be_made_refuses_the_lease(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(LeaseRefusedError, match="wanted to lock files in"):
        Lease.take(tmp_path / "file", login=1, server="s", data_path="d")


@pytest.mark.posix_only("file modes are POSIX's")
def test_every_user_may_take_the_lease_after_any_other(tmp_path: Path) -> None:
    folder = tmp_path / "leases"
    lease = Lease.take(folder, login=1, server="s", data_path="d")
    assert folder.stat().st_mode & 0o7777 == 0o1777
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o666}
    lease.release()
