"""Makes the database ready, with two accounts to try things on; a second run changes nothing."""

import sys

try:
    import first_start
except (ImportError, SyntaxError):  # a Python too old even to read what would say so
    sys.stderr.write("Murmuration needs Python 3.11 or newer; this is " + sys.version + "\n")
    sys.exit(2)

first_start.check_python()

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config import Config

HOST_FAULT = 2


def main() -> int:
    """Set up, say what was done and what comes next; 2 where no database can be had."""
    # Imported here: the packages are there only once first_start has made sure of them.
    import config
    from commands.closed_pipe import reader_left
    from commands.visiting import visit
    from db.clients import DATABASE_ERRORS
    from db.connecting import Silent, settle
    from db.remembered import DatabaseFault
    from utils.folders import make_writable

    try:
        settings = config.load()
        make_writable(settings.state, "MURMURATION_STATE")
        with visit(settings):  # an embedded database is started for this alone
            found = settle(settings)
            if isinstance(found, Silent):
                return _refuse(found.why)
            return _set_up(found.kind, found.uri, found.notice, settings)
    except (config.ConfigError, DatabaseFault, OSError, *DATABASE_ERRORS) as fault:
        if isinstance(fault, OSError) and reader_left(fault):
            raise  # no fault of this host
        return _refuse(str(fault))


def _set_up(kind: str, uri: str, notice: str, settings: "Config") -> int:
    from db.clients import opened
    from db.moments import moment
    from db.setting_up import set_up
    from utils.clock import utc_ms
    from utils.redaction import redacted

    print(f"Database: {kind} at {redacted(uri)}, {settings.database_name}")
    with opened(uri, settings.database_name) as database:
        done = set_up(database, settings.account_defaults, moment(utc_ms()))
    for line in (*filter(None, [notice]), *done.changes, *done.notes):
        print(f"  {line}")
    for line in (*done.faults, *(problem.text for problem in done.problems)):
        print(f"  TO DO: {line}")
    print("Done." if done.changes else "Everything was in place; nothing was changed.")
    print("Next: python launcher.py")
    return 0


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return HOST_FAULT


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_known_args()
    first_start.ensure(Path(__file__).resolve().parent, "run")
    from commands.cli import quietly_piped

    sys.exit(quietly_piped(main))
