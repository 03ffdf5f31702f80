"""The sending end of the baseline: a bare publishing socket."""

import time

import zmq

from bench.bare_receiver import END

LAST_WORDS_MS = 500


class BareSender:
    """XPUB is PUB that tells who subscribed; sending costs the same."""

    def __init__(self) -> None:
        """Listen on any free port."""
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.XPUB)
        self._socket.setsockopt(zmq.XPUB_VERBOSE, 1)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind("tcp://127.0.0.1:*")
        self.address = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self.subscribers = 0

    def count_subscribers(self) -> int:
        """How many receivers are connected by now."""
        while self._socket.poll(0):
            self._socket.recv()
            self.subscribers += 1
        return self.subscribers

    def send(self, body: bytes) -> int:
        """Send to all; the time just before, ns."""
        now_ns = time.time_ns()
        self._socket.send(body)
        return now_ns

    def close(self) -> None:
        """Let the receivers end, and close."""
        self._socket.send(END)
        self._socket.close(LAST_WORDS_MS)
        self._context.term()
