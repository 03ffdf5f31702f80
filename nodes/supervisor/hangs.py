"""How often one terminal has hung of late, and what is to be done about it."""

from decisions.restarting import Policy, hang_alarm, hangs_now, shall_relaunch


class Hangs:
    """Counts them; `alarm` is for a person, `relaunch_due` for whoever starts the next node."""

    def __init__(self) -> None:
        """None so far."""
        self.alarm = ""
        self.relaunch_due = False
        self._at_s: tuple[float, ...] = ()

    def one_more(self, policy: Policy, now_s: float, *, may_relaunch: bool) -> None:
        """Its node was found hung and is ended."""
        self._at_s = (*self._at_s, now_s)
        self.look(policy, now_s, may_relaunch=may_relaunch)
        self.relaunch_due = shall_relaunch(len(self._at_s), policy, may_relaunch=may_relaunch)

    def look(self, policy: Policy, now_s: float, *, may_relaunch: bool) -> None:
        """Those of long ago count no more."""
        self._at_s = hangs_now(self._at_s, policy, now_s)
        self.alarm = hang_alarm(len(self._at_s), policy, may_relaunch=may_relaunch)

    def forget(self) -> None:
        """A person has seen to it."""
        self._at_s, self.alarm, self.relaunch_due = (), "", False
