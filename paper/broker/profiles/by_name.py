"""The list of brokers; a name that is not on it sells plainly."""

from collections.abc import Mapping
from typing import Final

import msgspec

from paper.broker.brokers import BrokerProfile, SymbolProfile
from paper.broker.profiles import always_open, bourse, kontor, liberty, meridian, warden
from paper.broker.profiles.plain import Offer, plain


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """What one broker sells: symbols of its own, and something of every other feed."""

    house: BrokerProfile
    about: str
    shelf: tuple[SymbolProfile, ...] = ()
    offer: Offer | None = plain


def _open_always(name: str, offer: Offer) -> Shop:
    return Shop(
        house=BrokerProfile(name=name, company=f"{name} (paper)", symbols=()),
        about=offer.__doc__ or "",
        offer=offer,
    )


SHOPS: Final[dict[str, Shop]] = {
    shop.house.name: shop
    for shop in (
        _open_always("FTMO-Demo", always_open.ftmo),
        _open_always("Apex-Demo", always_open.apex),
        _open_always("Harbor-Demo", always_open.harbor),
        _open_always("Union-Demo", always_open.union),
        _open_always("Minnow-Demo", always_open.minnow),
        *(
            Shop(house=broker.HOUSE, about=broker.__doc__ or "", shelf=broker.SHELF)
            for broker in (liberty, meridian, kontor, warden)
        ),
        Shop(house=bourse.HOUSE, about=bourse.__doc__ or "", shelf=bourse.SHELF, offer=None),
    )
}


def profile_for(name: str, feed_digits: Mapping[str, int]) -> BrokerProfile:
    """The broker of that name, selling what can be made of these feeds."""
    shop = SHOPS.get(name) or _open_always(name, plain)
    own = tuple(symbol for symbol in shop.shelf if set(symbol.feeds) <= set(feed_digits))
    return msgspec.structs.replace(shop.house, symbols=own + _offered(shop, feed_digits))


def _offered(shop: Shop, feed_digits: Mapping[str, int]) -> tuple[SymbolProfile, ...]:
    """What it makes of the feeds its own symbols leave over."""
    if shop.offer is None:
        return ()
    used = {symbol.feed for symbol in shop.shelf}
    left = sorted((feed, digits) for feed, digits in feed_digits.items() if feed not in used)
    return tuple(shop.offer(feed, digits) for feed, digits in left)
