"""Tables of calls a peer may make, with their arguments checked before anything is touched."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from domain.mt5_words import LastError
from paper.service.world import ServerRefusal

Method = Callable[..., object]


class CallTable:
    """Methods by verb; an argument of the wrong type or number is refused with -2."""

    def __init__(self, methods: Iterable[Method], prefix: str = "") -> None:
        self._calls: Final = {prefix + method.__name__: _Call(method) for method in methods}

    def ask(self, owner: object, verb: str, args: list[Any]) -> object:
        """Make one call on its owner."""
        call = self._calls.get(verb)
        if call is None:
            raise ServerRefusal(LastError.UNSUPPORTED, f"the paper broker has no {verb!r}")
        try:
            checked = call.checked(args)
        except msgspec.ValidationError as wrong:
            raise ServerRefusal(LastError.INVALID_PARAMS, f"{verb}: {wrong}") from wrong
        return call.method(owner, *checked)


class _Call:
    def __init__(self, method: Method) -> None:
        self.method = method
        parameters = [*inspect.signature(method).parameters.values()][1:]
        self._types = [parameter.annotation for parameter in parameters]
        self._required = sum(parameter.default is parameter.empty for parameter in parameters)

    def checked(self, args: list[Any]) -> list[Any]:
        if not self._required <= len(args) <= len(self._types):
            raise msgspec.ValidationError(f"{len(args)} arguments, wanted {len(self._types)}")
        return [msgspec.convert(arg, kind) for arg, kind in zip(args, self._types, strict=False)]
