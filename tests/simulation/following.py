"""Since when each slave follows which master, by the documents that its node has read.

A follow begins with a master's first whole book: not before the node has read whom to follow, and
not after it has answered something of that master's. What was there before may be copied however
old it is, and once only.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tests.simulation.kernel import Kernel
from tests.simulation.truths import Awaited, Original


class Follow(msgspec.Struct):
    """Times of the simulation's; `known_us`: an answer has shown that it has begun."""

    read_us: int
    is_first: bool
    known_us: int | None = None


class Following:
    """Of those slaves alone that do not follow all masters from the beginning on."""

    def __init__(self, kernel: Kernel, masters: Sequence[str], slaves: Sequence[str]) -> None:
        """Nobody has read anything yet; all other slaves follow everybody, all along."""
        self._kernel = kernel
        self._masters = masters
        self._slaves = frozenset(slaves)
        self._now: dict[str, dict[str, Follow]] = {}
        self._ever: set[tuple[str, str]] = set()
        self.told_us: dict[int, int] = {}
        """By a master's order, when its master has told of it first."""
        self._refused: dict[tuple[str, int], str] = {}
        self._ended_us: dict[str, int] = {}

    def has_read(self, name: str, document: Mapping[str, Any] | None) -> None:
        """A node was told this document, and has read it."""
        if name not in self._slaves or document is None:
            return
        wanted, known = document.get("follows"), self._now.setdefault(name, {})
        names = self._masters if wanted is None else wanted
        for master in self._masters:
            if master not in names:
                known.pop(master, None)
            elif master not in known:
                is_first = (name, master) not in self._ever
                self._ever.add((name, master))
                known[master] = Follow(self._kernel.now_us, is_first)

    def has_told(self, order: int) -> None:
        """A master tells of a position."""
        self.told_us.setdefault(order, self._kernel.now_us)

    def has_answered(self, name: str, master: str, order: int, refused: str) -> None:
        """The slave's verdict on an open is in its journal; empty where it is not the last word."""
        follow = self._now.get(name, {}).get(master)
        if follow is not None and follow.known_us is None:
            follow.known_us = self._kernel.now_us
        if name in self._slaves and refused:
            self._refused[name, order] = refused

    def forgets(self, name: str) -> None:
        """A power cut has taken something from its journal, decisions perhaps."""
        self._refused = {key: why for key, why in self._refused.items() if key[0] != name}
        for follow in self._now.get(name, {}).values():
            follow.known_us, follow.is_first = None, False

    def refused(self, name: str, order: int) -> str:
        """Why it was decided against for good; empty where it was not."""
        return self._refused.get((name, order), "")

    def has_ended(self, name: str) -> None:
        """The slave's process is gone, with all that was not decided yet."""
        self._ended_us[name] = self._kernel.now_us

    def may_be_undecided(self, name: str, master: str, known: Original) -> bool:
        """It was there before, and closed before a node could decide that had to start again."""
        follow = self._now.get(name, {}).get(master)
        if follow is None or known.closed_us is None:
            return False
        has_ended = self._ended_us.get(name, -1) >= follow.read_us
        return has_ended and self.may_have_existed(name, master, known)

    def follows(self, name: str, master: str) -> bool:
        """By the newest document that it has read."""
        return name not in self._slaves or master in self._now.get(name, {})

    def may_have_existed(self, name: str, master: str, known: Original) -> bool:
        """Nobody can say that it was opened after the follow had begun."""
        follow = self._now.get(name, {}).get(master)
        if follow is None:
            return name in self._slaves
        return follow.known_us is None or known.opened_us <= follow.known_us

    def surely_existed(self, name: str, master: str, known: Original) -> bool:
        """It was there before the node had ever read whom to follow, and is no signal since."""
        follow = self._now.get(name, {}).get(master)
        if follow is None or not follow.is_first or known.opened_us >= follow.read_us:
            return False
        told_us = self.told_us.get(known.order)
        return told_us is None or told_us < follow.read_us

    def is_to_be_answered(self, name: str, master: str, known: Original | Awaited) -> bool:
        """It was there at some moment at which its master was surely followed."""
        if name not in self._slaves:
            return True
        follow = self._now.get(name, {}).get(master)
        if follow is None:
            return False
        if isinstance(known, Original) and known.closed_us is None:
            return True
        since_us = self._kernel.now_us if follow.known_us is None else follow.known_us
        ended_us = known.closed_us if isinstance(known, Original) else known.opened_us
        return ended_us is not None and ended_us > since_us
