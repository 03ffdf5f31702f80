"""One slave of a replay: its terminal, its journal, and its oracle for each trader."""

from tests.replaying.comparing import Keys, Whose, dealt_by, differences, held_by, waiting_of
from tests.replaying.desks import Desk
from tests.replaying.oracle import Copies, Dealt
from tests.replaying.policies import Policy
from tests.replaying.stage import Stage
from tests.replaying.stories import Place
from tests.replaying.streams import Event, Ticks, Trader


class Follower:
    """One slave: its terminal, its journal, and its oracle for each trader."""

    def __init__(self, policy: Policy, traders: dict[str, Trader], ticks: dict[str, Ticks]) -> None:
        self.policy = policy
        self.copies = {
            name: Copies(
                rule, policy.floor, ticks[traders[name].feed], traders[name].digits, policy.deposit
            )
            for name, rule in policy.rules.items()
        }
        self.differences: list[str] = []
        self.is_astray = False
        self.desk: Desk
        self.places: dict[str, Place]

    def sit_down(self, stage: Stage) -> None:
        """The broker and the node are there."""
        key = f"replay-{self.policy.name.lower()}"
        self.desk = Desk(stage.scenery.broker, key)
        names = self.policy.rules
        self.places = {name: Place(stage.state, self.policy.name, name) for name in names}

    def leave(self) -> None:
        """Hang up."""
        self.desk.leave()
        for place in self.places.values():
            place.close()

    def due_ms(self) -> int | None:
        """When it has to close something by itself; None for never, as things stand."""
        return min((ms for one in self.copies.values() if (ms := one.due_ms())), default=None)

    def due_by(self, ts_ms: int) -> list[int]:
        """When times of copies that it has to close by that moment are over for sure."""
        return [due_ms for copies in self.copies.values() for due_ms in copies.due_by(ts_ms)]

    def lead_to(self, ts_ms: int) -> None:
        """Let the oracle get there as well."""
        for copies in self.copies.values():
            copies.lead_to(ts_ms)

    def hear(self, trader: str, event: Event) -> None:
        """Tell the oracle what the trader does, if he is followed."""
        if trader in self.copies:
            self.copies[trader].hear(event)

    def wrong_now(self, keys: Keys) -> list[str]:
        """What its broker shows of open and waiting copies that should be otherwise."""
        held = {Whose(t, n): h for t, c in self.copies.items() for n, h in c.holdings().items()}
        waits = {
            Whose(trader, number): one.shown
            for trader, copies in self.copies.items()
            for number, one in copies.waiting.items()
        }
        return [
            *differences(held, held_by(self.desk.positions(), keys), "position"),
            *differences(waits, waiting_of(self.desk.orders(), keys), "order"),
        ]

    def wrong_deals(self, keys: Keys) -> tuple[dict[Whose, list[Dealt]], list[str]]:
        """Every deal it made, and those that should be otherwise."""
        wanted = {
            Whose(trader, number): [_as_found(deal, at) for at, deal in enumerate(deals)]
            for trader, copies in self.copies.items()
            for number, deals in copies.all_deals().items()
        }
        found = dealt_by(self.desk.deals(), keys)
        return found, list(differences(wanted, found, "deals"))

    def expected_answers(self) -> dict[tuple[str, str, int], str]:
        """What the oracle wants said of each order and position."""
        return {
            (trader, *asked): why
            for trader, copies in self.copies.items()
            for asked, why in copies.answers.items()
        }


def _as_found(deal: Dealt, at: int) -> Dealt:
    """A deal does not show whether an order opened it that had waited."""
    return deal if at else deal._replace(by="")
