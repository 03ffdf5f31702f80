"""First starts of a small project with real interpreters, real pip and no network."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        find_spec("venv") is None, reason="python.org's zip for Windows cannot make environments"
    ),
]

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = str(getattr(sys, "_base_executable", sys.executable))
WITHIN_S = 90
LAUNCHER = """
import sys
from pathlib import Path
import first_start
first_start.ensure(Path(__file__).resolve().parent)
import tinypin
print(sys.prefix, tinypin.VERSION, sys.argv[1:], Path.cwd(), sep="|")
sys.exit(7)
"""


class Ran(NamedTuple):
    code: int
    out: str
    said: str


class Project(NamedTuple):
    """A project folder and the environment variables its starts get."""

    folder: Path
    env: dict[str, str]

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    def command(self, *words: str, python: str = OUTSIDE) -> list[str]:
        return [python, str(self.folder / "launcher.py"), *words]

    def start(self, *words: str, python: str = OUTSIDE, cwd: Path | None = None) -> Ran:
        command = self.command(*words, python=python)
        return run(command, self.env, cwd or self.folder.parent)

    def popen(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(),
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )

    def pin(self, version: str) -> None:
        text = f"tinypin=={version}  # the only one\n"
        (self.folder / "requirements.txt").write_text(text, encoding="utf-8")

    def with_index(self, url: str) -> "Project":
        env = {name: value for name, value in self.env.items() if name != "PIP_NO_INDEX"}
        return self._replace(env=env | {"PIP_INDEX_URL": url, "PIP_RETRIES": "1"})

    def tiny_package(self) -> Path:
        return next(self.venv.rglob("tinypin-*.dist-info"))


def run(command: list[str], env: dict[str, str], cwd: Path) -> Ran:
    done = subprocess.run(
        command,
        env=env,
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        timeout=WITHIN_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def python_in(venv: Path) -> str:
    return str(venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


def make_wheel(folder: Path, version: str) -> None:
    info = f"tinypin-{version}.dist-info"
    with zipfile.ZipFile(folder / f"tinypin-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tinypin.py", f'VERSION = "{version}"\n')
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tinypin\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"tinypin.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n")


def make_project(folder: Path, wheels: Path) -> Project:
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "first_start.py", folder)
    (folder / "launcher.py").write_text(LAUNCHER, encoding="utf-8")
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON", "CONDA", "VIRTUAL_ENV"))
    }
    env |= {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONIOENCODING": "utf-8",
    }
    project = Project(folder, env)
    project.pin("1.0")
    return project


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for version in ("1.0", "2.0"):
        make_wheel(folder, version)
    return folder


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> tuple[Project, Ran]:
    """Give the project once started, and what that first start said."""
    folder = tmp_path_factory.mktemp("first") / "Trades of José" / "copier"
    project = make_project(folder, wheels)
    return project, project.start("--now", "a b")


@pytest.fixture
def fresh(tmp_path: Path, wheels: Path) -> Project:
    return make_project(tmp_path / "fresh one", wheels)


@pytest.fixture
def ready(tmp_path: Path, first: tuple[Project, Ran]) -> Project:
    """Give a project of one's own that has been started once."""
    started, _ = first
    shutil.copytree(started.folder, tmp_path / "ready one", symlinks=True)
    return started._replace(folder=tmp_path / "ready one")


def test_the_first_start_installs_and_goes_on_inside(first: tuple[Project, Ran]) -> None:
    project, ran = first
    prefix, version, words, cwd = ran.out.strip().split("|")
    assert (Path(prefix), version) == (project.venv, "1.0"), ran.said
    assert (words, Path(cwd)) == ("['--now', 'a b']", project.folder.parent)
    assert ran.code == 7
    assert "Making" in ran.said
    assert "Installing 1 pinned packages of requirements.txt" in ran.said


def test_the_second_start_says_nothing_of_it(ready: Project) -> None:
    ran = ready.start()
    assert (ran.code, ran.said) == (7, "")
    assert ran.out.startswith(str(ready.venv))


def test_a_module_is_started_again_as_a_module(ready: Project) -> None:
    (ready.folder / "bench").mkdir()
    text = LAUNCHER.replace(".parent)", ".parent.parent)")
    (ready.folder / "bench" / "__main__.py").write_text(text, encoding="utf-8")
    ran = run([OUTSIDE, "-m", "bench", "path"], ready.env, ready.folder)
    assert (ran.code, ran.said) == (7, "")
    assert ran.out.split("|")[2] == "['path']"


def test_changed_pins_are_installed_by_the_next_start(ready: Project) -> None:
    ready.pin("2.0")
    ran = ready.start()
    assert ran.out.split("|")[1] == "2.0"
    assert "completing it" in ran.said


def test_changed_pins_are_installed_from_inside_too(ready: Project) -> None:
    ready.pin("2.0")
    ran = ready.start(python=python_in(ready.venv))
    assert ran.out.split("|")[1] == "2.0"


def test_a_package_taken_out_by_hand_is_put_back(ready: Project) -> None:
    shutil.rmtree(ready.tiny_package())
    assert ready.start().out.split("|")[1] == "1.0"


def test_an_environment_left_half_made_is_made_afresh(ready: Project) -> None:
    (ready.venv / "first_start.ready").unlink()
    (ready.venv / "debris").write_text("", encoding="utf-8")
    ran = ready.start()
    assert ran.code == 7
    assert "making it afresh" in ran.said
    assert not (ready.venv / "debris").exists()


def test_no_network_is_said_and_the_next_start_goes_on(ready: Project) -> None:
    ready.pin("3.0")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ran = ready.with_index(f"http://127.0.0.1:{port}/simple").start()
    assert ran.code == 2
    assert "No connection to the package index: check the network" in ran.said
    assert "Traceback" not in ran.said
    ready.pin("2.0")
    again = ready.start()
    assert again.out.split("|")[1] == "2.0"
    assert "afresh" not in again.said


def test_a_version_that_the_index_lacks_is_said(ready: Project) -> None:
    ready.pin("3.0")
    ran = ready.start()
    assert ran.code == 2
    assert "The package index was not reached, or has no such version" in ran.said


@pytest.fixture
def silent_index() -> Iterator[socket.socket]:
    """Give a package index that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WITHIN_S)
        yield server


def interrupted(project: Project, index: socket.socket, how: signal.Signals) -> Ran:
    """Start, wait until pip asks the index, and end the whole group of processes."""
    waiting = project.with_index(f"http://127.0.0.1:{index.getsockname()[1]}/simple")
    child = waiting.popen()
    call, _ = index.accept()
    with call:
        os.killpg(child.pid, how)
        out, said = child.communicate(timeout=WITHIN_S)
    return Ran(child.returncode, out, said)


@pytest.mark.posix_only("Windows has no signal for a group of processes")
def test_ctrl_c_during_the_install_ends_it_without_a_traceback(
    ready: Project, silent_index: socket.socket
) -> None:
    ready.pin("2.0")
    ran = interrupted(ready, silent_index, signal.SIGINT)
    assert ran.code == 130
    assert "the next start finishes the set-up" in ran.said
    assert "Traceback" not in ran.said
    assert ready.start().out.split("|")[1] == "2.0"


@pytest.mark.posix_only("SIGKILL is POSIX's")
def test_a_start_killed_during_the_install_is_repaired_by_the_next(
    ready: Project, silent_index: socket.socket
) -> None:
    ready.pin("2.0")
    assert interrupted(ready, silent_index, signal.SIGKILL).code == -signal.SIGKILL
    ran = ready.start()
    assert ran.out.split("|")[1] == "2.0"
    assert "making it afresh" in ran.said


@pytest.mark.posix_only("start_new_session is POSIX's")
def test_two_first_starts_at_once_share_one_installation(fresh: Project) -> None:
    both = [fresh.popen(), fresh.popen()]
    answers = [child.communicate(timeout=WITHIN_S) for child in both]
    assert [child.returncode for child in both] == [7, 7], answers
    assert sum("Making" in said for _, said in answers) == 1
    assert sum("waiting for it" in said for _, said in answers) == 1


def test_no_setup_installs_nothing_and_says_how_to(fresh: Project) -> None:
    ran = fresh.start("--no-setup")
    assert ran.code == 2
    assert "tinypin==1.0 (found: none)" in ran.said
    assert f'-m pip install -r "{fresh.folder / "requirements.txt"}"' in ran.said
    assert not fresh.venv.exists()


def test_no_setup_is_not_passed_on_to_the_command(ready: Project) -> None:
    assert ready.start("--no-setup", "x").out.split("|")[2] == "['x']"


def test_no_setup_names_the_environment_that_lacks_a_package(ready: Project) -> None:
    ready.pin("2.0")
    ran = ready.start("--no-setup")
    assert ran.code == 2
    assert "tinypin==2.0 (found: 1.0)" in ran.said
    assert python_in(ready.venv) in ran.said


def somebodys(folder: Path) -> str:
    subprocess.run([OUTSIDE, "-m", "venv", "--without-pip", str(folder)], check=True)
    return python_in(folder)


def test_inside_somebodys_environment_nothing_is_installed(fresh: Project, tmp_path: Path) -> None:
    python = somebodys(tmp_path / "theirs")
    ran = fresh.start(python=python)
    assert ran.code == 2
    assert "an environment of yours" in ran.said
    assert f"{python} -m pip install -r" in ran.said
    assert not fresh.venv.exists()


def test_a_dot_venv_made_by_somebody_is_left_alone(fresh: Project) -> None:
    somebodys(fresh.venv)
    before = sorted(fresh.venv.rglob("*"))
    ran = fresh.start()
    assert ran.code == 2
    assert "was not made by this program" in ran.said
    assert sorted(fresh.venv.rglob("*")) == before


def test_conda_is_somebodys_environment(fresh: Project) -> None:
    prefix = subprocess.check_output(
        [OUTSIDE, "-c", "import sys; print(sys.prefix)"], encoding="utf-8"
    ).strip()
    ran = fresh._replace(env=fresh.env | {"CONDA_PREFIX": prefix}).start()
    assert ran.code == 2
    assert "an environment of yours" in ran.said


def test_a_python_without_the_venv_module_is_told_what_to_install(
    fresh: Project, tmp_path: Path
) -> None:
    # As Debian ships it: the module is simply not there.
    lacking = tmp_path / "lacking"
    lacking.mkdir()
    text = "import sys\nsys.modules['ensurepip'] = None\n"
    (lacking / "sitecustomize.py").write_text(text, encoding="utf-8")
    ran = fresh._replace(env=fresh.env | {"PYTHONPATH": str(lacking)}).start()
    assert ran.code == 2
    assert "sudo apt install python3" in ran.said
    assert fresh.start().code == 7


def test_a_file_where_the_environment_should_be_is_said(fresh: Project) -> None:
    fresh.venv.write_text("", encoding="utf-8")
    ran = fresh.start()
    assert ran.code == 2
    assert str(fresh.venv) in ran.said
    assert "Traceback" not in ran.said
