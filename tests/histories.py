"""The histories and laws, and which test shows each; `python -m tests.histories` writes the page.

A test says which history it shows by the marker `history(number, ...)`; which law, by its name
(`test_law_3_...`) or, where that is about something else, by the marker `law(number, ...)`.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.histories_told import HISTORIES, LAWS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "HISTORIES.md"
NAMED_AFTER = re.compile(r"test_law_(\d+)_")
TOLD = re.compile(r"(?:History|Histories) \d+(?:(?:, | and )\d+)*")
KINDS = {"history", "law"}
MARKED = re.compile(r"\bmark\.(history|law)\(")


class Mark(NamedTuple):
    """One marker: `case` is the case's name in brackets where it is a case that is marked."""

    kind: str
    numbers: list[int]
    case: str


class Shown(NamedTuple):
    """A test, or one case of it, and what it shows. `fails`: the product does not do it yet."""

    kind: str
    number: int
    where: str
    fails: bool


HEAD = """# Histories and laws

How a copier loses its users' money, and which test shows that this one does not. Severity: M money,
W wedged, R wrong report. A test says which history it shows by its marker `history`; this page is
made from the tests by `python -m tests.histories`, and a test holds it against them.

| no. | what happens | sev. | law | what must be seen | shown by |
|---|---|---|---|---|---|
"""
LAW_HEAD = """
## Laws

The files with tests named after a law; `python launcher.py test -k law_3_` runs those of law 3.

| law | in short | shown by |
|---|---|---|
"""


def found() -> list[Shown]:
    """All that the tests say of themselves, in the order of their files."""
    return [shown for file in _files() for shown in _in(file)]


def unseen() -> list[str]:
    """Files with markers where nobody looks for them, such as a table of cases."""
    return [_place(file) for file in _files() if len(_written(file)) != len(_understood(file))]


def unmarked() -> list[str]:
    """Tests whose docstring names a history that no marker of theirs does."""
    marked = {(s.where.partition("[")[0], s.number) for s in found() if s.kind == "history"}
    return [
        where
        for file in _files()
        for where, numbers in _named_in_docstrings(file)
        if any((where, number) not in marked for number in numbers)
    ]


def _files() -> list[Path]:
    return sorted((ROOT / "tests").rglob("test_*.py"))


def _place(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _written(file: Path) -> list[str]:
    return MARKED.findall(file.read_text("utf-8"))


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def _tests(tree: ast.Module) -> list[ast.FunctionDef]:
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [function for function in functions if function.name.startswith("test_")]


def _in(file: Path) -> Iterator[Shown]:
    tree = _tree(file)
    of_all = _marks_of_file(tree)
    for test in _tests(tree):
        where = f"{_place(file)}::{test.name}"
        fails = any(_name_of(d) == "xfail" for d in test.decorator_list)
        named = NAMED_AFTER.match(test.name)
        if named:
            yield Shown("law", int(named[1]), where, fails)
        for mark in [*of_all, *_marks_of(test)]:
            yield from (Shown(mark.kind, n, where + mark.case, fails) for n in mark.numbers)


def _understood(file: Path) -> list[Mark]:
    tree = _tree(file)
    return [*_marks_of_file(tree), *(mark for test in _tests(tree) for mark in _marks_of(test))]


def _marks_of_file(tree: ast.Module) -> list[Mark]:
    """`pytestmark` speaks for all tests of its file."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    whole = [a for a in assigned if ast.unparse(a.targets[0]) == "pytestmark"]
    return [_mark(c, "") for a in whole for c in ast.walk(a) if _name_of(c) in KINDS]


def _marks_of(test: ast.FunctionDef) -> Iterator[Mark]:
    for decorator in test.decorator_list:
        if _name_of(decorator) in KINDS:
            yield _mark(decorator, "")
        for case in ast.walk(decorator):
            if _name_of(case) == "param":
                yield from _marks_of_case(case)


def _marks_of_case(case: ast.AST) -> Iterator[Mark]:
    keywords = {k.arg: k.value for k in getattr(case, "keywords", [])}
    for inside in ast.walk(keywords.get("marks", ast.Constant(None))):
        if _name_of(inside) in KINDS:
            name = keywords["id"]
            assert isinstance(name, ast.Constant)
            yield _mark(inside, f"[{name.value}]")


def _mark(call: ast.AST, case: str) -> Mark:
    assert isinstance(call, ast.Call)
    numbers = [a.value for a in call.args if isinstance(a, ast.Constant)]
    return Mark(_name_of(call), [n for n in numbers if isinstance(n, int)], case)


def _name_of(call: ast.AST) -> str:
    """`history` of `pytest.mark.history(3)`; empty for all that is no such call."""
    function = call.func if isinstance(call, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else ""


def _named_in_docstrings(file: Path) -> Iterator[tuple[str, list[int]]]:
    for test in _tests(_tree(file)):
        said = TOLD.match(ast.get_docstring(test) or "")
        if said:
            yield f"{_place(file)}::{test.name}", [int(n) for n in re.findall(r"\d+", said[0])]


def page() -> str:
    """The whole page."""
    shown = found()
    histories = "".join(_row(number, shown) for number in HISTORIES)
    return HEAD + histories + LAW_HEAD + "".join(_law_row(number, shown) for number in LAWS)


def _row(number: int, shown: list[Shown]) -> str:
    told = HISTORIES[number]
    tests = [
        f"`{s.where}`{' (not yet so)' if s.fails else ''}"
        for s in shown
        if (s.kind, s.number) == ("history", number)
    ]
    by = "<br>".join(tests)
    return f"| {number} | {told.happens} | {told.severity} | {told.laws} | {told.seen} | {by} |\n"


def _law_row(number: int, shown: list[Shown]) -> str:
    files = [s.where.partition("::")[0] for s in shown if (s.kind, s.number) == ("law", number)]
    by = "<br>".join(f"`{file}`" for file in sorted(set(files)))
    return f"| {number} | {LAWS[number]} | {by} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
