"""Records what the genuine MetaTrader5 module answers to more_calls, on Windows without a terminal.

`python -m tests.contract.mt5.record_genuine`, after a change of more_calls or of the module.
"""

import gzip
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.contract.mt5.more_calls import Answer, ask, cases, spoils

GENUINE = "MetaTrader5"
MYSELF = "tests.contract.mt5.record_genuine"
ROOT = Path(__file__).parents[3]
RECORD = Path(__file__).with_name("genuine.jsonl.gz")


def recorded() -> dict[str, Answer]:
    """What it said, by expression."""
    with gzip.open(RECORD, "rt", encoding="utf-8") as file:
        return {case: Answer(said, error) for case, said, error in map(json.loads, file)}


def answers_of(module: str) -> dict[str, Answer]:
    """What any module says now, asked in a fresh process: nothing was called in it before."""
    command = [sys.executable, "-X", "utf8", "-m", MYSELF, module]
    # Through a pipe: Wine's Python cannot write to a file it was given as its output.
    run = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True
    )
    lines = map(json.loads, run.stdout.splitlines())
    return {case: Answer(said, error) for case, said, error in lines}


def _answer(module: str) -> None:
    asked = importlib.import_module(module)
    for case in sorted(cases(), key=spoils):
        sys.stdout.write(json.dumps([case, *ask(asked, case)]) + "\n")
    sys.stdout.flush()
    # At an ordinary exit the types are taken down as well, the spoilt one among them.
    os._exit(0)


def _record() -> None:
    answers = answers_of(GENUINE)
    lines = (json.dumps([case, *answers[case]]) for case in cases())
    content = "".join(f"{line}\n" for line in lines).encode()
    # Without a time in it, so that the same answers make the same file.
    RECORD.write_bytes(gzip.compress(content, mtime=0))


if __name__ == "__main__":
    if sys.argv[1:]:
        _answer(sys.argv[1])
    else:
        _record()
