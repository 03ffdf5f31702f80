"""The three ways MetaTrader's functions are called, and the last_error() they share."""

import functools
import threading
from collections.abc import Callable
from typing import Any, Final

from paper.module.failures import SUCCESS, BadArgument, Failed, Unrepresentable

_MODULE: Final = "MetaTrader5._core"


_Args = tuple[object, ...]
_Keywords = dict[str, object]
_Function = Callable[..., Any]
_Prepare = Callable[[str, _Args, _Keywords], _Args]
_Decorator = Callable[[_Function], _Function]


class Calls:
    """Turns plain functions into MetaTrader's: failures become a value and a last_error."""

    def __init__(self) -> None:
        self.begin_afresh()

    def begin_afresh(self) -> None:
        """As in a process that has called nothing yet; no thread of it holds the lock."""
        self.last_error: tuple[int, str] = (0, "")
        self._spoiled_by: BaseException | None = None
        # The real module never lets go of the interpreter, so its calls cannot overlap.
        self._one_at_a_time = threading.RLock()

    def without_arguments(self, failure: object = None) -> _Decorator:
        """A function that takes nothing at all; its body takes nothing."""

        def prepare(name: str, args: _Args, keywords: _Keywords) -> _Args:
            refuse_arguments(name, args, keywords)
            return ()

        return self._decorator(prepare, failure, failure)

    def positional(self, failure: object = None) -> _Decorator:
        """A function whose arguments have no names; its body takes them as one tuple."""

        def prepare(name: str, args: _Args, keywords: _Keywords) -> _Args:
            if keywords:
                raise TypeError(f"{name}() takes no keyword arguments")
            return (args,)

        return self._decorator(prepare, failure, failure)

    def with_keywords(self, failure: object = None, bad_argument: object = None) -> _Decorator:
        """A function with both sorts; its body takes a tuple and a dict, unknown keys included."""
        return self._decorator(lambda _, args, keywords: (args, keywords), failure, bad_argument)

    def _decorator(self, prepare: _Prepare, failure: object, bad_argument: object) -> _Decorator:
        def decorate(body: _Function) -> _Function:
            @functools.wraps(body)
            def call(*args: object, **keywords: object) -> Any:  # noqa: ANN401 - MetaTrader's result
                prepared = prepare(body.__name__, args, keywords)
                with self._one_at_a_time:
                    return self._run(body, prepared, failure, bad_argument)

            return call

        return decorate

    @property
    def is_spoiled(self) -> bool:
        """Whether the call under way will end in a SystemError."""
        return self._spoiled_by is not None

    def spoil(self, cause: BaseException) -> None:
        """The call under way goes on, but whatever comes of it ends in a SystemError."""
        self._spoiled_by = cause

    def _run(self, body: _Function, args: _Args, failure: object, bad_argument: object) -> Any:  # noqa: ANN401 - as above
        self.last_error, self._spoiled_by = SUCCESS, None
        answer = self._answer(body, args, failure, bad_argument)
        if self._spoiled_by is not None:
            raise _system_error(body.__name__) from self._spoiled_by
        return answer

    def _answer(self, body: _Function, args: _Args, failure: object, bad_argument: object) -> Any:  # noqa: ANN401 - as above
        try:
            return body(*args)
        except Failed as failed:
            self.last_error = (failed.code, failed.text)
            if isinstance(failed, Unrepresentable):
                raise _system_error(body.__name__) from failed.__cause__
            return bad_argument if isinstance(failed, BadArgument) else failure


def _system_error(name: str) -> SystemError:
    return SystemError(f"<built-in function {name}> returned a result with an exception set")


def refuse_arguments(name: str, args: _Args, keywords: _Keywords) -> None:
    """The TypeErrors of a function that takes no arguments; last_error stays what it was."""
    if keywords:
        raise TypeError(f"{_MODULE}.{name}() takes no keyword arguments")
    if args:
        raise TypeError(f"{_MODULE}.{name}() takes no arguments ({len(args)} given)")
