"""Commands share the embedded server while no launcher runs; the last one ends it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

import config
from commands.visiting import visit
from db.embedded.starting import ensure_running, running, stop
from tests.waiting import eventually
from tests.wine import PATIENCE

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[2]

GUEST = """
import sys
from commands.visiting import visit
import config
with visit(config.load({"MURMURATION_STATE": sys.argv[1]})):
    print("in", flush=True)
    sys.stdin.readline()
"""


def settings_of(state: Path) -> config.Config:
    return config.load({"MURMURATION_STATE": str(state)})


def start(state: Path) -> str:
    return ensure_running(state, port=0, python=sys.executable)


@contextmanager
def guest(state: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", GUEST, str(state)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "in"
        yield process
        process.kill()


def test_a_server_started_for_a_command_ends_with_it(tmp_path: Path) -> None:
    with visit(settings_of(tmp_path)):
        start(tmp_path)
    assert running(tmp_path) is None


def test_a_server_that_was_there_before_stays(tmp_path: Path) -> None:
    uri = start(tmp_path)
    with visit(settings_of(tmp_path)):
        assert running(tmp_path) == uri
    assert running(tmp_path) == uri
    stop(tmp_path)


@pytest.mark.timeout(60)
def test_whoever_ends_first_leaves_the_server_to_the_other(tmp_path: Path) -> None:
    with guest(tmp_path) as other:
        with visit(settings_of(tmp_path)):
            uri = start(tmp_path)
        assert running(tmp_path) == uri
        other.communicate("\n", timeout=20 * PATIENCE)
        eventually(lambda: running(tmp_path) is None, 10)


@pytest.mark.timeout(60)
def test_one_that_was_killed_is_not_waited_for(tmp_path: Path) -> None:
    with guest(tmp_path) as other:
        other.kill()
        other.wait(10)
        with visit(settings_of(tmp_path)):
            start(tmp_path)
        assert running(tmp_path) is None


def test_looking_where_nothing_was_set_up_makes_nothing(tmp_path: Path) -> None:
    nowhere = msgspec.structs.replace(settings_of(tmp_path), state=tmp_path / "nowhere")
    with visit(nowhere):
        pass
    assert not (tmp_path / "nowhere").exists()
