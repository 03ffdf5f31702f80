"""The embedded database as a real process, for tests that need one."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from db.embedded.address import read_address
from db.embedded.asking import ask
from db.embedded.starting import running
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[1]


class EmbeddedServer:
    """Started on any free port; ended with the block."""

    def __init__(self, state: Path, history_limit: int = 200_000) -> None:
        self.state = state
        self.history_limit = history_limit
        self.log = state / "test.log"
        self.uri = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "db.embedded", *self._words()],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        try:
            self.uri = eventually(self._answers, 20)
        except BaseException:
            self.kill()
            raise

    def _words(self) -> list[str]:
        limit = f"--history-limit={self.history_limit}"
        return ["--state", str(self.state), "--port", "0", limit]

    def _answers(self) -> str | None:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text("utf-8")
        address = read_address(self.state)
        return running(self.state) if address and self._is_ours(address.pid) else None

    def _is_ours(self, pid: int) -> bool:
        """On Windows a venv's python.exe is a launcher: there any fresh answer will do."""
        return self._process is not None and (sys.platform == "win32" or pid == self._process.pid)

    @property
    def port(self) -> int:
        return int(self.uri.rstrip("/").rsplit(":", 1)[1])

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def wait(self) -> int:
        """Until it ends by itself."""
        assert self._process is not None
        code = self._process.wait(10)
        self._process = None
        return code

    def limit_files(self, resource_number: int, most_bytes: int) -> None:
        """Where the operating system can: no file of the process grows beyond this."""
        import resource

        assert self._process is not None
        resource.prlimit(self._process.pid, resource_number, (most_bytes, most_bytes))

    def terminate(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(10)

    def ask_to_stop(self) -> int:
        assert self._process is not None
        assert ask(self.port, {"shutdown": 1}) == {"ok": 1.0}
        return self._process.wait(10)
