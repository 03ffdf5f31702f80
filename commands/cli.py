"""The table of commands: finds the one that was typed, and imports nothing but that one."""

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Literal, NamedTuple, Protocol, cast

from commands.closed_pipe import hush, reader_left

PROGRAM = "launcher.py"
NO_SETUP = "--no-setup"

WRONG_USE = 2
INTERRUPTED = 130
PIPE_CLOSED = 141

Needs = Literal["nothing", "run", "test"]


class Command(NamedTuple):
    """A row of the table; `verbatim` hands the words after the name on unread."""

    module: str
    help: str
    needs: Needs = "run"
    verbatim: bool = False


class CommandModule(Protocol):
    """What the module of a command has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


DEFAULT = "swarm"
COMMANDS = {
    "swarm": Command("commands.swarm", "start every enabled account and watch (the default)"),
    "demo": Command("commands.demo", "show copying on paper accounts; touches nothing of yours"),
    "drill": Command(
        "commands.drill", "show on paper accounts that chaos loses and doubles nothing of yours"
    ),
    "test": Command(
        "commands.test", "run the tests; the rest goes to pytest", "test", verbatim=True
    ),
    "tap": Command("commands.tap", "show the live bus, decoded"),
    "status": Command("commands.status", "show every account and its state"),
    "close": Command("commands.close", "close all copies of accounts, now"),
    "halt": Command("commands.halt", "forbid new trades on accounts, until resume"),
    "leave": Command("commands.leave", "let go of all copies of accounts; they stay open"),
    "resume": Command("commands.resume", "allow new trades again after a halt"),
    "accounts": Command("commands.accounts", "list, add, edit, import and export accounts"),
    "symbols": Command(
        "commands.symbols", "accept symbols that slaves' brokers name otherwise or change"
    ),
    "backup": Command(
        "commands.backups.backup", "write the whole database to one file, while it is used"
    ),
    "restore": Command("commands.backups.restore", "put the database back as a backup holds it"),
    "migrate": Command("commands.backups.migrate", "move the swarm to a MongoDB, or back from one"),
    "paper": Command(
        "commands.paper", "run the paper broker alone, for scripts of your own", verbatim=True
    ),
    "why": Command("commands.why", "tell why a trade was copied, or was not"),
}


def needs_of(argv: Sequence[str]) -> Needs:
    """Say what the words typed need to be installed; a mistyped or mere --help needs nothing."""
    name, _ = _split(argv)
    return COMMANDS[name].needs if name in COMMANDS else "nothing"


def main(argv: Sequence[str]) -> int:
    """Run the command that was typed and return its exit code."""
    name, words = _split(argv)
    if name in {"-h", "--help"}:
        print(_overview())
        return 0
    if name not in COMMANDS:
        print(_unknown(name), file=sys.stderr)
        return WRONG_USE
    return quietly_piped(lambda: _run(name, words))


def quietly_piped(work: Callable[[], int]) -> int:
    """The exit code of work; a reader that leaves, or Ctrl+C, ends it without a trace."""
    try:
        code = work()
        # Whatever is left over for Python's own last flush could not be caught any more.
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as fault:
        if not reader_left(fault):
            raise
        hush()
        return PIPE_CLOSED
    return code


def _split(argv: Sequence[str]) -> tuple[str, list[str]]:
    """Part the command's name from its words; options alone belong to the swarm."""
    words = [word for word in argv if word != NO_SETUP]
    if words and (words[0] in {"-h", "--help"} or not words[0].startswith("-")):
        return words[0], words[1:]
    return DEFAULT, words


def _run(name: str, words: list[str]) -> int:
    command = COMMANDS[name]
    module = cast("CommandModule", import_module(command.module))
    if command.verbatim:
        return module.run(argparse.Namespace(words=words))
    parser = argparse.ArgumentParser(prog=f"{PROGRAM} {name}", description=command.help)
    module.add_arguments(parser)
    return module.run(parser.parse_args(words))


def _overview() -> str:
    widest = max(map(len, COMMANDS))
    rows = [f"  {name:<{widest}}  {command.help}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            f"usage: python {PROGRAM} [{NO_SETUP}] [command] [options]",
            "",
            *rows,
            "",
            f"  {NO_SETUP} installs nothing; it says what is missing instead.",
            f"  python {PROGRAM} COMMAND --help tells a command's own options.",
        ]
    )


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"Did you mean `{near[0]}`?" if near else "The commands are: " + ", ".join(COMMANDS)
    return f"There is no command `{name}`. {hint}"
