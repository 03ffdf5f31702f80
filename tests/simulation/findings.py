"""What may never be, and whose account it is found on."""

import msgspec

OPENED_TWICE = "opened twice"
REOPENED = "reopened"
FOREIGN_TOUCHED = "foreign touched"
OPENED_LATE = "opened late"
CLOSED_EARLY = "closed early"
ELSEWHERE = "order while logged in elsewhere"
WHILE_HALTED = "opened while halted"
FALSELY_TOLD = "told as closed, and held"
WHILE_HELD = "opened while a hold was on"
NO_INTENT = "order without an intent"
TOO_MUCH = "opened too much"
BESIDE_OTHERS = "opened beside what is not its own"
CROSSED_ZERO = "close crosses zero"
BESIDE_ITS_ORDER = "opened while its order waits"
WAITS_ON_NET = "order waits on a netting account"
WRONG_SIDE = "copied on another side"
WRONG_SYMBOL = "copied in another symbol"
WRONG_LOTS = "copied with other lots"
WRONG_STOPS = "stops as nobody wants them"
KEPT_OUT = "opened in spite of its settings"
EXISTED = "copied, though it was there before"
DECIDED_AGAIN = "opened, though it was decided against"
ABOVE_LIMIT = "opened above a limit"
TOO_SOON = "closed too soon"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that may never be."""

    kind: str
    who: str
    at_ms: int
    text: str

    @property
    def shown(self) -> str:
        return f"{self.kind}: {self.who} at {self.at_ms} ms: {self.text}"


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Whose terminal it is, and which account belongs into it."""

    name: str
    login: int
    server: str
    is_master: bool
    nets: bool = False
