"""Which of an account's rules holds for a signal; without one the account's own settings do."""

from fnmatch import fnmatchcase

from domain.ids import NodeName
from domain.policies import AccountSettings, Rule


def settings_for(settings: AccountSettings, master: NodeName, *names: str) -> AccountSettings:
    """Of the first rule that fits the master and one of the symbol's names."""
    fitting = (rule for rule in settings.rules if _fits(rule, master, names))
    first = next(fitting, None)
    return settings if first is None else first.settings


def _fits(rule: Rule, master: NodeName, names: tuple[str, ...]) -> bool:
    if rule.masters is not None and master not in rule.masters:
        return False
    return rule.symbols is None or any(is_like(name, rule.symbols) for name in names)


def is_like(name: str, patterns: tuple[str, ...]) -> bool:
    """`*` stands for any letters; capitals do not count."""
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
