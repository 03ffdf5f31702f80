"""Whether an account nets: asked once, as a broker never changes it; unknown until answered."""

from domain.market import Unknowable
from nodes.ports import TerminalDoor


class AccountKind:
    """Nothing is compared, and nothing sent, before it is known."""

    def __init__(self, door: TerminalDoor) -> None:
        """Nobody has asked yet."""
        self._door = door
        self._is_netting: bool | None = None

    def is_netting(self) -> bool | Unknowable:
        """Whether a symbol has one position only."""
        if self._is_netting is None:
            account = self._door.account()
            if isinstance(account, Unknowable):
                return account
            self._is_netting = not account.hedging
        return self._is_netting
