"""What happened, line by line: counted, hashed, and shown to who wants to read it."""

import hashlib
import sys
from collections import Counter
from collections.abc import Callable


class Trace:
    """Two runs are the same exactly when their digests are."""

    def __init__(self, *, shows: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self._hash = hashlib.blake2b(digest_size=16)
        self._shows = shows
        self.now_us: Callable[[], int] = lambda: 0

    def note(self, what: str, who: str, detail: object = "") -> None:
        """One thing happened."""
        self.counts[what] += 1
        line = f"{self.now_us() / 1e6:11.6f} {who:<8} {what} {detail}"
        self._hash.update(line.encode())
        if self._shows:
            sys.stdout.write(line + "\n")

    def blend(self, body: bytes) -> None:
        """Bytes that went over a wire."""
        self._hash.update(body)

    @property
    def digest(self) -> str:
        """A name for all that happened."""
        return self._hash.hexdigest()
