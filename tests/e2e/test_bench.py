"""`python -m bench path` gives its figures; how large they are is no test's business."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]


def test_the_path_is_measured_against_a_bare_fan_out(tmp_path: Path) -> None:
    out = tmp_path / "path.json"
    words = ["path", "--slaves", "1", "--rounds", "5", "--json", str(out), "--no-setup"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ratio" in done.stdout
    (found,) = json.loads(out.read_text(encoding="utf-8"))["path"]
    assert found["slaves"] == 1
    assert found["product"]["rounds"] == found["baseline"]["rounds"] == 5
    assert found["product"]["p50_us"] > 0
    assert found["ratio_p50"] == pytest.approx(
        found["product"]["p50_us"] / found["baseline"]["p50_us"], rel=0.01
    )
    assert set(found["hops_us"]) == {
        "seen_published",
        "published_received",
        "received_decided",
        "decided_sent",
    }
