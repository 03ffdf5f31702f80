"""Paper accounts shaped like a user's own: same names and rules, another world, nothing secret."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from domain.account_fields import AccountDefaults, fields_of
from domain.fields import Kind
from domain.policies import Role

Document = dict[str, Any]

#: What ties an account to a real terminal, or to this machine.
LEFT_BEHIND = frozenset(
    {"path", "login", "server", "password", "terminal", "relaunch_terminal", "pub_port", "paper"}
)
#: So long a close may be held back in a drill at most, as it waits for its last one.
LONGEST_HELD_S = 5
#: The masters' symbols, and what each paper broker that never closes calls them.
MASTERS_SELL = ("EURUSD", "XAUUSD")
SOLD: dict[str, tuple[str, ...]] = {
    "FTMO-Demo": ("EURUSD", "XAUUSD"),
    "Apex-Demo": ("EURUSD.c", "GOLD"),
    "Harbor-Demo": ("EURUSDm", "XAUUSDm"),
    "Union-Demo": ("EURUSD.pro", "GOLD.pro"),
}
MASTERS_BROKER = "FTMO-Demo"
SHIPPED = AccountDefaults()
DEPOSIT, CURRENCY, LEVERAGE = 1_000_000, "USD", 100
NEVER_SHAPED = (
    "Not shaped, as no document says it: your brokers' own symbols, spreads, commissions, stops "
    "levels, fillings, trading hours and speed; equity and positions you hold; what else trades "
    "on your accounts. Every account of a drill is a hedging one, and nobody places orders that "
    "wait, whatever yours do. Prices are those of EURUSD and XAUUSD of one recorded morning."
)


class CannotShapeError(Exception):
    """These accounts leave nothing to drill; the text says why."""


class Likeness(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts of the drill, and what about them is not as the user's own."""

    accounts: tuple[Document, ...]
    remarks: tuple[str, ...]


def like(mine: Sequence[Mapping[str, Any]], defaults: AccountDefaults = SHIPPED) -> Likeness:
    """Masters first; accounts that are disabled, or of neither type, stay out.

    `defaults` are the user's own, for what a slave's document does not say.
    """
    masters = [one for one in mine if _takes_part(one, Role.MASTER)]
    names = [str(one["name"]) for one in masters]
    enabled = [_followed(one, names) for one in mine if _takes_part(one, Role.SLAVE)]
    slaves = [one for one in enabled if one.get("follows") != []]
    if not masters or not slaves:
        raise CannotShapeError(
            f"--like-mine: wanted an enabled MASTER and an enabled SLAVE that follows it, "
            f"found {len(masters)} and {len(slaves)}. See `launcher.py accounts list`."
        )
    accounts = [{**_like_master(one), "path": _key(one, n)} for n, one in enumerate(masters)]
    remarks = [
        f"{one['name']}: follows no enabled MASTER and takes no part."
        for one in enabled
        if one not in slaves
    ]
    for number, slave in enumerate(slaves, start=len(masters)):
        account = {**_silent(defaults), **_like_slave(slave), "path": _key(slave, number)}
        accounts.append(account)
        remarks += _differences(slave, account)
    out = len(mine) - len(masters) - len(enabled)
    if out:
        remarks.append(f"{out} account(s) that are disabled take no part.")
    return Likeness(accounts=tuple(accounts), remarks=(*remarks, NEVER_SHAPED))


def _takes_part(account: Mapping[str, Any], role: Role) -> bool:
    return account.get("type") == role.value and account.get("enabled", True) is True


def _followed(slave: Mapping[str, Any], masters: Sequence[str]) -> Mapping[str, Any]:
    """A master that takes no part is an unknown name in the drill, which stops the account."""
    if slave.get("follows") is None:
        return slave
    return {**slave, "follows": [name for name in slave["follows"] if name in masters]}


def _silent(defaults: AccountDefaults) -> Document:
    tolerance = float(defaults.slippage_tolerance)
    return {"slippage_tolerance": tolerance, "magic_number": defaults.magic_number}


def _like_master(mine: Mapping[str, Any]) -> Document:
    return {**_kept(mine), **_on_paper(mine, MASTERS_BROKER)}


def _like_slave(mine: Mapping[str, Any]) -> Document:
    broker = _nearest(mine)
    kept = _kept(mine)
    if not _can_trade(mine, broker):
        eurusd, gold = SOLD[broker]
        kept |= {"symbol_map": {"EURUSD": eurusd, "XAUUSD": gold}}
    return {**kept, **_on_paper(mine, broker)}


def _kept(mine: Mapping[str, Any]) -> Document:
    """What the table of account fields knows, and no secret; all else is left alone."""
    known = {f.name for f in fields_of("") if f.kind is not Kind.SECRET} - LEFT_BEHIND
    kept = _held_no_longer({name: mine[name] for name in mine if name in known})
    if kept.get("rules"):
        kept["rules"] = [_held_no_longer(dict(rule)) for rule in kept["rules"]]
    return kept


def _held_no_longer(ways: Document) -> Document:
    if (ways.get("min_hold_seconds") or 0) > LONGEST_HELD_S:
        ways["min_hold_seconds"] = LONGEST_HELD_S
    return ways


def _key(mine: Mapping[str, Any], number: int) -> str:
    """A terminal of its own, also for names of which no letter can be shown here."""
    shown = re.sub(r"[^a-z0-9]+", "-", str(mine["name"]).lower())
    return f"like-{number + 1}-{shown}".rstrip("-")


def _on_paper(mine: Mapping[str, Any], broker: str) -> Document:
    paper = mine.get("paper") or {}
    return {
        "terminal": "paper",
        "paper": {
            "broker": broker,
            "deposit": paper.get("deposit", DEPOSIT),
            "currency": paper.get("currency", CURRENCY),
            "leverage": paper.get("leverage", LEVERAGE),
            "margin_mode": "hedging",
        },
    }


def _nearest(mine: Mapping[str, Any]) -> str:
    """The broker that sells most of what the account would ask for; its own where that is one."""
    own = (mine.get("paper") or {}).get("broker", "")
    return max(SOLD, key=lambda broker: (len(_can_trade(mine, broker)), broker == own))


def _can_trade(mine: Mapping[str, Any], broker: str) -> list[str]:
    return [name for name in MASTERS_SELL if _called(mine, name) in SOLD[broker]]


def _called(mine: Mapping[str, Any], symbol: str) -> str:
    symbol_map = mine.get("symbol_map") or {}
    plain = f"{mine.get('prefix') or ''}{symbol}{mine.get('suffix') or ''}"
    mapped = str(symbol_map.get(symbol, plain))
    return mapped.partition("|")[0]


def _holds_longer(mine: Mapping[str, Any]) -> bool:
    ways = (mine, *(mine.get("rules") or ()))
    return any((one.get("min_hold_seconds") or 0) > LONGEST_HELD_S for one in ways)


def _differences(mine: Mapping[str, Any], account: Mapping[str, Any]) -> Iterator[str]:
    name, broker = mine["name"], account["paper"]["broker"]
    yield f"{name}: trades at the paper broker {broker}."
    if _holds_longer(mine):
        yield f"{name}: closes are held back for {LONGEST_HELD_S} s at most (min_hold_seconds)."
    tradable = _can_trade(account, broker)
    if account.get("symbol_map") != mine.get("symbol_map"):
        yield (
            f"{name}: no paper broker sells {' or '.join(_called(mine, s) for s in MASTERS_SELL)}; "
            f"its symbol_map is replaced by {account['symbol_map']}."
        )
    for symbol in MASTERS_SELL:
        if symbol not in tradable:
            called = _called(account, symbol)
            yield f"{name}: {symbol} would be {called}, which {broker} has not: it is denied."
