"""What all our sockets share: a context, options with their reasons, binding, draining."""

from collections.abc import Iterator

import zmq

Context = zmq.Context[zmq.Socket[bytes]]
Socket = zmq.Socket[bytes]

# Memory guard only. A message above it costs the connection and the message behind it, so the
# wire's own limits (messaging/wire.py) stay far below and are judged after receiving.
LARGEST_FRAME_BYTES = 64 * 1024 * 1024
HEARTBEAT_EVERY_MS = 1_000
HEARTBEAT_PATIENCE_MS = 5_000
RECONNECT_FIRST_MS = 100
RECONNECT_AT_MOST_MS = 1_000
KEEPALIVE_IDLE_S = 30
# Time for a last PositionClosed, or a Stop, to leave: after it nobody is there to be asked again.
LAST_WORDS_MS = 500
# A peer that floods must not keep a loop from its other work; the rest is taken on the next turn.
MOST_PER_DRAIN = 10_000


class AddressRefusedError(Exception):
    """An address that cannot be bound or connected to, for a person to read."""


def open_context() -> Context:
    """One context for all sockets of a process: each costs two threads. `term()` it at the end."""
    return zmq.Context()


class ContextHold:
    """A context lent by the caller, or one of our own that ends when it is let go."""

    def __init__(self, lent: Context | None) -> None:
        self.context = open_context() if lent is None else lent
        self._own = lent is None

    def let_go(self) -> None:
        """End our own context; all its sockets must be closed by now."""
        if self._own:
            self.context.term()


def open_socket(context: Context, kind: int) -> Socket:
    """A socket that never delays the end of its process and notices a host that went away."""
    socket = context.socket(kind)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_FRAME_BYTES)
    socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
    socket.setsockopt(zmq.TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S)
    return socket


def open_connecting(context: Context, kind: int) -> Socket:
    """A socket that connects: it pings a silent peer, and finds one that comes back soon.

    Only this side pings, and without a TTL: a slave whose process was stopped for a while keeps
    its connection and finds its signals waiting.
    """
    socket = open_socket(context, kind)
    socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_EVERY_MS)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_PATIENCE_MS)
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_FIRST_MS)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_AT_MOST_MS)
    return socket


def bind(socket: Socket, host: str, port: int, wanted_for: str) -> str:
    """Listen on host and port, 0 for any free one; the address that others connect to."""
    wanted = f"tcp://{host}:{port or '*'}"
    try:
        socket.bind(wanted)
    except zmq.ZMQError as problem:
        raise AddressRefusedError(_bind_refusal(host, port, wanted_for, problem)) from problem
    return socket.getsockopt_string(zmq.LAST_ENDPOINT)


def connect(socket: Socket, address: str, wanted_for: str) -> None:
    """Connect in the background, for as long as the socket is open."""
    try:
        socket.connect(address)
    except zmq.ZMQError as problem:
        raise AddressRefusedError(
            f"{wanted_for}: cannot connect to {address!r} ({problem.strerror}); "
            "wanted an address like tcp://127.0.0.1:5555"
        ) from problem


def take_all(socket: Socket) -> Iterator[list[bytes]]:
    """Messages that have arrived, as frames, without waiting.

    Call it on every turn, readable or not: libzmq re-sends subscriptions after a reconnect only
    from within a call of ours.
    """
    for _ in range(MOST_PER_DRAIN):
        # Asking is such a call as well, and costs half of an exception nobody looks at.
        if not int(socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
            return
        yield socket.recv_multipart(zmq.DONTWAIT)


def send_or_drop(socket: Socket, frames: list[bytes]) -> bool:
    """Send without waiting; False where the peer is gone or its queue is full."""
    try:
        socket.send_multipart(frames, zmq.DONTWAIT)
    except zmq.Again:
        return False
    except zmq.ZMQError as problem:
        if problem.errno != zmq.EHOSTUNREACH:
            raise
        return False
    return True


def _bind_refusal(host: str, port: int, wanted_for: str, problem: zmq.ZMQError) -> str:
    wanted = f"{wanted_for}: wanted to listen on {host}, port {port or 'any free one'}"
    if problem.errno == zmq.EADDRINUSE:
        return f"{wanted}, but another program listens there; end it or choose another port"
    return f"{wanted}, but the system says: {problem.strerror}"
