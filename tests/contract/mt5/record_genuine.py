"""Records what the genuine MetaTrader5 module answers to more_calls, on Windows without a terminal.

`python -m tests.contract.mt5.record_genuine`, after a change of more_calls or of the module.
"""

import gzip
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.contract.mt5.more_calls import Answer, ask, cases

GENUINE = "MetaTrader5"
MYSELF = "tests.contract.mt5.record_genuine"
ROOT = Path(__file__).parents[3]
RECORD = Path(__file__).with_name("genuine.jsonl.gz")
#: The genuine module spoils something with every thousand wrong calls, and its process dies in
#: the end: nobody is asked for long.
AT_ONCE = 2000


def recorded() -> dict[str, Answer]:
    """What it said, by expression."""
    with gzip.open(RECORD, "rt", encoding="utf-8") as file:
        return {case: Answer(said, error) for case, said, error in map(json.loads, file)}


def answers_of(module: str, at_once: int = AT_ONCE) -> dict[str, Answer]:
    """What any module says now, asked in fresh processes: nothing was called in them before."""
    found: dict[str, Answer] = {}
    for first in range(0, len(cases()), at_once):
        found.update(_asked_apart(module, first, first + at_once))
    return found


def _asked_apart(module: str, first: int, last: int) -> Iterator[tuple[str, Answer]]:
    command = [sys.executable, "-X", "utf8", "-m", MYSELF, module, str(first), str(last)]
    # Through a pipe: Wine's Python cannot write to a file it was given as its output.
    run = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True
    )
    for case, said, error in map(json.loads, run.stdout.splitlines()):
        yield case, Answer(said, error)


def _answer(module: str, first: int, last: int) -> None:
    asked = importlib.import_module(module)
    for case in cases()[first:last]:
        sys.stdout.write(json.dumps([case, *ask(asked, case)]) + "\n")


def _record() -> None:
    lines = (json.dumps([case, *answer]) for case, answer in answers_of(GENUINE).items())
    content = "".join(f"{line}\n" for line in lines).encode()
    # Without a time in it, so that the same answers make the same file.
    RECORD.write_bytes(gzip.compress(content, mtime=0))


if __name__ == "__main__":
    if sys.argv[1:]:
        _answer(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        _record()
