"""Kills at random moments under many writers; `python -m bench crash` is the long form."""

from pathlib import Path

import pytest

from bench.crash import HISTORY_LIMIT, Crew, one_round, prepare
from bench.crash_writers import Findings
from bench.database_server import DatabaseServer
from utils.randomness import seeded

pytestmark = pytest.mark.integration
ROUNDS = 4


def test_kills_under_ten_writers_lose_nothing_and_leave_nothing_half_done(tmp_path: Path) -> None:
    crew, findings = Crew(writers=8), Findings()
    with DatabaseServer(tmp_path / "state", HISTORY_LIMIT) as server:
        prepare(server)
        for number in range(ROUNDS):
            one_round(crew, server, seeded(number), findings)
    assert findings.lost == []
    assert findings.half_done == []
    assert crew.acknowledged.total() > 1000
    kinds = {"insert", "insert many", "update", "findAndModify", "bulk", "delete", "createIndex"}
    assert kinds <= set(crew.acknowledged)
