"""The same odd calls, made of the genuine MetaTrader5 module and of ours, are answered alike.

What the genuine one said was recorded on Windows; there it is asked again as well.
"""

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.contract.mt5.more_calls import Answer, cases
from tests.contract.mt5.record_genuine import GENUINE, ROOT, answers_of, recorded

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

OURS = "paper.client"
RECORDED_WITH = (3, 11)
SHOWN = 15

#: Where ours differs and is to: ours is written in Python, the genuine one is compiled.
KNOWN_TO_DIFFER = (
    r"type\(m\.\w+\)\.__name__",
    r"m\.[a-z_]+\.(__text_signature__|__module__)",
    r".*\.(__annotations__|__dict__|_asdict|_asdict\(1\))",
    r"m\.\w+\(range.*\)\.__module__",
)

#: What Python itself says changes from one version of it to the next.
OF_PYTHON = ("TypeError", "AttributeError", "PicklingError")


def subject(case: str) -> str:
    """What a case is about: the first of the module's names in it, or the module itself."""
    found = re.search(r"m\.([A-Za-z]\w+)", case)
    return found.group(1) if found else "module"


def comparable(case: str, genuine: Answer) -> bool:
    if any(re.fullmatch(known, case) for known in KNOWN_TO_DIFFER):
        return False
    same_python = sys.version_info[:2] == RECORDED_WITH
    return same_python or not ("__" in case or genuine.said.startswith(OF_PYTHON))


def differences(wanted: dict[str, Answer], found: dict[str, Answer]) -> str:
    """For a person: each difference in three lines."""
    lines = [
        f"{case}\n  genuine: {answer.said} | {answer.error}\n"
        f"  found:   {found[case].said} | {found[case].error}"
        for case, answer in wanted.items()
        if found[case] != answer
    ]
    shown = lines[:SHOWN]
    return "\n".join([f"{len(lines)} of {len(wanted)} differ", *shown]) if lines else ""


@pytest.fixture(scope="module")
def ours() -> dict[str, Answer]:
    return answers_of(OURS)


def test_every_case_is_recorded() -> None:
    assert list(recorded()) == cases()


@pytest.mark.parametrize("about", sorted({subject(case) for case in cases()}))
def test_ours_answers_as_the_genuine_module_did(about: str, ours: dict[str, Answer]) -> None:
    wanted = {
        case: answer
        for case, answer in recorded().items()
        if subject(case) == about and comparable(case, answer)
    }
    assert not differences(wanted, ours)


@pytest.mark.skipif(find_spec(GENUINE) is None, reason="the MetaTrader5 package is not installed")
@pytest.mark.timeout(120)
def test_the_genuine_module_answers_as_it_did() -> None:
    assert not differences(recorded(), answers_of(GENUINE))


@pytest.mark.skipif(find_spec(GENUINE) is None, reason="the MetaTrader5 package is not installed")
def test_the_genuine_module_answers_as_the_table_says() -> None:
    """In a process that ends after the calls that spoil it: see more_calls.spoils."""
    program = f"""
import os, sys, {GENUINE} as m
from tests.contract.mt5.calls import CASES, differences
spoiling = ("initialize foreign path", "initialize emoji path")
in_order = sorted(CASES, key=lambda case: case.name in spoiling)
sys.stdout.buffer.write("\\n".join(differences(m, in_order)).encode())
sys.stdout.flush()
os._exit(0)
"""
    command = [sys.executable, "-X", "utf8", "-c", program]
    run = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert (run.returncode, run.stdout.decode(), run.stderr.decode()) == (0, "", "")
