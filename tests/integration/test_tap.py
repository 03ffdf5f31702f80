"""`tap` on a live bus, found by address or by the supervisor's file."""

import argparse
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import pytest

from commands import tap
from messaging.publisher import Publisher
from tests.unit.messaging.messages import HEARTBEAT, MASTER, OPENED
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher(MASTER)
    yield publisher
    publisher.close()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MURMURATION_STATE", str(tmp_path))
    (tmp_path / "run").mkdir()
    return tmp_path


def tapped(*words: str) -> int:
    parser = argparse.ArgumentParser()
    tap.add_arguments(parser)
    return tap.run(parser.parse_args(words))


def tapped_while_speaking(publisher: Publisher, *words: str) -> int:
    """Run tap beside a master that says a heartbeat and an open over and over."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(tapped(*words)))
    thread.start()

    def ended() -> bool:
        publisher.requests()
        publisher.publish(HEARTBEAT)
        publisher.publish(OPENED)
        return not thread.is_alive()

    eventually(ended, within_s=8.0)
    thread.join()
    return codes[0]


def named(state: Path, nodes: object) -> None:
    (state / "run" / "nodes.json").write_text(json.dumps({"nodes": nodes}), encoding="utf-8")


def test_a_bus_named_by_address_is_shown(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    address = publisher.addresses()[0]
    assert tapped_while_speaking(publisher, "--address", address, "--count", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all("PositionOpened  EURUSD BUY 0.50" in line for line in lines)


def test_masters_that_run_here_are_found_by_themselves(
    publisher: Publisher, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named(
        state,
        {
            MASTER: {"role": "MASTER", "pid": 1, "addresses": list(publisher.addresses())},
            "Starting": {"role": "MASTER", "pid": 2, "addresses": []},
            "S": {"role": "SLAVE", "pid": 3, "addresses": []},
        },
    )
    assert tapped_while_speaking(publisher, "--json", "--heartbeats", "--count", "4") == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {message["type"] for message in said} == {"MasterHeartbeat", "PositionOpened"}
    assert {message["heard_from"] for message in said} == {MASTER}


def test_a_reader_that_has_enough_ends_it_without_a_complaint(publisher: Publisher) -> None:
    words = ["tap", "--address", publisher.addresses()[0]]
    start = "import sys; from commands.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()

        def ended() -> bool:
            publisher.requests()
            publisher.publish(OPENED)
            return process.poll() is not None

        try:
            eventually(ended, within_s=30.0)
            complaint = process.stderr.read().decode()
        finally:
            process.kill()
    assert process.returncode == 0
    assert complaint.startswith("listening to tcp://")
    assert "Error" not in complaint


def test_it_ends_after_the_seconds_asked_for(publisher: Publisher) -> None:
    assert tapped("--address", publisher.addresses()[0], "--seconds", "0.05") == 0


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        pytest.param({}, "names no master", id="nobody"),
        pytest.param({"S": {"role": "SLAVE", "addresses": []}}, "names no master", id="a slave"),
        pytest.param({"M": {"role": "MASTER", "addresses": []}}, "no master", id="starting"),
        pytest.param({"M": 5}, "cannot be read", id="strange"),
        pytest.param([], "cannot be read", id="a list"),
    ],
)
def test_without_a_master_it_says_what_to_do(
    state: Path, capsys: pytest.CaptureFixture[str], nodes: object, told: str
) -> None:
    named(state, nodes)
    assert tapped() == 2
    shown = capsys.readouterr().err
    assert told in shown
    assert "nodes.json" in shown
    assert "--address tcp://" in shown


def test_before_the_first_start_it_says_what_to_do(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tapped() == 2
    assert "Start the swarm first" in capsys.readouterr().err


def test_an_address_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert tapped("--address", "5555") == 2
    assert "'5555' is no address" in capsys.readouterr().err
