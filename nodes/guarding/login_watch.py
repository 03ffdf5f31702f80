"""Whether the terminal is logged in to the account of this node's document (law 8)."""

from domain.market import Identity, Unknowable
from nodes.ports import TerminalDoor

#: After a wrong login was seen, closes go on when the right one was seen so often in a row.
GOOD_LOOKS_WANTED = 3


class LoginWatch:
    """Asked around every order. Once a wrong login was seen nothing is sent for a while.

    `stranger` says which one was seen, and stays until `forgive`: opens wait for an operator.
    """

    def __init__(self, door: TerminalDoor, expected: Identity) -> None:
        """All is well until a look says otherwise."""
        self._door = door
        self._expected = expected
        self._good_looks = GOOD_LOOKS_WANTED
        self.stranger = ""
        self.sees_stranger = False

    @property
    def suspended(self) -> bool:
        """A wrong login was seen, and not enough good looks have followed."""
        return self._good_looks < GOOD_LOOKS_WANTED

    def trouble(self) -> str:
        """Why no order may go out now; empty when one may."""
        if self.suspended:
            return f"a wrong login was seen ({self.stranger}); waiting for good looks"
        return self._look()

    def good_look(self) -> str:
        """One look of the timer's, which counts; why it was not a good one, empty when it was."""
        trouble = self._look()
        if not trouble:
            self._good_looks += 1
        return trouble

    def forgive(self) -> bool:
        """An operator lets opens go on; False while the login is still wrong."""
        if self._look():
            return False
        self.stranger = ""
        return True

    def _look(self) -> str:
        identity = self._door.identity()
        self.sees_stranger = isinstance(identity, Identity) and identity != self._expected
        if isinstance(identity, Unknowable):
            return identity.why
        if not self.sees_stranger:
            return ""
        self._good_looks = 0
        self.stranger = f"{identity.login} at {identity.server}"
        return f"the terminal is logged in to {self.stranger}"
