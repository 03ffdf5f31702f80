"""The paper broker's client module, answered by a desk in this process: no sockets, no waits."""

from types import ModuleType
from typing import Any

import msgspec

from paper.module.failures import refused
from paper.service.world import ServerRefusal
from tests.client_copies import fresh_client
from tests.unit.paper.desk import Desk


class _Line:
    """Stands in for the module's connection."""

    is_held = False

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def is_alive(self) -> bool:
        return True

    def close(self) -> None:
        pass

    def ask(self, verb: str, *args: object) -> Any:
        if verb == "hello":
            return {}
        try:
            return self._desk.ask(verb, *msgspec.to_builtins(list(args)))
        except ServerRefusal as refusal:
            raise refused(verb, refusal.code, str(refusal)) from None


class _NothingPushed:
    """Stands in for what the server pushes: everything is asked for."""

    def follow(self, *_: object) -> None:
        pass

    def unfollow(self) -> None:
        pass

    close = drain = unfollow

    def state(self, verb: str) -> None:
        pass

    tick = state

    def remember_state(self, *_: object) -> None:
        pass

    remember_tick = remember_state


def module_at(desk: Desk) -> ModuleType:
    """The module of a terminal at this desk."""
    module: Any = fresh_client()
    module._session.pushed = _NothingPushed()
    module._session._connected = lambda path: _Line(desk)
    made: ModuleType = module
    return made
