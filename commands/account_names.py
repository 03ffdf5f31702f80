"""Refuses an order for an account that nobody has; a slip of the pen shall not look obeyed."""

import difflib
import sys
from collections.abc import Collection, Sequence

from commands.swarm_database import NoSwarm, swarm_database
from config import Config
from db.accounts import Accounts
from db.clients import DATABASE_ERRORS
from nodes.supervisor.memory import AccountMemory

MOST_SHOWN = 10
LIKENESS = 0.5


class NoSuchAccount(Exception):  # noqa: N818 - it says what happened
    """No document has a name that was typed; the text names those that come near."""


def check_names(names: Sequence[str], known: Collection[str]) -> None:
    """Raise NoSuchAccount where any name is not known; then no order is given at all."""
    strangers = [name for name in dict.fromkeys(names) if name not in known]
    if strangers:
        faults = [_refusal(name, known) for name in strangers]
        raise NoSuchAccount("\n".join([*faults, "No order was given to anybody."]))


def check_while_a_launcher_runs(names: Sequence[str], config: Config) -> None:
    """The launcher's own memory first: an order shall not wait for a database that is silent."""
    remembered = set(AccountMemory(config.state).documents)
    strangers = [name for name in names if name not in remembered]
    if not strangers:
        return
    try:
        with swarm_database(config) as database:
            known = {str(document.get("name")) for document in Accounts(database).all()}
    except (NoSwarm, *DATABASE_ERRORS) as silent:
        print(f"{', '.join(strangers)}: could not be checked: {silent}", file=sys.stderr)
    else:
        check_names(names, known | remembered)


def _refusal(name: str, known: Collection[str]) -> str:
    by_small = {one.lower(): one for one in sorted(known)}
    near = difflib.get_close_matches(name.lower(), by_small, cutoff=LIKENESS)
    if near:
        hint = f"Did you mean {' or '.join(by_small[one] for one in near)}?"
    else:
        hint = f"There are: {', '.join(sorted(known)[:MOST_SHOWN]) or 'none'}."
    return f"No account is called {name!r}. {hint}"
