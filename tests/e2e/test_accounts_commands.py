"""`python launcher.py accounts ...`, as a person types it."""

import codecs
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from db.embedded.starting import running
from tests.earlier_accounts import FORM_A, FORM_B, SECRET
from tests.machine import MASTER, SLAVE, Machine, People
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


class Desk:
    """A person at the shell, with commands that are about accounts."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def __call__(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = self.machine.command("accounts", *words)
        assert done.returncode == code, done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr
        return done

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code).stdout)

    def document(self, name: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.json("show", name)["document"]
        return shown

    def names(self) -> list[str]:
        return [row["name"] for row in self.json("list")]

    def file(self, name: str, content: object) -> str:
        path = self.machine.folder / name
        path.write_text(json.dumps(content), "utf-8")
        return str(path)


@pytest.fixture
def desk(machine: Machine) -> Desk:
    """A swarm that is set up, and whose database runs."""
    machine.set_up()
    return Desk(machine)


def test_a_swarm_that_was_never_set_up_says_what_to_do(machine: Machine, tmp_path: Path) -> None:
    machine.environ["MURMURATION_STATE"] = str(tmp_path / "nowhere")
    assert "python setup_db.py" in Desk(machine)("list", code=2).stderr


def test_accounts_of_earlier_systems_come_in_disabled_with_every_field_told(desk: Desk) -> None:
    folder = desk.machine.folder / "old"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps([FORM_A]), "utf-16")
    (folder / "b.json").write_bytes(codecs.BOM_UTF8 + json.dumps(FORM_B).encode())

    tried = desk("import", str(folder), "--dry-run")
    assert "Apex A (form A" in tried.stdout
    assert desk.names() == [SLAVE, MASTER]

    done = desk("import", str(folder)).stdout
    assert "kept as legacy: mt5.baseUrl" in done
    assert "NOT IN FORCE: risk.maxDailyLoss = 500" in done
    assert "mt5_login -> login = 510077 (was a text)" in done
    assert "Set the environment variable FTMO_77_PASSWORD" in done
    imported = desk.document("FTMO-77")
    assert (imported["enabled"], imported["max_lot"]) == (False, 5)
    assert imported["legacy"] == {"broker": "FTMO"}
    assert imported["throttle"] == {"opens": 20, "seconds": 86_400}
    assert "only a place kept for it" in desk("enable", "FTMO-77", code=1).stderr

    desk("edit", "FTMO-77", "--set", "path=C:/MT5/terminal64.exe")
    again = desk.json("import", str(folder))
    assert (again["written"], {a["verdict"] for a in again["accounts"]}) == (0, {"unchanged"})


def test_a_database_that_does_not_run_is_started_for_the_command_and_ended(desk: Desk) -> None:
    desk.machine.stop_database()
    desk("edit", SLAVE, "--set", "max_lot=2")
    eventually(lambda: running(desk.machine.state) is None, 10)
    assert desk.document(SLAVE)["max_lot"] == 2


def test_an_edit_that_its_node_cannot_run_with_is_told(swarm: Machine) -> None:
    swarm.wait_ready()
    told = Desk(swarm).json("edit", SLAVE, "--set", "login=77")["accounts"][0]["uptake"]
    assert not told["in_force"]
    assert "its node cannot run: ended with code 2: paper terminal" in told["text"]


def test_a_running_swarm_follows_at_once_and_open_copies_live_on(
    swarm: Machine, people: People
) -> None:
    desk = Desk(swarm)
    swarm.wait_ready()
    pids = swarm.pids()
    assert "goes on without a restart" in desk("edit", SLAVE, "--set", "max_lot=2").stdout
    assert swarm.pids() == pids

    restarted = desk.json("edit", SLAVE, "--set", "path=apex-2")["accounts"][0]["uptake"]
    assert restarted["restart"] is True
    assert restarted["in_force"] is True
    assert swarm.pids()[SLAVE] != pids[SLAVE]
    assert swarm.pids()[MASTER] == pids[MASTER]
    assert "its node has ended" in desk("disable", SLAVE).stdout
    assert "it runs as process" in desk("enable", SLAVE).stdout

    swarm.wait_ready()
    trader = people.trader()
    trader.buy()
    eventually(lambda: swarm.status()[SLAVE]["open_legs"] == 1, 30)
    eventually(lambda: desk.json("show", SLAVE)["open_copies"] == 1, 30)
    removed = desk("remove", SLAVE, "--yes")
    assert "1 copies are open" in removed.stderr
    assert "its node stays for 1 open copies" in removed.stdout
    trader.close_all()
    eventually(lambda: SLAVE not in swarm.pids(), 30)
