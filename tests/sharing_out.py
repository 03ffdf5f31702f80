"""Who runs which tests when all are run: two workers where they wait, one where they compute.

Tests of real processes spend most of their time waiting for them; two of their files at a time
leave room for a third worker, which takes those that only compute, and then helps out.
"""

from pathlib import PurePosixPath
from typing import Any

from xdist.scheduler import LoadScopeScheduling

WORKERS = 3
COMPUTES_FIRST = "gw2"
#: The sooner a long file begins, the less is waited for at the end.
WAITING = ("tests/e2e/", "tests/integration/")
#: One server for all tests of such a folder takes a while to start.
IN_ONE_PIECE = "tests/contract/"


class SharingOut(LoadScopeScheduling):
    """File by file, so that what a file's tests share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        return piece_of(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        next_one = next_piece(list(self.workqueue), node.gateway.id)
        self.workqueue.move_to_end(next_one, last=False)
        super()._assign_work_unit(node)


def piece_of(nodeid: str) -> str:
    """The file of a test, or its folder."""
    file = nodeid.split("::", 1)[0]
    return str(PurePosixPath(file).parent) if file.startswith(IN_ONE_PIECE) else file


def next_piece(left: list[str], worker: str) -> str:
    """Of those that nobody has begun, what this worker should take."""
    return max(left, key=rank) if worker == COMPUTES_FIRST else min(left, key=rank)


def rank(piece: str) -> int:
    """What waits longest comes first."""
    places = [place for place, folder in enumerate(WAITING) if piece.startswith(folder)]
    return places[0] if places else len(WAITING)
