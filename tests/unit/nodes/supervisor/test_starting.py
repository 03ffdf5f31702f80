"""What a start says of this machine."""

import os
import socket
from pathlib import Path

import pytest

import config
from config import Config
from nodes.supervisor import pid_file
from nodes.supervisor.faults import HostFault
from nodes.supervisor.starting import (
    found_instead_of_terminal,
    make_folders,
    nobody_else_runs,
    ports_are_free,
    sole_launcher,
    unless_copies_are_open,
)
from utils.os_signals import born


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


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    folders = {"MURMURATION_STATE": str(tmp_path), "MURMURATION_LEASES": str(tmp_path / "leases")}
    made = config.load(folders)
    make_folders(made)
    return made


def written_down(settings: Config, birth: float) -> None:
    entry = pid_file.SupervisorEntry(pid=os.getpid(), birth=birth)
    pid_file.write(settings.state, pid_file.RunFile(supervisor=entry))


def test_a_launcher_that_lives_is_named_whether_it_works_or_hangs(settings: Config) -> None:
    written_down(settings, born(os.getpid()) or 0.0)
    with pytest.raises(HostFault, match=f"process {os.getpid()} running it"):
        nobody_else_runs(settings)


def test_what_a_launcher_left_that_lives_no_more_is_taken_up(settings: Config) -> None:
    written_down(settings, birth=1.0)
    assert nobody_else_runs(settings) is not None


def test_of_two_launchers_that_nothing_is_written_of_one_yields(settings: Config) -> None:
    first = sole_launcher(settings)
    with pytest.raises(HostFault, match="another holds"):
        sole_launcher(settings)
    first.release()
    sole_launcher(settings).release()


def test_law_7_a_port_that_another_program_took_keeps_nobody_from_closing_what_is_open() -> None:
    """It is one master's trouble; the copies of others are watched all the same."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = {"FTMO_Master": (other.getsockname()[1],) * 2}
        unless_copies_are_open(lambda: ports_are_free(taken), holds_copies=True)
        with pytest.raises(HostFault, match="another program there"):
            unless_copies_are_open(lambda: ports_are_free(taken), holds_copies=False)
