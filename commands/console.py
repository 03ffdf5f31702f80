"""Lines for a person: coloured on a terminal, plain where they go into a file or a pipe."""

import io
import sys

from rich.console import Console
from rich.text import Text


def prepare() -> Console:
    """The console of this process; names that it cannot show are replaced, never a crash."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace", line_buffering=True)
    return Console(highlight=False, soft_wrap=True)


def say(console: Console, text: str, style: str = "") -> None:
    """One line, as it is: an account's name is no markup."""
    console.print(Text(text, style=style if console.is_terminal else ""))
