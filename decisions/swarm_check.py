"""What is wrong between accounts that are each right: doubles, circles, nobody to copy."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from decisions.circles import circles, terminal_of
from domain.ids import NodeName
from domain.policies import AccountSettings, Role
from domain.problems import Problem


def check_swarm(
    accounts: Sequence[AccountSettings],
    also_known: Collection[NodeName] = (),
    holding: Sequence[AccountSettings] = (),
) -> tuple[Problem, ...]:
    """Every fault between accounts; one without an account concerns the whole swarm.

    `also_known` are masters whose documents were refused: whoever follows them is not to blame.
    `holding` are accounts as they were when their copies were opened that are still open: whatever
    their documents say now, login and terminal are theirs until the last copy has closed (law 13).
    """
    faults = (
        *_doubles(accounts, holding),
        *_wrong_masters(accounts, also_known),
        *_circles(accounts),
    )
    refused = {fault.account for fault in faults}
    sound = [a for a in accounts if a.enabled and a.name not in refused]
    return faults if has_pair(sound) else (*faults, NO_PAIR)


def has_pair(accounts: Sequence[AccountSettings]) -> bool:
    """At least one enabled slave follows at least one enabled master."""
    masters = {a.name for a in accounts if a.enabled and a.type is Role.MASTER}
    return any(a.enabled and masters & set(followed(a, masters)) for a in _slaves(accounts))


def followed(slave: AccountSettings, masters: Collection[NodeName]) -> tuple[NodeName, ...]:
    """The masters a slave copies: those it names, else all of them."""
    return tuple(masters) if slave.follows is None else slave.follows


NO_PAIR = Problem(
    field="accounts",
    wanted="an enabled MASTER and an enabled SLAVE that follows it",
    found="no such pair",
    what_to_do="Enable or correct one of each; `python setup_db.py` makes a pair on paper.",
)


CORRECT_ONE = "Correct one of them, or disable it."
HOLDS = "{} still has copies open there; this account starts by itself once they have closed."


def _slaves(accounts: Sequence[AccountSettings]) -> list[AccountSettings]:
    return [account for account in accounts if account.type is Role.SLAVE]


def same_place(one: AccountSettings, other: AccountSettings) -> bool:
    """Both are one account at the broker, or live in one terminal."""
    keys = [(key(one), key(other)) for key in (_login_key, terminal_of)]
    return any(mine and mine == theirs for mine, theirs in keys)


def _doubles(
    accounts: Sequence[AccountSettings], holding: Sequence[AccountSettings]
) -> tuple[Problem, ...]:
    enabled = [account for account in accounts if account.enabled]
    return (
        *_same_names(accounts),
        *_shared(
            enabled, holding, "login", "one account document per login and server", _login_key
        ),
        *_shared(enabled, holding, "path", "a terminal of its own", terminal_of),
    )


def _login_key(account: AccountSettings) -> str:
    real = account.login and account.terminal == "mt5"
    return f"{account.login} at {account.server}" if real else ""


def _same_names(accounts: Sequence[AccountSettings]) -> tuple[Problem, ...]:
    counts = Counter(account.name for account in accounts)
    doubles = [account for account in accounts if counts[account.name] > 1]
    return tuple(_double(a, "name", "a name of its own", a.name, CORRECT_ONE) for a in doubles)


def _shared(
    enabled: Sequence[AccountSettings],
    holding: Sequence[AccountSettings],
    field: str,
    wanted: str,
    key: Callable[[AccountSettings], str],
) -> tuple[Problem, ...]:
    faults = []
    for account in enabled:
        others = _others(account, enabled, key)
        holders = _others(account, holding, key)
        if others or holders:
            found = ", ".join(dict.fromkeys([*others, *holders]))
            todo = CORRECT_ONE if others else HOLDS.format(", ".join(holders))
            faults.append(_double(account, field, wanted, found, todo))
    return tuple(faults)


def _others(
    account: AccountSettings,
    claimants: Sequence[AccountSettings],
    key: Callable[[AccountSettings], str],
) -> list[str]:
    mine = key(account)
    return [o.name for o in claimants if mine and key(o) == mine and o.name != account.name]


def _double(
    account: AccountSettings, field: str, wanted: str, others: str, what_to_do: str
) -> Problem:
    return Problem(
        account=account.name,
        field=field,
        wanted=wanted,
        found=f"the same as in {others}",
        what_to_do=what_to_do,
    )


def _circles(accounts: Sequence[AccountSettings]) -> tuple[Problem, ...]:
    enabled = [account for account in accounts if account.enabled]
    masters = [account for account in enabled if account.type is Role.MASTER]
    names = [master.name for master in masters]
    return circles(masters, _slaves(enabled), lambda slave: followed(slave, names))


def _wrong_masters(
    accounts: Sequence[AccountSettings], also_known: Collection[NodeName]
) -> tuple[Problem, ...]:
    types = {account.name: account.type for account in accounts}
    return tuple(
        _wrong_master(slave, field, name, types.get(name))
        for slave in _slaves(accounts)
        if slave.enabled
        for field, names in _masters_named(slave)
        for name in names
        if types.get(name) is not Role.MASTER and name not in also_known
    )


def _masters_named(slave: AccountSettings) -> list[tuple[str, Sequence[NodeName]]]:
    rules = [(f"rules.{n}.masters", rule.masters or ()) for n, rule in enumerate(slave.rules)]
    return [("follows", slave.follows or ()), *rules]


def _wrong_master(
    slave: AccountSettings, field: str, name: NodeName, found: Role | None
) -> Problem:
    return Problem(
        account=slave.name,
        field=field,
        wanted="names of MASTER accounts",
        found=f"{name}, which is a SLAVE" if found else f"{name}, which no account is called",
        what_to_do="Correct the name, or remove it from the list.",
    )
