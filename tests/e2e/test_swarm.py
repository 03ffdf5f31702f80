"""`python setup_db.py` and then `python launcher.py`, as a person types them."""

import socket

import pytest

from db.embedded.starting import running
from tests.machine import COPIED_WITHIN_S, MASTER, READY_WITHIN_S, SLAVE, Machine, People
from tests.typist import ROOT
from tests.waiting import eventually
from tests.wine import PATIENCE
from utils.clock import monotonic_s

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

OPENED = f"{SLAVE}: PositionOpened EURUSD.c copied"
CLOSED = f"{SLAVE}: PositionClosed EURUSD.c copied"


def test_the_swarm_runs_obeys_heals_and_ends(machine: Machine) -> None:
    made = machine.type_(str(ROOT / "setup_db.py"), "--no-setup")
    assert made.returncode == 0, made.stderr
    machine.launch()
    machine.wait_ready()

    halted = machine.command("halt", SLAVE, "--why", "payrolls")
    assert halted.returncode == 0, halted.stderr + halted.stdout
    assert "HALTED" in halted.stdout
    assert machine.status()[SLAVE]["state"] == "HALTED"
    mistyped = machine.command("halt", "Apex_Slave_1")
    assert mistyped.returncode == 2
    assert f"Did you mean {SLAVE}" in mistyped.stderr

    machine.node(SLAVE).another_than(machine.node(SLAVE).kill())
    machine.wait_ready()
    slave = machine.status()[SLAVE]
    assert (slave["state"], slave["latch"]["reason"]) == ("HALTED", "payrolls")

    resumed = machine.command("resume", "--all")
    assert resumed.returncode == 0, resumed.stderr + resumed.stdout
    assert machine.status()[SLAVE]["state"] == "ACTIVE"

    began_s = monotonic_s()
    machine.stop()
    assert monotonic_s() - began_s < 7
    machine.wait_alone()
    assert machine.status()[SLAVE]["state"] == "STOPPED"


def test_the_next_launcher_adopts_what_a_crashed_one_left(swarm: Machine) -> None:
    before = swarm.pids()
    swarm.launcher.kill()
    swarm.launch()
    swarm.says(f"{SLAVE}: slave found running", READY_WITHIN_S)
    swarm.wait_ready()
    assert swarm.pids() == before
    swarm.stop()
    swarm.wait_alone()


def test_law_2_an_operator_closes_all_copies_or_leaves_them(swarm: Machine, people: People) -> None:
    trader, copies = people.trader(), people.account("apex-01")

    def held(*lots: float) -> None:
        eventually(lambda: sorted(copies.volumes()) == list(lots), COPIED_WITHIN_S)

    trader.buy(0.1)
    trader.buy(0.2)
    held(0.1, 0.2)
    closed = swarm.command("close", SLAVE, "--why", "the weekend")
    assert (closed.returncode, closed.stderr) == (0, "")
    assert "closing 2 copies" in closed.stdout
    held()

    third = trader.buy(0.3)
    held(0.3)
    assert "left 1 copy" in swarm.command("leave", SLAVE).stdout
    trader.close(third)
    trader.buy(0.4)
    held(0.3, 0.4)

    swarm.stop()
    late = swarm.command("close", SLAVE, "--within", "0.5")
    assert late.returncode == 1
    assert "nothing was done" in late.stdout


def test_an_order_that_nobody_hears_is_kept_and_said_so(machine: Machine) -> None:
    machine.set_up()
    mistyped = machine.command("halt", "apex_slave")
    assert (mistyped.returncode, mistyped.stdout) == (2, "")
    assert f"Did you mean {SLAVE}" in mistyped.stderr
    halted = machine.command("halt", SLAVE, "--within", "0.5")
    assert halted.returncode == 1
    assert "it is stored" in halted.stdout
    machine.launch()
    machine.says(f"{SLAVE}: HALTED", READY_WITHIN_S)
    assert f"{SLAVE}: ACTIVE" not in machine.said()


def test_a_port_in_use_is_a_fault_of_the_host_and_leaves_nothing_running(machine: Machine) -> None:
    machine.set_up()
    signals_port = int(machine.environ["ZMQ_PUB_PORT"])
    with socket.create_server(("127.0.0.1", signals_port)):
        launcher = machine.launch()
        assert launcher.wait(30 * PATIENCE) == 2
    assert f"port {signals_port}: wanted for the signals of {MASTER}" in machine.said()
    machine.wait_alone()


def test_a_database_port_in_use_is_the_only_fault_that_is_told(machine: Machine) -> None:
    machine.set_up()
    machine.stop_database()
    with socket.create_server(("127.0.0.1", int(machine.environ["EMBEDDED_DB_PORT"]))):
        refused = machine.command()
    assert refused.returncode == 2
    assert "the embedded database cannot start: port" in refused.stderr
    assert "no such pair" not in refused.stderr
    machine.wait_alone()


@pytest.mark.parametrize("setting", ["MURMURATION_STATE", "MURMURATION_LEASES"])
def test_a_folder_that_cannot_be_written_is_a_fault_of_the_host(
    machine: Machine, setting: str
) -> None:
    (machine.folder / "file").write_text("", "utf-8")
    machine.environ[setting] = str(machine.folder / "file" / "folder")
    refused = machine.command()
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"{setting}: wanted a folder that can be written")
    machine.wait_alone()


def test_a_swarm_without_accounts_says_what_to_do(machine: Machine) -> None:
    machine.stop_database()
    launcher = machine.launch()
    assert launcher.wait(30 * PATIENCE) == 2
    assert "python setup_db.py" in machine.said()
    machine.wait_alone()
    assert running(machine.state) is None


def test_documents_are_followed_while_the_swarm_runs(swarm: Machine) -> None:
    before = swarm.pids()

    swarm.edit(SLAVE, enabled=False)
    eventually(lambda: SLAVE not in swarm.pids(), 15)
    swarm.edit(SLAVE, enabled=True)
    eventually(lambda: swarm.said().count(f"{SLAVE}: ready") == 2, READY_WITHIN_S)

    second = swarm.node(SLAVE).pid
    swarm.edit(SLAVE, path="another_terminal")
    swarm.node(SLAVE).another_than(second)
    assert swarm.pids()[MASTER] == before[MASTER]

    swarm.edit(SLAVE, follows=["Nobody"])
    swarm.says("found Nobody, which no account is called", 15)
    eventually(lambda: SLAVE not in swarm.pids(), 15)


@pytest.mark.history(5)
def test_law_7_an_account_with_an_open_leg_is_started_close_only_whatever_its_document_says(
    swarm: Machine, people: People
) -> None:
    people.trader().buy()
    swarm.says(OPENED, COPIED_WITHIN_S)
    swarm.stop()

    swarm.edit(SLAVE, follows=["Nobody"])
    swarm.edit(MASTER, enabled=False)
    swarm.launch()
    eventually(lambda: swarm.said().count(f"{SLAVE}: ready") == 2, READY_WITHIN_S)
    trader = people.trader()
    trader.buy()
    swarm.says("denied BAD_DOCUMENT", COPIED_WITHIN_S)
    trader.close_all()
    swarm.says(CLOSED, COPIED_WITHIN_S)
    eventually(lambda: swarm.pids() == {}, 15)


@pytest.mark.parametrize("paper_port", ["fixed", "any"])
def test_copies_go_on_after_the_paper_broker_was_killed(
    machine: Machine, people: People, paper_port: str
) -> None:
    if paper_port == "any":
        machine.environ["PAPER_PORT"] = "0"
    machine.begin()
    port = machine.broker_address().port
    machine.paper.another_than(machine.paper.kill())
    assert machine.broker_address().port == port

    # Nodes find it again by themselves; until then what the trader does is nobody's to copy.
    machine.wait_ready()
    trader = people.trader()
    trader.buy()
    machine.says(OPENED, COPIED_WITHIN_S)
    trader.close_all()
    machine.says(CLOSED, COPIED_WITHIN_S)
    machine.stop()
    machine.wait_alone()


def test_strict_starts_nothing_while_an_account_has_a_fault(machine: Machine) -> None:
    machine.set_up()
    machine.edit(SLAVE, follows=["Nobody"])
    strict = machine.command("--strict")
    assert strict.returncode == 2
    assert "Apex_Slave_01: follows: wanted names of MASTER accounts" in strict.stderr
    machine.wait_alone()
