"""What a stand-in terminal is told to do instead of an answer."""

from collections.abc import Callable
from typing import Any

from tests.stand_in_terminal import HangUp, Refusal


def refuse(code: int, payload: object = "refused") -> Callable[[list[Any]], Any]:
    """This code instead of success."""

    def answer(_: list[Any]) -> Any:
        raise Refusal(code, payload)

    return answer


def hang_up(_: list[Any]) -> Any:
    """Gone without a word, as a process that died."""
    raise HangUp
