"""What the table of commands answers before any command is imported."""

import pytest

from commands.cli import COMMANDS, main, needs_of


@pytest.mark.parametrize(
    ("typed", "needs"),
    [
        ([], "run"),
        (["--strict"], "run"),
        (["demo", "--seconds", "5"], "run"),
        (["test", "-k", "x", "-q"], "test"),
        (["--no-setup", "test"], "test"),
        (["--help"], "nothing"),
        (["-h"], "nothing"),
        (["dmeo"], "nothing"),
    ],
    ids=" ".join,
)
def test_what_was_typed_decides_what_must_be_installed(typed: list[str], needs: str) -> None:
    assert needs_of(typed) == needs


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"  {name} " in said and command.help in said for name, command in COMMANDS.items())


def test_a_mistyped_command_is_refused_with_the_likely_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["dmeo"]) == 2
    assert "no command `dmeo`. Did you mean `demo`?" in capsys.readouterr().err
