"""Which of an account's rules holds for a signal; without one the account's own settings do."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from domain.ids import NodeName
from domain.policies import AccountSettings, Rule


def settings_for(
    settings: AccountSettings, master: NodeName, magic: int, *names: str
) -> AccountSettings:
    """Of the first rule that fits the master, its magic number and one of the symbol's names."""
    fitting = (rule for rule in settings.rules if _fits(rule, master, magic, names))
    first = next(fitting, None)
    return settings if first is None else first.settings


def _fits(rule: Rule, master: NodeName, magic: int, names: tuple[str, ...]) -> bool:
    if rule.masters is not None and master not in rule.masters:
        return False
    if rule.magics is not None and not is_in_ranges(magic, rule.magics):
        return False
    return rule.symbols is None or any(is_like(name, rule.symbols) for name in names)


def is_like(name: str, patterns: tuple[str, ...]) -> bool:
    """`*` stands for any letters, `?` for one; capitals do not count, brackets are letters."""
    plain = (pattern.lower().replace("[", "[[]") for pattern in patterns)
    return any(fnmatchcase(name.lower(), pattern) for pattern in plain)


def is_in_ranges(magic: int, ranges: Sequence[str]) -> bool:
    """One of them is `5`, or `100-199` with both ends included."""
    return any(_in_range(magic, one) for one in ranges)


def _in_range(magic: int, written: str) -> bool:
    first, _, last = written.partition("-")
    return int(first) <= magic <= int(last or first)
