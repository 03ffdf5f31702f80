"""What is wrong with something a person wrote: wanted, found, where, and what to do."""

from collections.abc import Iterable

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One fault. `account` is the document it stands in; empty for the host or the whole swarm."""

    field: str
    wanted: str
    found: str
    what_to_do: str
    account: str = ""

    @property
    def text(self) -> str:
        """The fault as one line."""
        where = f"{self.account}: {self.field}" if self.account else self.field
        return f"{where}: wanted {self.wanted}, found {self.found}. {self.what_to_do}"


def as_lines(problems: Iterable[Problem]) -> str:
    """All faults, one a line."""
    return "\n".join(problem.text for problem in problems)
