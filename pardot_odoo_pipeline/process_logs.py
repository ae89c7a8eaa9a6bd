"""What the processes log, in which form, and what never stands in a log.

What lives here: the one place that is in charge of logging: redaction for every record that is made
in a process of ours, whoever makes it, and the form of our own lines. What does not: the lines
themselves, and the audit (`operations.audit`), which holds what a log must not.

Redaction sits where records are made, not on a handler: libraries and Dagster bring handlers of
their own. It is the last net. Whoever logs passes ids, counts and codes in the first place.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from pardot_odoo_pipeline.settings import Settings

__all__ = ["Redaction", "guard", "secrets_of_settings", "set_up"]

OURS = "pardot_odoo_pipeline"

_SHORTEST = 6
"""Shorter words would be found everywhere, and are no secrets."""

_REFRESH_SECONDS = 30.0
_MARK = "[redacted]"
_PATTERNS = (
    (re.compile(r"(://)[^/\s:@]*:[^/\s@]+@"), rf"\1{_MARK}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/!=-]{6,}"), rf"\1 {_MARK}"),
    (
        re.compile(
            r"(?i)([\"']?\b(?:access_token|refresh_token|client_secret|api_key|password|secret|"
            r"authorization)\b[\"']?\s*[:=]\s*[\"']?)(?!\[redacted\])[^\s\"',;&}]{4,}"
        ),
        rf"\1{_MARK}",
    ),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), _MARK),
    (re.compile(r"[^\s@<>\"'(),;:=\[\]{}|]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
)


class Redaction:
    """Takes secrets, and what looks like one or like an address, out of a text.

    Args:
        secrets: The words that must not appear, in any of the forms in which they may be written.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        words = {form for secret in secrets for form in _forms(secret)}
        # The longest first: one may be part of another.
        listed = sorted((w for w in words if len(w) >= _SHORTEST), key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, listed))) if listed else None

    def __call__(self, text: str) -> str:
        """The text without them."""
        if self._words is not None:
            text = self._words.sub(_MARK, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text


def _forms(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), unquote(secret), json.dumps(secret)[1:-1]}


def secrets_of_settings(settings: Settings) -> set[str]:
    """Every word of an installation's settings that nobody may read in a log."""
    from pydantic import SecretStr

    found: set[str] = set()
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            for word in re.split(r"[,\s]+", value.get_secret_value()):
                found |= {word, *_of_address(word)}
    for name, value in os.environ.items():
        if name.upper().startswith("WEBHOOK_SECRET_"):
            found |= set(re.split(r"[,\s]+", value))
    return {word for word in found if word}


def _of_address(word: str) -> set[str]:
    """Passwords and tokens in an address, without the address's own harmless parts."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(word)
        if parts.scheme and parts.password:
            return {parts.password}
    return set()


class _Guard:
    """Makes log records without secrets; one for the process."""

    def __init__(self) -> None:
        self._make = logging.getLogRecordFactory()
        self._redact = Redaction()
        self._read_at = float("-inf")
        self._reading = threading.Lock()

    def redact(self, text: str) -> str:
        """The text without secrets, as the settings are by now."""
        if time.monotonic() - self._read_at > _REFRESH_SECONDS and self._reading.acquire(False):
            try:
                from pardot_odoo_pipeline.settings import Settings

                self._read_at = time.monotonic()
                # What cannot be read holds no secret that could be told.
                with contextlib.suppress(Exception):
                    self._redact = Redaction(secrets_of_settings(Settings()))
            finally:
                self._reading.release()
        return self._redact(text)

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        try:
            said = record.getMessage()
        except Exception:
            # What does not fit its arguments is told without them.
            record.msg, record.args = str(record.msg), ()
            said = record.msg
        clean = self.redact(said)
        if clean != said:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = self.redact("".join(traceback.format_exception(*record.exc_info)))
            record.exc_info = None
        return record


_GUARD: _Guard | None = None


def guard() -> Callable[[str], str]:
    """Keep secrets out of every record that this process makes from now on; asking twice is fine.

    Returns:
        What takes them out of any other text.
    """
    global _GUARD
    if _GUARD is None or logging.getLogRecordFactory() is not _GUARD:
        _GUARD = _GUARD or _Guard()
        logging.setLogRecordFactory(_GUARD)
    return _GUARD.redact


def set_up(process: str, *, log_format: str, stream: TextIO | None = None) -> None:
    """Be in charge of the logs of a process of our own.

    Args:
        process: What it is called in its lines.
        log_format: ``text`` or ``json``.
        stream: Where its lines go; standard error where none is named.
    """
    guard()
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_JsonLines(process) if log_format == "json" else _TextLines())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(logging.INFO)
    sys.excepthook = _tell_end
    threading.excepthook = _tell_thread


def _tell_end(
    kind: type[BaseException], failure: BaseException, trace: TracebackType | None
) -> None:
    """An exception that nobody caught is a line like any other: it may print what it met."""
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger(OURS).critical("ended by %s", kind.__name__, exc_info=(kind, failure, trace))


def _tell_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is None or issubclass(arguments.exc_type, SystemExit):
        return
    name = arguments.thread.name if arguments.thread else "a thread"
    logging.getLogger(OURS).error(
        "%s ended by %s",
        name,
        arguments.exc_type.__name__,
        exc_info=(arguments.exc_type, arguments.exc_value, arguments.exc_traceback),
    )


class _TextLines(logging.Formatter):
    """For people: time in UTC, level, words."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")


class _JsonLines(logging.Formatter):
    """For programs: one JSON object a line."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "pid": record.process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)
