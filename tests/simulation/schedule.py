"""What is going to happen in one run: explicit, so that it can be stored, shrunk and told."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Mode = Literal["safety", "liveness"]
DRAWN, PLAINLY, EXISTING = "drawn", "plain", "existing"
"""How the slaves' ways of copying come about; a kind of `drawing_settings` stands for itself, and
so does what masters had before slaves followed them."""


class Happening(msgspec.Struct, frozen=True):
    """At a moment something happens to somebody; `stage_acts` has a function for every `what`."""

    at_ms: int
    what: str
    who: str = ""
    how: Mapping[str, Any] = {}

    @property
    def shown(self) -> str:
        """For a person."""
        said = " ".join(f"{name}={value}" for name, value in self.how.items())
        return f"{self.at_ms:>6} ms  {self.what:<16} {self.who:<8} {said}"


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run. The seed draws only what is too small to be listed: delays, ticks, tokens."""

    seed: int
    mode: Mode
    masters: tuple[str, ...]
    slaves: Mapping[str, str]
    """By name, the broker of each."""
    happenings: tuple[Happening, ...]
    lasts_ms: int
    nets: tuple[str, ...] = ()
    """Whose accounts are netting accounts."""
    settings: Mapping[str, Mapping[str, Any]] = {}
    """By slave, what its document says besides."""
    late: tuple[str, ...] = ()
    """Which slaves let an open that comes too late wait at the master's price."""
    comes_at_ms: Mapping[str, int] = {}
    """When the nodes of those slaves are started that are not there from the beginning."""
    largest_order: float = 0.0
    """Lots that the slaves' brokers take at once; 0 for as many as they like."""
