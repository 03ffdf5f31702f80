"""What the server pushes: ticks, account and terminal, so that reading them costs no call."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import zmq

from paper.module.failures import malformed
from paper.wire.protocol import account_topic, tick_topic

# At the default of 1,000 a busy market fills the queue while a slow call runs, and what is then
# thrown away is the newest tick, not the oldest.
_QUEUE_LIMIT: Final = 100_000
_TOPIC_AND_BODY: Final = 2


class _AccountPush(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state of account and terminal, never a difference."""

    account: list[Any]
    terminal: list[Any]
    changed: int = 0
    positions: bool = False
    to_ask: frozenset[str] = frozenset()
    """Calls that are answered by the server alone, whatever was pushed."""


_account_decoder = msgspec.msgpack.Decoder(_AccountPush)
_tick_decoder = msgspec.msgpack.Decoder(list[Any])


class _Line:
    """One topic on a socket of its own, which stays the same one until close()."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        self.socket = context.socket(zmq.SUB)
        self.socket.setsockopt(zmq.RCVHWM, _QUEUE_LIMIT)
        self.socket.setsockopt(zmq.LINGER, 0)
        self._topic = b""
        self._endpoint = ""

    def listen(self, endpoint: str, topic: bytes) -> None:
        """Hear one topic of one server."""
        self.socket.subscribe(topic)
        self.socket.connect(endpoint)
        self._endpoint, self._topic = endpoint, topic

    def stop_listening(self) -> None:
        """Hear nothing; the socket stays, for it may be in somebody's poller."""
        if not self._endpoint:
            return
        # A poll reads a message's first frame ahead; to disconnect then would take the rest away,
        # on which libzmq ends the process. Emptied, nothing has been read ahead.
        self._empty()
        self.socket.disconnect(self._endpoint)
        self.socket.unsubscribe(self._topic)
        self._empty()
        self._endpoint, self._topic = "", b""

    def bodies(self) -> Iterator[bytes]:
        """What has arrived of the topic, without waiting."""
        while self.socket.poll(0, zmq.POLLIN):
            frames = self.socket.recv_multipart(zmq.NOBLOCK)
            if len(frames) < _TOPIC_AND_BODY:
                raise malformed()
            if frames[0] == self._topic:  # a longer one that begins with ours is somebody else's
                yield frames[1]

    def _empty(self) -> None:
        while self.socket.poll(0, zmq.POLLIN):
            self.socket.recv_multipart(zmq.NOBLOCK)


class Pushed:
    """The newest pushed state of one terminal.

    A subscription takes effect some time after it is asked for, and nobody says when; what was
    read before may have changed unseen. So a figure is known here from the first push that carries
    it, and one that was asked for is remembered only once a push on the same line has proved that
    no later one can be missed. Ticks have a line of their own, so that whoever waits for a change
    of positions is not woken by every price.
    """

    def __init__(self) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._lines: tuple[_Line, _Line] | None = None
        self._left_alone: list[object] = []
        self._forget()

    def _forget(self) -> None:
        self._known: dict[str, Any] = {}
        self._ticks: dict[str, Any] = {}
        self._has_heard_of_ticks = False
        self._has_heard_of_account = False
        self._positions_changed = False
        self._to_ask: frozenset[str] = frozenset()
        self._out_of_date = -1
        self._newest_change = 0

    def socket(self) -> zmq.Socket[bytes]:
        """The socket that becomes readable when the account has changed."""
        return self._both()[0].socket

    def follow(self, endpoint: str, broker: str, key: str) -> None:
        """Listen to one broker's ticks and one terminal's account, and forget any other."""
        self.unfollow()
        account, ticks = self._both()
        account.listen(endpoint, account_topic(key))
        ticks.listen(endpoint, tick_topic(broker))

    def unfollow(self) -> None:
        """Stop listening and forget."""
        for line in self._lines or ():
            line.stop_listening()
        self._forget()

    def close(self) -> None:
        """Give the sockets and their context back."""
        self.unfollow()
        for line in self._lines or ():
            line.socket.close()
        self._lines = None
        if self._context is not None:
            self._context.term()
            self._context = None

    def begin_afresh(self) -> None:
        """Leave a parent's sockets alone: to touch or even to collect them hangs a forked child."""
        self._left_alone += [self._lines, self._context]
        self._lines = self._context = None
        self._forget()

    def drain(self) -> None:
        """Take in everything that has arrived, without waiting."""
        if self._lines is None:
            return
        account, ticks = self._lines
        try:
            for body in account.bodies():
                self._take_account(_account_decoder.decode(body))
            for body in ticks.bodies():
                self._take_tick(_tick_decoder.decode(body))
        except msgspec.MsgspecError as found:
            raise malformed() from found

    def _both(self) -> tuple[_Line, _Line]:
        if self._context is None:
            self._context = zmq.Context()
        if self._lines is None:
            self._lines = (_Line(self._context), _Line(self._context))
        return self._lines

    def _take_account(self, push: _AccountPush) -> None:
        self._newest_change = push.changed
        self._known = {"account_info": push.account, "terminal_info": push.terminal}
        # Before the first push there may have been changes that nobody told us.
        if push.positions or not self._has_heard_of_account:
            self._positions_changed = True
        self._has_heard_of_account = True
        self._to_ask = push.to_ask

    def _take_tick(self, push: list[Any]) -> None:
        symbol, *values = push
        self._ticks[symbol] = values
        self._has_heard_of_ticks = True

    def forget_until_after(self, change: int) -> None:
        """What was pushed up to that change speaks of an account that is no longer the one."""
        self._out_of_date = change

    @property
    def _is_out_of_date(self) -> bool:
        return self._newest_change <= self._out_of_date

    def _must_ask(self, verb: str) -> bool:
        return self._is_out_of_date or verb in self._to_ask

    def state(self, verb: str) -> Any:  # noqa: ANN401 - a list of values off the wire
        """What account_info or terminal_info would answer; None while unknown."""
        return None if self._must_ask(verb) else self._known.get(verb)

    def tick(self, symbol: str) -> Any:  # noqa: ANN401 - as above
        """What symbol_info_tick would answer; None while unknown."""
        return None if self._must_ask("symbol_info_tick") else self._ticks.get(symbol)

    def remember_state(self, verb: str, values: object) -> None:
        """Keep an answer, if every later change of it is sure to be pushed."""
        if self._has_heard_of_account and not self._must_ask(verb):
            self._known[verb] = values

    def remember_tick(self, symbol: str, values: object) -> None:
        """Keep an answer, if every later change of it is sure to be pushed."""
        if self._has_heard_of_ticks and not self._must_ask("symbol_info_tick"):
            self._ticks[symbol] = values

    def positions_changed(self) -> bool:
        """True once after a push that said so, and after the first of all."""
        self.drain()
        seen, self._positions_changed = self._positions_changed, False
        return seen
