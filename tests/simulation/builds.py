"""A build of the product: the honest one, or one that was broken on purpose."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.simulation.schedule import DRAWN, PLAINLY, Mode


class Break(NamedTuple):
    """One name of the production code that means something else in this build."""

    owner: Any
    name: str
    instead: Callable[..., Any]


class Build(NamedTuple):
    """What was broken, which damage that must do, and the troubles that bring it to light."""

    name: str = "honest"
    breaks: tuple[Break, ...] = ()
    damage: str = ""
    mode: Mode = "safety"
    troubles: tuple[str, ...] = ()
    first_seed: int = 0
    """Where to begin to look; it shows within a hundred seeds from any."""
    flavour: str = ""
    """Whether netting accounts and orders that wait are drawn, where that is not left to dice."""

    ways: str = PLAINLY
    """What the slaves' documents ask for: nothing besides, whatever is drawn, or one kind."""

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """The production code is this build's, and the honest one afterwards."""
        before = [(one.owner, one.name, getattr(one.owner, one.name)) for one in self.breaks]
        for one in self.breaks:
            setattr(one.owner, one.name, one.instead)
        try:
            yield
        finally:
            for owner, name, honest in before:
                setattr(owner, name, honest)


HONEST = Build(ways=DRAWN)
