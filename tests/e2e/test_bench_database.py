"""`python -m bench database` and `crash` give their figures; how large they are is no test's."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *words],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_the_database_is_measured_beside_bare_sides(tmp_path: Path) -> None:
    out = tmp_path / "database.json"
    sizes = ["--operations", "20", "--documents", "200", "--clients", "5"]
    done = bench("database", *sizes, "--json", str(out))
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text(encoding="utf-8"))
    names = {speed["name"] for speed in found["speeds"]}
    assert {"bare echo over TCP", "bare commit (sqlite3)", "insert_one"} <= names
    assert all(speed["per_s"] > 0 for speed in found["speeds"])
    assert [crowd["errors"] for crowd in found["crowds"]] == [0, 0]
    assert found["filled"][0]["documents"] == 200


def test_kills_are_counted() -> None:
    done = bench("crash", "--rounds", "1", "--writers", "2", "--seed", "1")
    assert done.returncode == 0, done.stderr
    assert "lost 0, half done 0" in done.stdout
