"""A forked child: MetaTrader's module never meets one, scripts on other systems do."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stand_in_terminal import StandInTerminal

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(60),
    pytest.mark.posix_only("Windows cannot fork"),
]

PROGRAM = Path(__file__).parents[2] / "children" / "forks.py"


def test_a_forked_child_starts_afresh_and_its_parent_goes_on(server: StandInTerminal) -> None:
    server.answer("positions_total", 7)
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(server.port)],
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "child finds (0, '') None (-10004, 'No IPC connection')",
        "child gets True 7",
        "parent keeps 7 (1, 'Success')",
    ], done.stderr
