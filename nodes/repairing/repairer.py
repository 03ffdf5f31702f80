"""Brings legs where their masters' positions are, one repair after the other.

Closing is a level, not an edge: what a fact did not achieve, the timer tries again. Book, broker
and journal are compared by `decisions/repairing.py`, whoever asks.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from decisions.claims import Claims, NettingClaims
from decisions.heeding import says_nothing
from decisions.repairing import next_repair
from decisions.repairs import MasterWord, Send, SendPending
from domain.book import Book
from domain.ids import LegKey, NodeName, OpeningOrder
from domain.legs import Leg, LegState
from domain.market import Position, Unknowable
from domain.reasons import Reason
from nodes.bookkeeping.ledger import Ledger
from nodes.executor import Executor
from nodes.guarding.account_kind import AccountKind
from nodes.guarding.standing import Standing
from nodes.ports import TerminalDoor
from nodes.repairing.doubts import Doubts
from nodes.repairing.looking import Round, Surroundings, Word, no_word
from nodes.repairing.modify_budget import A_DAY
from nodes.repairing.repair_work import RepairWork, unknown
from utils.clock import Clock

logger = logging.getLogger(__name__)

#: One event can need two orders, a reduction and new stops, and each of them several tries.
ORDERS_AT_ONCE = 6
#: Far more than any leg needs: one that does not settle must not keep the others waiting.
REPAIRS_AT_ONCE = 40
#: Fills that came after an open was given up are searched for among the deals so often.
SEARCH_LATE_EVERY_S = 5.0


class Repairer:
    """What a slave does about legs that have, or may have, a position."""

    def __init__(
        self,
        door: TerminalDoor,
        executor: Executor,
        ledger: Ledger,
        standing: Standing,
        clock: Clock,
        is_wanted: Callable[[NodeName], bool],
    ) -> None:
        """Look through `door`, act through `executor`, remember in `ledger`."""
        self._executor = executor
        self._legs = ledger.legs
        self._ledger = ledger
        self._around = Surroundings(
            door=door,
            is_wanted=is_wanted,
            kind=AccountKind(door),
            ledger=ledger,
            standing=standing,
            clock=clock,
        )
        self._foreign: tuple[str, ...] = ()
        self._doubled: tuple[str, ...] = ()
        self._next_late_s = 0.0
        self._work = RepairWork(door, executor, ledger, clock)

    @property
    def doubts(self) -> Doubts:
        """The legs of which nobody can say whether their masters still hold them."""
        return self._work.doubts

    def alarms(self) -> tuple[str, ...]:
        """Legs that could not be brought where they should be, or went without a deal."""
        unproven = self._work.reckoner.unproven()
        gone = [(key, "taken for closed, though no deal shows it") for key in unproven]
        legs = (f"{key.text}: {why}" for key, why in [*self._work.troubles.alarms(), *gone])
        budget = self._work.budget
        spent = (f"stops were moved {A_DAY} times today: only tighter ones go out",)
        return (*legs, *self._foreign, *self._doubled, *(spent if budget.is_spent() else ()))

    def follow(self, key: LegKey) -> None:
        """Bring a copy where its master's position is, all parts of it; who waits is answered."""
        for leg in self._legs.parts_of(key):
            if leg.live or leg.key == key:
                self._repair(leg.key, Round(self._around), may_send=True)

    def compare(self, book: Book, closed: Iterable[OpeningOrder]) -> None:
        """Bring every leg of a master where its picture says it should be; closes first."""
        word = words_of(book, frozenset(closed))
        self.doubts.answered(book.master)
        legs = [leg for leg in self._legs.live_of(book.master) if word(leg) is not None]
        for leg in _closes_first(legs, word):
            said = word(leg)
            if said is not None and not says_nothing(leg, said):
                self.doubts.clear(leg.key)
            self._repair(leg.key, Round(self._around, word=word), may_send=True)

    def repair_all(self, positions: tuple[Position, ...], word: Word, looked_at_s: float) -> None:
        """The timer's round: live legs, orders without an end, and whom a listed mark names."""
        round_ = Round(self._around, positions, word, looked_at_s)
        for intent in list(self._ledger.intents.values()):
            if self._legs.find(intent.leg) is None:
                self._ledger.note(intent, "no leg")
        for key in [*self._to_look_at(positions), *self._filled_late(round_)]:
            due = self._work.troubles.is_due(key)
            if due or self._ledger.intents_of(key):
                self._repair(key, round_, may_send=due)
        self._note_foreign(round_.claims())
        self._note_doubled(positions)

    def close_all(self) -> int:
        """An operator's word: every live copy is brought to its end. How many there are."""
        live = self._legs.live()
        for leg in live:
            self._ledger.keep(msgspec.structs.replace(leg, reason=Reason.OPERATOR_CLOSED))
        return len(live)

    def let_go(self) -> tuple[int, int]:
        """An operator's word: copies are followed no more; how many, and how many not yet.

        One whose order has no answer may be more or less than it looks: that is found out first.
        """
        live = self._legs.live()
        doubtful = {intent.leg for intent in self._ledger.intents.values()}
        certain = [leg for leg in live if leg.key not in doubtful]
        for leg in certain:
            left = msgspec.structs.replace(
                leg, state=LegState.RELEASED, reason=Reason.OPERATOR_LEFT
            )
            self._ledger.keep(left)
            self._work.ended_elsewhere(leg.key)
        return len(certain), len(live) - len(certain)

    def reckon(self) -> None:
        """Book what closed legs realised, once the deals show it; never before an order."""
        self._work.reckoner.reckon()

    def _note_foreign(self, claims: Claims | Unknowable) -> None:
        """Lots on a symbol of ours that are not ours: nothing opens there, a person should know."""
        found = claims.foreign_by_symbol() if isinstance(claims, NettingClaims) else {}
        alarms = tuple(f"{symbol}: {lots:+f} lots are not copies" for symbol, lots in found.items())
        for alarm in set(alarms) - set(self._foreign):
            logger.warning("foreign_volume", extra={"found": alarm})
        self._foreign = alarms

    def _note_doubled(self, positions: Sequence[Position]) -> None:
        """Two positions with the mark of one leg: one of them is followed by nobody."""
        marks = Counter(p.magic for p in positions if self._legs.has_mark(p.magic))
        doubled = [mark for mark, times in marks.items() if times > 1]
        for mark in doubled:
            if not any(str(mark) in alarm for alarm in self._doubled):
                logger.error("one_mark_on_two_positions", extra={"magic": mark})
        self._doubled = tuple(f"two positions bear the mark {m} of one copy" for m in doubled)

    def _to_look_at(self, positions: Sequence[Position]) -> list[LegKey]:
        owners = (self._legs.owner_of(position) for position in positions)
        marked = [leg.key for leg in owners if leg is not None]
        waiting = [intent.leg for intent in self._ledger.intents.values()]
        live = [leg.key for leg in _closes_first(self._legs.live(), no_word)]
        return list(dict.fromkeys([*live, *waiting, *marked]))

    def _filled_late(self, round_: Round) -> list[LegKey]:
        """Orders that deals or waiting orders show, though their legs are given up or closed.

        A fill may be closed again before a look lists it, or hidden in a netting position. Looked
        for at times only.
        """
        given_up, busy = self._legs.given_up(), _unexplained(round_.claims())
        now_s = self._around.clock.now().monotonic_s
        if not (given_up or busy) or now_s < self._next_late_s:
            return []
        self._next_late_s = now_s + SEARCH_LATE_EVERY_S
        recent = round_.recent()
        marks = set() if isinstance(recent, Unknowable) else {deal.magic for deal in recent}
        marked = [leg for mark in marks if (leg := self._legs.of_mark(mark)) is not None]
        closed = [leg.key for leg in marked if leg.symbol in busy and not leg.live]
        if any(leg.by_order for leg in given_up):
            orders = round_.orders()
            marks |= set() if isinstance(orders, Unknowable) else {o.magic for o in orders}
        return [*(leg.key for leg in given_up if leg.magic in marks), *sorted(closed)]

    def ended_elsewhere(self, key: LegKey) -> None:
        """Its end was found by others: who waits for the leg waits for no order."""
        self._work.ended_elsewhere(key)

    def looked_in_vain(self) -> None:
        """The terminal gave no answer one could believe."""
        self._around.absences.clear()

    def _repair(self, key: LegKey, round_: Round, *, may_send: bool) -> None:
        """One leg's crash is its own: the others are looked at all the same (law 7)."""
        try:
            self._until_settled(key, round_, may_send=may_send)
        except Exception as error:
            logger.exception("leg_crashed", extra={"leg": key.text})
            self._work.failed(key, unknown(f"our own step failed: {error!r}"), is_ours=True)

    def _until_settled(self, key: LegKey, round_: Round, *, may_send: bool) -> None:
        orders = 0
        for _ in range(REPAIRS_AT_ONCE):
            leg = self._legs.find(key)
            if leg is None:
                return
            sight = round_.sight(leg, self._executor.name_intent())
            if isinstance(sight, Unknowable):
                self._work.failed(key, unknown(sight.why))
                return
            repair = next_repair(leg, sight)
            orders += isinstance(repair, Send | SendPending)
            if orders > (ORDERS_AT_ONCE if may_send else 0):
                return
            if not self._work.do(leg, repair, round_):
                return
        raise RuntimeError(f"{REPAIRS_AT_ONCE} repairs, and not settled")


def words_of(book: Book, closed: frozenset[OpeningOrder] = frozenset()) -> Word:
    """What a book says of legs of its own account; nothing of any other's."""
    held = {position.opening_order: position for position in book.positions}
    waiting = {order.opening_order: order for order in book.orders}

    def word(leg: Leg) -> MasterWord | None:
        if (leg.key.master_login, leg.key.master_server) != (book.login, book.server):
            return None
        order = leg.key.opening_order
        return MasterWord(
            stamp=book.stamp,
            position=held.get(order),
            order=waiting.get(order),
            closed=order in closed,
        )

    return word


def words_of_all(books: Iterable[Book]) -> Word:
    """What several masters' books say, each of its own legs."""
    words: Mapping[tuple[int, str], Word] = {(b.login, b.server): words_of(b) for b in books}

    def word(leg: Leg) -> MasterWord | None:
        of_master = words.get((leg.key.master_login, leg.key.master_server), no_word)
        return of_master(leg)

    return word


def _unexplained(claims: Claims | Unknowable) -> frozenset[str]:
    """Symbols on which there are lots that no leg explains; on netting accounts only."""
    return claims.unexplained() if isinstance(claims, NettingClaims) else frozenset()


def _closes_first(legs: Iterable[Leg], word: Word) -> list[Leg]:
    """A copy of what is closed goes before all others."""

    def is_closed(leg: Leg) -> bool:
        said = word(leg)
        return leg.target.closed or (said is not None and said.closed)

    return sorted(legs, key=lambda leg: not is_closed(leg))
