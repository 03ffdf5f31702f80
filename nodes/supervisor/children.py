"""Child processes: started apart from us, told from all others by id and birth, ended in order."""

import logging
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from utils import os_signals
from utils.clock import monotonic_s
from utils.file_names import file_name

logger = logging.getLogger(__name__)

LARGEST_OUTPUT_BYTES = 10_000_000
LOOK_EVERY_S = 0.02
# Of the time there is for ending: when those that did not listen are asked by signal, and killed.
ASK_AT = 0.5
KILL_AT = 0.75


class Child:
    """One process of ours, started by us or found running."""

    def __init__(
        self, pid: int, birth: float, process: subprocess.Popen[bytes] | None = None
    ) -> None:
        self.pid = pid
        self.birth = birth
        self._process = process

    @property
    def adopted(self) -> bool:
        """A launcher before us started it."""
        return self._process is None

    def alive(self) -> bool:
        """Whether it still runs; asking collects one of ours that has ended."""
        if self._process is not None:
            return self._process.poll() is None
        return os_signals.born(self.pid) == self.birth

    def exit_code(self) -> int | None:
        """Its last word, as far as we can know it."""
        return None if self._process is None else self._process.poll()

    def ask_to_stop(self) -> None:
        """By signal; one of another console on Windows cannot be asked."""
        try:
            os_signals.ask_to_stop(self.pid, self.birth)
        except OSError as refused:
            logger.warning("cannot_be_asked_to_stop", extra={"pid": self.pid, "why": str(refused)})

    def kill(self) -> None:
        """Without asking."""
        os_signals.kill(self.pid, self.birth)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, and where its output goes. Nothing secret stands in `command`."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    output: Path


def spawn(order: Order) -> Child:
    """Start a process in a group of its own; raises OSError where that fails."""
    order.output.parent.mkdir(parents=True, exist_ok=True)
    _make_room(order.output)
    with order.output.open("ab") as output:
        process = subprocess.Popen(
            order.command,
            cwd=order.folder,
            env=dict(order.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **os_signals.new_process_group_kwargs(),
        )
    return Child(process.pid, os_signals.born(process.pid) or 0.0, process)


def adopt(pid: int, birth: float) -> Child | None:
    """A process that a launcher before us started, if it is still that one."""
    return Child(pid, birth) if os_signals.born(pid) == birth else None


def output_of(logs: Path, name: str) -> Path:
    """Where a node's output goes; any account name makes a file name."""
    return logs / f"{file_name(name)}.out"


def stop_all(
    children: Sequence[Child], within_s: float, meanwhile: Callable[[float], None]
) -> None:
    """End all at once: they have been told by message; those that stay are asked, then killed.

    `meanwhile` passes the given seconds; it may hear what the children say at last.
    """
    began_s = monotonic_s()
    _wait_for(children, began_s + within_s * ASK_AT, meanwhile)
    for child in _living(children):
        child.ask_to_stop()
    _wait_for(children, began_s + within_s * KILL_AT, meanwhile)
    for child in _living(children):
        logger.warning("killed", extra={"pid": child.pid})
        child.kill()
    _wait_for(children, began_s + within_s, meanwhile)


def _wait_for(
    children: Sequence[Child], until_s: float, meanwhile: Callable[[float], None]
) -> None:
    while _living(children) and monotonic_s() < until_s:
        meanwhile(LOOK_EVERY_S)


def _living(children: Sequence[Child]) -> list[Child]:
    return [child for child in children if child.alive()]


def _make_room(output: Path) -> None:
    """Between two lives of a node; while it runs the file is its own."""
    if output.exists() and output.stat().st_size > LARGEST_OUTPUT_BYTES:
        output.replace(output.with_suffix(".out.1"))
