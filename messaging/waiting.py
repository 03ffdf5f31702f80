"""Sleep until a socket can be read: ZeroMQ's, plain ones and file descriptors alike."""

from collections.abc import Sequence

import zmq

from utils.clock import monotonic_s

# On Windows a Ctrl+C does not interrupt a poll; Python sees it only between two of them.
LONGEST_POLL_S = 0.5


class SocketWaiter:
    """Satisfies nodes.ports.Waiter."""

    def __init__(self) -> None:
        """Wait on nothing yet."""
        self._known: tuple[object, ...] = ()
        self._poller = zmq.Poller()

    def wait(self, waitables: Sequence[object], timeout_s: float) -> None:
        """Return as soon as one of the sockets is readable, or the time is over.

        A None among them is skipped. Ctrl+C ends the wait by KeyboardInterrupt, or, where a
        handler takes the signal, is handled within half a second.
        """
        self._register(tuple(waitables))
        deadline_s = monotonic_s() + timeout_s
        left_s = timeout_s
        while not self._poller.poll(_poll_ms(left_s)):
            left_s = deadline_s - monotonic_s()
            if left_s <= 0:
                return

    def _register(self, waitables: tuple[object, ...]) -> None:
        """A loop waits on the same sockets for hours; building a poller each turn is waste."""
        if waitables == self._known:
            return
        self._known = waitables
        self._poller = zmq.Poller()
        for waitable in waitables:
            if waitable is not None:
                self._poller.register(waitable, zmq.POLLIN)


def _poll_ms(left_s: float) -> int:
    """Rounded up: a poll of zero milliseconds for the last fraction of one would spin."""
    bounded_s = min(max(left_s, 0.0), LONGEST_POLL_S)
    return -int(-bounded_s * 1000 // 1)
