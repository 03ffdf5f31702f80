"""One event loop: commands run in turn, commit together, and are answered after the commit."""

import asyncio
import logging

from db.embedded import wire
from db.embedded.answering.commands import execute
from db.embedded.answering.requests import Caller, House
from db.embedded.errors import Refusal
from db.embedded.file.keeping import CommitFailed
from db.embedded.holding.expiry import expire
from db.embedded.holding.history import History
from db.embedded.values import Document

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
_SWEEP_EVERY_S = 5.0
_SWEEP_WHILE_BEHIND_S = 0.5
_LAST_WORDS_WITHIN_S = 1.0
_FIRST_FEW = 10
_MOST_WAITING_BYTES = 256 * 1024


class Server:
    """Group commit: what one turn of the loop changed is committed once, then all replies go."""

    def __init__(self, house: House, history: History | None = None) -> None:
        self._house = house
        self._history = history
        self._loop = asyncio.get_running_loop()
        self._replies: list[tuple[Connection, wire.Message, bytes]] = []
        self._flush_planned = False
        self._stopping = False
        self._failed: CommitFailed | None = None
        self._connections: set[Connection] = set()
        self._connections_ever = 0
        self._disconnected = 0
        self._listener: asyncio.Server | None = None
        self.stopped: asyncio.Future[None] = self._loop.create_future()

    async def listen(self, port: int) -> int:
        """Open the port and return it."""
        self._listener = await self._loop.create_server(
            lambda: Connection(self), HOST, port, backlog=512
        )
        self._loop.call_later(_SWEEP_WHILE_BEHIND_S, self._sweep)
        return int(self._listener.sockets[0].getsockname()[1])

    def joined(self, connection: "Connection") -> int:
        """A client is there; the number of its connection."""
        self._connections.add(connection)
        self._house.connections = len(self._connections)
        self._connections_ever += 1
        return self._connections_ever

    def left(self, connection: "Connection") -> None:
        """A client is gone."""
        self._connections.discard(connection)
        self._house.connections = len(self._connections)
        if self._stopping and not self._connections:
            self._finish()

    def disconnected(self, reason: wire.WireError) -> None:
        """Say it of the first few, then ever more rarely: the log's room is not theirs."""
        self._disconnected += 1
        number = self._disconnected
        if number <= _FIRST_FEW or number & (number - 1) == 0:
            logger.warning("a client was disconnected: %s (number %d)", reason, number)

    def handle(self, message: wire.Message, connection: "Connection") -> None:
        """Run one command; its reply waits for the commit."""
        if self._failed is not None:
            reply = self._failed.refusal.as_reply()
        else:
            reply = execute(
                message.command, message.legacy_database, self._house, connection.caller
            )
        if message.legacy_database is not None:
            reply = self._legacy(message, reply)
        self.answer(message, reply, connection)

    def _legacy(self, message: wire.Message, reply: Document) -> Document:
        if next(iter(message.command), "").lower() in ("hello", "ismaster"):
            return reply
        return Refusal(352, "Unsupported OP_QUERY command: the client is too old").as_reply()

    def answer(self, message: wire.Message, reply: Document, connection: "Connection") -> None:
        """Put the reply in line."""
        if message.wants_reply:
            self._replies.append((connection, message, _encoded(message, reply)))
        self._plan_flush()

    def _plan_flush(self) -> None:
        if not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_planned = False
        self._commit_and_reply()
        if self._house.stop_asked:
            self.stop()

    def _commit_and_reply(self) -> None:
        self._commit()
        # What one turn read may be what it could not keep: then nobody is told any of it.
        failed = self._failed.refusal.as_reply() if self._failed else None
        replies, self._replies = self._replies, []
        for connection, message, data in replies:
            connection.send(data if failed is None else _encoded(message, failed))
        if failed is not None:
            self.stop()

    def _commit(self) -> None:
        storage = self._house.engine.storage
        if self._failed is not None or not storage.has_changes:
            return
        self._thin()
        try:
            storage.commit()
        except Exception as reason:  # noqa: BLE001 - whatever it is, memory is ahead of the file now
            self._fail(reason)
        else:
            if self._history is not None:
                self._history.committed()

    def _thin(self) -> None:
        try:
            if self._history is not None:
                self._history.thin()
        except Exception:  # archiving must not keep anybody's write from being stored
            logger.exception("archiving failed inside the server; the next commit tries it again")

    def _fail(self, reason: Exception) -> None:
        self._failed = CommitFailed(self._house.engine.storage.path, reason)
        logger.critical("%s", self._failed)
        if self._history is not None and self._failed.nothing_was_stored:
            self._history.undo()

    def _sweep(self) -> None:
        if self._stopping:
            return
        now = self._house.clock.now()
        self._house.cursors.sweep(now.monotonic_s)
        expire(self._house.engine, now.utc_ms)
        self._thin()
        self._plan_flush()
        behind = self._history is not None and self._history.behind
        self._loop.call_later(_SWEEP_WHILE_BEHIND_S if behind else _SWEEP_EVERY_S, self._sweep)

    def stop(self) -> None:
        """End: what was said is committed and answered, then no more clients."""
        if self._stopping:
            return
        self._stopping = True
        if self._listener is not None:
            self._listener.close()
        self._commit_and_reply()
        for connection in list(self._connections):
            connection.close()
        self._loop.call_later(_LAST_WORDS_WITHIN_S, self._finish)
        if not self._connections:
            self._finish()

    def _finish(self) -> None:
        if self.stopped.done():
            return
        if self._failed is None:
            self.stopped.set_result(None)
        else:
            self.stopped.set_exception(self._failed)


def _encoded(message: wire.Message, reply: Document) -> bytes:
    if message.legacy_database is not None:
        return wire.encode_legacy_reply(reply, answers=message.request)
    return wire.encode_message(reply, answers=message.request)


class Connection(asyncio.Protocol):
    """One client: bytes are cut into messages, and each is answered before the next is run.

    Who sends without reading costs no more than one answer: its other bytes stay where they are.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._answering = False
        self._unread = False
        self._said_all = False
        self.caller = Caller()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """A client came."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
        number = self._server.joined(self)
        self.caller = Caller(number, _address(transport.get_extra_info("peername")))

    def connection_lost(self, exc: Exception | None) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """A client went."""
        del exc
        self._buffer.clear()
        self._server.left(self)

    def data_received(self, data: bytes) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """Bytes came."""
        self._buffer += data
        self._work()

    def eof_received(self) -> bool:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """The client says no more: what it said is still answered."""
        self._said_all = True
        return self._answering

    def pause_writing(self) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """The client does not read."""
        self._unread = True

    def resume_writing(self) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """The client reads again."""
        self._unread = False
        self._work()

    def send(self, data: bytes) -> None:
        """The answer to the message that is being answered."""
        self._answering = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
        self._work()
        if self._said_all and not self._answering:
            self.close()

    def _work(self) -> None:
        """Run what has come whole, until one of it waits for its answer."""
        try:
            while not (self._answering or self._unread) and self._next_message():
                pass
        except wire.WireError as reason:
            self._server.disconnected(reason)
            self.abort()
        self._take_bytes_while_there_is_room()

    def _take_bytes_while_there_is_room(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        busy = self._answering or self._unread
        if busy and len(self._buffer) > _MOST_WAITING_BYTES:
            self._transport.pause_reading()
        elif not busy:
            self._transport.resume_reading()

    def _next_message(self) -> bool:
        if len(self._buffer) < wire.HEADER_BYTES:
            return False
        length = wire.message_length(self._buffer)
        if len(self._buffer) < length:
            return False
        whole = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._take(whole)
        return True

    def _take(self, whole: bytes) -> None:
        try:
            message = wire.parse(whole)
            self._answering = message.wants_reply
            self._server.handle(message, self)
        except wire.BodyError as reason:
            self._answering = reason.wants_reply
            reply = Refusal(reason.code, str(reason)).as_reply()
            asked = wire.Message(reason.request, {}, reason.wants_reply)
            self._server.answer(asked, reply, self)

    def abort(self) -> None:
        """Drop the client at once."""
        self._buffer.clear()
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Send what is written, then close."""
        if self._transport is not None:
            self._transport.close()


def _address(peer: object) -> str:
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else ""
