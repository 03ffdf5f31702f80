"""Starts Murmuration: makes sure of its environment, then hands over to the command typed."""

import sys

try:
    import first_start
except (ImportError, SyntaxError):  # a Python too old even to read what would say so
    sys.stderr.write("Murmuration needs Python 3.11 or newer; this is " + sys.version + "\n")
    sys.exit(2)

first_start.check_python()

from pathlib import Path

from commands.cli import main, needs_of

if __name__ == "__main__":
    first_start.ensure(Path(__file__).resolve().parent, needs_of(sys.argv[1:]))
    sys.exit(main(sys.argv[1:]))
