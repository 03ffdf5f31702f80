"""Refuses an order for an account that nobody has; a slip of the pen shall not look obeyed."""

import sys
from collections.abc import Collection, Sequence

from commands.near_names import strangers
from commands.swarm_database import NoSwarm, swarm_database
from config import Config
from db.accounts import Accounts
from db.clients import DATABASE_ERRORS
from nodes.supervisor.memory import AccountMemory


class NoSuchAccount(Exception):  # noqa: N818 - it says what happened
    """No document has a name that was typed; the text names those that come near."""


def check_names(names: Sequence[str], known: Collection[str]) -> None:
    """Raise NoSuchAccount where any name is not known; then no order is given at all."""
    if faults := strangers(names, known):
        raise NoSuchAccount("\n".join([*faults, "No order was given to anybody."]))


def check_while_a_launcher_runs(names: Sequence[str], config: Config) -> None:
    """The launcher's own memory first: an order shall not wait for a database that is silent."""
    remembered = set(AccountMemory(config.state).documents)
    unheard_of = [name for name in names if name not in remembered]
    if not unheard_of:
        return
    try:
        with swarm_database(config) as database:
            known = {str(document.get("name")) for document in Accounts(database).all()}
    except (NoSwarm, *DATABASE_ERRORS) as silent:
        print(f"{', '.join(unheard_of)}: could not be checked: {silent}", file=sys.stderr)
    else:
        check_names(names, known | remembered)
