"""What follows `python -m paper`: a word and its options, or the options of the product's own."""

import argparse
import sys
from collections.abc import Sequence

from paper.process import serve
from paper.service.server import ServerSettings
from paper.typed import options
from paper.typed.words import PROGRAM, SERVE, WORDS, main_of, overview

WRONG_USE = 2


def main(arguments: Sequence[str]) -> int:
    """Carry out a word; options with --state alone are the product's, which knows its guests."""
    word, *rest = arguments or [SERVE]
    if word in WORDS:
        return main_of(word)(rest)
    if word in {"-h", "--help"}:
        sys.stdout.write(overview())
        return 0
    if not word.startswith("-"):
        sys.stderr.write(f"{PROGRAM} has no {word!r}\n{overview()}")
        return WRONG_USE
    if any(argument.partition("=")[0] == "--state" for argument in arguments):
        return serve(_settings(arguments))
    return main_of(SERVE)(arguments)


def _settings(arguments: Sequence[str]) -> ServerSettings:
    parser = argparse.ArgumentParser(prog=PROGRAM, description="Serves one state folder.")
    options.add_state(parser)
    options.add_server(parser, usual_port=0)
    return options.server_settings(parser.parse_args(arguments), welcome=None)
