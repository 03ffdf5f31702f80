"""Looks up orders whose end nobody could tell, until they are found or the window is over."""

import logging
from decimal import Decimal

import msgspec

from decisions.evidence import deals_prove_closed, last_price
from decisions.settling import (
    FoundClosed,
    FoundDone,
    FoundOpen,
    Waiting,
    settle_close,
    settle_open,
)
from domain.figures import Figures
from domain.ids import SlaveIdentifier
from domain.legs import Intent, Leg, LegState
from domain.market import Deal, Position, Unknowable
from domain.orders import ModifyPosition, OpenPosition
from domain.reasons import Reason
from domain.verdicts import VerdictKind
from nodes.answering import Answer, known_price, opened_so_far
from nodes.follower import Follower
from nodes.ledger import Ledger
from nodes.ports import TerminalDoor
from utils.clock import Now

logger = logging.getLogger(__name__)

ZERO = Decimal(0)
#: Deals are searched this far around the broker's newest tick: more than any clock is wrong.
SEARCH_S = 2 * 86_400


class Settler:
    """Resolves what is Unknown; never sends an open again."""

    def __init__(self, door: TerminalDoor, ledger: Ledger, follower: Follower) -> None:
        """Look through `door`; what is found is handed to `follower`."""
        self._door = door
        self._ledger = ledger
        self._follower = follower

    def settle(self, positions: tuple[Position, ...], now: Now) -> None:
        """One round over all open intents, and over positions of ours that no live leg claims."""
        for intent in list(self._ledger.intents.values()):
            self._settle(intent, positions, now)
        for position in positions:
            self._claim(position)

    def _settle(self, intent: Intent, positions: tuple[Position, ...], now: Now) -> None:
        leg = self._ledger.legs.find(intent.leg)
        if leg is None:
            self._ledger.write(self._noted(intent, "no leg"))
        elif intent.kind == OpenPosition.__name__:
            self._settle_open(intent, leg, positions, now)
        elif intent.kind == ModifyPosition.__name__:
            # No deal tells of stops; the timer compares them anew, and may in time send them again.
            self._keep(leg, intent, "unknown")
        else:
            self._settle_close(intent, leg, now)

    def _settle_open(
        self, intent: Intent, leg: Leg, positions: tuple[Position, ...], now: Now
    ) -> None:
        deals = self._recent_deals()
        if isinstance(deals, Unknowable):
            return
        found = settle_open(intent, positions, deals, now.utc_ms)
        if isinstance(found, Waiting):
            return
        if isinstance(found, FoundOpen):
            self._adopt(leg, found.position, intent)
        elif isinstance(found, FoundClosed):
            self._ended(leg, found, intent)
        else:
            missed = msgspec.structs.replace(
                leg, state=LegState.MISSED, reason=Reason.NEVER_ANSWERED
            )
            self._keep(missed, intent, "lapsed")
            self._answer(missed, Answer(kind=VerdictKind.MISSED, reason=Reason.NEVER_ANSWERED))
            self._follower.never_was(missed)

    def _settle_close(self, intent: Intent, leg: Leg, now: Now) -> None:
        deals = self._door.deals_of(leg.identifier)
        if isinstance(deals, Unknowable):
            return
        found = settle_close(intent, deals, now.utc_ms)
        if isinstance(found, Waiting):
            return
        if isinstance(found, FoundDone):
            left = max(leg.volume - found.volume, ZERO)
            done = msgspec.structs.replace(leg, volume=left)
            self._keep(done, intent, "filled")
            self._follower.was_done(done, found, intent.volume)
        else:
            self._keep(leg, intent, "lapsed")
        self._follower.follow(leg.key)

    def _claim(self, position: Position) -> None:
        """A position that carries a leg's mark though the leg was given up, or taken as closed."""
        leg = self._ledger.legs.owner_of(position)
        if leg is None or leg.live or not self._is_open_by_its_deals(position):
            return
        logger.warning("late_position", extra={"leg": leg.key.text, "was": leg.state.value})
        self._adopt(leg, position, None)

    def _is_open_by_its_deals(self, position: Position) -> bool:
        """A list may be older than the close we were told of; without deals, another time."""
        deals = self._door.deals_of(position.identifier)
        return not isinstance(deals, Unknowable) and not deals_prove_closed(deals)

    def _adopt(self, leg: Leg, position: Position, intent: Intent | None) -> None:
        """It is open after all: followed from here, and closed at once if the master's is."""
        opened = msgspec.structs.replace(
            leg,
            state=LegState.OPEN,
            reason=Reason.NONE,
            identifier=SlaveIdentifier(position.identifier),
            filled_volume=max(leg.filled_volume, position.volume),
            volume=position.volume,
            price_open=position.price_open,
            sl_sent=position.sl,
            tp_sent=position.tp,
            stops_confirmed=True,
            opening=_filled_at(leg.opening, position.price_open),
        )
        self._keep(opened, intent, "filled")
        if not leg.live and not leg.target.closed:
            # Nobody told this slave of its master's position while it had no copy.
            self._follower.doubts.doubt(opened)
        self._answer(opened, opened_so_far(opened))
        self._follower.follow(leg.key)

    def _ended(self, leg: Leg, found: FoundClosed, intent: Intent) -> None:
        identifier = SlaveIdentifier(found.identifier)
        price_open = last_price(found.deals[:1])
        filled = sum((d.volume for d in found.deals if d.side is leg.side), ZERO)
        opened = msgspec.structs.replace(
            leg,
            state=LegState.OPEN,
            identifier=identifier,
            filled_volume=filled,
            price_open=price_open,
            opening=_filled_at(leg.opening, price_open),
        )
        self._keep(opened, intent, "filled")
        self._answer(opened, Answer(kind=VerdictKind.COPIED, volume=filled))
        self._follower.ended(opened, found.deals)

    def _answer(self, leg: Leg, answer: Answer) -> None:
        """The open's verdict, which supersedes the `unknown` it had."""
        self._ledger.supersede(leg, answer, leg.opening or Figures())

    def _keep(self, leg: Leg, intent: Intent | None, outcome: str) -> None:
        noted = None if intent is None else self._noted(intent, outcome)
        self._ledger.keep(leg, noted)

    @staticmethod
    def _noted(intent: Intent, outcome: str) -> Intent:
        return msgspec.structs.replace(intent, outcome=outcome)

    def _recent_deals(self) -> tuple[Deal, ...] | Unknowable:
        newest_s = self._door.newest_server_ms() // 1000
        if newest_s == 0:
            return Unknowable("no tick yet, so the broker's clock is not known")
        return self._door.deals_between(newest_s - SEARCH_S, newest_s + SEARCH_S)


def _filled_at(opening: Figures | None, price: Decimal) -> Figures:
    """The figures of an open whose price was not known when they were written."""
    figures = opening or Figures()
    prices = msgspec.structs.replace(figures.prices, filled=known_price(price))
    return msgspec.structs.replace(figures, prices=prices)
