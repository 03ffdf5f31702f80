"""Logging of one process: events with fields, one line each, written by a thread of their own."""

import atexit
import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import Final

_MAX_BYTES: Final = 10_000_000
_KEPT_FILES: Final = 5
_LOOK_EVERY_S: Final = 0.5
_BLOTTED: Final = "***"

_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_SECRET_NAME: Final = re.compile(r"password|passwd|secret|token|api_?key|credential", re.IGNORECASE)
_URI_LOGIN: Final = re.compile(r"(?<=://)[^/\s]+(?=@)")
_PLAIN: Final = re.compile(r"[^\s\"'=]+")


# Python 3.11 has no typing.override yet, hence the three ignores.


class LineFormatter(logging.Formatter):
    """UTC time, level, node, event, fields; always exactly one line, no secret in it."""

    def __init__(self, name: str, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._name = name
        self._secrets = tuple(filter(None, secrets))

    def format(self, record: logging.LogRecord) -> str:  # type: ignore[explicit-override]
        """One line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        event = self._blot(record.getMessage()).replace("\r", "").replace("\n", " | ")
        head = f"{moment.replace('+00:00', 'Z')} {record.levelname} {self._name} {event}"
        return " ".join([head, *self._fields(record), *self._trouble(record)])

    def _fields(self, record: logging.LogRecord) -> list[str]:
        own = vars(record).items()
        return [f"{name}={self._shown(name, value)}" for name, value in own if name not in _OWN]

    def _shown(self, name: str, value: object) -> str:
        if _SECRET_NAME.search(name):
            return _BLOTTED
        text = self._blot(str(value))
        return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)

    def _trouble(self, record: logging.LogRecord) -> list[str]:
        found = [self.formatException(record.exc_info)] if record.exc_info else []
        stack = [record.stack_info] if record.stack_info else []
        return [f"exception={self._shown('exception', text)}" for text in found + stack]

    def _blot(self, text: str) -> str:
        """Before quoting, which would spell a secret in another way."""
        text = _URI_LOGIN.sub(_BLOTTED, text)
        for secret in self._secrets:
            text = text.replace(secret, _BLOTTED)
        return text


class _Handover(QueueHandler):
    """Puts records on the queue as they are; formatting is the other thread's work."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:  # type: ignore[explicit-override]
        """The record itself: it never leaves this process."""
        return record


class _UnhurriedListener(QueueListener):
    """Looks for records from time to time: being woken for each would cost the one who trades."""

    def __init__(self, queue: "SimpleQueue[logging.LogRecord]", *handlers: logging.Handler) -> None:
        super().__init__(queue, *handlers)
        self._records = queue
        self._ending = Event()

    def dequeue(self, block: bool) -> logging.LogRecord:  # type: ignore[explicit-override]  # noqa: ARG002, FBT001 - QueueListener's
        """The next record, however long there is none."""
        while True:
            try:
                return self._records.get_nowait()
            except Empty:
                self._ending.wait(_LOOK_EVERY_S)

    def enqueue_sentinel(self) -> None:  # type: ignore[explicit-override]
        """At the end nothing waits."""
        super().enqueue_sentinel()
        self._ending.set()


class _PatientFile(RotatingFileHandler):
    """A file that grows on while something else (on Windows, a viewer) stops its rotation."""

    def doRollover(self) -> None:  # type: ignore[explicit-override]  # noqa: N802 - logging's name
        """Rotate, or go on in the same file."""
        try:
            super().doRollover()
        except OSError:
            self.stream = self._open()


class Logging:
    """The logging of this process, until stopped."""

    def __init__(self, listener: QueueListener, handover: QueueHandler) -> None:
        self._listener: QueueListener | None = listener
        self._handover = handover

    def stop(self) -> None:
        """Write what is queued, and close the file. A second call does nothing."""
        if self._listener is None:
            return
        logging.getLogger().removeHandler(self._handover)
        self._listener.stop()
        for handler in self._listener.handlers:
            handler.close()
        self._listener = None
        atexit.unregister(self.stop)


def configure(
    name: str,
    folder: Path | None,
    level: str | int = logging.INFO,
    *,
    console: bool,
    secrets: Iterable[str] = (),
) -> Logging:
    """Log to `folder`/`name`.log (rotating) and, where wanted, to stderr.

    Fields are given by `extra`: `logger.info("signal_denied", extra={"reason": reason})`. Each of
    `secrets` is blotted out wherever it appears, beside fields with a telling name and logins in
    addresses.
    """
    formatter = LineFormatter(name, secrets)
    handlers = _outlets(name, folder, console=console)
    for handler in handlers:
        handler.setFormatter(formatter)
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    handover = _Handover(queue)
    listener = _UnhurriedListener(queue, *handlers)
    root = logging.getLogger()
    root.setLevel(level)
    root.addHandler(handover)
    listener.start()
    running = Logging(listener, handover)
    atexit.register(running.stop)
    return running


def _outlets(name: str, folder: Path | None, *, console: bool) -> list[logging.Handler]:
    outlets: list[logging.Handler] = []
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}.log"
        outlets.append(
            _PatientFile(file, maxBytes=_MAX_BYTES, backupCount=_KEPT_FILES, encoding="utf-8")
        )
    if console:
        outlets.append(logging.StreamHandler(sys.stderr))
    return outlets
