"""A build of the product: the honest one, or one that was broken on purpose."""

from typing import Any


class Build:
    """What is built, unchanged; a sabotage changes one part of it."""

    name = "honest"

    def door(self, door: Any) -> Any:
        return door

    def journal(self, journal: Any) -> Any:
        return journal

    def inlet(self, inlet: Any) -> Any:
        return inlet

    def master(self, loop: Any) -> Any:
        return loop

    def slave(self, loop: Any) -> Any:
        return loop


HONEST = Build()
