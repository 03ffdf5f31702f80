"""The table of what `python -m paper` understands."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final, NamedTuple

Main = Callable[[Sequence[str]], int]


class Word(NamedTuple):
    """A row of the table."""

    module: str
    help: str


PROGRAM: Final = "python -m paper"
SERVE: Final = "serve"
WORDS: Final = {
    SERVE: Word("paper.typed.serve", "start the broker alone and stay (the default)"),
    "account": Word("paper.typed.account", "list accounts, or open one for a terminal"),
    "fault": Word("paper.service.faults.cli", "let things go wrong in a broker that runs"),
    "wheel": Word("paper.typed.wheel", "write the client as a wheel named MetaTrader5"),
}


def main_of(word: str) -> Main:
    """What carries a word out; nothing else is imported."""
    found: Main = import_module(WORDS[word].module).main
    return found


def overview() -> str:
    """All words with their meaning."""
    widest = max(map(len, WORDS))
    rows = [f"  {word:<{widest}}  {row.help}" for word, row in WORDS.items()]
    return "\n".join(
        [
            f"usage: {PROGRAM} [{'|'.join(WORDS)}] [options]",
            "",
            *rows,
            "",
            f"  {PROGRAM} WORD --help tells a word's own options. docs/PAPER.md tells the rest.",
            "",
        ]
    )
