"""What a person asks a demo or a drill for is refused at once where no machine could do it."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from commands import demo, drill
from commands.staging.wishes import check_file_to_write, check_room


def asked(command: Any, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    command.add_arguments(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize("command", [drill, demo], ids=["drill", "demo"])
@pytest.mark.parametrize("number", ["-1", "1e300", "99999999999999", "inf", "nan", "many", ""])
@pytest.mark.parametrize("option", ["--seed", "--seconds", "--slaves"])
def test_what_no_machine_can_do_is_refused(command: Any, option: str, number: str) -> None:
    with pytest.raises(argparse.ArgumentError, match=f"{option}: wanted .* found {number}"):
        asked(command, option, number)


@pytest.mark.parametrize("number", ["-1", "1e300", "99999999999999", "inf", "nan", "many", ""])
@pytest.mark.parametrize("option", ["--masters", "--pace", "--kills"])
def test_what_would_fill_the_memory_is_refused(option: str, number: str) -> None:
    with pytest.raises(argparse.ArgumentError, match=f"{option}: wanted .* found {number}"):
        asked(drill, option, number)


def test_a_long_drill_of_many_is_let_through() -> None:
    words = "--seed 4294967295 --seconds 86400 --masters 20 --slaves 100 --kills 5000 --pace 3"
    found = asked(drill, *words.split())
    assert (found.seed, found.seconds, found.kills) == (4294967295, 86400.0, 5000)


def test_a_file_that_can_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    there, absent = tmp_path / "there.json", tmp_path / "absent.json"
    there.write_text("an earlier report", "utf-8")
    check_file_to_write(there)
    check_file_to_write(absent)
    check_file_to_write(None)
    assert there.read_text("utf-8") == "an earlier report"
    assert not absent.exists()


def test_a_file_that_cannot_be_written_is_refused_before_anything_starts(tmp_path: Path) -> None:
    impossible = tmp_path / ("long" * 100)
    with pytest.raises(OSError, match="--json: wanted a file, found"):
        check_file_to_write(impossible)


def test_room_that_is_not_there_is_refused_with_both_figures(tmp_path: Path) -> None:
    check_room(tmp_path, 0.001)
    with pytest.raises(OSError, match=r"wanted 1000000000000 MB free in .*, found \d+ MB"):
        check_room(tmp_path, 1e12)
