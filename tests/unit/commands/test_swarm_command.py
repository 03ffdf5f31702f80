"""What becomes of the nodes when their launcher ends: by a word, by a fault of its own."""

from io import StringIO
from typing import Any, cast

import pytest
from rich.console import Console

from commands import swarm
from nodes.supervisor.loop import Supervisor


class Falling:
    """A supervisor whose every step ends in this fault."""

    def __init__(self, fault: BaseException) -> None:
        self.fault = fault
        self.stopped = False

    def start(self) -> None:
        """Nothing to find."""

    def step(self) -> None:
        raise self.fault

    def stop(self, _within_s: float) -> None:
        self.stopped = True


def run(fault: BaseException) -> Falling:
    falling = Falling(fault)
    console = Console(file=StringIO())
    with pytest.raises(type(fault)):
        swarm._run(cast("Supervisor", cast("Any", falling)), console)
    return falling


@pytest.mark.parametrize(
    "fault", [OSError(28, "No space left on device"), RuntimeError("a mistake")], ids=str
)
def test_law_5_a_fault_of_the_launchers_own_ends_none_of_its_nodes(
    fault: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not run(fault).stopped
    assert "nodes go on" in capsys.readouterr().err


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), BrokenPipeError()], ids=repr)
def test_whoever_ends_the_launcher_ends_the_swarm(fault: BaseException) -> None:
    assert run(fault).stopped
