"""Which symbols of a broker may be what a master trades under a name that is unknown there.

Suggestions for a person to choose from; nothing is copied by them.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import msgspec

from domain.contracts import Candidate, Offered

MOST = 5
#: Shorter names are part of too many others.
SHORTEST_PART = 4
CODE_LENGTH = 3
PAIR_LENGTH = 2 * CODE_LENGTH

#: Names that brokers give to one and the same thing.
FAMILIES = (
    ("XAUUSD", "GOLD"),
    ("XAGUSD", "SILVER"),
    ("XTIUSD", "USOIL", "WTI", "CL", "OIL", "CRUDE", "CRUDEOIL", "SPOTCRUDE"),
    ("XBRUSD", "UKOIL", "BRENT", "SPOTBRENT"),
    ("XNGUSD", "NGAS", "NATGAS", "NATURALGAS"),
    ("US30", "DJ30", "DJI30", "DJIA", "DOW30", "WS30", "WALLSTREET30", "USA30", "YM"),
    ("US500", "SPX500", "SP500", "SPX", "USA500", "ES"),
    ("NAS100", "US100", "USTEC", "NDX100", "USTECH100", "NASDAQ", "NASDAQ100", "NQ"),
    ("US2000", "RUSSELL2000", "RUS2000", "RTY"),
    ("GER40", "DE40", "DAX40", "GDAXI", "DAX", "GER30", "DE30", "DAX30"),
    ("UK100", "FTSE100", "FTSE"),
    ("EU50", "EUSTX50", "STOXX50", "ESTX50", "EURO50"),
    ("FRA40", "FR40", "CAC40"),
    ("JP225", "JPN225", "NIKKEI225", "NIKKEI", "NI225"),
    ("AUS200", "AU200", "ASX200"),
    ("HK50", "HSI50", "HANGSENG"),
    ("BTCUSD", "XBTUSD", "BITCOIN"),
    ("ETHUSD", "ETHEREUM"),
)


class Wanted(NamedTuple):
    """The master's symbol, as far as its signals tell of it.

    `digits`: at least so many, by its prices. `contract_size`: None where it is not told.
    """

    symbol: str
    digits: int = 0
    contract_size: Decimal | None = None


class _Kinship(NamedTuple):
    """How near a symbol is; a smaller one is nearer."""

    name: int
    currencies: int
    contract: int
    digits: int


_SAME, _FAMILY, _PART, _PAIR, _NONE = range(5)
_WHY = ("the same name", "another name of it", "its name with more", "its currencies")


def candidates(wanted: Wanted, offered: Iterable[Offered]) -> tuple[Candidate, ...]:
    """The nearest first, a few at most; the same answer whatever order the list comes in."""
    near = [(_kinship(wanted, one), len(one.symbol), one.symbol, one) for one in set(offered)]
    ranked = sorted(row for row in near if row[0].name < _NONE)[:MOST]
    found = [_candidate(kinship, one) for kinship, _, _, one in ranked]
    if found and _is_certain([row[0] for row in ranked]):
        found[0] = msgspec.structs.replace(found[0], certain=True)
    return tuple(found)


def decimals(*prices: Decimal) -> int:
    """How many decimals the finest of these prices shows."""
    exponents = [price.normalize().as_tuple().exponent for price in prices]
    return max([0, *(-e for e in exponents if isinstance(e, int))])


def _is_certain(ranked: list[_Kinship]) -> bool:
    """Its name says so, nothing that is known speaks against it, and no other is as near."""
    best = ranked[0]
    return best.name <= _FAMILY and not any(best[1:]) and best not in ranked[1:]


def _candidate(kinship: _Kinship, one: Offered) -> Candidate:
    against = []
    if kinship.currencies:
        against.append("other currencies")
    if kinship.contract:
        against.append("another contract size")
    if kinship.digits:
        against.append("fewer digits")
    why = ", but ".join(filter(None, [_WHY[kinship.name], " and ".join(against)]))
    return Candidate(**msgspec.structs.asdict(one), why=why)


def _kinship(wanted: Wanted, one: Offered) -> _Kinship:
    pair = _pair_of(wanted.symbol)
    offered_pair = (one.base.upper(), one.profit.upper())
    size = wanted.contract_size
    return _Kinship(
        name=_by_name(wanted.symbol, one.symbol, by_pair=pair == offered_pair),
        currencies=int(pair is not None and pair != offered_pair),
        contract=int(size is not None and size != one.contract_size),
        digits=int(one.digits < wanted.digits),
    )


def _by_name(wanted: str, offered: str, *, by_pair: bool) -> int:
    ours, theirs = _cores(wanted), _cores(offered)
    if ours & theirs:
        return _SAME
    if _families(ours) & _families(theirs):
        return _FAMILY
    known = ours | {name for family in _families(ours) for name in FAMILIES[family]}
    if any(_is_part(a, b) or _is_part(b, a) for a in known for b in theirs):
        return _PART
    return _PAIR if by_pair else _NONE


def _is_part(short: str, long: str) -> bool:
    return len(short) >= SHORTEST_PART and (long.startswith(short) or long.endswith(short))


def _cores(name: str) -> frozenset[str]:
    """What may be its proper name: the whole, its longest piece, and either without a tail.

    Tails are what brokers hang on in small letters, or as a word: EURUSDm, US30Cash.
    """
    pieces = [piece for piece in re.split(r"[^A-Za-z0-9]+", name) if piece]
    if not pieces:
        return frozenset()
    longest = max(pieces, key=len)
    shorn = (re.sub("[a-z]+$", "", longest), re.sub("[A-Z][a-z]{2,}$", "", longest))
    found = ("".join(pieces), longest, *shorn)
    return frozenset(core.upper() for core in found if len(core) > 1)


def _families(cores: Iterable[str]) -> frozenset[int]:
    return frozenset(_FAMILY_OF[core] for core in cores if core in _FAMILY_OF)


def _pair_of(name: str) -> tuple[str, str] | None:
    """The two currencies that the name of a pair is made of; None where it names none."""
    for core in sorted(_cores(name), key=len):
        known = FAMILIES[_FAMILY_OF[core]][0] if core in _FAMILY_OF else core
        if len(known) == PAIR_LENGTH and known.isalpha():
            return known[:CODE_LENGTH], known[CODE_LENGTH:]
    return None


_FAMILY_OF = {name: number for number, names in enumerate(FAMILIES) for name in names}
