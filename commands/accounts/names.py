"""Refuses names that nobody has, before anything is done for anybody."""

import difflib
from collections.abc import Collection

from commands.accounts.answer import WRONG_USE, Refused

LIKENESS = 0.5
MOST_SHOWN = 10


def check_names(names: Collection[str], known: Collection[str]) -> None:
    """Refuse where any name is not known; a slip of the pen shall not look obeyed."""
    faults = [_stranger(name, known) for name in dict.fromkeys(names) if name not in known]
    if faults:
        raise Refused("\n".join([*faults, "Nothing was written."]), code=WRONG_USE)


def _stranger(name: str, known: Collection[str]) -> str:
    by_small = {one.lower(): one for one in sorted(known)}
    near = difflib.get_close_matches(name.lower(), by_small, cutoff=LIKENESS)
    if near:
        hint = f"Did you mean {' or '.join(by_small[one] for one in near)}?"
    else:
        hint = f"There are: {', '.join(sorted(known)[:MOST_SHOWN]) or 'none'}."
    return f"No account is called {name!r}. {hint}"
