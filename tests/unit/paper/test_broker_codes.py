"""The table of return codes: complete, true to the checks, and every code can be had."""

import ast
import inspect
import sys
from collections.abc import Iterator

import pytest

from domain.mt5_words import Retcode
from paper.broker.asking import Check
from paper.broker.checks.in_order import ALWAYS, BY_ACTION, GIVES, LEFT_TO_SENDING, ONLY_BY_FAULT
from paper.broker.engine import ACTIONS, GRANTED

MADE = {*ALWAYS, *(check for checks in BY_ACTION.values() for check in checks)}


def test_every_check_that_is_made_says_which_codes_it_gives_and_no_other_does() -> None:
    assert set(GIVES) == MADE
    assert LEFT_TO_SENDING <= MADE


def test_every_action_that_is_executed_is_checked_and_says_what_it_answers() -> None:
    assert set(BY_ACTION) == set(ACTIONS) == set(GRANTED)


def test_every_code_metatrader_has_is_given_by_a_check_an_execution_or_a_fault() -> None:
    refused = {code for codes in GIVES.values() for code in codes}
    granted = {code for codes in GRANTED.values() for code in codes}
    assert set(Retcode) - refused - granted == ONLY_BY_FAULT


@pytest.mark.parametrize("check", GIVES, ids=lambda check: f"{check.__module__}.{check.__name__}")
def test_a_check_gives_the_codes_it_is_said_to_give(check: Check) -> None:
    assert {Retcode[name] for name in _codes_in(check)} == set(GIVES[check])


def _codes_in(check: Check) -> set[str]:
    """The codes named by a check and by whatever of its own module it uses."""
    tree = ast.parse(inspect.getsource(sys.modules[check.__module__]))
    parts = {name: part for part in tree.body for name in _names(part)}
    seen: set[str] = set()
    left = [check.__name__]
    while left:
        name = left.pop()
        if name in parts and name not in seen:
            seen.add(name)
            left += [node.id for node in ast.walk(parts[name]) if isinstance(node, ast.Name)]
    return {code for name in seen for code in _retcodes(parts[name])}


def _names(part: ast.stmt) -> Iterator[str]:
    if isinstance(part, ast.FunctionDef):
        yield part.name
    elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
        yield part.target.id


def _retcodes(part: ast.stmt) -> Iterator[str]:
    for node in ast.walk(part):
        is_member = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if is_member and node.value.id == "Retcode":
            yield node.attr
