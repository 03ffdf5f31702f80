"""All connections: let in, served when they speak or are owed something, cut off."""

import contextlib
import selectors
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Final

from paper.service.faults.desk import FaultDesk
from paper.service.peer import Peer, PeerGone
from paper.wire.protocol import ProtocolError

READ: Final = selectors.EVENT_READ
WRITE: Final = selectors.EVENT_WRITE


class Peers:
    """Keeps the selector's view of every peer right; a peer that is gone may still owe an order."""

    def __init__(
        self,
        selector: selectors.BaseSelector,
        now_s: Callable[[], float],
        faults: FaultDesk,
        made_of: Callable[[socket.socket], Peer],
    ) -> None:
        self._selector = selector
        self._now_s = now_s
        self._faults = faults
        self._made_of = made_of
        self._owing: set[Peer] = set()
        faults.cut_off = self.cut_off

    def welcome(self, listener: socket.socket) -> None:
        """Let one client in."""
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, ConnectionError):  # it hung up before it was let in
            return
        connection.settimeout(0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(connection, READ, self._made_of(connection))

    def serve(self, peer: Peer, mask: int) -> None:
        """Move what can be moved, unless it was cut off a moment ago."""
        if not _is_gone(peer):
            self._let(peer, partial(self._move_bytes, peer, mask))

    def _move_bytes(self, peer: Peer, mask: int) -> None:
        if mask & READ:
            peer.on_readable(self._now_s())
        if mask & WRITE:
            peer.on_writable()

    def until_due_s(self, at_most_s: float) -> float:
        """How long nobody is owed anything."""
        if not self._owing:
            return at_most_s
        due_s = min(peer.due_s for peer in self._owing if peer.due_s is not None)
        return min(at_most_s, max(0.0, due_s - self._now_s()))

    def pay_what_is_due(self) -> None:
        """Answers that faults have put off, and orders whose sender is gone by now."""
        now_s = self._now_s()
        for peer in [*self._owing]:
            if peer.due_s is None or peer.due_s > now_s:
                continue
            if _is_gone(peer):
                self._finish_alone(peer)
            else:
                self._let(peer, partial(peer.go_on, now_s))

    def cut_off(self) -> None:
        """Close what belongs to terminals that died, or whose pipes broke."""
        for ending in self._faults.take_endings():
            for peer in self._all():
                if peer.terminal_key == ending.terminal:
                    with contextlib.suppress(PeerGone):
                        peer.cut(is_pipe_alone=ending.is_pipe_alone)
                    self._drop(peer)

    def close(self) -> None:
        """Send what can still be sent, and hang up on everybody."""
        for peer in self._all():
            with contextlib.suppress(PeerGone):
                peer.on_writable()
            self._drop(peer)

    def _all(self) -> list[Peer]:
        return [k.data for k in self._selector.get_map().values() if isinstance(k.data, Peer)]

    def _let(self, peer: Peer, act: Callable[[], None]) -> None:
        try:
            act()
        except PeerGone:
            self._drop(peer)
        except ProtocolError as wrong:
            sys.stderr.write(f"a client was cut off: {wrong}\n")
            self._drop(peer)
        else:
            self._watch(peer)

    def _watch(self, peer: Peer) -> None:
        self._note_debts(peer)
        if _is_gone(peer):
            return
        wanted = READ | (WRITE if peer.has_unsent else 0)
        if self._selector.get_key(peer.connection).events != wanted:
            self._selector.modify(peer.connection, wanted, peer)

    def _drop(self, peer: Peer) -> None:
        if _is_gone(peer):
            return
        self._selector.unregister(peer.connection)
        peer.connection.close()
        self._finish_alone(peer)

    def _finish_alone(self, peer: Peer) -> None:
        peer.finish_alone(self._now_s())
        self._note_debts(peer)

    def _note_debts(self, peer: Peer) -> None:
        if peer.due_s is None:
            self._owing.discard(peer)
        else:
            self._owing.add(peer)


def _is_gone(peer: Peer) -> bool:
    return peer.connection.fileno() < 0
