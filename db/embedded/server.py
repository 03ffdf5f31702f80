"""One event loop: commands run in turn, commit together, and are answered after the commit."""

import asyncio
import logging
import sqlite3

from db.embedded import wire
from db.embedded.commands import execute
from db.embedded.errors import Refusal
from db.embedded.expiry import expire
from db.embedded.requests import Caller, House
from db.embedded.values import Document

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
_SWEEP_EVERY_S = 5.0
_LAST_WORDS_WITHIN_S = 1.0


class Server:
    """Group commit: what one turn of the loop changed is committed once, then all replies go."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._loop = asyncio.get_running_loop()
        self._replies: list[tuple[asyncio.Transport, bytes]] = []
        self._flush_planned = False
        self._stopping = False
        self._connections: set[Connection] = set()
        self._connections_ever = 0
        self._listener: asyncio.Server | None = None
        self.stopped: asyncio.Future[None] = self._loop.create_future()

    async def listen(self, port: int) -> int:
        """Open the port and return it."""
        self._listener = await self._loop.create_server(
            lambda: Connection(self), HOST, port, backlog=512
        )
        self._loop.call_later(_SWEEP_EVERY_S, self._sweep)
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

    def handle(self, message: wire.Message, transport: asyncio.Transport, caller: Caller) -> None:
        """Run one command; its reply waits for the commit."""
        reply = execute(message.command, message.legacy_database, self._house, caller)
        if message.legacy_database is not None:
            reply = self._legacy(message, reply)
        self.answer(message, reply, transport)

    def _legacy(self, message: wire.Message, reply: Document) -> Document:
        if next(iter(message.command), "").lower() in ("hello", "ismaster"):
            return reply
        return Refusal(352, "Unsupported OP_QUERY command: the client is too old").as_reply()

    def answer(self, message: wire.Message, reply: Document, transport: asyncio.Transport) -> None:
        """Put the reply in line."""
        if message.wants_reply:
            if message.legacy_database is not None:
                data = wire.encode_legacy_reply(reply, answers=message.request)
            else:
                data = wire.encode_message(reply, answers=message.request)
            self._replies.append((transport, data))
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
        if not self._commit():
            return
        replies, self._replies = self._replies, []
        for transport, data in replies:
            if not transport.is_closing():
                transport.write(data)

    def _commit(self) -> bool:
        if not self._house.engine.storage.has_changes:
            return True
        try:
            self._house.engine.storage.commit()
        except sqlite3.Error as reason:
            self._fail(reason)
            return False
        return True

    def _fail(self, reason: sqlite3.Error) -> None:
        logger.critical(
            "cannot write the database file %s: %s. Unwritten changes were not acknowledged. The "
            "server ends; make room or repair the file, and start it again.",
            self._house.engine.storage.path,
            reason,
        )
        self._replies.clear()
        if self._listener is not None:
            self._listener.close()
        for connection in list(self._connections):
            connection.abort()
        if not self.stopped.done():
            self.stopped.set_exception(CommitFailed(str(reason)))

    def _sweep(self) -> None:
        now = self._house.clock.now()
        self._house.cursors.sweep(now.monotonic_s)
        expire(self._house.engine, now.utc_ms)
        self._plan_flush()
        self._loop.call_later(_SWEEP_EVERY_S, self._sweep)

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
        if not self.stopped.done():
            self.stopped.set_result(None)


class CommitFailed(Exception):  # noqa: N818 - it says what happened
    """The file took no more writes; memory is ahead of it, so the server ends."""


class Connection(asyncio.Protocol):
    """One client: bytes are cut into messages."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._caller = Caller()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """A client came."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
        number = self._server.joined(self)
        self._caller = Caller(number, _address(transport.get_extra_info("peername")))

    def connection_lost(self, exc: Exception | None) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """A client went."""
        del exc
        self._server.left(self)

    def data_received(self, data: bytes) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """Bytes came: run every whole message among them."""
        self._buffer += data
        try:
            while self._next_message():
                pass
        except wire.WireError as reason:
            logger.warning("a client was disconnected: %s", reason)
            self.abort()

    def pause_writing(self) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """The client does not read: take no more commands from it."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:  # type: ignore[explicit-override]  # @override is not in Python 3.11
        """The client reads again."""
        if self._transport is not None:
            self._transport.resume_reading()

    def _next_message(self) -> bool:
        if len(self._buffer) < wire.HEADER_BYTES or self._transport is None:
            return False
        length = wire.message_length(self._buffer)
        if len(self._buffer) < length:
            return False
        whole = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._take(whole, self._transport)
        return True

    def _take(self, whole: bytes, transport: asyncio.Transport) -> None:
        try:
            self._server.handle(wire.parse(whole), transport, self._caller)
        except wire.BodyError as reason:
            reply = Refusal(9, str(reason)).as_reply()
            self._server.answer(wire.Message(reason.request, {}), reply, transport)

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
