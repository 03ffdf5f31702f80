"""Makes sure the product runs in an environment with its pinned packages, or says how to get there.

Only the standard library, and only syntax that every Python 3 can read: an old one must get as
far as being told that it is too old. Everything is said in ASCII and on stderr, so that any
console can show it and a command's own output stays clean.
"""

import enum
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, NoReturn

OLDEST_PYTHON = (3, 11)
WANTED_BITS = 64
REQUIREMENTS = {"run": "requirements.txt", "test": "requirements-dev.txt"}
NO_SETUP = "--no-setup"
HOST_FAULT = 2
INTERRUPTED = 130
HOPS = "MURMURATION_FIRST_START_HOPS"
MOST_HOPS = 3
PATIENCE_S = 15 * 60
LOOK_AGAIN_S = 0.2
LOCK = "first_start.lock"  # also the sign that this .venv is ours to change
READY = "first_start.ready"  # there while .venv is whole; names the interpreter behind it
ROOM_BYTES = 50 * 1024 * 1024  # with less than this left, a failure is the disk's


class SetupError(Exception):
    """The environment cannot be had; the text says what to do about it."""


class Place(enum.Enum):
    """Where this interpreter runs."""

    BARE = "outside any environment"
    OURS = "inside our .venv"
    THEIRS = "inside somebody's environment"


class Venv(enum.Enum):
    """What is at .venv."""

    ABSENT = "not there"
    THEIRS = "made by somebody else"
    BROKEN = "half made, or its Python is gone"
    STALE = "other packages than the pinned ones"
    READY = "ready"


class Action(enum.Enum):
    """What to do about the environment."""

    GO_ON = "use this interpreter"
    ENTER = "start again inside .venv"
    SET_UP = "make, repair or complete .venv, then start again inside it"
    LEAVE = "start again with the Python outside, which can rebuild .venv"
    REFUSE = "install nothing, say what is missing"


class Pin(NamedTuple):
    """One line of a requirements file."""

    name: str
    version: str


class Lack(NamedTuple):
    """A pin that an environment does not satisfy."""

    pin: Pin
    found: "str | None"


class Situation(NamedTuple):
    """All that the decision depends on."""

    place: Place
    venv: Venv
    complete_here: bool
    may_install: bool


class Project(NamedTuple):
    """The folder of the product and what the command at hand needs of it."""

    root: Path
    needs: str

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def requirements(self) -> Path:
        return self.root / REQUIREMENTS[self.needs]


# --- the decision ------------------------------------------------------------------------------


def decide(situation: Situation) -> Action:
    """Say what to do; somebody's environment is never touched."""
    if situation.place is Place.BARE:
        return _decide_outside(situation)
    if situation.place is Place.THEIRS:
        return Action.GO_ON if situation.complete_here else Action.REFUSE
    if situation.venv is Venv.READY:
        return Action.GO_ON
    if not situation.may_install:
        return Action.REFUSE
    return Action.SET_UP if situation.venv is Venv.STALE else Action.LEAVE


def _decide_outside(situation: Situation) -> Action:
    if situation.venv is Venv.READY:
        return Action.ENTER
    if situation.complete_here:
        return Action.GO_ON
    if situation.venv is Venv.THEIRS or not situation.may_install:
        return Action.REFUSE
    return Action.SET_UP


# --- the pins ----------------------------------------------------------------------------------

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)\s*(;\s*(?P<marker>.+))?")
_MARKER = re.compile(r"""sys_platform\s*(?P<sign>==|!=)\s*["'](?P<platform>\w+)["']""")


def read_pins(path: Path, platform: str = sys.platform) -> "list[Pin]":
    """Read the pins that apply on this platform, those of files named by -r included."""
    pins: list[Pin] = []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = re.sub(r"(^|\s)#.*", "", raw).strip()
        if line.startswith("-r "):
            pins += read_pins(path.parent / line[3:].strip(), platform)
        elif line:
            pins += _read_pin(line, f"{path}, line {number}", platform)
    return pins


def _read_pin(line: str, where: str, platform: str) -> "list[Pin]":
    pin = _PIN.fullmatch(line)
    marker = _MARKER.fullmatch(pin.group("marker").strip()) if pin and pin.group("marker") else None
    if not pin or (pin.group("marker") and not marker):
        raise SetupError(
            f'{where}: wanted `name==version`, with `; sys_platform == "..."` at most; '
            f"found `{line}`. Correct that line."
        )
    if marker and (marker.group("platform") == platform) != (marker.group("sign") == "=="):
        return []
    return [Pin(pin.group("name"), pin.group("version"))]


def lacks(pins: "list[Pin]", version_of: "Callable[[str], str | None]") -> "list[Lack]":
    """Compare the pins with the versions that an environment has."""
    found = [Lack(pin, version_of(pin.name)) for pin in pins]
    return [lack for lack in found if lack.found != lack.pin.version]


def _version_here(name: str) -> "str | None":
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def installed_in(venv: Path) -> "dict[str, str]":
    """List what pip has put into an environment; far quicker than asking its interpreter."""
    folders = [*venv.glob("lib/python3*/site-packages"), *venv.glob("Lib/site-packages")]
    found: dict[str, str] = {}
    for folder in folders:
        for entry in folder.glob("*.dist-info"):
            name, _, version = entry.name[: -len(".dist-info")].partition("-")
            found[_normal(name)] = version
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# --- looking -----------------------------------------------------------------------------------


def look(project: Project, *, may_install: bool) -> Situation:
    """See where we run and what there is; packages are compared only where it can matter."""
    place = _place(project.venv)
    venv = venv_state(project)
    settled = place is not Place.THEIRS and venv is Venv.READY
    complete_here = settled or not lacks(read_pins(project.requirements), _version_here)
    return Situation(place, venv, complete_here, may_install)


def _place(venv: Path) -> Place:
    if sys.prefix != sys.base_prefix:
        inside = os.path.realpath(sys.prefix) == os.path.realpath(venv)
        return Place.OURS if inside and (venv / LOCK).exists() else Place.THEIRS
    return Place.THEIRS if _is_conda() else Place.BARE


def _is_conda() -> bool:
    active = os.environ.get("CONDA_PREFIX")
    named = bool(active) and os.path.realpath(active or "") == os.path.realpath(sys.prefix)
    return named or Path(sys.prefix, "conda-meta").is_dir()


def venv_state(project: Project) -> Venv:
    """Tell what is at .venv without starting anything."""
    venv = project.venv
    if not venv.is_dir() or not any(venv.iterdir()):
        return Venv.ABSENT
    ours = (venv / LOCK).exists()
    if ours and (not (venv / READY).exists() or _read(venv / READY) != interpreter_behind(venv)):
        return Venv.BROKEN
    has = installed_in(venv)
    if lacks(read_pins(project.requirements), lambda name: has.get(_normal(name))):
        return Venv.STALE if ours else Venv.THEIRS
    return Venv.READY if interpreter_behind(venv) else Venv.THEIRS


def python_in(venv: Path) -> Path:
    """Name the interpreter of an environment."""
    return venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def interpreter_behind(venv: Path) -> str:
    """Name the real interpreter that an environment leans on; empty when it is gone."""
    if not python_in(venv).exists():
        return ""
    if sys.platform == "win32":
        # The file in Scripts only starts the interpreter that pyvenv.cfg names.
        home = re.search(r"^home\s*=\s*(.+)$", _read(venv / "pyvenv.cfg"), re.MULTILINE)
        behind = Path(home.group(1).strip(), "python.exe") if home else None
        return str(behind) if behind and behind.exists() else ""
    else:  # noqa: RET505 - mypy checks each platform's branch only when both are named
        return os.path.realpath(python_in(venv))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="surrogateescape").strip()


# --- what a caller uses ------------------------------------------------------------------------


def check_python() -> None:
    """End with exit code 2 where Python is too old or 32-bit."""
    fault = python_fault(sys.version_info[:2], bits=64 if sys.maxsize > 2**32 else 32)
    if fault:
        _end(f"{fault}\n  It is {sys.executable}\n  Get one at https://www.python.org/downloads/")


def python_fault(version: "tuple[int, int]", bits: int) -> str:
    """Say what is wrong with an interpreter; empty when it will do."""
    wanted = "Murmuration needs Python {}.{} or newer, {}-bit".format(*OLDEST_PYTHON, WANTED_BITS)
    if version < OLDEST_PYTHON:
        return f"{wanted}; this one is {version[0]}.{version[1]}."
    return "" if bits == WANTED_BITS else f"{wanted}; this one is {bits}-bit."


def ensure(root: Path, needs: str = "run") -> None:
    """Return in an environment that has what is needed, or start again in one, or exit with 2.

    needs: "run", "test", or "nothing" for what the standard library alone can do.
    """
    check_python()
    may_install = NO_SETUP not in sys.argv[1:]
    sys.argv[1:] = [argument for argument in sys.argv[1:] if argument != NO_SETUP]
    if needs == "nothing":
        return
    try:
        _settle(Project(root.resolve(), needs), may_install=may_install)
    except KeyboardInterrupt:
        _say("\nStopped. Nothing is lost: the next start finishes the set-up.")
        sys.exit(INTERRUPTED)
    except SetupError as error:
        _end(str(error))
    except OSError as error:
        _end(f"The set-up of {root / '.venv'} failed: {error}.\n  {_advice(str(error), root)}")


def _settle(project: Project, *, may_install: bool) -> None:
    hops = int(os.environ.pop(HOPS, "0"))
    situation = look(project, may_install=may_install)
    action = decide(situation)
    if action is Action.GO_ON:
        return
    if action is Action.REFUSE:
        raise SetupError(_refusal(project, situation))
    if hops >= MOST_HOPS:
        raise SetupError(
            f"{project.venv} was set up, yet is still {situation.venv.value}.\n"
            "  Delete that folder and start again."
        )
    if action is Action.SET_UP:
        set_up(project)
    leave = action is Action.LEAVE
    inside = str(python_in(project.venv))
    _start_again(interpreter_behind(project.venv) if leave else inside, hops + 1)


def _refusal(project: Project, situation: Situation) -> str:
    by_venv = situation.place is Place.BARE and situation.venv in {Venv.THEIRS, Venv.STALE}
    has = installed_in(project.venv)
    version_of = (lambda name: has.get(_normal(name))) if by_venv else _version_here
    missing = lacks(read_pins(project.requirements), version_of)
    python = str(python_in(project.venv)) if by_venv else sys.executable
    return "\n".join(
        [
            f"Nothing was installed: {_why_not(project, situation)}.",
            *_remedy(missing, f"{_typed(python)} -m pip install -r", project.requirements),
        ]
    )


def _remedy(missing: "list[Lack]", pip: str, requirements: Path) -> "list[str]":
    if not missing:
        return [f"  Start again without {NO_SETUP}: it is repaired then."]
    return [
        "  Missing there:",
        *(f"    {pin.name}=={pin.version} (found: {found or 'none'})" for pin, found in missing),
        "  Install it with:",
        f"    {pip} {_typed_argument(requirements)}",
    ]


def _why_not(project: Project, situation: Situation) -> str:
    if situation.place is Place.THEIRS:
        return f"this Python runs in an environment of yours, {sys.prefix}"
    if situation.venv is Venv.THEIRS:
        return f"{project.venv} was not made by this program, so it is left alone (or delete it)"
    return f"{NO_SETUP} was given, and {project.venv} is not usable: {situation.venv.value}"


def _typed(executable: str) -> str:
    quoted = f'"{executable}"' if " " in executable else executable
    # PowerShell takes a quoted word for a text unless & says that it is a program.
    return f"& {quoted}" if sys.platform == "win32" and quoted != executable else quoted


def _typed_argument(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)


# --- setting up --------------------------------------------------------------------------------


def set_up(project: Project) -> None:
    """Bring .venv to what is needed; only one process at a time does."""
    project.venv.mkdir(exist_ok=True)
    with _alone(project.venv / LOCK) as lock:
        state = venv_state(project)
        if state is Venv.READY:
            return
        if state is Venv.STALE:
            _say(f"{project.venv} lacks packages that are pinned now: completing it.")
        else:
            _make_venv(project, lock, afresh=any(_leftovers(project.venv)))
        _install(project, lock)
        _say("  Done; going on inside it.")


def _mark_whole(venv: Path) -> None:
    behind = interpreter_behind(venv)
    (venv / READY).write_text(behind, encoding="utf-8", errors="surrogateescape")


@contextmanager
def _alone(path: Path) -> "Iterator[IO[str]]":
    """Hold the lock, which the system frees when its last holder ends, however that ends."""
    deadline = time.monotonic() + PATIENCE_S
    with path.open("a", encoding="ascii") as lock:
        if not _try_lock(lock):
            _say(f"Another start is setting up {path.parent}; waiting for it ...")
            while not _try_lock(lock):
                if time.monotonic() > deadline:
                    raise SetupError(f"Another start has held {path} for too long. End it first.")
                time.sleep(LOOK_AGAIN_S)
        yield lock


def _try_lock(lock: "IO[str]") -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            lock.seek(0)
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _leftovers(venv: Path) -> "Iterator[Path]":
    return (entry for entry in venv.iterdir() if entry.name != LOCK)


def _make_venv(project: Project, lock: "IO[str]", *, afresh: bool) -> None:
    from importlib.util import find_spec

    version = ".".join(str(part) for part in sys.version_info[:3])
    if not (find_spec("venv") and find_spec("ensurepip")):
        raise SetupError(_no_venv_module(project))
    if afresh:
        _say(f"{project.venv} is half made, or its Python is gone: making it afresh.")
        _clear(project.venv)
    else:
        _say("First start: the packages this needs are not here yet.")
    _say(f"  Making {project.venv} with Python {version} ...")
    made = _run(["-m", "venv", str(project.venv)], sys.executable, lock)
    if made.code:
        raise SetupError(f"Making the environment failed.\n  {_advice(made.said, project.root)}")
    _mark_whole(project.venv)


def _no_venv_module(project: Project) -> str:
    version = "{}.{}".format(*sys.version_info)
    return "\n".join(
        [
            f"Wanted to make {project.venv}, but {sys.executable} lacks venv or ensurepip.",
            f"  Debian, Ubuntu:  sudo apt install python{version}-venv",
            "  Windows:         the installer of https://www.python.org/downloads/, not the zip",
            "  Then start again. Or make an environment your own way, and in it:",
            f"    python -m pip install -r {_typed_argument(project.requirements)}",
        ]
    )


def _clear(venv: Path) -> None:
    import shutil

    for entry in list(_leftovers(venv)):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _install(project: Project, lock: "IO[str]") -> None:
    count = len(read_pins(project.requirements))
    _say(f"  Installing {count} pinned packages of {project.requirements.name} with pip ...")
    before = installed_in(project.venv)
    (project.venv / READY).unlink()
    # --no-user: a user's setting `user = true` would make pip refuse to install into a venv.
    options = ["--disable-pip-version-check", "--no-input", "--no-user"]
    pip = ["-m", "pip", "install", *options, "-r", str(project.requirements)]
    done = _run(pip, str(python_in(project.venv)), lock)
    if not done.code or installed_in(project.venv) == before:
        _mark_whole(project.venv)
    if done.code:
        raise SetupError(f"Installing the packages failed.\n  {_advice(done.said, project.root)}")


class _Done(NamedTuple):
    code: int
    said: str


def _run(arguments: "list[str]", python: str, lock: "IO[str]") -> _Done:
    """Run a module of Python to its end; its progress is seen live, its complaints are kept too.

    -P keeps the folder a person happens to stand in off its path. The child holds the lock as
    well where the system can share it, so that an orphan of a killed start is waited for.
    """
    shared = () if sys.platform == "win32" else (lock.fileno(),)
    with subprocess.Popen(
        [python, "-P", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        pass_fds=shared,
    ) as child:
        try:
            said = _echoed(child.stderr)
        except KeyboardInterrupt:
            _let_end(child)
            raise
    return _Done(child.returncode, said)


def _let_end(child: "subprocess.Popen[str]") -> None:
    """Give a child that was told of Ctrl+C as well the time to put the console in order."""
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.terminate()
        child.wait()


def _echoed(complaints: "IO[str] | None") -> str:
    heard = []
    for line in complaints or ():
        _say(line.rstrip("\n"))
        heard.append(line)
    return "".join(heard)


# --- saying ------------------------------------------------------------------------------------

DISK_FULL = "The disk is full: make room (about 500 MB), then start again; it repairs itself."
_CAUSES = (
    (
        r"No space left|Errno 28\b|WinError 112\b",
        DISK_FULL,
    ),
    (
        r"WinError (5|32)\b|being used by another process",
        "A file of .venv is in use: stop the swarm, type `deactivate`, start again.",
    ),
    (
        r"Permission denied|Errno 13\b|Read-only file system",
        "The folder cannot be written to: put the project where you may write, then start again.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
        "The package index could not be trusted: check clock, proxy and pip's `cert` setting.",
    ),
    (
        r"NewConnectionError|Failed to establish|name resolution|getaddrinfo|timed out|ProxyError"
        r"|unreachable|Connection refused|Connection aborted",
        "No connection to the package index: check the network (or pip's index-url and proxy "
        "settings), then start again; it goes on where it stopped.",
    ),
    (
        r"No matching distribution",
        "The package index was not reached, or has no such version for this Python: check the "
        "network and pip's settings, then start again.",
    ),
)


def _advice(said: str, root: Path) -> str:
    import shutil

    return advice_on(said, root, free_bytes=shutil.disk_usage(root).free)


def advice_on(said: str, root: Path, *, free_bytes: int) -> str:
    """Say what to do about a failure, from what was said and the room that is left."""
    if free_bytes < ROOM_BYTES:
        return DISK_FULL
    for pattern, advice in _CAUSES:
        if re.search(pattern, said, re.IGNORECASE):
            return advice
    return f"Start again; if it comes back, delete {root / '.venv'} first."


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def _end(text: str) -> "NoReturn":
    _say(text)
    sys.exit(HOST_FAULT)


# --- starting again ----------------------------------------------------------------------------


def _start_again(python: str, hops: int) -> "NoReturn":
    """Do what was asked in another interpreter: same options, same arguments, same folder.

    The one difference between the platforms: where the system can replace a process it does;
    Windows cannot, so we wait there and pass the exit code on.
    """
    command = [python, *sys.orig_argv[1:]]
    os.environ[HOPS] = str(hops)
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform == "win32":
        sys.exit(wait_for(subprocess.Popen(command)))
    os.execv(python, command)  # noqa: S606 - no shell is wanted


def wait_for(child: "subprocess.Popen[bytes]") -> int:
    """Wait for a child's own end; the console sends it Ctrl+C as well, and it decides."""
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue
