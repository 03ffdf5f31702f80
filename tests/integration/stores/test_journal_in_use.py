"""Whether a node has its journal open is seen from outside, and seeing it harms nobody."""

import subprocess
import sys
from pathlib import Path

import pytest

from db.journal import Journal, journal_path
from db.journal_in_use import accounts_at_work

pytestmark = pytest.mark.integration

NAME = "Apex Slave/01"
ROOT = Path(__file__).resolve().parents[3]
HOLD = """
import sys
from pathlib import Path
from db.journal import Journal
Journal(Path(sys.argv[1]), "swarm", "Apex Slave/01")
print("open", flush=True)
sys.stdin.readline()
"""


def test_an_open_journal_is_at_work_and_a_closed_one_is_not(tmp_path: Path) -> None:
    assert accounts_at_work(tmp_path) == []
    journal = Journal(journal_path(tmp_path, NAME), "swarm", NAME)
    assert accounts_at_work(tmp_path) == [NAME]
    journal.bind(1, "server")
    journal.close()
    assert accounts_at_work(tmp_path) == []


def test_a_node_in_another_process_is_seen_until_it_ends_however_it_ends(tmp_path: Path) -> None:
    path = journal_path(tmp_path, NAME)
    node = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert node.stdout is not None
        assert node.stdout.readline() == "open\n"
        assert accounts_at_work(tmp_path) == [NAME]
    finally:
        node.kill()
        node.communicate()
    assert accounts_at_work(tmp_path) == []
    Journal(path, "swarm", NAME).close()


def test_a_file_that_is_no_journal_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "journals").mkdir()
    (tmp_path / "journals" / "x.sqlite").write_bytes(b"no database at all, but long enough" * 40)
    assert accounts_at_work(tmp_path) == []
