"""What a master's symbol is called at the slave's broker, and how many lots there stand for one."""

from decimal import Decimal
from typing import NamedTuple

from domain.account_fields import LOT_FACTOR_BAR
from domain.ids import SlaveSymbol
from domain.policies import AccountSettings

ONE = Decimal(1)


class Mapped(NamedTuple):
    """`factor`: slave lots for each lot of the master's."""

    symbol: SlaveSymbol
    factor: Decimal = ONE


def slave_symbol(master_symbol: str, settings: AccountSettings) -> Mapped:
    """The mapped name as it stands; only an unmapped one loses the master's affixes and gets ours.

    A name may be mapped as the master has it, or without its affixes.
    """
    bare = _without_affixes(master_symbol, settings)
    for name in (master_symbol, bare):
        mapped = settings.symbol_map.get(name)
        if mapped is not None:
            symbol, _, factor = mapped.partition(LOT_FACTOR_BAR)
            return Mapped(SlaveSymbol(symbol), Decimal(factor) if factor else ONE)
    return Mapped(SlaveSymbol(f"{settings.prefix}{bare}{settings.suffix}"))


def _without_affixes(name: str, settings: AccountSettings) -> str:
    """What is nothing but affixes is a name of its own."""
    bare = name.removeprefix(settings.master_prefix).removesuffix(settings.master_suffix)
    return bare or name
