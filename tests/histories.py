"""The histories and laws, and which test shows each; `python -m tests.histories` writes the page.

A test says which history it shows by the marker `history(number, ...)`; which law, by its name
(`test_law_3_...`) or, where that is about something else, by the marker `law(number, ...)`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.histories_told import HISTORIES, LAWS, LAWS_NOT_YET, NOT_YET

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "HISTORIES.md"
NAMED_AFTER = re.compile(r"test_law_(\d+)_")
MARKED = re.compile(r"\bmark\.(history|law)\(")


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
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [shown for file in files for shown in _in(file)]


def unseen() -> list[str]:
    """Files with markers where nobody looks for them, such as a table of cases."""
    return [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        if len(MARKED.findall(file.read_text("utf-8"))) != sum(1 for _ in _marks_of(file))
    ]


def _tests(file: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def _in(file: Path) -> Iterator[Shown]:
    place = file.relative_to(ROOT).as_posix()
    for test in _tests(file):
        where = f"{place}::{test.name}"
        fails = any(_name_of(d) == "xfail" for d in test.decorator_list)
        named = NAMED_AFTER.match(test.name)
        if named:
            yield Shown("law", int(named[1]), where, fails)
        for kind, numbers, case in _marks(test):
            yield from (Shown(kind, number, where + case, fails) for number in numbers)


def _marks_of(file: Path) -> Iterator[tuple[str, list[int], str]]:
    for test in _tests(file):
        yield from _marks(test)


def _marks(test: ast.FunctionDef) -> Iterator[tuple[str, list[int], str]]:
    """Kind, numbers, and the case's name in brackets where it is a case that is marked."""
    for decorator in test.decorator_list:
        if _name_of(decorator) in {"history", "law"}:
            yield _mark(decorator, "")
        for case in ast.walk(decorator):
            if _name_of(case) == "param":
                yield from _marks_of_case(case)


def _marks_of_case(case: ast.AST) -> Iterator[tuple[str, list[int], str]]:
    keywords = {k.arg: k.value for k in getattr(case, "keywords", [])}
    for inside in ast.walk(keywords.get("marks", ast.Constant(None))):
        if _name_of(inside) in {"history", "law"}:
            name = keywords["id"]
            assert isinstance(name, ast.Constant)
            yield _mark(inside, f"[{name.value}]")


def _mark(call: ast.AST, case: str) -> tuple[str, list[int], str]:
    assert isinstance(call, ast.Call)
    numbers = [a.value for a in call.args if isinstance(a, ast.Constant)]
    return _name_of(call), [n for n in numbers if isinstance(n, int)], case


def _name_of(call: ast.AST) -> str:
    """`history` of `pytest.mark.history(3)`; empty for all that is no such call."""
    function = call.func if isinstance(call, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else ""


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
    by = "<br>".join(tests) or f"not yet: {NOT_YET.get(number, 'nobody')}"
    return f"| {number} | {told.happens} | {told.severity} | {told.laws} | {told.seen} | {by} |\n"


def _law_row(number: int, shown: list[Shown]) -> str:
    files = [s.where.partition("::")[0] for s in shown if (s.kind, s.number) == ("law", number)]
    by = "<br>".join(f"`{file}`" for file in sorted(set(files)))
    by = by or f"not yet: {LAWS_NOT_YET.get(number, 'nobody')}"
    return f"| {number} | {LAWS[number]} | {by} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
