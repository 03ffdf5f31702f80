"""What a command about accounts has to say: lines for a person, one JSON value for a program."""

import json
import sys
from collections.abc import Iterable
from typing import Any

import msgspec

from commands.console import prepare, say
from domain.problems import Problem, as_lines

NOT_DONE = 1
WRONG_USE = 2


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`remarks` go to the error output, where they are in no program's way."""

    value: Any
    lines: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    code: int = 0


class Refused(Exception):  # noqa: N818 - it says what happened
    """Nothing was written; the text says why and what to do."""

    def __init__(
        self, text: str, problems: Iterable[Problem] = (), *, code: int = NOT_DONE
    ) -> None:
        """`problems` follow the text, one a line."""
        self.problems = tuple(problems)
        super().__init__("\n".join(filter(None, [text, as_lines(self.problems)])))
        self.text = text
        self.code = code


def give(answer: Answer, *, as_json: bool) -> int:
    """Print it; the exit code."""
    console = prepare()
    if as_json:
        print(json.dumps(answer.value, indent=2))
    else:
        for line in answer.lines:
            say(console, line)
    for remark in answer.remarks:
        print(remark, file=sys.stderr)
    return answer.code


def give_refusal(fault: Exception, *, as_json: bool) -> int:
    """The reason on the error output, and for a program as JSON as well; the exit code."""
    prepare()
    if as_json:
        problems = fault.problems if isinstance(fault, Refused) else ()
        text = fault.text if isinstance(fault, Refused) else str(fault)
        print(json.dumps({"error": text, "problems": msgspec.to_builtins(problems)}, indent=2))
    print(fault, file=sys.stderr)
    return fault.code if isinstance(fault, Refused) else WRONG_USE
