"""What the server pushes: ticks, account and terminal, so that reading them costs no call."""

from typing import Any, Final

import msgspec
import zmq

from paper.failures import malformed
from paper.protocol import account_topic, tick_topic

# At the default of 1,000 a busy market fills the queue while a slow call runs, and what is then
# thrown away is the newest tick, not the oldest.
_QUEUE_LIMIT: Final = 100_000


class _AccountPush(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state of account and terminal, never a difference."""

    account: list[Any]
    terminal: list[Any]
    positions: bool = False


_account_decoder = msgspec.msgpack.Decoder(_AccountPush)
_tick_decoder = msgspec.msgpack.Decoder(list[Any])


class Pushed:
    """The newest pushed state of one terminal.

    A subscription takes effect some time after it is asked for, and nobody says when; what was
    read before may have changed unseen. So a figure is known here from the first push that carries
    it, and one that was asked for is remembered only once a push has proved that no later one can
    be missed.
    """

    def __init__(self) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._socket: zmq.Socket[bytes] | None = None
        self._endpoint = ""
        self._topics: tuple[bytes, ...] = ()
        self._forget()

    def _forget(self) -> None:
        self._known: dict[str, Any] = {}
        self._ticks: dict[str, Any] = {}
        self._nothing_is_missed = False
        self._has_heard_of_account = False
        self._positions_changed = False

    def socket(self) -> zmq.Socket[bytes]:
        """The SUB socket; it stays the same one until close()."""
        if self._socket is None:
            self._context = zmq.Context()
            self._socket = self._context.socket(zmq.SUB)
            self._socket.setsockopt(zmq.RCVHWM, _QUEUE_LIMIT)
            self._socket.setsockopt(zmq.LINGER, 0)
        return self._socket

    def follow(self, endpoint: str, broker: str, key: str) -> None:
        """Listen to one broker's ticks and one terminal's account, and forget any other."""
        self.unfollow()
        socket = self.socket()
        # In this order: a tick then proves that the account's subscription is in force as well.
        self._topics = (account_topic(key), tick_topic(broker))
        for topic in self._topics:
            socket.subscribe(topic)
        socket.connect(endpoint)
        self._endpoint = endpoint

    def unfollow(self) -> None:
        """Stop listening and forget; the socket stays, for it may be in somebody's poller."""
        if self._socket is None or not self._endpoint:
            return
        # A poll reads a message's first frame ahead; to disconnect then would take the rest away,
        # on which libzmq ends the process. Drained, nothing has been read ahead.
        self.drain()
        self._socket.disconnect(self._endpoint)
        self._endpoint = ""
        for topic in self._topics:
            self._socket.unsubscribe(topic)
        self._topics = ()
        self.drain()
        self._forget()

    def close(self) -> None:
        """Give the socket and its context back."""
        self.unfollow()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._context is not None:
            self._context.term()
            self._context = None

    def drain(self) -> None:
        """Take in everything that has arrived, without waiting."""
        if self._socket is None:
            return
        while self._socket.poll(0, zmq.POLLIN):
            self._take(self._socket.recv_multipart(zmq.NOBLOCK))

    def _take(self, frames: list[bytes]) -> None:
        topic, *rest = frames
        if topic not in self._topics:  # a longer topic that begins with ours is somebody else's
            return
        try:
            if topic == self._topics[0]:
                self._take_account(_account_decoder.decode(rest[0]))
            else:
                self._take_tick(_tick_decoder.decode(rest[0]))
        except (msgspec.MsgspecError, IndexError) as found:
            raise malformed() from found

    def _take_account(self, push: _AccountPush) -> None:
        self._known = {"account_info": push.account, "terminal_info": push.terminal}
        # Before the first push there may have been changes that nobody told us.
        if push.positions or not self._has_heard_of_account:
            self._positions_changed = True
        self._has_heard_of_account = True

    def _take_tick(self, push: list[Any]) -> None:
        symbol, *values = push
        self._ticks[symbol] = values
        self._nothing_is_missed = True

    def state(self, verb: str) -> Any:  # noqa: ANN401 - a list of values off the wire
        """What account_info or terminal_info would answer; None while unknown."""
        return self._known.get(verb)

    def tick(self, symbol: str) -> Any:  # noqa: ANN401 - as above
        """What symbol_info_tick would answer; None while unknown."""
        return self._ticks.get(symbol)

    def remember_state(self, verb: str, values: object) -> None:
        """Keep an answer, if every later change of it is sure to be pushed."""
        if self._nothing_is_missed:
            self._known[verb] = values

    def remember_tick(self, symbol: str, values: object) -> None:
        """Keep an answer, if every later change of it is sure to be pushed."""
        if self._nothing_is_missed:
            self._ticks[symbol] = values

    def positions_changed(self) -> bool:
        """True once after a push that said so, and after the first of all."""
        self.drain()
        seen, self._positions_changed = self._positions_changed, False
        return seen
