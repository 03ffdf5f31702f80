"""What the nodes' journals say while their nodes do not run: open legs and last good settings."""

import logging
from pathlib import Path

from db.journal import Glance, glance, journal_path
from db.journal_file import JournalRefused
from domain.market import Identity
from domain.records import JournalUnwritable

logger = logging.getLogger(__name__)


def open_legs(state: Path, name: str) -> int:
    """How many legs an account's journal holds open; one that cannot be read might hold some."""
    path = journal_path(state, name)
    if not path.exists():
        return 0
    seen = _glance(path)
    return 1 if seen is None else seen.open_legs


def identity_of(state: Path, name: str) -> Identity | None:
    """The account that a node's journal is tied to; None where nobody can say."""
    path = journal_path(state, name)
    seen = _glance(path) if path.exists() else None
    return Identity(seen.login, seen.server) if seen is not None and seen.login else None


def held_masters(state: Path) -> frozenset[str]:
    """Whose positions are held as open copies on this machine, whatever the database has heard."""
    return frozenset(master for master, _ in held_accounts(state))


def held_accounts(state: Path) -> frozenset[tuple[str, Identity]]:
    """The same, with the accounts that the masters had when the copies were opened."""
    found: set[tuple[str, Identity]] = set()
    for path in sorted((state / "journals").glob("*.sqlite")):
        seen = _glance(path)
        found |= set() if seen is None else seen.masters
    return frozenset(found)


def with_open_legs(state: Path) -> dict[str, Glance]:
    """Every journal of this machine with an open leg, by its account."""
    folder = state / "journals"
    seen = [_glance(path) for path in sorted(folder.glob("*.sqlite"))]
    return {one.account: one for one in seen if one is not None and one.open_legs and one.account}


def _glance(path: Path) -> Glance | None:
    try:
        return glance(path)
    except (JournalRefused, JournalUnwritable) as fault:
        logger.warning("journal_not_readable", extra={"why": str(fault)})
        return None
