"""A stand-in for the paper broker's server: a real socket that says what it is told."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import msgspec
import zmq

from paper.wire.mt5_fields import FIELDS
from paper.wire.protocol import OK, FrameReader, account_topic, frame, tick_topic

KEY, BROKER = "terminal-1", "Stand-In"
Answer = Callable[[list[Any]], Any]


class Refusal(Exception):  # noqa: N818 - an answer, not an error of the test
    """Answer with this code instead of success."""

    def __init__(self, code: int, payload: object = "refused") -> None:
        super().__init__(code, payload)
        self.code, self.payload = code, payload


class HangUp(Exception):  # noqa: N818 - as above
    """Close the connection without answering."""


def row(type_name: str, **fields: object) -> list[Any]:
    """A row with a value of its own in every field: 1, 2.5, True, 's_name'."""
    made = []
    for place, field in enumerate(FIELDS[type_name].split(), start=1):
        name, kind = field.split(":")
        sample: dict[str, Any] = {
            "i": place, "f": place - 0.5, "s": f"s_{name}", "b": place % 2 == 0, "r": None,
        }  # fmt: skip
        made.append(fields.get(name, sample[kind]))
    return made


class StandInTerminal:
    """Answers each verb from `answers`; every request is kept in `asked`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[Any]]] = []
        self.answers: dict[str, Answer] = {}
        self.forget()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._pub = self._context.socket(zmq.XPUB)
        self._pub.setsockopt(zmq.LINGER, 0)
        self.pub_port = self._pub.bind_to_random_port("tcp://127.0.0.1")
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def forget(self) -> None:
        """Answer what a terminal answers before it is told anything else, and remember nothing."""
        self.asked.clear()
        self.answers = {"hello": lambda _: {}, "initialize": self._welcome}

    def _welcome(self, _: list[Any]) -> dict[str, Any]:
        return {"pub_port": self.pub_port, "key": KEY, "broker": BROKER, "changed": 0}

    def answer(self, verb: str, answer: Any) -> None:
        """From now on this verb gets this payload, or what this function makes or raises.

        A generator function says frames of its own: (id, code, payload), None for the call's id.
        """
        self.answers[verb] = answer if callable(answer) else lambda _: answer

    def asked_for(self, verb: str) -> list[list[Any]]:
        """The arguments of every request with this verb."""
        return [args for asked, args in self.asked if asked == verb]

    def push_tick(self, symbol: str, bid: float) -> None:
        """Tell subscribers a tick."""
        tick = [symbol, 1, bid, bid + 0.1, 0.0, 0, 1000, 6, 0.0]
        self._pub.send_multipart([tick_topic(BROKER), msgspec.msgpack.encode(tick)])

    def push_account(self, *, balance: float, changed: int = 1, positions: bool = False) -> None:
        """Tell subscribers the account."""
        value = {
            "account": row("AccountInfo", balance=balance), "terminal": row("TerminalInfo"),
            "changed": changed, "positions": positions,
        }  # fmt: skip
        self.push(account_topic(KEY), value)

    def push(self, topic: bytes, value: object) -> None:
        """Tell subscribers anything."""
        self._pub.send_multipart([topic, msgspec.msgpack.encode(value)])

    def wait_for_subscriptions(self, count: int = 2) -> None:
        """Return when the client's subscriptions are in force."""
        for _ in range(count):
            assert self._pub.poll(5000), "nobody subscribed within 5 s"
            self._pub.recv()

    def hang_up(self) -> None:
        """End every connection, as a dying process does."""
        for connection in self._connections:
            with suppress(OSError):  # a thread may have ended it already
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End everything."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(5)
        self._pub.close()
        self._context.term()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._connections.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        reader = FrameReader()
        with connection, suppress(OSError, HangUp):
            while received := connection.recv(65536):
                for call_id, verb, args in reader.feed(received):
                    self.asked.append((verb, args))
                    for said in self._said(call_id, verb, args):
                        connection.sendall(frame(said))

    def _said(self, call_id: int, verb: str, args: list[Any]) -> Iterator[list[Any]]:
        try:
            answer = self.answers[verb](args)
            if not isinstance(answer, Iterator):
                answer = iter([(None, OK, answer)])
            for own_id, *rest in answer:
                yield [call_id if own_id is None else own_id, *rest]
        except Refusal as refusal:
            yield [call_id, refusal.code, refusal.payload]

    def say(self, *frames: list[Any]) -> None:
        """Send frames that nobody asked for, on every connection."""
        for connection in self._connections:
            connection.sendall(b"".join(map(frame, frames)))
