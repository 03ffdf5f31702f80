"""Says of a name that nobody has which ones come near."""

import difflib
from collections.abc import Collection

MOST_SHOWN = 10
LIKENESS = 0.5


def strangers(names: Collection[str], known: Collection[str]) -> list[str]:
    """A line for each name that is not known; a slip of the pen shall not look obeyed."""
    return [_stranger(name, known) for name in dict.fromkeys(names) if name not in known]


def _stranger(name: str, known: Collection[str]) -> str:
    by_small = {one.lower(): one for one in sorted(known)}
    near = difflib.get_close_matches(name.lower(), by_small, cutoff=LIKENESS)
    if near:
        hint = f"Did you mean {' or '.join(by_small[one] for one in near)}?"
    else:
        hint = f"There are: {', '.join(sorted(known)[:MOST_SHOWN]) or 'none'}."
    return f"No account is called {name!r}. {hint}"
