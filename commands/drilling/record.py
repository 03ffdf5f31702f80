"""What happened when, in the drill's own seconds: for the screen, the report and the judge."""

from collections import Counter

import msgspec

from commands.drilling.plan import Deed


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One fault, begun or ended, or a remark of the drill's."""

    at_s: float
    what: str
    victims: tuple[str, ...] = ()
    detail: str = ""

    @property
    def text(self) -> str:
        """As one line."""
        whom = f": {', '.join(self.victims)}" if self.victims else ""
        return f"{self.at_s:7.1f} s  {self.what}{whom}{f' ({self.detail})' if self.detail else ''}"


class Record:
    """Grows while the drill runs."""

    def __init__(self) -> None:
        """Nothing has happened."""
        self.events: list[Event] = []
        self.by_kind: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()
        self.not_possible: Counter[str] = Counter()
        self._unsaid: list[str] = []

    def note(self, at_s: float, what: str, victims: tuple[str, ...] = (), detail: str = "") -> None:
        """It happened."""
        event = Event(at_s=round(at_s, 3), what=what, victims=victims, detail=detail)
        self.events.append(event)
        self._unsaid.append(event.text)

    def count(self, deed: Deed, name: str) -> None:
        """A fault of this kind has been made."""
        self.by_kind[f"{deed.value}: {name}" if deed is Deed.TERMINAL else name] += 1

    def unsaid(self) -> list[str]:
        """What has not been shown yet."""
        said, self._unsaid = self._unsaid, []
        return said
