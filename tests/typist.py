"""A person who types the product's commands, as real processes."""

import subprocess
import sys
from pathlib import Path

from tests.wine import PATIENCE

ROOT = Path(__file__).resolve().parents[1]


class Typist:
    """Types in `folder`, with the settings of `environ`; whoever inherits sets both."""

    folder: Path
    environ: dict[str, str]

    def type_(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60 * PATIENCE,
            check=False,
        )

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.type_(str(ROOT / "launcher.py"), "--no-setup", *words)
