"""What the supervisor shows: every account and its node, as frozen values."""

import msgspec


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """One account. `state` is the node's trading state, or what keeps it from having one.

    OFF, FAULT, STARTING, WAITING (for its terminal), RESTARTING, STOPPED.
    """

    name: str
    role: str
    pid: int = 0
    alive: bool = False
    adopted: bool = False
    state: str = "OFF"
    latch: str = "ACTIVE"
    holds: tuple[str, ...] = ()
    ready: bool = False
    positions: int = 0
    open_legs: int = 0
    last_verdicts: tuple[str, ...] = ()
    figures: dict[str, float] = {}
    alarms: tuple[str, ...] = ()


class SwarmView(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts by name, and the alarms that concern none of them alone."""

    accounts: tuple[AccountView, ...] = ()
    alarms: tuple[str, ...] = ()
    database: str = ""

    def of(self, name: str) -> AccountView | None:
        """One account."""
        return next((account for account in self.accounts if account.name == name), None)
