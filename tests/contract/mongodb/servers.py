"""The servers the suite is run against: ours, one written by others, and the user's own."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO

from filelock import FileLock
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.embedded_server import EmbeddedServer
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[3]
SOURCES = Path(__file__).with_name("others")
TOOLS = ROOT / ".tools"
FETCHING_S = 600
COPY_LIBRARIES = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


class Unavailable(Exception):  # noqa: N818 - a state of this machine, not a fault
    """The server cannot be had on this machine, and why."""


class Running:
    """A server that answers, until it is ended."""

    def __init__(self, uri: str, end: Callable[[], object]) -> None:
        self.uri = uri
        self.end = end


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"{name} is not on this machine's PATH")
    return found


def fetch(product: Path, command: list[str]) -> None:
    """Fetch once, under another name until it is whole; a later run finds it, and who waits."""
    TOOLS.mkdir(exist_ok=True)
    (TOOLS / ".gitignore").write_text("*\n", "utf-8")
    with FileLock(product.with_suffix(".lock"), timeout=2 * FETCHING_S):
        if not product.exists():
            _fetch(product, command)


def _fetch(product: Path, command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, cwd=SOURCES, capture_output=True, text=True, timeout=FETCHING_S, check=False
        )
    except subprocess.TimeoutExpired as reason:
        raise Unavailable(f"{command[0]} did not finish within {FETCHING_S} s") from reason
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines() or ["nothing said"]
        raise Unavailable(f"{Path(command[0]).stem} could not fetch it: {said[0]}")
    part_of(product).rename(product)


def part_of(product: Path) -> Path:
    return product.with_suffix(".part")


def prepare_java() -> None:
    tool("java")
    product = TOOLS / "java"
    folder = f"-DoutputDirectory={part_of(product)}"
    fetch(product, [tool("mvn"), "-q", "-B", COPY_LIBRARIES, folder])


def start_java(folder: Path) -> Running:
    classes = str(TOOLS / "java" / "*")
    return started([tool("java"), "-cp", classes, str(SOURCES / "JavaServer.java")], folder)


def start_embedded(folder: Path) -> Running:
    server = EmbeddedServer(folder)
    server.start()
    return Running(server.uri, server.kill)


def started(command: list[str], folder: Path) -> Running:
    """The program prints its port, and ends when nobody holds its input."""
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
    assert process.stdout is not None
    said = first_port(process.stdout)
    if said is None:
        process.kill()
        process.wait(10)
        raise Unavailable(f"it does not start: {(folder / 'server.log').read_text('utf-8')[-300:]}")
    uri = f"mongodb://127.0.0.1:{said}/"
    eventually(lambda: answers(uri), 30)
    return Running(uri, lambda: end(process))


def first_port(output: IO[bytes]) -> int | None:
    for line in output:
        words = line.decode("utf-8", "replace").split()
        if words[:1] == ["port"]:
            return int(words[1])
    return None


def answers(uri: str) -> bool:
    with MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=500) as client:
        try:
            return bool(client.admin.command("ping")["ok"])
        except PyMongoError:
            return False


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate(timeout=10)


PREPARING: dict[str, Callable[[], None]] = {"java": prepare_java}
STARTING: dict[str, Callable[[Path], Running]] = {"embedded": start_embedded, "java": start_java}
