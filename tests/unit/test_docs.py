"""The papers speak of what is there: paths, packages, links."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.reasons_page import PAGE, page

ROOT = Path(__file__).resolve().parents[2]
PAPERS = ("README.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md", "docs/RUNBOOK.md")
MAP = "docs/ARCHITECTURE.md"
MADE_HERE = {"state", "build"}
# Made while the product or its tests run, so no checkout has them.
MADE_LATER = ("state/", ".tools/")
ENDINGS = ("py", "md", "toml", "txt", "svg", "png", "gz")

PATH = re.compile(rf"`([\w.\-]+(?:/[\w.\-]+)*(?:/|\.(?:{'|'.join(ENDINGS)})))`")
LINK = re.compile(r"\]\(([^)\s]+)\)|\bsrc=\"([^\"]+)\"")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def papers() -> list[Path]:
    """Every page of the repository."""
    return sorted(path for path in files() if path.suffix == ".md")


def files() -> Iterator[Path]:
    """All of ours; folders of tools are not even entered, as one may hold a whole disk."""
    for folder, inside, names in os.walk(ROOT):
        inside[:] = [name for name in inside if not name.startswith(".") and name not in MADE_HERE]
        yield from (Path(folder, name) for name in names)


def text_of(paper: str) -> str:
    return FENCE.sub("", (ROOT / paper).read_text("utf-8"))


def packages() -> set[str]:
    found = [path.parent.relative_to(ROOT) for path in files() if path.name == "__init__.py"]
    return {path.as_posix() + "/" for path in found if path.parts[0] != "tests"}


@pytest.mark.parametrize("paper", PAPERS)
def test_every_path_named_is_there(paper: str) -> None:
    named = {path for path in PATH.findall(text_of(paper)) if not path.startswith(MADE_LATER)}

    gone = {path for path in named if not (ROOT / path).exists()}

    assert named, "no path was recognised, so this test sees nothing"
    assert not gone


def test_every_package_stands_in_the_map() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", text_of(MAP), re.MULTILINE)

    assert packages() <= set(rows)


def test_every_module_at_the_root_stands_in_the_map() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", text_of(MAP), re.MULTILINE)

    assert {path.name for path in ROOT.glob("*.py")} <= set(rows)


@pytest.mark.parametrize("paper", papers(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(paper: Path) -> None:
    links = (a or b for a, b in LINK.findall(FENCE.sub("", paper.read_text("utf-8"))))
    targets = (link.partition("#")[0] for link in links if "://" not in link)

    gone = [target for target in targets if target and not (paper.parent / target).exists()]

    assert not gone


def test_every_decision_is_listed_and_has_its_three_parts() -> None:
    folder = ROOT / "docs" / "adr"
    listed = (folder / "README.md").read_text("utf-8")

    for decision in sorted(folder.glob("0*.md")):
        text = decision.read_text("utf-8")
        assert f"({decision.name})" in listed
        assert [
            part for part in ("Context", "Decision", "Consequences") if f"**{part}.**" not in text
        ] == []


def test_the_page_of_reasons_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m commands.reasons_page"


def test_the_page_on_windows_lists_every_test_that_is_left_out_and_why() -> None:
    left_out = re.compile(r"(posix_only|not_on_wine)\(\s*\"([^\"]+)\"")
    sources = [path for path in files() if path.suffix == ".py" and "tests" in path.parts]
    found = {match for path in sources for match in left_out.findall(path.read_text("utf-8"))}
    listed = re.findall(
        r"^- (posix_only|not_on_wine): (.+)$", text_of("docs/WINDOWS.md"), re.MULTILINE
    )
    assert found == set(listed)
