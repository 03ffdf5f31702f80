"""What a start says of this machine."""

from pathlib import Path

import pytest

from nodes.supervisor.starting import found_instead_of_terminal


@pytest.mark.parametrize("name", ["terminal64.exe", "Terminal64.EXE"])
def test_a_terminal_is_known_by_its_programs_name(tmp_path: Path, name: str) -> None:
    program = tmp_path / name
    program.write_bytes(b"MZ")
    assert found_instead_of_terminal(str(program)) == ""


def test_nothing_a_folder_and_another_program_are_told_apart(tmp_path: Path) -> None:
    """MetaTrader's module would start whatever program it is given, again and again."""
    installer = tmp_path / "mt5setup.exe"
    installer.write_bytes(b"MZ")
    nowhere = tmp_path / "terminal64.exe"
    assert found_instead_of_terminal(str(nowhere)) == f"nothing at {nowhere}"
    assert found_instead_of_terminal(str(tmp_path)) == f"a folder, {tmp_path}"
    assert found_instead_of_terminal(str(installer)) == f"another program, {installer}"
