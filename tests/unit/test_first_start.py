"""What the first start decides, reads and says, without starting anything."""

import ast
from pathlib import Path

import pytest

from first_start import (
    Action,
    Pin,
    Place,
    Project,
    SetupError,
    Situation,
    Venv,
    advice_on,
    decide,
    installed_in,
    lacks,
    python_fault,
    read_pins,
    venv_state,
)

ROOT = Path(__file__).resolve().parents[2]


def situation(
    place: Place = Place.BARE,
    venv: Venv = Venv.ABSENT,
    *,
    complete_here: bool = False,
    may_install: bool = True,
) -> Situation:
    return Situation(place, venv, complete_here, may_install)


@pytest.mark.parametrize(
    ("case", "action"),
    [
        pytest.param(situation(), Action.SET_UP, id="nothing there yet"),
        pytest.param(situation(venv=Venv.BROKEN), Action.SET_UP, id="half made"),
        pytest.param(situation(venv=Venv.STALE), Action.SET_UP, id="pins changed"),
        pytest.param(situation(venv=Venv.READY), Action.ENTER, id="ready"),
        pytest.param(situation(complete_here=True), Action.GO_ON, id="own system install"),
        pytest.param(
            situation(venv=Venv.READY, complete_here=True), Action.ENTER, id="both are complete"
        ),
        pytest.param(situation(venv=Venv.THEIRS), Action.REFUSE, id=".venv of somebody else"),
        pytest.param(situation(may_install=False), Action.REFUSE, id="no-setup, nothing there"),
        pytest.param(
            situation(venv=Venv.READY, may_install=False), Action.ENTER, id="no-setup, ready"
        ),
        pytest.param(
            situation(venv=Venv.STALE, may_install=False), Action.REFUSE, id="no-setup, stale"
        ),
        pytest.param(situation(Place.THEIRS), Action.REFUSE, id="theirs, incomplete"),
        pytest.param(
            situation(Place.THEIRS, Venv.READY), Action.REFUSE, id="theirs, though .venv is ready"
        ),
        pytest.param(
            situation(Place.THEIRS, complete_here=True), Action.GO_ON, id="theirs, complete"
        ),
        pytest.param(situation(Place.OURS, Venv.READY), Action.GO_ON, id="inside, ready"),
        pytest.param(situation(Place.OURS, Venv.STALE), Action.SET_UP, id="inside, pins changed"),
        pytest.param(situation(Place.OURS, Venv.BROKEN), Action.LEAVE, id="inside, half made"),
        pytest.param(
            situation(Place.OURS, Venv.BROKEN, may_install=False),
            Action.REFUSE,
            id="inside, half made, no-setup",
        ),
    ],
)
def test_each_situation_has_its_one_action(case: Situation, action: Action) -> None:
    assert decide(case) is action


def written(folder: Path, text: str, name: str = "requirements.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_pins_are_read_with_comments_and_the_files_they_include(tmp_path: Path) -> None:
    written(tmp_path, "# run-time pins\n\nalpha==1.2.3   # why\n")
    path = written(tmp_path, "-r requirements.txt\nbeta-b==4\n", "requirements-dev.txt")
    assert read_pins(path) == [Pin("alpha", "1.2.3"), Pin("beta-b", "4")]


@pytest.mark.parametrize(
    ("sign", "platform", "applies"),
    [("==", "win32", True), ("==", "linux", False), ("!=", "win32", False), ("!=", "linux", True)],
)
def test_a_platform_marker_is_honoured(
    tmp_path: Path, sign: str, platform: str, *, applies: bool
) -> None:
    path = written(tmp_path, f'alpha==1 ; sys_platform {sign} "win32"   # why\n')
    assert bool(read_pins(path, platform)) is applies


@pytest.mark.parametrize("line", ["alpha>=1", "alpha", 'alpha==1 ; python_version < "3.12"'])
def test_a_line_it_cannot_read_is_named_with_its_place(tmp_path: Path, line: str) -> None:
    path = written(tmp_path, f"# first\n{line}\n")
    with pytest.raises(SetupError, match=r"requirements.txt, line 2: .*found `alpha"):
        read_pins(path)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
@pytest.mark.parametrize("platform", ["win32", "linux", "darwin"])
def test_the_requirements_of_this_checkout_can_be_read(name: str, platform: str) -> None:
    names = {pin.name for pin in read_pins(ROOT / name, platform)}
    assert "msgspec" in names
    assert ("MetaTrader5" in names) is (platform == "win32")


def test_what_is_missing_or_of_another_version_is_told_with_what_was_found() -> None:
    pins = [Pin("alpha", "1"), Pin("beta", "2"), Pin("gamma", "3")]
    lacking = lacks(pins, {"alpha": "1", "beta": "1.9"}.get)
    assert [(lack.pin.name, lack.found) for lack in lacking] == [("beta", "1.9"), ("gamma", None)]


@pytest.mark.parametrize("folder", ["lib/python3.11/site-packages", "Lib/site-packages"])
def test_installed_packages_are_found_by_their_normal_names(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder / "Some_Name.x-1.2.dist-info").mkdir(parents=True)
    assert installed_in(tmp_path) == {"some-name-x": "1.2"}


def test_an_empty_folder_counts_as_no_environment(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    assert venv_state(Project(tmp_path, "run")) is Venv.ABSENT


@pytest.mark.parametrize(
    ("version", "bits", "said"),
    [
        ((3, 10), 64, "3.11 or newer, 64-bit; this one is 3.10"),
        ((3, 11), 32, "3.11 or newer, 64-bit; this one is 32-bit"),
        ((2, 7), 64, "this one is 2.7"),
    ],
)
def test_a_python_that_will_not_do_is_named(version: tuple[int, int], bits: int, said: str) -> None:
    assert said in python_fault(version, bits)


@pytest.mark.parametrize("version", [(3, 11), (3, 14), (4, 0)])
def test_a_newer_python_will_do(version: tuple[int, int]) -> None:
    assert python_fault(version, 64) == ""


@pytest.mark.parametrize("name", ["first_start.py", "launcher.py"])
def test_an_old_python_can_read_far_enough_to_be_told_so(name: str) -> None:
    source = (ROOT / name).read_text(encoding="ascii")
    ast.parse(source, feature_version=(3, 6))


@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("OSError: [WinError 112] There is not enough space on the disk", "disk is full"),
        ("[WinError 5] Access is denied: '_zmq.pyd'", "stop the swarm"),
        ("PermissionError: [Errno 13] Permission denied: '.venv'", "cannot be written to"),
        ("SSLError(SSLCertVerificationError(CERTIFICATE_VERIFY_FAILED", "could not be trusted"),
        ("NewConnectionError: [Errno -3] Temporary failure in name resolution", "No connection"),
        ("[Errno 11001] getaddrinfo failed", "No connection"),
        ("Retrying after connection broken by 'ProxyError('Cannot connect", "No connection"),
        ("ERROR: No matching distribution found for alpha==9", "no such version"),
        ("something new", "delete"),
    ],
)
def test_each_known_complaint_has_its_advice(complaint: str, advice: str) -> None:
    assert advice in advice_on(complaint, Path("project"), free_bytes=10**12)


def test_a_disk_without_room_is_the_cause_whatever_was_said() -> None:
    said = "returned non-zero exit status 1"
    assert "disk is full" in advice_on(said, Path("project"), free_bytes=1000)
