"""What can be wrong between a master's account and a slave's."""

from enum import StrEnum

import msgspec

from domain.ids import NodeName, OpeningOrder


class MismatchKind(StrEnum):
    """The ways in which a copy can differ from what it copies."""

    COPY_MISSING = "copy missing"
    COPY_WITHOUT_MASTER = "copy without a master"
    WRONG_MARKET = "wrong symbol or side"
    WRONG_VOLUME = "wrong volume"
    WRONG_STOPS = "wrong SL or TP"
    STILL_OPEN = "still open"
    CLOSED_ALONE = "closed alone"
    CLOSED_EARLY = "closed too early"
    CLOSED_LATE = "closed too late"
    WRONG_VERDICT = "wrong verdict"
    NO_VERDICT = "no verdict"
    UNSETTLED = "verdict unknown"


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it should be. `position` is the master's."""

    kind: MismatchKind
    slave: NodeName
    position: OpeningOrder
    wanted: str
    found: str

    @property
    def text(self) -> str:
        """As one line."""
        where = f"{self.slave}, master's position {self.position}"
        return f"{where}: {self.kind.value}: wanted {self.wanted}, found {self.found}"
